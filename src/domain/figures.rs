//! How figures are rounded for people, wherever they are shown: pages and what is written about them must not differ.

/// To whole points; half a point goes up.
pub fn whole(value: f64) -> f64 {
    // Means that should be on the half may miss it by the rounding of their sums.
    (value + 0.5 + 1e-9).floor()
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn a_half_goes_up_whatever_comes_before_it() {
        assert_eq!([0.5, 1.5, 2.5, 78.4999, 78.5].map(whole), [1.0, 2.0, 3.0, 78.0, 79.0]);
        assert_eq!(whole(0.1 + 0.2 + 0.2), 1.0);
    }
}
