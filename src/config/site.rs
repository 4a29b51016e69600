//! `[site]`: what a published run is called, where, and by whom.

use url::Url;

use super::check::Checker;
use super::raw;
use crate::domain::Model;

/// As written, and checked.
#[derive(Clone, Debug, Default)]
pub struct Site {
    pub title: Option<String>,
    /// Ends in a slash.
    pub base_url: Option<String>,
    pub publisher: Option<String>,
    /// An SPDX identifier.
    pub licence: Option<String>,
    /// Whose commentary pages show, the first that has written; empty: any model's.
    pub commentary: Vec<String>,
}

impl Checker {
    pub(super) fn site(&mut self, raw: raw::Site, known: &[Model]) -> Site {
        let text =
            |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let base_url = text(raw.base_url).and_then(|url| match address(&url) {
            Ok(url) => Some(url),
            Err(why) => {
                self.wrong("site.base_url", format_args!("{url}: {why}"));
                None
            }
        });
        let is_spdx =
            |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '+'));
        let licence = text(raw.licence);
        if let Some(name) = licence.as_deref().filter(|name| !is_spdx(name)) {
            self.wrong("site.licence", format_args!("{name}: write the SPDX identifier, such as CC-BY-4.0"));
        }
        let commentary = self.authors(raw.commentary, known);
        Site { title: text(raw.title), base_url, publisher: text(raw.publisher), licence, commentary }
    }
}

/// Where the site will be found: a folder of a web server.
fn address(url: &str) -> Result<String, String> {
    let url = Url::parse(url).map_err(|error| error.to_string())?;
    let is_plain = url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() || !is_plain {
        return Err("write the address of the folder, such as https://example.org/exposure/".to_owned());
    }
    let url = url.to_string();
    Ok(if url.ends_with('/') { url } else { format!("{url}/") })
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn the_address_is_that_of_a_folder() {
        assert_eq!(address("https://example.org/exposure").unwrap(), "https://example.org/exposure/");
        assert_eq!(address("https://example.org").unwrap(), "https://example.org/");
        for wrong in
            ["example.org", "ftp://a.org/", "https://u:p@a.org/", "https://a.org/?q=1", "javascript:alert(1)"]
        {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
