//! Two made-up occupations with all that is known of them.

use super::report::*;
use crate::domain::commentary::{Asked as Question, Remark, Statement};
use crate::domain::facts::{Figure, Outlook, Pay, PayGrowth, Skill, Tool, ToolStanding, Wage, Whose};
use crate::domain::scored::ModelMean;
use crate::domain::{
    Commentary, Facts, Gap, GapReason, Hash, Instant, Occupation, ScoredOccupation, ScoredTask, Spread,
    Standing, Uncertainty, Weighting,
};
use crate::site::{Companion, Entry, PastScore};

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

pub fn developers() -> Entry {
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

pub fn cashiers() -> Entry {
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

pub fn entry(code: &str, title: &str, tasks: Vec<ScoredTask>, (score, low, high): (f64, f64, f64)) -> Entry {
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

pub fn skill(name: &str, importance: f64) -> Skill {
    Skill { name: name.into(), importance }
}

pub fn figure(source: &str, vintage: &str) -> Figure {
    Figure { source: source.into(), vintage: vintage.into(), whose: Whose::Its }
}

pub fn pay(median: Wage, employment: u64) -> Pay {
    Pay {
        figure: figure("OEWS", "May 2024"),
        median: Some(median),
        low: None,
        high: None,
        employment: Some(employment),
    }
}

pub fn outlook(change_percent: f64) -> Outlook {
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
