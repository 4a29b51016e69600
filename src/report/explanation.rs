//! One number taken apart, for people with a pocket calculator.

mod chain;
mod figures;
mod json;

use super::layout::{Align, grid};
use super::table::{caveats, count, headline, range, rounded};
use super::text::{cut, plain};
use crate::domain::explanation::{Explanation, Sums, Target, Term, Variant, Way};
use crate::domain::{Bands, Combine, Instant, ModelScore, RunInfo};
use figures::{exact, made_of, score, sum};

pub use json::explanation_json;

/// Lines are not broken: who reckons along reads along them.
const WIDTH: usize = usize::MAX;

/// Of the text of a task beside its figures, so many characters.
const EXCERPT: usize = 60;

/// What everything here is written from.
struct Page<'a> {
    run: &'a RunInfo,
    bands: &'a Bands,
    of: &'a Explanation,
}

/// How an occupation's score was made, or where there is a target, a task's.
pub fn explanation_text(run: &RunInfo, bands: &Bands, of: &Explanation) -> String {
    let page = Page { run, bands, of };
    let target = of.target.as_ref().and_then(|target| Some((target, of.tasks.get(of.followed)?)));
    let (title, body) = match target {
        Some((target, term)) => (format!(", task {}", plain(&term.scored.task.id)), page.task(target, term)),
        None => (String::new(), page.occupation()),
    };
    format!("{}\n{}\n{body}\n{}", page.title(&title), page.settings(), page.chain())
}

impl Page<'_> {
    fn title(&self, task: &str) -> String {
        let occupation = &self.of.occupation.occupation;
        let mut name = plain(&occupation.title).into_owned();
        if occupation.code != occupation.title {
            name = format!("{name}  {}", plain(&occupation.code));
        }
        format!(
            "  {name}{task}   {}, {}, {}\n",
            count(self.of.occupation.tasks, "task"),
            count(self.run.models.len() as u64, "model"),
            count(u64::from(self.run.samples), "sample")
        )
    }

    /// Everything that decides how ratings become numbers.
    fn settings(&self) -> String {
        let rubric = &self.run.rubric;
        let mut lines = vec![
            ("rubric", format!("{} {}", rubric.shown(), rubric.version)),
            ("catalogue", self.run.catalogue.name.clone()),
        ];
        for model in &self.run.models {
            let named = if *model.id == *model.model { String::new() } else { format!(" {}", model.model) };
            let weight = exact(model.weight);
            lines.push(("model", format!("{} ({}{named}), v = {weight}", model.id, model.provider)));
        }
        lines.push(("weights", format!("{}: {}", self.of.occupation.weighting, self.of.formula)));
        if !self.bands.cuts().is_empty() {
            lines.push(("bands", bands(self.bands)));
        }
        let (from, to) = (self.of.fit.from, self.of.fit.to);
        if from != Instant::BEGINNING {
            lines.push(("answers", format!("since {from}")));
        }
        if to != Instant::END {
            lines.push(("answers", format!("as of {to}")));
        }
        let rows = lines.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
        grid(&[], &[Align::Left; 2], rows, WIDTH)
    }

    fn occupation(&self) -> String {
        let Explanation { occupation, combined, .. } = self.of;
        let scores = occupation.models.iter().map(|model| model.score);
        let mut text = self.terms();
        let how = match self.run.combine {
            Combine::Median => "median of x",
            Combine::Trimmed => "mean of x without the lowest and the highest fifth",
            Combine::Mean | Combine::Effects => "sum of v*x / sum of v",
        };
        text +=
            &format!("\n  x = mean of a model's samples; score = {how}. A gap is left out of every sum.\n");
        text += "  Shown to 4 decimals, added up with all.\n\n";
        text += &self.sums();
        text += "\n  S = sum of w*x / sum of w; coverage = sum of w / ";
        text += &format!("{}, the sum over all tasks.\n\n", sum(self.of.weight));
        text += &self.mean("S", scores, *combined, occupation.score);
        let coverages: Vec<String> = occupation.models.iter().map(|model| score(model.coverage)).collect();
        text += &format!(
            "  coverage = ({}) / {} = {}\n",
            coverages.join(" + "),
            coverages.len(),
            score(occupation.coverage)
        );
        if let Some(band) = &occupation.band {
            text += &format!("  low and high = the lowest and the highest S of a model; band of S: {band}\n");
        }
        text += "\n  Rounded, as `score` shows it:\n";
        text += &format!("  {}   {}\n", plain(&self.run.rubric.title), headline(occupation));
        text += &caveats(occupation);
        text + &format!("\n{}", self.variants())
    }

    /// A line per task, with three columns per model.
    fn terms(&self) -> String {
        let with_samples = self.shows_samples();
        let mut header = vec!["#", "task", "w", "made of"];
        let mut aligns = vec![Align::Right, Align::Left, Align::Right, Align::Left];
        for model in &self.run.models {
            header.push(&model.id);
            header.extend(if with_samples { &["samples", "w*x"][..] } else { &["w*x"] });
            aligns.push(Align::Right);
            aligns.extend(if with_samples { &[Align::Left, Align::Right][..] } else { &[Align::Right] });
        }
        header.extend(["score", "text"]);
        aligns.extend([Align::Right, Align::Left]);
        let rows = self.of.tasks.iter().enumerate().map(|(at, term)| {
            let mut row = vec![(at + 1).to_string(), term.scored.task.id.clone(), self.weight(term)];
            row.push(made_of(&term.made_of));
            for model in &term.scored.models {
                row.push(or_dash(model.score.map(score)));
                if with_samples {
                    row.push(self.samples(model));
                }
                row.push(or_dash(model.score.map(|x| sum(term.weight * x))));
            }
            row.push(or_dash(term.scored.score.map(score)));
            row.push(excerpt(&term.scored.task.text));
            row
        });
        grid(&header, &aligns, rows.collect(), WIDTH)
    }

    /// Where one is all there is, and it is the score, it need not be said twice.
    fn shows_samples(&self) -> bool {
        let mut samples =
            self.of.tasks.iter().flat_map(|term| &term.scored.models).map(|model| &model.samples);
        let is_score = self.run.rubric.scale.is_percent();
        !is_score
            || samples.any(|samples| samples.len() > 1 || samples.iter().any(|one| one.outcome.is_err()))
    }

    /// As it came, where it came; what was reckoned is rounded.
    fn weight(&self, term: &Term) -> String {
        let is_one_figure = term.made_of.len() < 2;
        if is_one_figure { exact(term.weight) } else { figures::product(term.weight) }
    }

    /// The score of each, or why it has none.
    fn samples(&self, model: &ModelScore) -> String {
        let is_score = self.run.rubric.scale.is_percent();
        let shown = model.samples.iter().map(|sample| match &sample.outcome {
            Ok(rating) if is_score => score(rating.score.value()),
            Ok(rating) => format!("{}={}", rating.level, score(rating.score.value())),
            Err(gap) => gap.reason.name().to_owned(),
        });
        shown.collect::<Vec<String>>().join(", ")
    }

    fn sums(&self) -> String {
        let models = self.run.models.iter().zip(&self.of.models).zip(&self.of.occupation.models);
        let rows = models.map(|((model, of), mean)| {
            vec![
                model.id.to_string(),
                exact(model.weight),
                of.rated.to_string(),
                sum(of.sums.weight),
                sum(of.sums.product),
                or_dash(mean.score.map(score)),
                score(mean.coverage),
            ]
        });
        let header = ["model", "v", "rated", "sum of w", "sum of w*x", "S", "coverage"];
        let aligns = [&[Align::Left][..], &[Align::Right; 6]].concat();
        grid(&header, &aligns, rows.collect(), WIDTH)
    }

    /// `S = (1 x 40 + 2 x 80) / (1 + 2) = 66.6667`.
    fn mean(
        &self,
        name: &str,
        scores: impl Iterator<Item = Option<f64>>,
        sums: Sums,
        mean: Option<f64>,
    ) -> String {
        let Some(mean) = mean else { return format!("  {name}: no model has a score\n") };
        let models = self.run.models.iter().zip(scores);
        let rated: Vec<(f64, f64)> =
            models.filter_map(|(model, score)| Some((model.weight, score?))).collect();
        let alone = || rated.iter().map(|(_, x)| score(*x)).collect::<Vec<String>>().join(", ");
        match self.run.combine {
            Combine::Median => return format!("  {name} = median of {} = {}\n", alone(), score(mean)),
            Combine::Trimmed => {
                let what = "mean without the lowest and the highest fifth of";
                return format!("  {name} = {what} {} = {}\n", alone(), score(mean));
            }
            Combine::Mean | Combine::Effects => {}
        }
        let products: Vec<String> =
            rated.iter().map(|(weight, x)| format!("{} x {}", exact(*weight), score(*x))).collect();
        let weights: Vec<String> = rated.iter().map(|(weight, _)| exact(*weight)).collect();
        format!(
            "  {name} = ({}) / ({}) = {} / {} = {}\n",
            products.join(" + "),
            weights.join(" + "),
            sum(sums.product),
            sum(sums.weight),
            score(mean)
        )
    }

    fn variants(&self) -> String {
        let row = |name: String, of: &Variant, imputed: bool| {
            vec![
                name,
                or_dash(of.score.map(score)),
                or_dash(of.spread.map(|spread| score(spread.low))),
                or_dash(of.spread.map(|spread| score(spread.high))),
                or_dash(of.band.clone()),
                if imputed && of.imputed > 0 { of.imputed.to_string() } else { String::new() },
            ]
        };
        let occupation = &self.of.occupation;
        let now = Variant {
            way: Way::Weights(occupation.weighting),
            score: occupation.score,
            spread: occupation.spread,
            band: occupation.band.clone(),
            coverage: occupation.coverage,
            imputed: occupation.imputed,
        };
        let mut rows = vec![row(format!("weights {}, as above", occupation.weighting), &now, true)];
        for of in &self.of.variants {
            let is_weights = matches!(of.way, Way::Weights(_));
            rows.push(row(self.way(of.way), of, is_weights));
        }
        let header = ["the same answers by", "S", "low", "high", "band", "weights imputed"];
        let aligns = [Align::Left, Align::Right, Align::Right, Align::Right, Align::Left, Align::Right];
        grid(&header, &aligns, rows, WIDTH)
    }

    fn way(&self, way: Way) -> String {
        match way {
            Way::Weights(weighting) => format!("weights {weighting}"),
            Way::Model(model) => {
                format!("{} alone", self.run.models.get(model).map_or("", |model| &model.id))
            }
            Way::Combined(Combine::Trimmed) => "trimmed mean of models".to_owned(),
            Way::Combined(how) => format!("{how} of models"),
        }
    }

    /// One task: what each model says of it, and what it weighs.
    fn task(&self, target: &Target, term: &Term) -> String {
        let scored = &term.scored;
        let of_models = self.run.models.iter().zip(&scored.models).map(|(model, of)| {
            vec![model.id.to_string(), exact(model.weight), self.samples(of), or_dash(of.score.map(score))]
        });
        let aligns = [Align::Left, Align::Right, Align::Left, Align::Right];
        let mut text = format!("  {}\n\n", plain(&scored.task.text));
        text += &grid(&["model", "v", "samples", "x"], &aligns, of_models.collect(), WIDTH);
        text += "\n  x = mean of a model's samples; gaps are left out.\n\n";
        text +=
            &self.mean("score", scored.models.iter().map(|model| model.score), target.combined, scored.score);
        text += "\n  Rounded, as `score` shows it:\n";
        let shown = vec![vec![
            format!("{:.1} %", scored.weight * 100.0),
            rounded(scored.score),
            range(scored.spread),
        ]];
        text +=
            &grid(&["weight", "score", "range"], &[Align::Right, Align::Right, Align::Left], shown, WIDTH);
        text += &format!("\n{}", self.shares(target, term));
        if self.run.models.len() > 1 {
            text += &format!("\n  Median of the models: {}\n", or_dash(target.median.map(score)));
        }
        text
    }

    /// What a task weighs, under these weights and others.
    fn shares(&self, target: &Target, term: &Term) -> String {
        let now = &self.of.occupation;
        let row = |name: String, made_of: String, weight: String, all: f64, share: f64| {
            vec![name, made_of, weight, sum(all), figures::share(share)]
        };
        let mut rows = vec![row(
            format!("{}, as above", now.weighting),
            made_of(&term.made_of),
            self.weight(term),
            self.of.weight,
            term.scored.weight,
        )];
        for of in &target.weights {
            let share = if of.all > 0.0 { of.weight / of.all } else { 0.0 };
            rows.push(row(of.weighting.to_string(), made_of(&of.made_of), sum(of.weight), of.all, share));
        }
        let header = ["weights", "made of", "w", "of", "share"];
        let aligns = [Align::Left, Align::Left, Align::Right, Align::Right, Align::Right];
        grid(&header, &aligns, rows, WIDTH)
    }
}

fn or_dash(value: Option<String>) -> String {
    value.unwrap_or_else(|| "-".to_owned())
}

fn excerpt(text: &str) -> String {
    let excerpt = cut(text, EXCERPT);
    if excerpt.len() < text.len() { format!("{}...", excerpt.trim_end()) } else { excerpt.to_owned() }
}

/// `Low, from 20 High`.
fn bands(bands: &Bands) -> String {
    let from = bands.cuts().iter().enumerate();
    let above: Vec<String> =
        from.map(|(at, cut)| format!(", from {} {}", exact(*cut), bands.name(at + 1))).collect();
    format!("{}{}", bands.name(0), above.concat())
}
