//! Tables that no line connects, not even through others, know nothing of each other's height: each
//! such part is arranged by itself, and then put below what stands in its columns.

use super::super::catalog::Schema;
use super::{Builder, MARGIN, ROW};

/// The part that each table belongs to, by the least of its tables.
pub(super) fn parts(schema: &Schema) -> Vec<usize> {
    let mut parts: Vec<usize> = (0..schema.tables.len()).collect();
    for reference in &schema.references {
        let [one, other] = [parts[reference.from.0], parts[reference.to.0]];
        let least = one.min(other);
        for part in &mut parts {
            if *part == one || *part == other {
                *part = least;
            }
        }
    }
    parts
}

impl Builder<'_> {
    /// Arranges the parts, the one with most in it first.
    pub(super) fn order(&mut self) {
        let all = std::mem::take(&mut self.columns);
        let mut floors = vec![MARGIN + ROW; all.len()];
        let mut placed = vec![Vec::new(); all.len()];
        for part in self.largest_first(&all) {
            let own = |column: &Vec<usize>| {
                let items = column.iter().copied();
                items.filter(|item| self.parts[*item] == part).collect()
            };
            self.columns = all.iter().map(own).collect();
            self.arrange();
            self.lower(&mut floors);
            for (column, items) in placed.iter_mut().zip(&self.columns) {
                column.extend(items);
            }
        }
        self.columns = placed;
    }

    fn largest_first(&self, columns: &[Vec<usize>]) -> Vec<usize> {
        let items = || columns.iter().flatten().map(|item| self.parts[*item]);
        let mut parts: Vec<usize> = items().collect();
        parts.sort_unstable();
        parts.dedup();
        parts.sort_by_key(|part| std::cmp::Reverse(items().filter(|other| other == part).count()));
        parts
    }

    /// Moves the part that is being arranged to below the floors, as one piece, and raises them.
    fn lower(&mut self, floors: &mut [i32]) {
        let columns = self.columns.clone();
        let occupied = columns.iter().enumerate();
        let occupied = occupied.filter(|(_, items)| !items.is_empty());
        let down = occupied.clone().filter_map(|(column, items)| {
            let top = items.iter().map(|item| self.items[*item].y).min()?;
            Some(floors[column] - top)
        });
        let down = down.max().unwrap_or(0);
        for item in columns.iter().flatten() {
            self.items[*item].y += down;
        }
        for (column, items) in occupied {
            // A line goes up and down between two columns: nothing of another part stands there.
            let bottom = self.bottom(items);
            let beside = column.saturating_sub(1)..=(column + 1).min(floors.len() - 1);
            for floor in &mut floors[beside] {
                *floor = (*floor).max(bottom);
            }
        }
    }
}
