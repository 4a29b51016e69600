//! Made-up sites for the tests of pages, charts and tables.

mod entries;
mod hostile;
mod report;

use std::sync::Arc;

use super::{Settings, Site};
use crate::domain::facts::Whose;
use crate::domain::scored::ModelMean;
use crate::domain::{FactInput, GapReason, Hash, Rubric, Scale, Spread, Totals, Uncertainty};

pub use entries::*;
pub use hostile::*;
pub use report::*;

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
        asked: vec![Some(asked()), None],
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
