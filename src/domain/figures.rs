//! How figures are rounded for people, wherever they are shown: pages and what is written about them must not differ.

/// To whole points; half a point goes up.
pub fn whole(value: f64) -> f64 {
    // Means that should be on the half may miss it by the rounding of their sums.
    (value + 0.5 + 1e-9).floor()
}

/// `1,693,800`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{thousands, whole};

    #[test]
    fn digits_stand_in_groups_of_three() {
        assert_eq!([0, 999, 1_000, 1_693_800].map(thousands), ["0", "999", "1,000", "1,693,800"]);
    }

    #[test]
    fn a_half_goes_up_whatever_comes_before_it() {
        assert_eq!([0.5, 1.5, 2.5, 78.4999, 78.5].map(whole), [1.0, 2.0, 3.0, 78.0, 79.0]);
        assert_eq!(whole(0.1 + 0.2 + 0.2), 1.0);
    }
}
