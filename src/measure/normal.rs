//! The normal and Student's distribution.

use statrs::distribution::{ContinuousCDF as _, Normal, StudentsT};

/// The share of a standard normal distribution below x.
pub fn normal_below(x: f64) -> f64 {
    Normal::standard().cdf(x)
}

/// The value below which the share p of Student's distribution with so many degrees of freedom lies.
pub fn t_quantile(p: f64, freedom: f64) -> Option<f64> {
    Some(StudentsT::new(0.0, 1.0, freedom).ok()?.inverse_cdf(p))
}
