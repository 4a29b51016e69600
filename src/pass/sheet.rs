//! A report that is kept as a table, for commands that reckon with the ratings of a run.

use std::sync::Arc;

use crate::domain::scored::Origin;
use crate::domain::{
    Occupation, RubricRef, RunInfo, Sample, ScoredOccupation, ScoredTask, Sheet, SheetItem, SheetOccupation,
    SheetRater, SheetRating, Totals,
};
use crate::report::{Report, ReportError};

/// Takes a report in.
pub struct Collector {
    pub sheet: Sheet,
    /// Rationales take much more room than scores.
    rationales: bool,
}

impl Collector {
    pub fn new(run: &RunInfo, rationales: bool) -> Self {
        let rubric = RubricRef {
            id: run.rubric.id.clone(),
            version: run.rubric.version.clone(),
            sha256: run.rubric.sha256.to_string(),
            step: run.rubric.scale.step(),
        };
        let raters = run.models.iter().map(|model| SheetRater {
            id: model.id.to_string(),
            provider: model.provider.to_owned(),
            model: model.model.clone(),
            served: Vec::new(),
            weight: model.weight,
        });
        let sheet = Sheet {
            rubric,
            catalogue: run.catalogue.name.clone(),
            weights: run.weighting.name().to_owned(),
            combine: run.combine,
            raters: raters.collect(),
            ..Sheet::default()
        };
        Self { sheet, rationales }
    }

    fn rating(&self, sample: &Sample) -> SheetRating {
        let key = match &sample.origin {
            Origin::Answer { key, .. } | Origin::Unanswered { key } => Some(*key),
            Origin::Label { .. } => None,
        };
        let (score, rationale) = match &sample.outcome {
            Ok(rating) => (Ok(rating.score.value()), rating.rationale.as_str()),
            Err(gap) => (Err(gap.reason), ""),
        };
        let rationale = if self.rationales { rationale.to_owned() } else { String::new() };
        SheetRating { sample: sample.number, score, key, rationale }
    }
}

impl Report for Collector {
    fn task(&mut self, occupation: &Occupation, scored: &ScoredTask) -> Result<(), ReportError> {
        if self.sheet.occupations.last().is_none_or(|last| last.code != occupation.code) {
            let Occupation { code, title, .. } = occupation.clone();
            self.sheet.occupations.push(SheetOccupation { code, title });
        }
        let ratings = scored
            .models
            .iter()
            .map(|model| model.samples.iter().map(|sample| self.rating(sample)).collect())
            .collect();
        self.sheet.items.push(SheetItem {
            occupation: self.sheet.occupations.len() - 1,
            id: scored.task.id.clone(),
            text: scored.task.text.clone(),
            weight: scored.weight,
            ratings,
        });
        Ok(())
    }

    fn occupation(&mut self, _: &ScoredOccupation) -> Result<(), ReportError> {
        Ok(())
    }

    fn end(&mut self, totals: &Totals) -> Result<(), ReportError> {
        let served =
            |names: &std::collections::BTreeSet<Arc<str>>| names.iter().map(ToString::to_string).collect();
        for (rater, names) in self.sheet.raters.iter_mut().zip(&totals.served) {
            rater.served = served(names);
        }
        Ok(())
    }
}
