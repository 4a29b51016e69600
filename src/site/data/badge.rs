//! A badge of an occupation's score, to be shown on other sites.

use maud::html;

use crate::site::chart;
use crate::site::pages::headline_word;
use crate::site::words::{brief, points, range};
use crate::site::{Entry, Site};

/// Longer names of what is measured are cut here, in characters.
const LONGEST_LABEL: usize = 40;
const HEIGHT: u32 = 20;
/// On either side of a text, in pixels.
const ROOM: u32 = 6;
/// Background and text of the five steps of the ramp; all at least 4.5 : 1.
const STEPS: [(&str, &str); 5] = [
    ("#dce4f1", "#15181b"),
    ("#b3c5e3", "#15181b"),
    ("#7f9ccf", "#15181b"),
    ("#466aae", "#ffffff"),
    ("#1f3a6d", "#ffffff"),
];

pub(super) fn of(site: &Site, entry: &Entry) -> String {
    let value = match (entry.scored.score, entry.scored.spread) {
        (Some(score), Some(spread)) if site.run.models.len() > 1 => {
            format!("{} ({})", points(score), range(spread.low, spread.high))
        }
        (Some(score), _) => points(score),
        (None, _) => "not scored".to_owned(),
    };
    let value = if site.settings.is_demo { format!("demo {value}") } else { value };
    let label = headline_word(site);
    let (fill, ink) = paint(site, entry);
    draw(&brief(&label, LONGEST_LABEL), &brief(&entry.scored.occupation.title, 120), &value, fill, ink)
}

fn paint(site: &Site, entry: &Entry) -> (&'static str, &'static str) {
    let cuts = site.bands.cuts();
    let step = entry.scored.score.filter(|_| !cuts.is_empty());
    let step = step.map_or(0, |score| chart::step(site.bands.place(score, None), cuts.len() + 1));
    STEPS.get(step).copied().unwrap_or(("#dce4f1", "#15181b"))
}

fn draw(label: &str, title: &str, value: &str, fill: &str, ink: &str) -> String {
    let (left, right) = (width(label) + 2 * ROOM, width(value) + 2 * ROOM);
    let whole = left + right;
    let said = format!("{label} of {title}: {value}");
    let text = |x: u32, words: &str, ink: &str| {
        html! { text x=(x) y="14" fill=(ink) textLength=(width(words)) { (words) } }
    };
    let markup = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(whole) height=(HEIGHT) viewBox={ "0 0 " (whole) " " (HEIGHT) } role="img" aria-label=(said) {
            title { (said) }
            rect width=(left) height=(HEIGHT) fill="#434a51" {}
            rect x=(left) width=(right) height=(HEIGHT) fill=(fill) {}
            g font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11" {
                (text(ROOM, label, "#ffffff"))
                (text(left + ROOM, value, ink))
            }
        }
    };
    markup.into_string()
}

/// About as wide as Verdana draws it at 11 pixels; `textLength` makes up for the rest.
fn width(text: &str) -> u32 {
    let tenths: u32 = text.chars().map(tenths).sum();
    tenths.div_ceil(10)
}

fn tenths(letter: char) -> u32 {
    match letter {
        ' ' | 'i' | 'j' | 'l' | 'I' | '.' | ',' | '\'' => 39,
        '(' | ')' | 'f' | 'r' | 't' => 48,
        'm' | 'w' | 'M' | 'W' => 105,
        'A'..='Z' => 78,
        _ => 70,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::sample;

    #[test]
    fn a_badge_says_the_score_its_range_and_of_what() {
        let mut site = sample::exposure();
        let text = of(&site, &site.entries[0]);
        assert!(text.contains("<title>AI exposure of Software Developers: 52 (44–60)</title>"), "{text}");
        assert!(text.contains(">52 (44–60)</text>") && !text.contains("style"), "{text}");
        site.settings.is_demo = true;
        assert!(of(&site, &site.entries[0]).contains(">demo 52 (44–60)</text>"));
    }

    #[test]
    fn a_badge_of_another_rubric_does_not_say_exposure() {
        let site = sample::site();
        let text = of(&site, &site.entries[0]);
        assert!(text.contains(&*brief(&site.run.rubric.title, LONGEST_LABEL)), "{text}");
        assert!(!text.contains("exposure"), "{text}");
    }

    #[test]
    fn a_badge_is_as_wide_as_its_parts_and_they_as_their_texts() {
        let (label, value) = (width("AI exposure"), width("52 (44–60)"));
        assert!((60..85).contains(&label) && (50..75).contains(&value), "{label} {value}");
        let text = draw("AI exposure", "x", "52 (44–60)", "#dce4f1", "#15181b");
        assert!(text.contains(&format!("width=\"{}\" height=\"20\" viewBox", label + value + 24)), "{text}");
        assert!(text.contains(&format!("textLength=\"{value}\"")));
        assert!(width("100 (100–100)") > value && width("") == 0);
    }

    #[test]
    fn no_score_is_said_and_titles_are_escaped() {
        let mut site = sample::hostile();
        site.entries[0].scored.score = None;
        let text = of(&site, &site.entries[0]);
        assert!(text.contains("not scored") && !text.contains("<script"), "{text}");
    }

    #[test]
    fn texts_stand_out_from_their_grounds() {
        for (fill, ink) in STEPS.into_iter().chain([("#434a51", "#ffffff")]) {
            let (a, b) = (luminance(fill), luminance(ink));
            assert!((a.max(b) + 0.05) / (a.min(b) + 0.05) >= 4.5, "{fill} {ink}");
        }
    }

    /// By the Web Content Accessibility Guidelines.
    fn luminance(colour: &str) -> f64 {
        let part =
            |at: usize| f64::from(u8::from_str_radix(colour.get(at..at + 2).unwrap(), 16).unwrap()) / 255.0;
        let linear =
            |part: f64| if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) };
        0.2126 * linear(part(1)) + 0.7152 * linear(part(3)) + 0.0722 * linear(part(5))
    }
}
