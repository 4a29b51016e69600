//! The 23 major groups of the Standard Occupational Classification of 2018, by the first two digits of a code.

const NAMES: [(&str, &str); 23] = [
    ("11", "Management"),
    ("13", "Business and Financial Operations"),
    ("15", "Computer and Mathematical"),
    ("17", "Architecture and Engineering"),
    ("19", "Life, Physical, and Social Science"),
    ("21", "Community and Social Service"),
    ("23", "Legal"),
    ("25", "Educational Instruction and Library"),
    ("27", "Arts, Design, Entertainment, Sports, and Media"),
    ("29", "Healthcare Practitioners and Technical"),
    ("31", "Healthcare Support"),
    ("33", "Protective Service"),
    ("35", "Food Preparation and Serving Related"),
    ("37", "Building and Grounds Cleaning and Maintenance"),
    ("39", "Personal Care and Service"),
    ("41", "Sales and Related"),
    ("43", "Office and Administrative Support"),
    ("45", "Farming, Fishing, and Forestry"),
    ("47", "Construction and Extraction"),
    ("49", "Installation, Maintenance, and Repair"),
    ("51", "Production"),
    ("53", "Transportation and Material Moving"),
    ("55", "Military Specific"),
];

/// What the group of these two digits is called.
pub fn name(digits: &str) -> Option<&'static str> {
    NAMES.iter().find(|(number, _)| *number == digits).map(|(_, name)| *name)
}

/// The group of a code: `15` of `15-1252.00`; `None` for codes that are none of the classification's.
pub fn of(code: &str) -> Option<&'static str> {
    let (digits, _) = code.split_once('-')?;
    NAMES.iter().find(|(number, _)| *number == digits).map(|(number, _)| *number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_classification_have_a_group_and_others_none() {
        assert_eq!(of("15-1252.00").and_then(name), Some("Computer and Mathematical"));
        assert_eq!(of("ai-ml-engineers"), None);
        assert_eq!(of("99-1000"), None);
    }
}
