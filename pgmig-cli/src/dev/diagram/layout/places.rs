//! Where the tables and lanes of each column stand.

use super::{BETWEEN, Builder, MARGIN, Piece, ROUNDS, ROW};

impl Builder<'_> {
    /// Orders each column by what its items are connected to, and brings them near to it.
    pub(super) fn order(&mut self) {
        for column in 0..self.columns.len() {
            self.stack(column);
        }
        for round in 0..ROUNDS {
            let forth: Vec<usize> = (0..self.columns.len()).collect();
            let columns = match round % 2 {
                0 => forth,
                _ => forth.into_iter().rev().collect(),
            };
            for column in columns {
                let mut wanted: Vec<_> = self.columns[column]
                    .iter()
                    .map(|item| (self.wanted(column, *item, round % 2 == 0), *item))
                    .collect();
                wanted.sort_by_key(|(y, _)| *y);
                self.columns[column] = wanted.into_iter().map(|(_, item)| item).collect();
                self.stack(column);
            }
        }
        for _ in 0..ROUNDS {
            for column in 0..self.columns.len() {
                self.settle(column);
            }
        }
        let top = self.items.iter().map(|item| item.y).min().unwrap_or(0);
        self.items
            .iter_mut()
            .for_each(|item| item.y += MARGIN + ROW - top);
    }

    /// One below the other.
    fn stack(&mut self, column: usize) {
        let mut y = 0;
        for item in self.columns[column].clone() {
            self.items[item].y = y;
            y += self.items[item].height + BETWEEN;
        }
    }

    /// Where an item would stand, were it only for its neighbours on one side.
    fn wanted(&self, column: usize, item: usize, left: bool) -> i32 {
        let found = match (left, column.checked_sub(1)) {
            (true, Some(before)) => self.pulls(before, item),
            (true, None) => Vec::new(),
            (false, _) => self.pulls(column, item),
        };
        mean(&found).unwrap_or(self.items[item].y)
    }

    /// The places at which each piece between two columns would be level for an item.
    fn pulls(&self, between: usize, item: usize) -> Vec<i32> {
        let level = |piece: &Piece| {
            let (own, other) = match (piece.left.0 == item, piece.right.0 == item) {
                (true, _) => (piece.left, piece.right),
                (_, true) => (piece.right, piece.left),
                _ => return None,
            };
            Some(self.items[other.0].y + other.1 - own.1)
        };
        self.pieces[between].iter().filter_map(level).collect()
    }

    /// Moves the items of a column to where their lines are level, as far as there is room.
    fn settle(&mut self, column: usize) {
        let (mut bottom, mut missed) = (i32::MIN / 2, Vec::new());
        for item in self.columns[column].clone() {
            let mut pulls = self.pulls(column, item);
            if let Some(before) = column.checked_sub(1) {
                pulls.extend(self.pulls(before, item));
            }
            let wanted = mean(&pulls).unwrap_or(self.items[item].y);
            let y = wanted.max(bottom);
            missed.push(wanted - y);
            self.items[item].y = y;
            bottom = y + self.items[item].height + BETWEEN;
        }
        let shift = mean(&missed).unwrap_or(0);
        for item in self.columns[column].clone() {
            self.items[item].y += shift;
        }
    }

    /// Puts tables that nothing connects below the others, where there is most room.
    pub(super) fn append(&mut self, alone: Vec<usize>) {
        let mut enough = 1;
        while enough * enough < alone.len() {
            enough += 1;
        }
        while self.columns.len() < enough {
            self.columns.push(Vec::new());
            self.pieces.push(Vec::new());
        }
        for table in alone {
            let bottoms = self.columns.iter().map(|column| self.bottom(column));
            let column = bottoms
                .enumerate()
                .min_by_key(|(at, bottom)| (*bottom, *at));
            let (column, bottom) = column.unwrap_or((0, MARGIN + ROW));
            self.items[table].y = bottom;
            self.columns[column].push(table);
        }
    }

    /// Where the next item of a column would begin.
    pub(super) fn bottom(&self, column: &[usize]) -> i32 {
        let ends = column.iter().map(|item| {
            let item = &self.items[*item];
            item.y + item.height + BETWEEN
        });
        ends.max().unwrap_or(MARGIN + ROW)
    }
}

fn mean(values: &[i32]) -> Option<i32> {
    let count = i32::try_from(values.len()).ok()?;
    (count > 0).then(|| values.iter().sum::<i32>() / count)
}
