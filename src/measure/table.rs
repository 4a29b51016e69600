//! Items by raters, with holes.

/// Ratings of the same items by several raters, in points; `None` where there is none.
#[derive(Clone, Debug)]
pub struct Table {
    /// By rater, then by item.
    columns: Vec<Vec<Option<f64>>>,
}

impl Table {
    /// All columns are of the same items; a shorter one counts as ending in holes.
    pub fn new(mut columns: Vec<Vec<Option<f64>>>) -> Self {
        let items = columns.iter().map(Vec::len).max().unwrap_or(0);
        columns.iter_mut().for_each(|column| column.resize(items, None));
        Self { columns }
    }

    pub fn raters(&self) -> usize {
        self.columns.len()
    }

    pub fn items(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }

    pub fn column(&self, rater: usize) -> &[Option<f64>] {
        self.columns.get(rater).map_or(&[], Vec::as_slice)
    }

    /// The ratings of one item.
    pub fn row(&self, item: usize) -> impl Iterator<Item = Option<f64>> + '_ {
        self.columns.iter().map(move |column| column.get(item).copied().flatten())
    }

    /// The ratings of the items that both have rated.
    pub fn both(&self, a: usize, b: usize) -> (Vec<f64>, Vec<f64>) {
        self.column(a).iter().zip(self.column(b)).filter_map(|(a, b)| a.zip(*b)).unzip()
    }

    /// Rows of the items that every rater has rated.
    pub fn complete(&self) -> Vec<Vec<f64>> {
        let rows = (0..self.items()).map(|item| self.row(item).collect::<Option<Vec<f64>>>());
        rows.flatten().filter(|row| !row.is_empty()).collect()
    }

    /// Every pair of raters, the first before the second.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let raters = self.raters();
        (0..raters).flat_map(move |a| (a + 1..raters).map(move |b| (a, b)))
    }
}
