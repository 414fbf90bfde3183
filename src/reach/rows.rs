//! Compressed rows: many short lists in one allocation.
//!
//! Must never: know what the items are.

/// Lists of items, one list a row, in one allocation.
#[derive(Clone, Debug)]
pub(super) struct Rows<T> {
    /// Where each row begins, and the end of the last one: rows + 1 entries.
    starts: Vec<usize>,
    items: Vec<T>,
}

impl<T: Copy> Rows<T> {
    pub(super) fn new() -> Self {
        Self {
            starts: vec![0],
            items: Vec::new(),
        }
    }

    /// Groups items by row; within a row they keep the order in which `pairs` gives them.
    ///
    /// `pairs` is run twice and must give the same both times.
    /// `filler` is any item; none of it stays.
    pub(super) fn group<I: Iterator<Item = (usize, T)>>(
        rows: usize,
        filler: T,
        pairs: impl Fn() -> I,
    ) -> Self {
        let mut starts = vec![0; rows + 1];
        for (row, _) in pairs() {
            starts[row + 1] += 1;
        }
        for row in 0..rows {
            starts[row + 1] += starts[row];
        }
        let mut items = vec![filler; starts[rows]];
        let mut next = starts.clone();
        for (row, item) in pairs() {
            items[next[row]] = item;
            next[row] += 1;
        }
        Self { starts, items }
    }

    /// Adds one item to the last, still open row.
    pub(super) fn push(&mut self, item: T) {
        self.items.push(item);
    }

    /// Ends the open row.
    pub(super) fn close(&mut self) {
        self.starts.push(self.items.len());
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    pub(super) fn items(&self) -> usize {
        self.items.len()
    }

    pub(super) fn row(&self, row: usize) -> &[T] {
        &self.items[self.starts[row]..self.starts[row + 1]]
    }

    /// All items, row after row.
    pub(super) fn all(&self) -> &[T] {
        &self.items
    }

    /// Whether the rows are contiguous and cover all items.
    pub(super) fn verify(&self) -> bool {
        self.starts.first() == Some(&0)
            && self.starts.last() == Some(&self.items.len())
            && self.starts.is_sorted()
    }
}
