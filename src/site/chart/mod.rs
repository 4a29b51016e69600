//! Charts as SVG: percentages for places and classes for paint, so that no style is needed inline.

mod bars;
mod history;
mod instrument;
mod mark;
mod plot;
mod treemap;

pub use bars::{bar, score_bar, skill};
pub use history::{Point, history, series};
pub(super) use instrument::step;
pub use instrument::{Density, Instrument, density};
pub use mark::{legend, legend_mark, logo};
pub use plot::{axis, samples, task_plot};
pub use treemap::{Cell, Group, treemap};
