//! What pages say to search engines: JSON-LD in the words of schema.org.
//!
//! Addresses in it have to be whole, so without one of the site's own there are fewer of them.

use serde_json::{Map, Value, json};

use super::data::{Listed, author};
use super::words::{day, said, sentence, several, spdx, thousands};
use super::{Entry, Site, address, groups};
use crate::domain::facts::{Wage, Whose};

/// A crumb's name and its address from the root.
type Crumb<'a> = (&'a str, &'a str);

/// The scores as a data set; `listed` are the files to be had.
pub fn dataset(site: &Site, listed: &[Listed]) -> Value {
    let settings = &site.settings;
    let mut value = json!({
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": said(&settings.title),
        "description": description(site),
        "version": said(&site.receipt.run),
        "datePublished": day(site.receipt.began),
        "temporalCoverage": covered(site),
        "isAccessibleForFree": true,
        "measurementTechnique": format!("Ratings of tasks by language models under the rubric {}", said(&site.run.rubric.shown())),
        "variableMeasured": variables(site),
    });
    let Value::Object(members) = &mut value else { return value };
    if !settings.publisher.is_empty() {
        let publisher = json!({ "@type": "Organization", "name": said(author(site)) });
        members.insert("creator".to_owned(), publisher.clone());
        members.insert("publisher".to_owned(), publisher);
    }
    if let Some(licence) = &settings.licence {
        members.insert("license".to_owned(), json!(spdx(licence)));
    }
    if let Some(base) = &settings.base_url {
        members.insert("url".to_owned(), json!(base));
        let files: Vec<Value> = listed
            .iter()
            .filter(|listed| listed.path.starts_with("data/"))
            .map(|listed| download(listed, base))
            .collect();
        members.insert("distribution".to_owned(), json!(files));
    }
    value
}

/// Search engines want 50 characters at least.
fn description(site: &Site) -> String {
    let count = site.entries.len();
    site.settings.told(&format!(
        "{} Scores from 0 to 100 of {} occupation{} by {}, with every rating and its reason.",
        sentence(&site.run.rubric.summary),
        thousands(count as u64),
        if count == 1 { "" } else { "s" },
        several(site.run.models.len(), "model")
    ))
}

/// From the first run to the last.
fn covered(site: &Site) -> String {
    let last = day(site.receipt.began);
    match site.runs.first().map(|past| day(past.began)) {
        Some(first) if first != last => format!("{first}/{last}"),
        _ => last,
    }
}

fn variables(site: &Site) -> Value {
    json!([
        {
            "@type": "PropertyValue", "name": "score_0_100", "description": said(&site.run.rubric.title),
            "minValue": 0, "maxValue": 100, "unitText": "points",
        },
        { "@type": "PropertyValue", "name": "low_0_100", "description": "Score of the lowest model", "unitText": "points" },
        { "@type": "PropertyValue", "name": "high_0_100", "description": "Score of the highest model", "unitText": "points" },
    ])
}

fn download(listed: &Listed, base: &str) -> Value {
    json!({
        "@type": "DataDownload",
        "name": listed.path,
        "description": sentence(listed.what),
        "contentUrl": format!("{base}{}", listed.path),
        "encodingFormat": listed.media_type,
        "contentSize": format!("{} B", listed.bytes),
        "sha256": listed.sha256.to_string(),
    })
}

/// The way from the index to a page; the index itself goes without saying.
pub fn breadcrumbs(site: &Site, crumbs: &[Crumb<'_>]) -> Value {
    let mut value = trail(site, crumbs);
    if let Value::Object(members) = &mut value {
        members.insert("@context".to_owned(), json!("https://schema.org"));
    }
    value
}

fn trail(site: &Site, crumbs: &[Crumb<'_>]) -> Value {
    let home = [("Occupations", "")];
    let items = home.iter().chain(crumbs).enumerate().map(|(place, (name, path))| {
        let mut item = Map::new();
        item.insert("@type".to_owned(), json!("ListItem"));
        item.insert("position".to_owned(), json!(place + 1));
        item.insert("name".to_owned(), json!(said(name)));
        if let Some(base) = &site.settings.base_url {
            item.insert("item".to_owned(), json!(format!("{base}{path}")));
        }
        Value::Object(item)
    });
    json!({ "@type": "BreadcrumbList", "itemListElement": items.collect::<Vec<_>>() })
}

/// An occupation's page.
pub fn occupation(site: &Site, entry: &Entry) -> Value {
    let occupation = &entry.scored.occupation;
    let path = address::occupation(&occupation.code);
    let mut of = json!({
        "@type": "Occupation",
        "name": said(&occupation.title),
        "occupationalCategory": category(&occupation.code, &occupation.title),
    });
    if let Value::Object(of) = &mut of {
        if !occupation.description.is_empty() {
            of.insert("description".to_owned(), json!(said(&occupation.description)));
        }
        if let Some(salary) = salary(entry) {
            of.insert("estimatedSalary".to_owned(), salary);
            of.insert("occupationLocation".to_owned(), json!({ "@type": "Country", "name": "US" }));
        }
        if !entry.facts.skills.is_empty() {
            let skills: Vec<_> = entry.facts.skills.iter().take(10).map(|skill| said(&skill.name)).collect();
            of.insert("skills".to_owned(), json!(skills));
        }
    }
    let group = groups::of(&occupation.code).map(|group| (group.name, format!("?g={}#all", group.code)));
    let mut crumbs: Vec<Crumb<'_>> = group.iter().map(|(name, path)| (*name, &**path)).collect();
    crumbs.push((&occupation.title, &path));
    json!({ "@context": "https://schema.org", "@graph": [trail(site, &crumbs), of] })
}

/// As schema.org writes codes of O*NET-SOC; a code that is none of them stands alone.
fn category(code: &str, title: &str) -> String {
    match groups::of(code) {
        Some(_) => format!("{} {}", said(code), said(title)),
        None => said(code).into_owned(),
    }
}

/// Only the occupation's own, as it cannot be said here that a figure is of several. A top-coded wage is a bound,
/// which must not be read as a figure.
fn salary(entry: &Entry) -> Option<Value> {
    let pay = entry.facts.pay.as_ref().filter(|pay| pay.figure.whose == Whose::Its)?;
    let Wage::Exactly(median) = pay.median? else { return None };
    let mut salary = json!({
        "@type": "MonetaryAmountDistribution",
        "name": "base",
        "currency": "USD",
        "duration": "P1Y",
        "median": median,
    });
    if let Value::Object(members) = &mut salary {
        for (name, wage) in [("percentile10", pay.low), ("percentile90", pay.high)] {
            if let Some(Wage::Exactly(usd)) = wage {
                members.insert(name.to_owned(), json!(usd));
            }
        }
    }
    Some(salary)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::{data, sample};

    #[test]
    fn the_data_set_names_its_files_with_their_hashes() {
        let site = sample::site();
        let listed = data::files(&site).unwrap().listed;
        let value = dataset(&site, &listed);
        assert_eq!(value["temporalCoverage"], "2026-03-02/2026-06-02");
        assert_eq!(
            value["distribution"][0]["contentUrl"],
            "https://example.org/exposure/data/occupations.csv"
        );
        assert_eq!(value["distribution"][0]["sha256"], listed[0].sha256.to_string());
        assert_eq!(value["creator"]["name"], "Institute for Examples");
    }

    #[test]
    fn a_salary_is_given_only_where_it_was_published_as_such() {
        let mut site = sample::site();
        let of = |site: &Site, place: usize| occupation(site, &site.entries[place])["@graph"][1].clone();
        assert_eq!(of(&site, 0)["estimatedSalary"]["median"], 133_080);
        assert_eq!(of(&site, 1)["estimatedSalary"], Value::Null);
        assert_eq!(of(&site, 0)["occupationalCategory"], "15-1252.00 Software Developers");
        // That of several occupations together is nobody's own.
        let pay = site.entries[0].facts.pay.as_mut().unwrap();
        pay.figure.whose = Whose::Part { code: "15-1252".into(), title: "x".into(), parts: 2 };
        assert_eq!(of(&site, 0)["estimatedSalary"], Value::Null);
        site.entries[0].scored.occupation.code = "own".into();
        assert_eq!(of(&site, 0)["occupationalCategory"], "own");
    }

    #[test]
    fn crumbs_of_an_occupation_are_those_of_its_page() {
        let site = sample::site();
        let crumbs = occupation(&site, &site.entries[0])["@graph"][0]["itemListElement"].clone();
        assert_eq!(crumbs[1]["name"], "Computer and mathematical");
        assert_eq!(crumbs[1]["item"], "https://example.org/exposure/?g=15#all");
        assert_eq!(crumbs[2]["item"], "https://example.org/exposure/o/15-1252.00/");
    }

    #[test]
    fn the_description_is_made_of_sentences_and_says_what_is_made_up() {
        let mut site = sample::site();
        site.run.rubric = std::sync::Arc::new(crate::domain::Rubric {
            summary: "share of the task, 0 to 100".into(),
            ..(*site.run.rubric).clone()
        });
        let said = |site: &Site| dataset(site, &[])["description"].as_str().unwrap().to_owned();
        assert!(
            said(&site).starts_with(
                "Share of the task, 0 to 100. Scores from 0 to 100 of 2 occupations by two models"
            )
        );
        site.settings.is_demo = true;
        assert!(said(&site).starts_with("Demonstration, made-up scores: Share"));
    }

    #[test]
    fn a_licence_is_named_where_there_is_one() {
        let mut site = sample::site();
        assert_eq!(dataset(&site, &[])["license"], "https://spdx.org/licenses/CC-BY-4.0.html");
        site.settings.licence = None;
        assert_eq!(dataset(&site, &[])["license"], Value::Null);
    }

    #[test]
    fn crumbs_have_whole_addresses_or_none() {
        let mut site = sample::site();
        let item =
            |site: &Site| breadcrumbs(site, &[("Method", "method/")])["itemListElement"][1]["item"].clone();
        assert_eq!(item(&site), "https://example.org/exposure/method/");
        site.settings.base_url = None;
        assert_eq!(item(&site), Value::Null);
    }
}
