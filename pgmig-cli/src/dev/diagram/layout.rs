//! Where tables stand and lines run.
//!
//! A table stands in a column to the right of all that it refers to. Where a line passes columns on
//! its way, it gets a lane in each: a place between the tables, as if it were a thin table. Between
//! two columns each line has a track of its own to go up or down. All numbers are whole, so the
//! same tables give the same picture everywhere.

mod lines;
mod places;

use super::catalog::{Reference, Schema, Table};

pub(super) const HEAD: i32 = 32;
pub(super) const ROW: i32 = 22;
const FOOT: i32 = 6;
const LANE: i32 = 12;
const BETWEEN: i32 = 30;
const MARGIN: i32 = 30;
const TRACK: i32 = 12;
/// Rounds in which the order and the places of tables follow their neighbours.
const ROUNDS: usize = 8;

/// A point, or a size.
pub(super) type Point = (i32, i32);

/// Where everything is.
#[derive(Debug, Default)]
pub(super) struct Layout {
    pub(super) size: Point,
    /// The corner and the size of each table.
    pub(super) boxes: Vec<(Point, Point)>,
    /// The line of each reference, from the table that refers to the other.
    pub(super) lines: Vec<Vec<Point>>,
}

/// A table or a lane in a column.
#[derive(Clone, Debug)]
struct Item {
    table: Option<usize>,
    y: i32,
    height: i32,
}

/// A piece of a line, from an item of a column to one of the next, each with the distance from the
/// item's top.
#[derive(Debug)]
struct Piece {
    left: (usize, i32),
    right: (usize, i32),
}

struct Builder<'a> {
    schema: &'a Schema,
    items: Vec<Item>,
    columns: Vec<Vec<usize>>,
    /// The pieces between a column and the next.
    pieces: Vec<Vec<Piece>>,
    /// For each reference the columns that it begins and ends in, and its pieces.
    ways: Vec<Vec<(usize, usize)>>,
}

/// Places the tables. `width` is that of a table.
pub(super) fn layout(schema: &Schema, width: impl Fn(&Table) -> i32) -> Layout {
    let depths = depths(schema);
    let count = depths.iter().max().map_or(0, |deepest| deepest + 1);
    let mut builder = Builder {
        schema,
        items: schema.tables.iter().enumerate().map(Item::of).collect(),
        columns: vec![Vec::new(); count],
        pieces: (0..count).map(|_| Vec::new()).collect(),
        ways: Vec::new(),
    };
    let alone = builder.stand(&depths);
    for reference in &schema.references {
        let way = builder.way(reference, &depths);
        builder.ways.push(way);
    }
    builder.order();
    builder.append(alone);
    builder.draw(width)
}

/// The height of a table.
pub(super) fn height(table: &Table) -> i32 {
    HEAD + ROW * count(table.columns.len()) + FOOT
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX / 1000)
}

/// The distance of a row's middle from its table's top.
fn row(at: &[usize]) -> i32 {
    HEAD + ROW * count(at.first().copied().unwrap_or(0)) + ROW / 2
}

/// How far to the right each table stands: one further than all that it refers to. Where tables
/// refer to each other in a circle, the reference that closes it does not count.
fn depths(schema: &Schema) -> Vec<usize> {
    fn visit(
        at: usize,
        to: &[Vec<usize>],
        depths: &mut [Option<usize>],
        open: &mut Vec<usize>,
    ) -> usize {
        if let Some(depth) = depths.get(at).copied().flatten() {
            return depth;
        }
        open.push(at);
        let mut depth = 0;
        for other in to.get(at).into_iter().flatten() {
            if !open.contains(other) {
                depth = depth.max(visit(*other, to, depths, open) + 1);
            }
        }
        open.pop();
        if let Some(slot) = depths.get_mut(at) {
            *slot = Some(depth);
        }
        depth
    }
    let mut to = vec![Vec::new(); schema.tables.len()];
    for reference in &schema.references {
        if let Some(list) = to.get_mut(reference.from.0) {
            list.push(reference.to.0);
        }
    }
    let mut depths = vec![None; schema.tables.len()];
    (0..schema.tables.len())
        .map(|at| visit(at, &to, &mut depths, &mut Vec::new()))
        .collect()
}

impl Item {
    fn of((at, table): (usize, &Table)) -> Self {
        Item {
            table: Some(at),
            y: 0,
            height: height(table),
        }
    }
}

impl Builder<'_> {
    /// Puts tables into their columns, and returns those that nothing connects.
    fn stand(&mut self, depths: &[usize]) -> Vec<usize> {
        let mut alone = Vec::new();
        for (at, depth) in depths.iter().enumerate() {
            let mut references = self.schema.references.iter();
            let connects =
                |one: &Reference| one.from.0 != one.to.0 && (one.from.0 == at || one.to.0 == at);
            match references.any(connects) {
                true => self.columns[*depth].push(at),
                false => alone.push(at),
            }
        }
        alone
    }

    /// Makes the pieces of a reference, and the lanes between them.
    fn way(&mut self, reference: &Reference, depths: &[usize]) -> Vec<(usize, usize)> {
        let (from, to) = (&reference.from, &reference.to);
        // Except in a circle, what is referred to stands to the left.
        let (left, right) = match depths[from.0] >= depths[to.0] {
            true => (to, from),
            false => (from, to),
        };
        let mut way = Vec::new();
        let mut begin = (left.0, row(&left.1));
        for column in depths[left.0]..depths[right.0] {
            let end = if column + 1 == depths[right.0] {
                (right.0, row(&right.1))
            } else {
                self.items.push(Item {
                    table: None,
                    y: 0,
                    height: LANE,
                });
                self.columns[column + 1].push(self.items.len() - 1);
                (self.items.len() - 1, LANE / 2)
            };
            way.push((column, self.pieces[column].len()));
            self.pieces[column].push(Piece {
                left: begin,
                right: end,
            });
            begin = end;
        }
        way
    }
}

#[cfg(test)]
mod tests;
