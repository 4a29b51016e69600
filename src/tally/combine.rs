//! Several raters' scores into one.

use crate::domain::Combine;
use crate::measure::combine;

/// How raters are combined: the choice, and what it needs to know of each.
#[derive(Clone, Debug, Default)]
pub struct Combination {
    pub how: Combine,
    /// By rater, from the config.
    pub weights: Vec<f64>,
    /// By rater: points that it adds to every item; empty unless effects are removed.
    pub effects: Vec<Option<f64>>,
}

impl Combination {
    /// The mean, with these weights.
    pub fn mean(weights: &[f64]) -> Self {
        Self { weights: weights.to_vec(), ..Self::default() }
    }

    /// Whether errors of a weighted mean apply.
    pub fn is_mean(&self) -> bool {
        matches!(self.how, Combine::Mean | Combine::Effects)
    }

    /// Combines the scores of raters in their order; `None` where nobody has one.
    pub fn of(&self, scores: &[Option<f64>]) -> Option<f64> {
        combine(self.how, scores, &self.weights, &self.effects)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_choice_combines_in_its_own_way() {
        let scores = [Some(10.0), Some(20.0), None, Some(30.0), Some(100.0), Some(40.0)];
        let of = |how, effects: &[Option<f64>]| {
            Combination { how, weights: vec![1.0; 6], effects: effects.to_vec() }.of(&scores)
        };
        assert_eq!(of(Combine::Mean, &[]), Some(40.0));
        assert_eq!(of(Combine::Median, &[]), Some(30.0));
        assert_eq!(of(Combine::Trimmed, &[]), Some(30.0));
        let effects = [Some(-10.0), Some(0.0), Some(99.0), Some(10.0), Some(50.0), None];
        assert_eq!(of(Combine::Effects, &effects), Some(30.0));
        assert_eq!(Combination::default().of(&[None, None]), None);
        assert_eq!(Combination::mean(&[1.0, 3.0]).of(&[Some(0.0), Some(100.0)]), Some(75.0));
    }
}
