//! Made-up reports for the tests of pages and charts.

use std::sync::Arc;

use super::{Companion, Entry, Past, PastScore, Receipt, Settings, Site};
use crate::domain::agreement::{
    Agreement, Alpha, Disputed, Group, Icc, Interval, Level as Agreed, Overall, Pair, Retest,
};
use crate::domain::commentary::{Asked as Question, Remark, Statement};
use crate::domain::drift::{Causes, Change, Mover, OccupationChange, RaterChange, TaskChange, Verdict};
use crate::domain::facts::{Figure, Outlook, Pay, PayGrowth, Skill, Tool, ToolStanding, Wage, Whose};
use crate::domain::scored::{ModelMean, Origin};
use crate::domain::{
    Bands, CatalogueId, Combine, Commentary, FactInput, Facts, Gap, GapReason, Hash, Instant, Level,
    ModelScore, Occupation, Price, Priced, Rating, Rubric, RunInfo, RunModel, Sample, Scale, Score,
    ScoredOccupation, ScoredTask, Settings as Asked, Spread, Standing, Task, TaskType, TextLimits, Totals,
    Uncertainty, Weighting,
};

/// A model's samples of a task.
pub fn model(place: usize, levels: &[i64]) -> ModelScore {
    let samples: Vec<Sample> =
        levels.iter().enumerate().map(|(at, level)| sample(place, at, *level)).collect();
    let sum: i64 = levels.iter().sum();
    let score = (!levels.is_empty()).then(|| sum as f64 / levels.len() as f64);
    ModelScore { model: place, score, sd: None, samples }
}

fn sample(model: usize, at: usize, level: i64) -> Sample {
    let scale = Scale::Integer { min: 0, max: 100 };
    let score = Score::new(&scale, &Level::Number(level)).unwrap();
    let rationale = format!("Model {model} says {level}.");
    Sample {
        number: at as u32 + 1,
        outcome: Ok(Rating { level: Level::Number(level), score, rationale }),
        origin: Origin::Answer {
            key: Hash::of(format!("{model} {at} {level}").as_bytes()),
            at: Instant::parse("2026-06-02").unwrap(),
            served: "mock".into(),
            tokens_in: 612,
            tokens_out: 94,
            cost_nano_usd: Some(1_100_000),
        },
    }
}

/// A task with the levels that each model gave.
pub fn task(id: &str, by_model: &[&[i64]]) -> ScoredTask {
    let models: Vec<ModelScore> =
        by_model.iter().enumerate().map(|(place, levels)| model(place, levels)).collect();
    let scores: Vec<f64> = models.iter().filter_map(|model| model.score).collect();
    let score = (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64);
    let ends = scores.iter().copied().fold(None, |ends: Option<Spread>, score| {
        let Spread { low, high } = ends.unwrap_or(Spread { low: score, high: score });
        Some(Spread { low: low.min(score), high: high.max(score) })
    });
    ScoredTask {
        task: Arc::new(Task {
            id: id.to_owned(),
            text: format!("Task {id}."),
            kind: TaskType::Core,
            ..Task::default()
        }),
        weight: 0.5,
        score,
        spread: ends,
        sd: None,
        sampling_se: None,
        representative: score.map(|_| (0, 0)),
        models,
    }
}

/// A whole site: two occupations, two models, two samples, two runs, with facts and a companion.
pub fn site() -> Site {
    let entries = vec![developers(), cashiers()];
    let totals = Totals {
        needed: 20,
        ratings: 20,
        cached: 8,
        asked: 12,
        cost_nano_usd: 22_000_000,
        gaps: [(GapReason::Refused, 1)].into(),
        standings: entries.iter().map(|entry| entry.standing).collect(),
        served: vec![["alpha-2026-05-01".into()].into(), ["beta".into()].into()],
        ..Totals::default()
    };
    Site {
        settings: Settings {
            title: "Exposure of work".into(),
            base_url: Some("https://example.org/exposure/".into()),
            licence: Some("CC-BY-4.0".into()),
            publisher: "Institute for Examples".into(),
            is_demo: false,
        },
        run: run(),
        totals,
        receipt: receipt(),
        bands: bands(),
        asked: vec![Some((asked(), Some(priced()))), None],
        schema: r#"{"type":"object","properties":{"score":{"type":"integer"}}}"#.into(),
        entries,
        agreement: agreement(),
        runs: runs(),
        inputs: vec![FactInput {
            name: "BLS Occupational Employment and Wage Statistics, May 2024".into(),
            file: "oesm24nat.zip".into(),
            sha256: Hash::of(b"oews"),
            licence: "Public domain".into(),
        }],
    }
}

/// The same under the rubric whose scores pages call exposure.
pub fn exposure() -> Site {
    let mut site = site();
    site.run.rubric = Arc::new(Rubric { id: "exposure".into(), ..(*site.run.rubric).clone() });
    site
}

/// The same with a scale of labels.
pub fn nominal() -> Site {
    let mut site = site();
    let scale =
        Scale::Nominal { labels: vec![("E0".into(), 0.0), ("E1".into(), 100.0), ("E2".into(), 50.0)] };
    site.run.rubric = Arc::new(Rubric { scale, ..(*site.run.rubric).clone() });
    site
}

/// The same with one model and one sample.
pub fn single() -> Site {
    let mut site = site();
    site.run.samples = 1;
    site.run.models.truncate(1);
    site.agreement.tasks.pairs.clear();
    for entry in &mut site.entries {
        entry.scored.models.truncate(1);
        entry.scored.spread = entry.scored.score.map(|score| Spread { low: score, high: score });
        entry.scored.uncertainty = Uncertainty::default();
        entry.alpha = None;
        for task in &mut entry.tasks {
            task.models.truncate(1);
            task.score = task.models[0].score;
            task.spread = task.score.map(|score| Spread { low: score, high: score });
        }
    }
    site
}

/// The same with an occupation, the second, that no model has rated.
pub fn scoreless() -> Site {
    let mut site = site();
    let entry = &mut site.entries[1];
    entry.scored.score = None;
    entry.scored.spread = None;
    entry.scored.band = None;
    entry.scored.band_span = None;
    entry.scored.coverage = 0.0;
    entry.scored.models = vec![ModelMean { score: None, coverage: 0.0 }; 2];
    entry.scored.uncertainty = Uncertainty::default();
    entry.standing = None;
    entry.alpha = None;
    entry.past = vec![None, None];
    for task in &mut entry.tasks {
        let id = task.task.id.clone();
        *task = self::task(&id, &[&[], &[]]);
    }
    site
}

/// The same where the first occupation's pay is that of a wider code, and the second's one into which it is merged.
pub fn shared_figures() -> Site {
    let mut site = site();
    let (code, title): (Arc<str>, Arc<str>) = ("15-1250".into(), "Software & Web".into());
    let part = Whose::Part { code, title, parts: 3 };
    let merged = Whose::Merged { code: "41-2010".into(), title: "All <cashiers>".into() };
    for (entry, whose) in site.entries.iter_mut().zip([part, merged]) {
        entry.facts.pay.as_mut().unwrap().figure.whose = whose.clone();
        if let Some(outlook) = &mut entry.facts.outlook {
            outlook.figure.whose = whose;
        }
    }
    site
}

/// Commentary on the first occupation, which cites a task and a statement in every part.
pub fn commentary() -> Commentary {
    let remark = |text: &str, cites: &[&str]| Remark {
        text: text.into(),
        cites: cites.iter().map(|id| (*id).to_owned()).collect(),
    };
    Commentary {
        overview: vec![remark("The score is 52.", &["F1", "T9575"])],
        pressure: vec![remark("Pressed.", &["T9577"])],
        holds: vec![remark("Held.", &["T9576"])],
        tools: Vec::new(),
        questions: vec![Question { question: "Why so?".into(), answer: remark("So.", &["F2"]) }],
        author: "writer-2026".into(),
        model: "writer".into(),
        provider: "mock".into(),
        at: Instant::parse("2026-06-04").unwrap(),
        key: Hash::of(b"commentary"),
        facts: ["F1", "F2"].map(|id| Statement { id: id.into(), text: format!("Statement {id}.") }).to_vec(),
    }
}

/// Whether a text has a number that is none.
pub fn has_no_number(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|word| ["NaN", "inf", "Infinity"].contains(&word))
}

/// The places on its own page that a page leads to and that are not there.
pub fn lost(html: &str) -> Vec<&str> {
    let led = html.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next());
    led.filter(|id| !html.contains(&format!("id=\"{id}\""))).collect()
}

/// The same as `site`, with text that wants to be markup, script, a formula or invisible wherever text comes from outside.
pub fn hostile() -> Site {
    let mut site = site();
    let nasty = NASTY.to_owned();
    site.settings.title.push_str(NASTY);
    site.settings.publisher = nasty.clone();
    site.run.notes = vec![nasty.clone()];
    site.run.catalogue.name = nasty.clone();
    site.run.catalogue.attribution = nasty.clone();
    site.run.models[0].id = NASTY.into();
    site.run.models[0].model = nasty.clone();
    site.totals.served[0] = [NASTY.into()].into();
    site.agreement.raters[0] = nasty.clone();
    site.agreement.groups[0].name = nasty.clone();
    site.receipt.command = nasty.clone();
    site.receipt.run = nasty.clone();
    site.schema = nasty.clone();
    site.run.rubric = Arc::new(Rubric {
        title: nasty.clone(),
        summary: nasty.clone(),
        system: nasty.clone(),
        user: nasty.clone(),
        ..(*site.run.rubric).clone()
    });
    site.inputs[0].name = nasty.clone();
    site.inputs[0].licence = nasty.clone();
    for past in &mut site.runs {
        past.run = nasty.clone();
        past.models = vec![nasty.clone()];
        if let Some(change) = &mut past.change {
            change.movers[0].title = nasty.clone();
            change.raters[0].id = nasty.clone();
            change.raters_new = vec![nasty.clone()];
        }
    }
    for entry in &mut site.entries {
        entry.scored.occupation.title = format!("=HYPERLINK(\"x\"){NASTY}");
        entry.scored.occupation.description = nasty.clone();
        entry.scored.band = Some(nasty.clone());
        entry.alternates = vec![nasty.clone()];
        entry.facts.skills = vec![Skill { name: NASTY.into(), importance: 50.0 }];
        entry.commentary = Some(hostile_commentary());
        let whose = Whose::Part { code: "15-1250".into(), title: NASTY.into(), parts: 3 };
        if let Some(pay) = &mut entry.facts.pay {
            pay.figure = Figure { source: NASTY.into(), vintage: NASTY.into(), whose: whose.clone() };
        }
        if let Some(outlook) = &mut entry.facts.outlook {
            outlook.figure.whose = whose;
            outlook.words = NASTY.into();
            outlook.education = NASTY.into();
        }
        entry.facts.tools = vec![Tool { name: NASTY.into(), standing: ToolStanding::InDemand }];
        for companion in &mut entry.companions {
            companion.title = NASTY.into();
            companion.summary = NASTY.into();
            companion.rubric = NASTY.into();
            companion.run = NASTY.into();
            companion.band = nasty.clone();
        }
        for scored in &mut entry.tasks {
            let task = Task { text: format!("=HYPERLINK(\"x\"){NASTY}"), ..(*scored.task).clone() };
            scored.task = Arc::new(task);
            for sample in scored.models.iter_mut().flat_map(|model| &mut model.samples) {
                if let Ok(rating) = &mut sample.outcome {
                    rating.rationale = format!("=HYPERLINK(\"x\"){NASTY}");
                }
            }
        }
    }
    site
}

fn hostile_commentary() -> Commentary {
    let mut commentary = commentary();
    commentary.author = NASTY.into();
    commentary.facts[0].text = NASTY.into();
    let Commentary { overview, pressure, holds, questions, .. } = &mut commentary;
    for remark in overview.iter_mut().chain(pressure).chain(holds) {
        remark.text = NASTY.into();
        remark.cites.push(NASTY.into());
    }
    questions[0].question = NASTY.into();
    questions[0].answer.text = NASTY.into();
    commentary
}

/// Breaks out of elements, of attributes and of scripts, and turns the reading direction.
pub const NASTY: &str = "<script>alert(1)</script>\"><img src=x onerror=alert(1)>\u{202e}'";

/// What stands in front of each sign that turns the reading direction.
pub fn turned(html: &str) -> Vec<String> {
    let mut fronts: Vec<&str> = html.split('\u{202e}').collect();
    fronts.pop();
    let end = |front: &str| front.chars().skip(front.chars().count().saturating_sub(160)).collect();
    fronts.into_iter().map(end).collect()
}

/// Whether a page has none of that as markup.
pub fn is_tame(html: &str) -> bool {
    let scripts = html.matches("<script").count();
    let ours =
        html.matches("<script src=").count() + html.matches("<script type=\"application/ld+json\">").count();
    let ends = html.matches("</script").count();
    scripts == ours && ends == scripts && !html.contains("<img") && !html.contains('\u{202e}')
}

pub fn run() -> RunInfo {
    let model = |id: &str, weight| RunModel {
        id: id.into(),
        provider: "openai",
        model: format!("{id}-2026-05-01"),
        weight,
    };
    RunInfo {
        rubric: Arc::new(Rubric {
            name: "exposure".into(),
            id: "task-exposure".into(),
            version: "3".into(),
            title: "What today's AI could do alone".into(),
            summary: "The share of a task that today's AI could do alone.".into(),
            scale: Scale::Integer { min: 0, max: 100 },
            fields: vec!["score".into(), "rationale".into()],
            limits: TextLimits { text_chars: 2_000, rationale_chars: 600 },
            system: "You rate tasks.\nAnswer in JSON.".into(),
            user: "Task: {{ task.text }}".into(),
            sha256: Hash::of(b"rubric"),
            variant: None,
        }),
        catalogue: CatalogueId {
            name: "O*NET 30.1".into(),
            sha256: Hash::of(b"catalogue"),
            attribution:
                "Includes information from the O*NET 30.1 Database, used under the CC BY 4.0 license.".into(),
        },
        weighting: Weighting::Importance,
        combine: Combine::Mean,
        rounds: 1_000,
        seed: 7,
        samples: 2,
        adaptive: None,
        offline: false,
        models: vec![model("alpha", 1.0), model("beta", 2.0)],
        notes: vec!["Three tasks of the release have no importance.".into()],
    }
}

pub fn bands() -> Bands {
    let names = ["Minimal", "Low", "Partial", "High", "Very high"].map(str::to_owned).to_vec();
    Bands::new(vec![20.0, 40.0, 60.0, 80.0], names).unwrap()
}

fn asked() -> Asked {
    Asked {
        temperature_hundredths: Some(70),
        max_output_tokens: 400,
        effort: Some("low".into()),
        extra: String::new(),
    }
}

fn priced() -> Priced {
    Priced { price: Price { input: 1.25, output: 10.0, ..Price::default() }, source: "2026-05-01".into() }
}

fn receipt() -> Receipt {
    Receipt {
        run: "2026-06-02-full".into(),
        began: Instant::parse("2026-06-02").unwrap(),
        program: "score-tasks 0.1.0".into(),
        record: Hash::of(b"record"),
        command: "score-tasks score --onet 30.1 --offline".into(),
        cost_usd: 0.022,
        cached: 8,
        asked: 12,
    }
}

fn developers() -> Entry {
    let tasks = vec![
        task("9575", &[&[60, 64], &[80, 84]]),
        task("9576", &[&[20, 22], &[30, 30]]),
        task("9577", &[&[90, 90], &[]]),
    ];
    let mut entry = entry("15-1252.00", "Software Developers", tasks, (52.0, 44.0, 60.0));
    entry.alternates = vec!["Programmer".into(), "Senior Software Developer".into()];
    entry.facts = Facts {
        skills: vec![skill("Programming", 78.0), skill("Speaking", 50.0)],
        related: vec!["15-1251.00".into(), "41-2011.00".into()],
        pay: Some(pay(Wage::Exactly(133_080), 1_693_800)),
        pay_growth: Some(PayGrowth {
            figure: figure("OEWS", "May 2024"),
            since: "May 2023".into(),
            percent_a_year: 4.6,
        }),
        outlook: Some(outlook(17.9)),
        tools: vec![Tool { name: "Git".into(), standing: ToolStanding::InDemand }],
        ..Facts::default()
    };
    entry.companions = vec![Companion {
        began: Instant::parse("2026-06-01").unwrap(),
        models: ["a".to_owned(), "b".to_owned()].into(),
        rubric: "augmentation".into(),
        title: "With a person in charge".into(),
        summary: "How much a worker who stays responsible gains".into(),
        run: "2026-06-03-augmentation".into(),
        score: 71.0,
        low: 66.0,
        high: 76.0,
        band: "High".into(),
    }];
    entry.past = vec![
        Some(PastScore { score: 47.0, low: 40.0, high: 55.0 }),
        Some(PastScore { score: 52.0, low: 44.0, high: 60.0 }),
    ];
    entry
}

fn cashiers() -> Entry {
    let mut tasks = vec![task("1", &[&[10, 12], &[20, 20]]), task("2", &[&[40, 44], &[50, 50]])];
    if let Some(sample) = tasks[0].models[1].samples.get_mut(1) {
        sample.outcome = Err(Gap::new(GapReason::Refused, "I would rather not say."));
    }
    let mut entry = entry("41-2011.00", "Cashiers", tasks, (31.0, 27.0, 35.0));
    entry.facts = Facts {
        skills: vec![skill("Speaking", 53.0), skill("Service Orientation", 50.0)],
        pay: Some(pay(Wage::AtLeast(239_200), 3_148_030)),
        ..Facts::default()
    };
    entry.past = vec![None, Some(PastScore { score: 31.0, low: 27.0, high: 35.0 })];
    entry
}

fn entry(code: &str, title: &str, tasks: Vec<ScoredTask>, (score, low, high): (f64, f64, f64)) -> Entry {
    let bands = bands();
    let scored = ScoredOccupation {
        occupation: Occupation {
            code: code.into(),
            title: title.into(),
            description: format!("What {title} do."),
        },
        weighting: Weighting::Importance,
        score: Some(score),
        spread: Some(Spread { low, high }),
        band: Some(bands.name(bands.place(score, None)).to_owned()),
        band_span: Some("Low to Partial".into()),
        coverage: 1.0,
        tasks: tasks.len() as u64,
        imputed: 0,
        models: vec![
            ModelMean { score: Some(low), coverage: 1.0 },
            ModelMean { score: Some(high), coverage: 1.0 },
        ],
        uncertainty: Uncertainty {
            sd: Some(11.3),
            se: Some(8.0),
            sampling_se: Some(0.7),
            ..Uncertainty::default()
        },
    };
    Entry {
        scored,
        tasks,
        standing: Some(Standing { z: Some(0.7), percentile: if score > 40.0 { 75.0 } else { 25.0 } }),
        alpha: Some(0.81),
        alternates: Vec::new(),
        facts: Facts::default(),
        companions: Vec::new(),
        past: Vec::new(),
        commentary: None,
    }
}

fn skill(name: &str, importance: f64) -> Skill {
    Skill { name: name.into(), importance }
}

fn figure(source: &str, vintage: &str) -> Figure {
    Figure { source: source.into(), vintage: vintage.into(), whose: Whose::Its }
}

fn pay(median: Wage, employment: u64) -> Pay {
    Pay {
        figure: figure("OEWS", "May 2024"),
        median: Some(median),
        low: None,
        high: None,
        employment: Some(employment),
    }
}

fn outlook(change_percent: f64) -> Outlook {
    Outlook {
        figure: figure("BLS projections", "2024-34"),
        employment: Some(1_700_000),
        projected: Some(2_000_000),
        change_percent,
        words: "much faster than average".into(),
        openings: Some(140_100),
        education: "Bachelor's degree".into(),
    }
}

fn agreement() -> Agreement {
    let overall = Overall {
        items: 5,
        complete: 4,
        alpha: Alpha { interval: Some(0.813), ordinal: Some(0.8), nominal: Some(0.0) },
        icc: Icc { single: Some(0.792), mean: Some(0.884), consistency: Some(0.9) },
        ..Overall::default()
    };
    let pair = Pair {
        a: 0,
        b: 1,
        items: 4,
        spearman: Some(0.714),
        kappa_quadratic: Some(0.655),
        mae: Some(9.83),
        bias: Some(8.25),
        ..Pair::default()
    };
    let level = Agreed {
        overall,
        alpha: Some(Interval { low: 0.701, high: 0.889 }),
        icc: Some(Interval { low: 0.652, high: 0.861 }),
        pairs: vec![pair],
    };
    Agreement {
        raters: vec!["alpha".into(), "beta".into()],
        occupations: Some(Agreed { alpha: None, icc: None, ..level.clone() }),
        tasks: level,
        groups: vec![Group { name: "15".into(), overall, pearson: Some(0.91), mae: Some(12.5) }],
        retests: vec![Retest { rater: 0, samples: 2, overall, sd_within: Some(1.9) }],
        disputed: vec![Disputed { item: 3, range: 9.0, scores: vec![Some(11.0), Some(20.0)] }],
        rounds: 1_000,
        seed: 7,
    }
}

fn runs() -> Vec<Past> {
    let past = |run: &str, began: &str, mean, change| Past {
        run: run.into(),
        began: Instant::parse(began).unwrap(),
        mean: Some(mean),
        occupations: 2,
        models: vec!["alpha".into(), "beta".into()],
        change,
    };
    vec![
        past("2026-03-02-full", "2026-03-02", 38.5, None),
        past("2026-06-02-full", "2026-06-02", 41.5, Some(change())),
    ]
}

fn change() -> Change {
    Change {
        tasks: TaskChange { kept: 4, reworded: 1, new: 0, gone: 0 },
        raters: vec![RaterChange {
            id: "alpha".into(),
            tasks: 4,
            shift: Some(2.4),
            se: Some(0.6),
            rmsd: Some(3.1),
            noise: Some(1.4),
            verdict: Verdict::Moved,
            ..RaterChange::default()
        }],
        raters_new: vec!["beta".into()],
        occupations: OccupationChange {
            count: 1,
            new: 1,
            before: Some(38.5),
            after: Some(41.5),
            shift: Some(5.0),
            exchanged: Some(-2.0),
            flips: 1,
            ..OccupationChange::default()
        },
        causes: Causes { inputs: 0.5, raters: 2.0, answers: 2.5 },
        movers: vec![Mover {
            code: "15-1252.00".into(),
            title: "Software Developers".into(),
            before: 47.0,
            after: 52.0,
            bands: ("Partial".into(), "Partial".into()),
            causes: Causes { inputs: 0.5, raters: 2.0, answers: 2.5 },
        }],
        ..Change::default()
    }
}
