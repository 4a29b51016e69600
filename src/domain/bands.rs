//! Words for scores: by cut points of the config, or by the gradients of the ILO.

/// A mean that should be on a cut may miss it by the rounding of its sums, which is far smaller.
const ROUNDING: f64 = 1e-9;

/// The names of the ILO's gradients, the lowest first.
const GRADIENTS: [&str; 6] =
    ["Not exposed", "Minimal exposure", "Gradient 1", "Gradient 2", "Gradient 3", "Gradient 4"];

/// How a score gets its word.
#[derive(Clone, PartialEq, Debug)]
pub enum Bands {
    /// Cut points and the names between them; there is one name more than cuts.
    Cuts { cuts: Vec<f64>, names: Vec<String> },
    /// Gmyrek et al., "Generative AI and Jobs: A Refined Global Index of Occupational Exposure", ILO Working
    /// Paper 140 (2025): by the mean and the spread of an occupation's tasks.
    Ilo,
}

impl Bands {
    /// A single band without a name.
    pub fn none() -> Self {
        Self::Cuts { cuts: Vec::new(), names: vec![String::new()] }
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
            return Ok(Self::Cuts { cuts, names });
        }
        Err("cuts must rise from one to the next, between 0 and 100".to_owned())
    }

    /// Which band, counted from the lowest. `sd` is the sample standard deviation over the occupation's
    /// tasks, in points; cuts need none. A score on a cut belongs to the higher band.
    pub fn place(&self, score: f64, sd: Option<f64>) -> usize {
        match self {
            Self::Cuts { cuts, .. } => cuts.iter().take_while(|cut| score + ROUNDING >= **cut).count(),
            Self::Ilo => gradient(score, sd),
        }
    }

    pub fn name(&self, place: usize) -> &str {
        match self {
            Self::Cuts { names, .. } => names.get(place).map_or("", String::as_str),
            Self::Ilo => GRADIENTS.get(place).copied().unwrap_or_default(),
        }
    }

    /// From the lowest of these bands to the highest.
    pub fn span(&self, places: impl IntoIterator<Item = usize> + Clone) -> Option<String> {
        let (low, high) = (places.clone().into_iter().min()?, places.into_iter().max()?);
        let (low, high) = (self.name(low), self.name(high));
        Some(if low == high { low.to_owned() } else { format!("{low} to {high}") })
    }

    /// The points at which a score changes its band; none where that hangs on more than the score.
    pub fn cuts(&self) -> &[f64] {
        match self {
            Self::Cuts { cuts, .. } => cuts,
            Self::Ilo => &[],
        }
    }
}

/// The rule is on 0 to 1, both figures rounded to two decimals first; here in whole points.
fn gradient(score: f64, sd: Option<f64>) -> usize {
    let mean = (score + ROUNDING).round();
    let with_sd = mean + (sd.unwrap_or(0.0) + ROUNDING).round();
    match () {
        () if mean >= 60.0 => 5,
        () if mean >= 50.0 => 4,
        () if with_sd >= 50.0 => 2 + usize::from(mean >= 40.0),
        () if with_sd >= 40.0 => 1,
        () => 0,
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
        let of = |score| bands.place(score, None);
        for (score, band) in [(0.0, "Low"), (19.99, "Low"), (20.0, "Mid"), (40.0, "High"), (100.0, "High")] {
            assert_eq!(bands.name(of(score)), band, "{score}");
        }
        assert_eq!(bands.span([of(10.0), of(12.0)]).unwrap(), "Low");
        assert_eq!(bands.span([of(45.0), of(10.0)]).unwrap(), "Low to High");
        assert_eq!(bands.span([]), None);
    }

    #[test]
    fn bad_cuts_are_refused() {
        assert!(Bands::new(vec![40.0, 20.0], names(&["a", "b", "c"])).is_err());
        assert!(Bands::new(vec![20.0], names(&["a", "b", "c"])).is_err());
        assert!(Bands::new(vec![120.0], names(&["a", "b"])).is_err());
    }

    #[test]
    fn gradients_follow_mean_and_spread() {
        for (mean, sd, name) in [
            (60.0, 0.0, "Gradient 4"),
            (59.5, 0.0, "Gradient 4"),
            (59.4, 30.0, "Gradient 3"),
            (49.4, 0.4, "Minimal exposure"),
            (49.4, 0.6, "Gradient 2"),
            (40.0, 10.0, "Gradient 2"),
            (39.4, 11.0, "Gradient 1"),
            (39.4, 10.0, "Minimal exposure"),
            (30.0, 9.4, "Not exposed"),
        ] {
            assert_eq!(Bands::Ilo.name(Bands::Ilo.place(mean, Some(sd))), name, "{mean} {sd}");
        }
        assert_eq!(Bands::Ilo.name(Bands::Ilo.place(45.0, None)), "Minimal exposure");
        assert!(Bands::Ilo.cuts().is_empty());
    }
}
