//! The major groups of the Standard Occupational Classification (2018), under short names of our own.

/// A major group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// The first two digits of its codes.
    pub code: &'static str,
    pub name: &'static str,
}

const GROUPS: [Group; 23] = [
    Group { code: "11", name: "Management" },
    Group { code: "13", name: "Business and financial" },
    Group { code: "15", name: "Computer and mathematical" },
    Group { code: "17", name: "Architecture and engineering" },
    Group { code: "19", name: "Life, physical and social science" },
    Group { code: "21", name: "Community and social service" },
    Group { code: "23", name: "Legal" },
    Group { code: "25", name: "Education and library" },
    Group { code: "27", name: "Arts, design and media" },
    Group { code: "29", name: "Healthcare practitioners" },
    Group { code: "31", name: "Healthcare support" },
    Group { code: "33", name: "Protective service" },
    Group { code: "35", name: "Food preparation" },
    Group { code: "37", name: "Cleaning and maintenance" },
    Group { code: "39", name: "Personal care and service" },
    Group { code: "41", name: "Sales" },
    Group { code: "43", name: "Office and administration" },
    Group { code: "45", name: "Farming, fishing and forestry" },
    Group { code: "47", name: "Construction and extraction" },
    Group { code: "49", name: "Installation and repair" },
    Group { code: "51", name: "Production" },
    Group { code: "53", name: "Transportation" },
    Group { code: "55", name: "Military" },
];

/// What stands apart from the classification: own occupations, and groups of tables.
pub const OTHERS: Group = Group { code: "own", name: "Own occupations" };

/// What the group of these two digits is called.
pub fn named(code: &str) -> Option<&'static str> {
    GROUPS.iter().find(|group| group.code == code).map(|group| group.name)
}

/// The group of an occupation's code; `None` where it is no such code.
pub fn of(code: &str) -> Option<Group> {
    let (group, rest) = code.split_once('-')?;
    let is_code = rest.len() >= 4 && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    GROUPS.into_iter().find(|known| is_code && known.code == group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_groups_and_slugs_have_none() {
        assert_eq!(of("15-1252.00").unwrap().name, "Computer and mathematical");
        assert_eq!(of("ai-ml-engineers"), None);
        assert_eq!(of("99-1252.00"), None);
        assert_eq!(of("15-beta"), None);
    }
}
