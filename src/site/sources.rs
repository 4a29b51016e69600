//! Where facts are from, by licence, so that each licence is said once.

use crate::domain::FactInput;

/// Licences in the order in which they come up, with the names of the inputs under each. An input without one, such
/// as a table of the publisher's own, is left out.
pub fn by_licence(inputs: &[FactInput]) -> Vec<(&str, Vec<&str>)> {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    for input in inputs.iter().filter(|input| !input.licence.is_empty()) {
        match found.iter_mut().find(|(licence, _)| *licence == input.licence) {
            Some((_, names)) => names.push(&input.name),
            None => found.push((&input.licence, vec![&input.name])),
        }
    }
    found
}
