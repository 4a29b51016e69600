//! A model's mark: the same shape and colour on every page.

use maud::{Markup, html};

/// So many shapes, and as many colours; together 36 models can be told apart.
const KINDS: usize = 6;

/// The class that paints with a model's colour: `f-m1` fills, `s-m1` draws.
pub fn paint(model: usize, how: char) -> String {
    format!("{how}-m{}", (model + model / KINDS) % KINDS + 1)
}

/// A mark around the origin, about as large as a circle of that radius.
pub fn mark(model: usize, radius: f64, has_halo: bool) -> Markup {
    let class = format!("{}{}", paint(model, 'f'), if has_halo { " halo" } else { "" });
    let side = radius * 1.86;
    let r = radius * 1.28;
    match model % KINDS {
        0 => html! { circle r=(n(radius)) class=(class) {} },
        1 => html! { path d={ "M0-" (n(r)) " " (n(r)) " 0 0 " (n(r)) "-" (n(r)) " 0Z" } class=(class) {} },
        2 => html! {
            rect x={ "-" (n(side / 2.0)) } y={ "-" (n(side / 2.0)) } width=(n(side)) height=(n(side)) class=(class) {}
        },
        3 => {
            html! { path d={ "M0-" (n(r)) " " (n(r)) " " (n(radius)) "-" (n(r)) " " (n(radius)) "Z" } class=(class) {} }
        }
        4 => {
            html! { path d={ "M0 " (n(r)) " " (n(r)) "-" (n(radius)) "-" (n(r)) "-" (n(radius)) "Z" } class=(class) {} }
        }
        _ => html! { path d=(cross(radius)) class=(class) {} },
    }
}

fn cross(radius: f64) -> String {
    let (long, wide) = (radius * 1.15, radius * 0.42);
    let (l, w) = (n(long), n(wide));
    format!(
        "M-{w}-{l} {w}-{l} {w}-{w} {l}-{w} {l} {w} {w} {w} {w} {l}-{w} {l}-{w} {w}-{l} {w}-{l}-{w}-{w}-{w}Z"
    )
}

/// A number as short as it can be.
pub(super) fn n(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// A mark at a place: percent from the left, pixels from the top.
pub(super) fn placed(x: &str, y: f64, inner: &Markup) -> Markup {
    html! { svg x=(x) y=(n(y)) overflow="visible" { (inner) } }
}

/// The mark on its own, as it stands beside a model's name.
pub fn legend_mark(model: usize) -> Markup {
    html! {
        svg width="14" height="14" aria-hidden="true" { svg x="7" y="7" overflow="visible" { (mark(model, 5.0, false)) } }
    }
}

/// All models with their marks.
pub fn legend<'a>(models: impl Iterator<Item = &'a str>) -> Markup {
    html! {
        ul.legend aria-label="Models" {
            @for (place, name) in models.enumerate() { li { (legend_mark(place)) (name) } }
        }
    }
}

/// Three models on three lines: the sign of the site, and its icon.
pub fn logo() -> Markup {
    html! {
        svg width="24" height="24" viewBox="0 0 24 24" aria-hidden="true" {
            @for y in ["4", "10.5", "17"] { rect x="2" y=(y) width="20" height="3" rx="1" class="f-line" {} }
            circle cx="8" cy="5.5" r="3" class="f-m1" {}
            path d="M16 8.4l3.6 3.6-3.6 3.6-3.6-3.6z" class="f-m2" {}
            rect x="9" y="15.8" width="5.4" height="5.4" class="f-m3" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn thirty_six_models_differ_in_shape_or_colour() {
        let marks: BTreeSet<String> = (0..36).map(|model| mark(model, 5.0, false).into_string()).collect();
        assert_eq!(marks.len(), 36);
    }

    #[test]
    fn the_first_six_differ_in_both() {
        let paints: BTreeSet<String> = (0..6).map(|model| paint(model, 'f')).collect();
        assert_eq!(paints.len(), 6);
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!((n(5.0), n(7.44)), ("5".into(), "7.4".into()));
    }
}
