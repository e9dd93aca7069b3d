//! Where the columns begin, and the lines between them.

use super::{Builder, Layout, MARGIN, Piece, Point, TRACK, count, row};
use crate::dev::diagram::catalog::{Reference, Table};

impl Builder<'_> {
    /// Gives everything its place in the picture.
    pub(super) fn draw(&self, width: impl Fn(&Table) -> i32) -> Layout {
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
