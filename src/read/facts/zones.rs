//! Job zones: how much preparation an occupation takes.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::ReadError;
use super::super::onet::{Field, open};
use super::super::rows::Row;
use super::super::soc;
use crate::domain::facts::JobZone;

pub(super) const FILE: &str = "Job Zones.txt";
pub(super) const REFERENCE: &str = "Job Zone Reference.txt";

const MAX_ROWS: u64 = 50_000;

/// What a zone is called, and the education that is usual in it.
pub(super) type Reference = HashMap<u8, (Arc<str>, Arc<str>)>;

pub(super) fn read_reference(file: &str, bytes: &[u8]) -> Result<Reference, ReadError> {
    let mut rows = open(file, bytes, MAX_ROWS)?;
    let zone_field = Field::of(&rows, "Job Zone")?;
    let name = Field::of(&rows, "Name")?;
    let education = Field::optional(&rows, "Education");
    let mut reference = Reference::new();
    let mut row = Row::default();
    while rows.next(&mut row)? {
        let zone = zone(file, zone_field, &row)?;
        let education = education.map_or("", |field| field.cell(&row));
        if reference.insert(zone, (name.needed(file, &row)?.into(), education.into())).is_some() {
            return Err(zone_field.wrong(file, &row, format!("the zone {zone} is described twice")));
        }
    }
    Ok(reference)
}

/// By code.
pub(super) fn read(
    file: &str,
    bytes: &[u8],
    reference: &Reference,
) -> Result<HashMap<String, JobZone>, ReadError> {
    let mut rows = open(file, bytes, MAX_ROWS)?;
    let code_field = Field::code_of(&rows)?;
    let zone_field = Field::of(&rows, "Job Zone")?;
    let mut zones = HashMap::new();
    let mut row = Row::default();
    while rows.next(&mut row)? {
        let code = code_field.code(file, &row)?;
        let zone = zone(file, zone_field, &row)?;
        let (name, education) = reference.get(&zone).cloned().unwrap_or_else(|| {
            // Its number is all that is known then.
            (format!("Job Zone {zone}").into(), "".into())
        });
        if zones.insert(code.clone(), JobZone { zone, name, education }).is_some() {
            return Err(code_field.wrong(file, &row, format!("`{code}` has a zone already")));
        }
    }
    Ok(zones)
}

fn zone(file: &str, field: Field, row: &Row) -> Result<u8, ReadError> {
    match soc::plain_id(field.needed(file, row)?).parse() {
        Ok(zone @ 1..=5) => Ok(zone),
        _ => Err(field.wrong(file, row, "is not a job zone from 1 to 5".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZONES: &[u8] = b"O*NET-SOC Code\tJob Zone\tDate\n15-1252.00\t4\t08/2023\n";

    #[test]
    fn zones_have_the_names_of_the_reference() {
        let reference = read_reference(
            REFERENCE,
            b"Job Zone\tName\tExperience\tEducation\n4\tZone Four: A Good Deal\tx\tMostly a degree.\n",
        )
        .unwrap();
        let zone = read(FILE, ZONES, &reference).unwrap()["15-1252.00"].clone();
        assert_eq!(
            (zone.zone, &*zone.name, &*zone.education),
            (4, "Zone Four: A Good Deal", "Mostly a degree.")
        );
    }

    #[test]
    fn without_a_reference_the_number_is_all_that_is_known() {
        let zone = read(FILE, ZONES, &Reference::new()).unwrap()["15-1252.00"].clone();
        assert_eq!((&*zone.name, &*zone.education), ("Job Zone 4", ""));
    }

    #[test]
    fn other_zones_are_refused() {
        let error = read(FILE, b"O*NET-SOC Code\tJob Zone\n15-1252\t6\n", &Reference::new()).unwrap_err();
        assert!(
            error.to_string().contains("line 2, column `Job Zone`: is not a job zone from 1 to 5"),
            "{error}"
        );
    }
}
