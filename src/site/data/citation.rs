//! How the scores are cited: `CITATION.cff`, and the same for BibTeX.

use crate::report::plain;
use crate::site::Site;
use crate::site::address::folder;
use crate::site::words::day;

/// Citation File Format 1.2.0. Texts are quoted as JSON does it, which YAML reads.
pub fn cff(site: &Site) -> String {
    let quoted = |text: &str| serde_json::Value::from(plain(text)).to_string();
    let mut text = format!(
        "cff-version: 1.2.0\nmessage: {}\ntype: dataset\n\
         title: {}\nversion: {}\ndate-released: {}\nauthors:\n  - name: {}\n",
        quoted(&site.settings.told("If you use these scores, please cite them with the run.")),
        quoted(&site.settings.told(&site.settings.title)),
        quoted(&site.receipt.run),
        day(site.receipt.began),
        quoted(author(site)),
    );
    if let Some(base) = &site.settings.base_url {
        text += &format!("url: {}\n", quoted(base));
    }
    if let Some(licence) = &site.settings.licence {
        text += &format!("license: {}\n", quoted(licence));
    }
    text += &format!(
        "identifiers:\n  - type: other\n    value: {}\n    description: \"SHA-256 of the run's ratings\"\n",
        quoted(&format!("sha256:{}", site.receipt.record))
    );
    text
}

/// Who stands as the author: the publisher, or the site where nobody is named.
pub fn author(site: &Site) -> &str {
    if site.settings.publisher.is_empty() { &site.settings.title } else { &site.settings.publisher }
}

pub fn bibtex(site: &Site) -> String {
    let began = day(site.receipt.began);
    let year: String = began.chars().take(4).collect();
    let mut lines = vec![
        format!("  author  = {{{{{}}}}}", tex(author(site))),
        format!("  title   = {{{{{}}}}}", tex(&site.settings.told(&site.settings.title))),
        format!("  year    = {{{year}}}"),
        format!("  version = {{{}}}", tex(&site.receipt.run)),
        format!("  note    = {{Run of {began}, SHA-256 {}}}", site.receipt.record),
    ];
    if let Some(base) = &site.settings.base_url {
        lines.push(format!("  url     = {{{}}}", tex(base)));
    }
    format!("@misc{{{},\n{}\n}}", folder(&site.receipt.run), lines.join(",\n"))
}

/// What TeX would take for a command.
fn tex(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '{' | '}' | '\\' => safe.push(' '),
            '&' | '%' | '$' | '#' | '_' => safe.extend(['\\', c]),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::sample;

    #[test]
    fn a_citation_names_the_publisher_the_run_and_its_date() {
        let site = sample::site();
        for text in [cff(&site), bibtex(&site)] {
            for part in [
                "Institute for Examples",
                "Exposure of work",
                "2026-06-02",
                "2026-06-02-full",
                "https://example.org/exposure/",
            ] {
                assert!(text.contains(part), "{part} in {text}");
            }
        }
    }

    #[test]
    fn a_licence_is_named_where_there_is_one_and_a_demonstration_is_called_one() {
        let mut site = sample::site();
        assert!(cff(&site).contains("license: \"CC-BY-4.0\"\n"));
        site.settings.licence = None;
        site.settings.is_demo = true;
        let text = cff(&site);
        assert!(!text.contains("license"), "{text}");
        assert!(text.contains("title: \"Demonstration, made-up scores: Exposure of work\"\n"), "{text}");
        assert!(text.contains("message: \"Demonstration, made-up scores: If"), "{text}");
    }

    #[test]
    fn names_with_marks_of_yaml_and_tex_stay_names() {
        let mut site = sample::site();
        site.settings.publisher = "A: \"B\" # {\\input} & C".into();
        assert!(cff(&site).contains("- name: \"A: \\\"B\\\" # {\\\\input} & C\"\n"), "{}", cff(&site));
        assert!(bibtex(&site).contains("{{A: \"B\" \\#   input  \\& C}}"), "{}", bibtex(&site));
    }
}
