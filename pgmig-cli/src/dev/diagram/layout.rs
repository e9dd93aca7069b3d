//! Where tables stand and lines run.
//!
//! A table stands in a column to the right of all that it refers to. Where a line passes columns on
//! its way, it gets a lane in each: a place between the tables, as if it were a thin table. Between
//! two columns each line has a track of its own to go up or down. All numbers are whole, so the
//! same tables give the same picture everywhere.

mod parts;

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
    /// The part of the schema that each item belongs to.
    parts: Vec<usize>,
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
        parts: parts::parts(schema),
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
                self.parts.push(self.parts[from.0]);
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

    /// Orders each column by what its items are connected to, and brings them near to it.
    fn arrange(&mut self) {
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
    fn append(&mut self, alone: Vec<usize>) {
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
    fn bottom(&self, column: &[usize]) -> i32 {
        let ends = column.iter().map(|item| {
            let item = &self.items[*item];
            item.y + item.height + BETWEEN
        });
        ends.max().unwrap_or(MARGIN + ROW)
    }

    fn draw(&self, width: impl Fn(&Table) -> i32) -> Layout {
        let mut layout = Layout {
            boxes: vec![((0, 0), (0, 0)); self.schema.tables.len()],
            ..Layout::default()
        };
        let mut x = MARGIN;
        // The sides of each column, and the track of each piece behind it.
        let (mut sides, mut tracks) = (Vec::new(), Vec::new());
        for (column, pieces) in self.columns.iter().zip(&self.pieces) {
            let tables = column.iter().filter_map(|item| self.items[*item].table);
            let wide = tables
                .clone()
                .map(|at| width(&self.schema.tables[at]))
                .max();
            let wide = wide.unwrap_or(0);
            for at in tables {
                let item = &self.items[at];
                layout.boxes[at] = ((x, item.y), (wide, item.height));
            }
            sides.push((x, x + wide));
            x += wide + MARGIN;
            tracks.push(self.tracks(pieces, x));
            x += TRACK * count(pieces.len()) + MARGIN;
        }
        for (reference, way) in self.schema.references.iter().zip(&self.ways) {
            layout.lines.push(match way.is_empty() {
                true => around(reference, &layout.boxes),
                false => self.line(reference, way, &sides, &tracks),
            });
        }
        let bottom = self.columns.iter().map(|column| self.bottom(column)).max();
        layout.size = (x, bottom.unwrap_or(0));
        layout
    }

    /// Which track each piece takes, so that few cross: those that go down from the lowest on, then
    /// those that go up from the highest on.
    fn tracks(&self, pieces: &[Piece], x: i32) -> Vec<i32> {
        let mut order: Vec<usize> = (0..pieces.len()).collect();
        order.sort_by_key(|at| {
            let (left, right) = self.ends(&pieces[*at]);
            match left <= right {
                true => (0, -left, -right),
                false => (1, left, right),
            }
        });
        let mut tracks = vec![x; pieces.len()];
        for (number, at) in order.into_iter().enumerate() {
            tracks[at] = x + TRACK * count(number);
        }
        tracks
    }

    /// The heights at which a piece begins and ends.
    fn ends(&self, piece: &Piece) -> Point {
        let end = |(item, offset): (usize, i32)| self.items[item].y + offset;
        (end(piece.left), end(piece.right))
    }

    fn line(
        &self,
        reference: &Reference,
        way: &[(usize, usize)],
        sides: &[Point],
        tracks: &[Vec<i32>],
    ) -> Vec<Point> {
        let mut points: Vec<Point> = Vec::new();
        for (column, piece) in way {
            let (left, right) = self.ends(&self.pieces[*column][*piece]);
            points.push((sides[*column].1, left));
            if left != right {
                let track = tracks[*column][*piece];
                points.extend([(track, left), (track, right)]);
            }
            points.push((sides[*column + 1].0, right));
        }
        let begins = way
            .first()
            .map(|(column, piece)| self.pieces[*column][*piece].left.0);
        if begins != Some(reference.from.0) {
            points.reverse();
        }
        points
    }
}

/// The line of a table to itself: out at its right side, and back.
fn around(reference: &Reference, boxes: &[(Point, Point)]) -> Vec<Point> {
    let ((x, y), (width, _)) = boxes[reference.from.0];
    let (out, from, to) = (
        x + width,
        y + row(&reference.from.1),
        y + row(&reference.to.1),
    );
    vec![
        (out, from),
        (out + MARGIN / 2, from),
        (out + MARGIN / 2, to),
        (out, to),
    ]
}

fn mean(values: &[i32]) -> Option<i32> {
    let count = i32::try_from(values.len()).ok()?;
    (count > 0).then(|| values.iter().sum::<i32>() / count)
}

#[cfg(test)]
mod tests;
