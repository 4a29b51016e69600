//! The normal and Student's distribution.

use statrs::distribution::{ContinuousCDF as _, Normal, StudentsT};

/// The share of a standard normal distribution below x.
pub fn normal_below(x: f64) -> f64 {
    Normal::standard().cdf(x)
}

/// From so many degrees of freedom on, Student's distribution is the normal one to within a few parts in a
/// million; the library's search for its quantiles would not end.
const NEARLY_NORMAL: f64 = 100_000.0;

/// The value below which the share p of Student's distribution with so many degrees of freedom lies.
pub fn t_quantile(p: f64, freedom: f64) -> Option<f64> {
    if freedom > NEARLY_NORMAL {
        return Some(Normal::standard().inverse_cdf(p));
    }
    Some(StudentsT::new(0.0, 1.0, freedom).ok()?.inverse_cdf(p))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_come_to_the_normal_ones_without_a_step() {
        let of = |freedom| t_quantile(0.025, freedom).unwrap();
        assert!((of(1e9) + 1.959_963_984_540_054).abs() < 1e-9);
        assert!((of(NEARLY_NORMAL) - of(NEARLY_NORMAL * 2.0)).abs() < 1e-4);
        assert!((of(0.3) - of(0.3)).abs() < 1e-9 && of(18_795.0) < -1.96);
        assert_eq!(t_quantile(0.5, f64::NAN), None);
        assert_eq!(t_quantile(0.5, 0.0), None);
    }
}
