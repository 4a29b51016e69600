//! `data/croissant.json`: the tables for machine-learning tools, in the words of MLCommons' Croissant 1.0.

use serde_json::{Value, json};

use super::columns::{About, Kind};
use super::package::{Table, tables};
use super::{Listed, author, bibtex};
use crate::report::{ReportError, plain};
use crate::site::Site;
use crate::site::words::{day, sentence, spdx};

pub(super) fn bytes(site: &Site, listed: &[Listed]) -> Result<Vec<u8>, ReportError> {
    let mut document = json!({
        "@context": context(),
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": plain(&site.settings.title),
        "description": site.settings.told(&sentence(&site.run.rubric.summary)),
        "datePublished": day(site.receipt.began),
        // Runs have names; the format wants a version of three numbers, and days sort as well.
        "version": version(&day(site.receipt.began)),
        "citeAs": bibtex(site),
        "creator": { "@type": "sc:Organization", "name": plain(author(site)) },
        "distribution": tables(site).filter_map(|table| file(site, listed, table)).collect::<Vec<_>>(),
        "recordSet": tables(site).map(records).collect::<Vec<_>>(),
    });
    if let (Value::Object(members), Some(base)) = (&mut document, &site.settings.base_url) {
        members.insert("url".to_owned(), json!(base));
    }
    if let (Value::Object(members), Some(licence)) = (&mut document, &site.settings.licence) {
        members.insert("license".to_owned(), json!(spdx(licence)));
    }
    let mut bytes = serde_json::to_vec_pretty(&document)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// `2026.6.2` of `2026-06-02`.
fn version(day: &str) -> String {
    day.split('-').map(|part| part.trim_start_matches('0')).collect::<Vec<_>>().join(".")
}

/// The one that the format prescribes.
fn context() -> Value {
    json!({
        "@language": "en",
        "@vocab": "https://schema.org/",
        "citeAs": "cr:citeAs",
        "column": "cr:column",
        "conformsTo": "dct:conformsTo",
        "cr": "http://mlcommons.org/croissant/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "data": { "@id": "cr:data", "@type": "@json" },
        "dataType": { "@id": "cr:dataType", "@type": "@vocab" },
        "dct": "http://purl.org/dc/terms/",
        "equivalentProperty": "cr:equivalentProperty",
        "examples": { "@id": "cr:examples", "@type": "@json" },
        "extract": "cr:extract",
        "field": "cr:field",
        "fileObject": "cr:fileObject",
        "fileProperty": "cr:fileProperty",
        "fileSet": "cr:fileSet",
        "format": "cr:format",
        "includes": "cr:includes",
        "isLiveDataset": "cr:isLiveDataset",
        "jsonPath": "cr:jsonPath",
        "key": "cr:key",
        "md5": "cr:md5",
        "parentField": "cr:parentField",
        "path": "cr:path",
        "recordSet": "cr:recordSet",
        "references": "cr:references",
        "regex": "cr:regex",
        "repeated": "cr:repeated",
        "replace": "cr:replace",
        "samplingRate": "cr:samplingRate",
        "sc": "https://schema.org/",
        "separator": "cr:separator",
        "source": "cr:source",
        "subField": "cr:subField",
        "transform": "cr:transform",
    })
}

fn name(table: &Table) -> String {
    format!("{}.csv", table.name)
}

fn file(site: &Site, listed: &[Listed], table: &Table) -> Option<Value> {
    let listed = listed.iter().find(|listed| listed.path == table.path)?;
    let url = match &site.settings.base_url {
        Some(base) => format!("{base}{}", listed.path),
        None => name(table),
    };
    Some(json!({
        "@type": "cr:FileObject",
        "@id": name(table),
        "name": name(table),
        "description": sentence(table.what),
        "contentUrl": url,
        "encodingFormat": listed.media_type,
        "contentSize": format!("{} B", listed.bytes),
        "sha256": listed.sha256.to_string(),
    }))
}

fn records(table: &Table) -> Value {
    let key: Vec<Value> = table.key.iter().map(|column| json!({ "@id": id(table.name, column) })).collect();
    json!({
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "description": sentence(table.what),
        "key": key,
        "field": (table.columns)().iter().map(|about| field(table, about)).collect::<Vec<_>>(),
    })
}

fn id(table: &str, column: &str) -> String {
    format!("{table}/{column}")
}

fn field(table: &Table, about: &About) -> Value {
    let kind = match about.kind {
        Kind::Text => "sc:Text",
        // An empty cell makes a column of whole numbers one of floating-point numbers.
        Kind::Whole if about.missing.is_empty() => "sc:Integer",
        Kind::Whole | Kind::Number => "sc:Float",
        Kind::Moment => "sc:DateTime",
    };
    json!({
        "@type": "cr:Field",
        "@id": id(table.name, about.name),
        "name": about.name,
        "description": sentence(about.meaning),
        "dataType": kind,
        "source": { "fileObject": { "@id": name(table) }, "extract": { "column": about.name } },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::{data, sample};

    #[test]
    fn every_table_is_a_file_and_a_record_set() {
        let site = sample::site();
        let document: Value =
            serde_json::from_slice(&bytes(&site, &data::files(&site).unwrap().listed).unwrap()).unwrap();
        assert_eq!(document["distribution"].as_array().unwrap().len(), tables(&site).count());
        assert_eq!(document["recordSet"][2]["field"][2]["@id"], "tasks/task_text");
        assert_eq!(document["version"], "2026.6.2");
        assert_eq!(document["license"], "https://spdx.org/licenses/CC-BY-4.0.html");
    }

    #[test]
    fn without_a_licence_none_is_named_and_a_demonstration_is_called_one() {
        let mut site = sample::site();
        site.settings.licence = None;
        site.settings.is_demo = true;
        let document: Value = serde_json::from_slice(&bytes(&site, &[]).unwrap()).unwrap();
        assert_eq!(document["license"], Value::Null);
        assert!(document["description"].as_str().unwrap().starts_with("Demonstration, made-up scores: "));
    }
}
