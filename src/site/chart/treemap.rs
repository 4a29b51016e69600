//! All occupations at once: an area for each, in its group, in the colour of its band.
//!
//! Laid out by the squarified algorithm of Bruls, Huizing and van Wijk, "Squarified Treemaps" (2000): cells
//! are added to a row as long as that makes the row's cells squarer.

use maud::{Markup, html};

use super::mark::n;
use crate::site::words::{brief, said};

const WIDTH: f64 = 1104.0;
/// Room for a group's name.
const NAME: f64 = 18.0;
const GAP: f64 = 6.0;
/// Narrower cells and lower ones have no text.
const TEXT_WIDTH: f64 = 74.0;
const TEXT_HEIGHT: f64 = 34.0;
/// About so wide is a letter, in pixels.
const LETTER: f64 = 6.3;

/// An occupation.
pub struct Cell<'a> {
    pub title: &'a str,
    pub link: String,
    pub area: f64,
    /// Its step on the ramp, 0 to 4; `None` where it has no score.
    pub step: Option<usize>,
    pub score: String,
}

/// Occupations that stand together.
pub struct Group<'a> {
    pub name: &'a str,
    pub cells: Vec<Cell<'a>>,
}

impl Group<'_> {
    fn area(&self) -> f64 {
        self.cells.iter().map(|cell| cell.area).sum()
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Rect {
    x: f64,
    y: f64,
    w: f64,
    h: f64,
}

/// The larger a group or a cell, the earlier it is laid out.
pub fn treemap(mut groups: Vec<Group<'_>>, height: f64) -> Markup {
    for group in &mut groups {
        group.cells.sort_by(|a, b| b.area.total_cmp(&a.area));
    }
    groups.sort_by(|a, b| b.area().total_cmp(&a.area()));
    // A group's name takes room whatever its size, so small groups get a little more than their share.
    let all: f64 = groups.iter().map(Group::area).sum();
    let areas: Vec<f64> = groups.iter().map(|group| group.area() + all * 0.004).collect();
    let places = squarify(&areas, Rect { x: 0.0, y: 0.0, w: WIDTH + GAP, h: height });
    html! {
        svg viewBox={ "0 0 " (n(WIDTH)) " " (n(height)) } aria-hidden="true" {
            @for (group, place) in groups.iter().zip(places) { (drawn(group, place)) }
        }
    }
}

fn drawn(group: &Group<'_>, place: Rect) -> Markup {
    let inner = Rect {
        x: place.x,
        y: place.y + NAME,
        w: (place.w - GAP).max(1.0),
        h: (place.h - NAME - GAP).max(1.0),
    };
    let areas: Vec<f64> = group.cells.iter().map(|cell| cell.area).collect();
    // Names of groups are bold, and need some air before the next.
    let letters = ((inner.w - 6.0) / (LETTER + 0.9)) as usize;
    html! {
        @if letters > 3 {
            text x=(n(place.x + 1.0)) y=(n(place.y + 12.0)) class="g" { (brief(group.name, letters)) }
        }
        @for (cell, at) in group.cells.iter().zip(squarify(&areas, inner)) { (drawn_cell(cell, at)) }
    }
}

fn drawn_cell(cell: &Cell<'_>, at: Rect) -> Markup {
    let class = cell.step.map_or_else(|| "f-sunk".to_owned(), |step| format!("f-b{step}"));
    let text = if cell.step.is_some_and(|step| step > 2) { "t-hi" } else { "t-lo" };
    let has_text = at.w >= TEXT_WIDTH && at.h >= TEXT_HEIGHT;
    html! {
        a href=(cell.link) tabindex="-1" {
            title { (said(cell.title)) " " (cell.score) }
            rect x=(n(at.x)) y=(n(at.y)) width=(n((at.w - 1.0).max(0.5))) height=(n((at.h - 1.0).max(0.5))) class=(class) {}
            @if has_text {
                text x=(n(at.x + 6.0)) y=(n(at.y + 15.0)) class=(text) {
                    (brief(cell.title, ((at.w - 12.0) / LETTER) as usize - 1))
                }
                text x=(n(at.x + 6.0)) y=(n(at.y + 30.0)) class=(text) { (cell.score) }
            }
        }
    }
}

/// Rectangles of these areas, in their order, that fill the box. The areas fall.
fn squarify(areas: &[f64], within: Rect) -> Vec<Rect> {
    let sum: f64 = areas.iter().sum();
    let scale = if sum > 0.0 { within.w * within.h / sum } else { 0.0 };
    let (mut free, mut places, mut rest) = (within, Vec::with_capacity(areas.len()), areas);
    while !rest.is_empty() {
        let side = free.w.min(free.h);
        let count = row(rest, scale, side);
        let (this, others) = rest.split_at(count);
        let area: f64 = this.iter().sum::<f64>() * scale;
        let thickness = if side > 0.0 { area / side } else { 0.0 };
        let is_column = free.w >= free.h;
        let mut along = 0.0;
        for part in this {
            let length = if thickness > 0.0 { part * scale / thickness } else { 0.0 };
            places.push(if is_column {
                Rect { x: free.x, y: free.y + along, w: thickness, h: length }
            } else {
                Rect { x: free.x + along, y: free.y, w: length, h: thickness }
            });
            along += length;
        }
        if is_column {
            free = Rect { x: free.x + thickness, w: (free.w - thickness).max(0.0), ..free };
        } else {
            free = Rect { y: free.y + thickness, h: (free.h - thickness).max(0.0), ..free };
        }
        rest = others;
    }
    places
}

/// How many of the next areas make the squarest row along a side; at least one.
fn row(areas: &[f64], scale: f64, side: f64) -> usize {
    let (mut sum, mut best) = (0.0, f64::INFINITY);
    let largest = areas.first().copied().unwrap_or(0.0) * scale;
    for (place, area) in areas.iter().enumerate() {
        let area = area * scale;
        sum += area;
        // The worst ratio of sides in the row is that of its largest or its smallest.
        let worst = (side * side * largest / (sum * sum)).max(sum * sum / (side * side * area));
        if worst.is_nan() || worst > best {
            return place.max(1);
        }
        best = worst;
    }
    areas.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOX: Rect = Rect { x: 10.0, y: 20.0, w: 600.0, h: 400.0 };

    #[test]
    fn the_papers_example_comes_out() {
        let places = squarify(&[6.0, 6.0, 4.0, 3.0, 2.0, 2.0, 1.0], Rect { x: 0.0, y: 0.0, w: 6.0, h: 4.0 });
        assert_eq!(places[0], Rect { x: 0.0, y: 0.0, w: 3.0, h: 2.0 });
        assert_eq!(places[1], Rect { x: 0.0, y: 2.0, w: 3.0, h: 2.0 });
        assert!((places[2].w - 12.0 / 7.0).abs() < 1e-9 && (places[2].h - 7.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn areas_are_kept_inside_the_box_without_overlap() {
        let mut areas: Vec<f64> = (1..200).map(|k| f64::from(k * k % 97 + 1)).collect();
        areas.sort_by(|a, b| b.total_cmp(a));
        let places = squarify(&areas, BOX);
        let scale = BOX.w * BOX.h / areas.iter().sum::<f64>();
        for (place, area) in places.iter().zip(&areas) {
            assert!((place.w * place.h - area * scale).abs() < 1e-6);
            assert!(place.x >= BOX.x - 1e-6 && place.x + place.w <= BOX.x + BOX.w + 1e-6);
            assert!(place.y >= BOX.y - 1e-6 && place.y + place.h <= BOX.y + BOX.h + 1e-6);
        }
        for (one, a) in places.iter().enumerate() {
            for b in &places[one + 1..] {
                let across = a.x + a.w <= b.x + 1e-6 || b.x + b.w <= a.x + 1e-6;
                let down = a.y + a.h <= b.y + 1e-6 || b.y + b.h <= a.y + 1e-6;
                assert!(across || down, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn nothing_and_no_area_are_drawn_as_nothing() {
        assert!(squarify(&[], BOX).is_empty());
        assert_eq!(squarify(&[0.0, 0.0], BOX).len(), 2);
        let cell = Cell { title: "a", link: "o/a/".into(), area: 0.0, step: None, score: "–".into() };
        let svg = treemap(vec![Group { name: "g", cells: vec![cell] }], 300.0).into_string();
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}
