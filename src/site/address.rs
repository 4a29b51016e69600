//! Where things stand on a site, and how pages link to each other wherever the site is hosted.

use crate::domain::Hash;
use crate::domain::names::slug;

/// Longer names become hard to handle in file systems.
const LONGEST: usize = 60;

/// What stands in an address for an occupation: its code where that can stand there as it is, such as
/// `15-1252.00` or `ai-ml-engineers`.
pub fn folder(code: &str) -> String {
    if code.len() <= LONGEST && is_plain(code) {
        return code.to_owned();
    }
    // Two codes may differ in what an address cannot show, such as their case.
    let digest: String = Hash::of(code.as_bytes()).to_string().chars().take(8).collect();
    let readable: String = slug(code).chars().filter(char::is_ascii).take(LONGEST).collect();
    let readable = readable.trim_end_matches('-');
    if readable.is_empty() { digest } else { format!("{readable}-{digest}") }
}

/// A slug, or an O*NET-SOC code with its dot. Some names are devices to some systems, whatever comes behind them.
fn is_plain(code: &str) -> bool {
    const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];
    let stem = match code.rsplit_once('.') {
        Some((stem, digits)) if digits.len() == 2 && digits.bytes().all(|c| c.is_ascii_digit()) => stem,
        Some(_) => return false,
        None => code,
    };
    let is_device = DEVICES.contains(&stem)
        || stem.strip_prefix("com").or(stem.strip_prefix("lpt")).is_some_and(|rest| rest.len() == 1);
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    !is_device && stem.starts_with(|c: char| c.is_ascii_alphanumeric()) && stem.chars().all(fits)
}

/// The page of an occupation, from the root of the site.
pub fn occupation(code: &str) -> String {
    format!("o/{}/", folder(code))
}

/// The comparison of an occupation with its neighbours.
pub fn comparison(code: &str) -> String {
    format!("compare/{}/", folder(code))
}

/// All that is known of an occupation, for programs.
pub fn json(code: &str) -> String {
    format!("data/occupations/{}.json", folder(code))
}

pub fn badge(code: &str) -> String {
    format!("badges/{}.svg", folder(code))
}

/// Where a page stands: gives links from it to others.
#[derive(Clone, Debug)]
pub struct Here {
    path: String,
    up: String,
}

impl Here {
    /// A page by its address from the root: `""`, `method/`, `o/15-1252.00/`.
    pub fn at(path: &str) -> Self {
        Self { path: path.to_owned(), up: "../".repeat(path.matches('/').count()) }
    }

    /// A page that is shown at any address, so that only the site's own path leads anywhere.
    pub fn anywhere(path: &str, base_url: Option<&str>) -> Self {
        let below = base_url.and_then(|url| url.split_once("://")).and_then(|(_, rest)| rest.split_once('/'));
        let up = below.map_or_else(|| "/".to_owned(), |(_, path)| format!("/{path}"));
        Self { path: path.to_owned(), up }
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn to(&self, path: &str) -> String {
        match format!("{}{path}", self.up) {
            link if link.is_empty() => "./".to_owned(),
            link => link,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_addresses_where_they_can_be() {
        assert_eq!(folder("15-1252.00"), "15-1252.00");
        assert_eq!(folder("ai-ml-engineers"), "ai-ml-engineers");
    }

    #[test]
    fn other_codes_are_told_apart_and_stay_inside() {
        for code in ["index.html", "nul", "con.01", "com1", "abc.", "a.b"] {
            assert_ne!(folder(code), code);
            assert!(!folder(code).contains('.'), "{}", folder(code));
        }
        for code in ["../../etc/passwd", "A b", "a b", "..", "", "ä/ö", "CON", "-x", &"x".repeat(300)] {
            let folder = folder(code);
            assert!(
                folder.len() <= 70 && !folder.contains(['/', ' ']) && !folder.starts_with('.'),
                "{folder}"
            );
        }
        assert_ne!(folder("A b"), folder("a b"));
    }

    #[test]
    fn links_climb_to_the_root() {
        assert_eq!(Here::at("").to(""), "./");
        assert_eq!(Here::at("").to("method/"), "method/");
        assert_eq!(Here::at("o/15-1252.00/").to("assets/site.css"), "../../assets/site.css");
        assert_eq!(Here::at("method/").to(""), "../");
        assert_eq!(Here::anywhere("404.html", Some("https://a.org/x/")).to("method/"), "/x/method/");
        assert_eq!(Here::anywhere("404.html", None).to(""), "/");
    }
}
