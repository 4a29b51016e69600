//! What a column of a table is: its cells and all that is to be known of it, in one place.

/// What the cells of a column hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Text,
    Number,
    Whole,
    /// A point in time, RFC 3339 in UTC.
    Moment,
}

impl Kind {
    /// The word of Frictionless table schemas.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Number => "number",
            Self::Whole => "integer",
            Self::Moment => "datetime",
        }
    }
}

/// What the dictionary says of a column.
#[derive(Clone, Copy, Debug)]
pub struct About {
    pub name: &'static str,
    pub kind: Kind,
    /// Empty: none.
    pub unit: &'static str,
    pub meaning: &'static str,
    /// When a cell is empty; empty itself: never.
    pub missing: &'static str,
}

/// A column and how its cells come about.
#[derive(Clone, Copy)]
pub(super) struct Column<Cell> {
    pub about: About,
    pub cell: Cell,
}

pub(super) const fn text<Cell>(name: &'static str, meaning: &'static str, cell: Cell) -> Column<Cell> {
    column(name, Kind::Text, "", meaning, cell)
}

pub(super) const fn number<Cell>(
    name: &'static str,
    unit: &'static str,
    meaning: &'static str,
    cell: Cell,
) -> Column<Cell> {
    column(name, Kind::Number, unit, meaning, cell)
}

pub(super) const fn whole<Cell>(
    name: &'static str,
    unit: &'static str,
    meaning: &'static str,
    cell: Cell,
) -> Column<Cell> {
    column(name, Kind::Whole, unit, meaning, cell)
}

pub(super) const fn moment<Cell>(name: &'static str, meaning: &'static str, cell: Cell) -> Column<Cell> {
    column(name, Kind::Moment, "UTC", meaning, cell)
}

const fn column<Cell>(
    name: &'static str,
    kind: Kind,
    unit: &'static str,
    meaning: &'static str,
    cell: Cell,
) -> Column<Cell> {
    Column { about: About { name, kind, unit, meaning, missing: "" }, cell }
}

/// The same column, which may be empty.
pub(super) const fn or_empty<Cell: Copy>(column: Column<Cell>, missing: &'static str) -> Column<Cell> {
    let Column { about, cell } = column;
    Column { about: About { missing, ..about }, cell }
}
