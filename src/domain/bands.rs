//! Words for ranges of scores, by cut points of the config.

use super::Spread;

/// A mean that should be on a cut may miss it by the rounding of its sums, which is far smaller.
const ROUNDING: f64 = 1e-9;

/// Cut points and the names between them; there is one name more than cuts.
#[derive(Clone, PartialEq, Debug)]
pub struct Bands {
    cuts: Vec<f64>,
    names: Vec<String>,
}

impl Bands {
    /// A single band without a name.
    pub fn none() -> Self {
        Self { cuts: Vec::new(), names: vec![String::new()] }
    }

    /// Fails, with the reason, unless the cuts rise within 0..100 and the names fit.
    pub fn new(cuts: Vec<f64>, names: Vec<String>) -> Result<Self, String> {
        if names.len() != cuts.len() + 1 {
            let (cuts, names) = (cuts.len(), names.len());
            return Err(format!("{cuts} cuts need {} names, not {names}", cuts + 1));
        }
        let inside = cuts.iter().all(|cut| (0.0..=100.0).contains(cut));
        let rising = cuts.windows(2).all(|pair| pair.first() < pair.last());
        if inside && rising {
            return Ok(Self { cuts, names });
        }
        Err("cuts must rise from one to the next, between 0 and 100".to_owned())
    }

    /// The points at which a score changes its band.
    pub fn cuts(&self) -> &[f64] {
        &self.cuts
    }

    /// By its place, counted from the lowest.
    pub fn name(&self, place: usize) -> &str {
        self.names.get(place).map_or("", String::as_str)
    }

    /// The band of a score; a score on a cut belongs to the higher band.
    pub fn of(&self, score: f64) -> &str {
        self.name(self.cuts.iter().take_while(|cut| score + ROUNDING >= **cut).count())
    }

    /// The band of the models' scores; where they fall into different ones, from which to which.
    pub fn span(&self, spread: Spread) -> String {
        match (self.of(spread.low), self.of(spread.high)) {
            (low, high) if low == high => low.to_owned(),
            (low, high) => format!("{low} to {high}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(all: &[&str]) -> Vec<String> {
        all.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_cut_belongs_to_the_higher_band() {
        let bands = Bands::new(vec![20.0, 40.0], names(&["Low", "Mid", "High"])).unwrap();
        for (score, band) in [(0.0, "Low"), (19.99, "Low"), (20.0, "Mid"), (40.0, "High"), (100.0, "High")] {
            assert_eq!(bands.of(score), band, "{score}");
        }
        assert_eq!(bands.span(Spread { low: 10.0, high: 12.0 }), "Low");
        assert_eq!(bands.span(Spread { low: 10.0, high: 45.0 }), "Low to High");
    }

    #[test]
    fn bad_cuts_are_refused() {
        assert!(Bands::new(vec![40.0, 20.0], names(&["a", "b", "c"])).is_err());
        assert!(Bands::new(vec![20.0], names(&["a"])).is_err());
        assert!(Bands::new(vec![120.0], names(&["a", "b"])).is_err());
    }
}
