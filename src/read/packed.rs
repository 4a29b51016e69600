//! The rows of a table whose groups are scattered, packed tightly and given out group by group.

use super::rows::{Place, Row};

/// About a sixth of what the tasks themselves would take.
#[derive(Debug, Default)]
pub(super) struct Packed {
    /// All cells of all rows, one after the other.
    text: String,
    /// Length of each cell.
    lengths: Vec<u32>,
    rows: Vec<Slot>,
}

/// Where a row begins in both.
#[derive(Debug, Clone, Copy)]
struct Slot {
    text: usize,
    cell: usize,
    number: u64,
    line: u64,
    group: usize,
}

impl Packed {
    pub fn push(&mut self, group: usize, row: &Row) {
        let (text, cell) = (self.text.len(), self.lengths.len());
        self.rows.push(Slot { text, cell, number: row.number, line: row.line(), group });
        self.text.push_str(row.record.as_slice());
        // A row has 1 MiB at most, so no cell is longer than this can say.
        self.lengths.extend(row.record.iter().map(|cell| u32::try_from(cell.len()).unwrap_or(u32::MAX)));
    }

    /// Puts the rows in order of group, each group's in the order of the file.
    pub fn sort(&mut self) {
        self.rows.sort_by_key(|slot| slot.group);
        self.text.shrink_to_fit();
        self.lengths.shrink_to_fit();
    }

    /// Unpacks the row of this position and says its group; `None` behind the last.
    pub fn get(&self, position: usize, columns: usize, row: &mut Row) -> Option<usize> {
        let slot = self.rows.get(position)?;
        row.record.clear();
        let mut start = slot.text;
        for length in self.lengths.iter().skip(slot.cell).take(columns) {
            let end = start + *length as usize;
            row.record.push_field(self.text.get(start..end)?);
            start = end;
        }
        row.number = slot.number;
        row.place = Place::Line(slot.line);
        Some(slot.group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_were() {
        let mut packed = Packed::default();
        for (number, (group, cells)) in
            [(1, ["a", "é"]), (0, ["", "b"]), (1, ["c", "d\r"])].iter().enumerate()
        {
            let place = Place::Line(number as u64 + 2);
            packed.push(*group, &Row { record: cells.to_vec().into(), number: number as u64, place });
        }
        packed.sort();
        let mut row = Row::default();
        let mut all = Vec::new();
        for position in 0..3 {
            let group = packed.get(position, 2, &mut row).unwrap();
            all.push((group, row.line(), row.record.iter().collect::<Vec<_>>().join("|")));
        }
        let expected = [(0, 3, "|b"), (1, 2, "a|é"), (1, 4, "c|d\r")];
        assert_eq!(all, expected.map(|(group, line, cells)| (group, line, cells.to_owned())));
        assert_eq!(packed.get(3, 2, &mut row), None);
    }
}
