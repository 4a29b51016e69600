//! Related occupations, the closest first.

use std::collections::HashMap;

use super::super::ReadError;
use super::super::onet::{Field, open};
use super::super::rows::Row;
use super::super::soc;

pub(super) const FILE: &str = "Related Occupations.txt";

/// Release 30.1 has 18,460.
const MAX_ROWS: u64 = 1_000_000;

/// Codes by code. Where the release has no index, its order counts.
pub(super) fn read(file: &str, bytes: &[u8]) -> Result<HashMap<String, Vec<String>>, ReadError> {
    let mut rows = open(file, bytes, MAX_ROWS)?;
    let code = Field::code_of(&rows)?;
    let other = Field::of(&rows, "Related O*NET-SOC Code")?;
    let index = Field::optional(&rows, "Index");
    let mut all: HashMap<String, Vec<(f64, String)>> = HashMap::new();
    let mut row = Row::default();
    while rows.next(&mut row)? {
        let place = match index {
            None => 0.0,
            Some(field) => {
                soc::number(field.cell(&row), 0.0, 1e6).map_err(|what| field.wrong(file, &row, what))?
            }
        };
        all.entry(code.code(file, &row)?).or_default().push((place, other.code(file, &row)?));
    }
    Ok(all.into_iter().map(|(code, related)| (code, in_order(related))).collect())
}

fn in_order(mut related: Vec<(f64, String)>) -> Vec<String> {
    related.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut codes: Vec<String> = Vec::with_capacity(related.len());
    for (_, code) in related {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_by_its_index_comes_first_and_each_once() {
        let related = read(
            FILE,
            b"O*NET-SOC Code\tRelated O*NET-SOC Code\tRelatedness Tier\tIndex\n\
              15-1252.00\t15-1253.00\tx\t10\n15-1252.00\t15-1211.00\tx\t2\n15-1252.00\t15-1253.00\tx\t1\n",
        )
        .unwrap();
        assert_eq!(related["15-1252.00"], ["15-1253.00", "15-1211.00"]);
    }
}
