//! Whether text and marks can be told from what they stand on, in both themes, from the variables of the stylesheet.
//!
//! By the relative luminance and the contrast ratio of WCAG 2 (<https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>,
//! <https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>). Text within SVG is what no browser's tool decides.

use std::collections::BTreeMap;

use super::css::Sheet;
use super::{Finding, Findings, Kind};

/// Level AA of success criterion 1.4.3, for text of any size.
const TEXT: f64 = 4.5;
/// 1.4.11, for what is no text.
const MARK: f64 = 3.0;
/// Neighbours on a ramp. No rule asks for it; below this they look alike in grey.
const STEP: f64 = 1.2;

const INKS: &[&str] = &["ink", "ink-2", "ink-3", "link", "warn"];
const GROUNDS: &[&str] = &["paper", "surface", "sunk", "warn-bg"];
/// What stands by itself on a page: models' marks, the edges of controls, the ring of focus.
const MARKS: &[&str] = &["m1", "m2", "m3", "m4", "m5", "m6", "bar-ink", "focus", "line-2"];
/// A site of one model has one mark; the rest may be left out.
const OPTIONAL: &[&str] = &["m2", "m3", "m4", "m5", "m6"];
const ON_BANDS: &[(&str, &[&str])] = &[("on-lo", &["b0", "b1", "b2"]), ("on-hi", &["b3", "b4"])];
const BANDS: &[&str] = &["b0", "b1", "b2", "b3", "b4"];

type Theme = BTreeMap<String, String>;

pub(super) fn check(styles: &[(&str, Sheet)], findings: &mut Findings) {
    let of = |sheet: &Sheet, place: Place| variables(sheet, place);
    let Some((path, sheet)) = styles.iter().find(|(_, sheet)| of(sheet, Place::Light).contains_key("paper"))
    else {
        let what = "no stylesheet says what --paper is in :root".to_owned();
        let next = "colours are variables of :root, so that they can be checked";
        return add(findings, "assets/site.css", what, next);
    };
    let light = of(sheet, Place::Light);
    let (chosen, preferred) = (of(sheet, Place::Chosen), of(sheet, Place::Preferred));
    for name in chosen.keys().chain(preferred.keys().filter(|name| !chosen.contains_key(*name))) {
        if chosen.get(name) != preferred.get(name) {
            let what = format!("--{name} differs between a dark system and the dark theme");
            add(findings, path, what, "write the same variables into both blocks");
        }
    }
    let mut dark = light.clone();
    dark.extend(chosen.into_iter().chain(preferred));
    for (name, theme) in [("light", light), ("dark", dark)] {
        Colours { path, name, theme: &theme, findings }.check();
    }
}

fn add(findings: &mut Findings, path: &str, what: String, next: &'static str) {
    findings.add(Finding { kind: Kind::Contrast, page: path.to_owned(), line: None, what, next });
}

/// Which variables hold when.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Light,
    /// By the reader, with the button.
    Chosen,
    /// By the reader's system.
    Preferred,
}

fn variables(sheet: &Sheet, place: Place) -> Theme {
    let is_meant = |within: &str, selector: &str| match place {
        Place::Light => within.is_empty() && selector == ":root",
        Place::Chosen => within.is_empty() && selector.starts_with(":root[data-theme=dark]"),
        Place::Preferred => within.contains("(prefers-color-scheme:dark)") && selector.starts_with(":root"),
    };
    let rules =
        sheet.rules.iter().filter(|rule| rule.selector.split(',').any(|one| is_meant(&rule.within, one)));
    let all = rules.flat_map(|rule| &rule.declarations);
    all.filter_map(|(name, value)| Some((name.strip_prefix("--")?.to_owned(), value.clone()))).collect()
}

struct Colours<'a> {
    path: &'a str,
    name: &'a str,
    theme: &'a Theme,
    findings: &'a mut Findings,
}

impl Colours<'_> {
    fn check(&mut self) {
        for ground in GROUNDS {
            INKS.iter().for_each(|ink| self.apart(ink, ground, TEXT));
        }
        for (ink, bands) in ON_BANDS {
            bands.iter().for_each(|band| self.apart(ink, band, TEXT));
        }
        for mark in MARKS.iter().filter(|mark| self.theme.contains_key(**mark) || !OPTIONAL.contains(mark)) {
            ["paper", "surface"].iter().for_each(|ground| self.apart(mark, ground, MARK));
        }
        for (one, next) in BANDS.iter().zip(BANDS.iter().skip(1)) {
            self.apart(one, next, STEP);
        }
    }

    fn apart(&mut self, one: &str, other: &str, least: f64) {
        let (Some(a), Some(b)) = (self.luminance(one), self.luminance(other)) else { return };
        let ratio = ratio(a, b);
        if ratio < least {
            let what =
                format!("{}: --{one} on --{other} is {ratio:.2}:1, to be at least {least}:1", self.name);
            add(self.findings, self.path, what, "make one of the two lighter or darker");
        }
    }

    fn luminance(&mut self, name: &str) -> Option<f64> {
        let found = resolved(self.theme, name).as_deref().and_then(luminance);
        if found.is_none() {
            let what = match self.theme.get(name) {
                Some(value) => format!("{}: --{name} is `{value}`, no colour that can be checked", self.name),
                None => format!("{}: there is no --{name}", self.name),
            };
            let is_said = self.findings.shown.iter().any(|finding| finding.what == what);
            if !is_said {
                add(self.findings, self.path, what, "write it as #rrggbb");
            }
        }
        found
    }
}

/// What a variable comes to, through others.
fn resolved(theme: &Theme, name: &str) -> Option<String> {
    let mut value = theme.get(name)?;
    // A ring of variables has no value.
    for _ in 0..theme.len() {
        match value.strip_prefix("var(--").and_then(|rest| rest.strip_suffix(')')) {
            Some(other) => value = theme.get(other.trim())?,
            None => return Some(value.clone()),
        }
    }
    None
}

/// From `#rgb` or `#rrggbb`. What shines through has no luminance of its own.
fn luminance(colour: &str) -> Option<f64> {
    let digits: Vec<u8> = colour
        .strip_prefix('#')?
        .chars()
        .map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()))
        .collect::<Option<_>>()?;
    let [red, green, blue] = match *digits {
        [r, g, b] => [r * 17, g * 17, b * 17],
        [r, s, g, h, b, c] => [r * 16 + s, g * 16 + h, b * 16 + c],
        _ => return None,
    }
    .map(linear);
    Some(0.2126 * red + 0.7152 * green + 0.0722 * blue)
}

/// A channel of sRGB as light.
fn linear(channel: u8) -> f64 {
    let part = f64::from(channel) / 255.0;
    if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
}

fn ratio(a: f64, b: f64) -> f64 {
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_those_of_the_standard() {
        let of = |a, b| ratio(luminance(a).unwrap(), luminance(b).unwrap());
        assert!((of("#000", "#ffffff") - 21.0).abs() < 1e-9);
        // The grey that everybody names as the lightest on white, and its neighbour that fails.
        assert!(of("#767676", "#fff") >= TEXT && of("#777777", "#fff") < TEXT);
        assert!((of("#ff0000", "#ffffff") - 3.998).abs() < 1e-3);
        for odd in ["red", "#12", "#12345678", "#gggggg", ""] {
            assert_eq!(luminance(odd), None, "{odd}");
        }
    }
}
