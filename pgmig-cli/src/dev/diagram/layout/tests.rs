//! Whatever refers to whatever: tables do not lie on each other, and no line runs through one.

use super::*;
use crate::dev::diagram::catalog::Column;

/// Numbers that look random and are the same for the same seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit.max(1)
    }
}

fn table(at: usize, columns: usize) -> Table {
    let column = |at: usize| Column {
        name: format!("column_{at}"),
        of_type: "uuid".to_owned(),
        not_null: true,
        primary: at == 0,
        unique: false,
        refers: false,
    };
    Table {
        name: format!("table_{at}"),
        outside: false,
        columns: (0..columns).map(column).collect(),
    }
}

fn reference(from: (usize, usize), to: (usize, usize)) -> Reference {
    Reference {
        name: "r".to_owned(),
        from: (from.0, vec![from.1]),
        to: (to.0, vec![to.1]),
        unique: false,
        optional: false,
    }
}

/// Circles, tables that refer to themselves and tables alone among them.
fn schema(seed: u64) -> Schema {
    let mut numbers = Numbers(seed);
    let count = 1 + numbers.below(12);
    let tables: Vec<_> = (0..count)
        .map(|at| table(at, 1 + numbers.below(9)))
        .collect();
    let references = (0..numbers.below(20)).map(|_| {
        let mut end = || {
            let at = numbers.below(count);
            (at, numbers.below(tables[at].columns.len()))
        };
        let (from, to) = (end(), end());
        reference(from, to)
    });
    let references = references.collect();
    Schema {
        name: "public".to_owned(),
        tables,
        references,
    }
}

/// Whether a straight line goes through the inside of a box.
fn crosses(a: Point, b: Point, ((x, y), (wide, high)): (Point, Point)) -> bool {
    let inside =
        |low: i32, high: i32, from: i32, to: i32| from.max(to) > low && from.min(to) < high;
    inside(x, x + wide, a.0, b.0) && inside(y, y + high, a.1, b.1)
}

#[test]
fn no_table_lies_on_another_and_no_line_goes_through_one() {
    for seed in 0..500 {
        let schema = schema(seed);
        let layout = layout(&schema, |_| 200);
        for (at, one) in layout.boxes.iter().enumerate() {
            let (corner, size) = *one;
            let end = (corner.0 + size.0, corner.1 + size.1);
            assert!(
                corner.0 > 0 && end.0 <= layout.size.0,
                "seed {seed}: {one:?}"
            );
            assert!(
                corner.1 > 0 && end.1 <= layout.size.1,
                "seed {seed}: {one:?}"
            );
            for other in &layout.boxes[at + 1..] {
                let apart = !crosses(corner, end, *other);
                assert!(apart, "seed {seed}: {one:?} lies on {other:?}");
            }
            for (number, line) in layout.lines.iter().enumerate() {
                let through = line.windows(2).any(|pair| crosses(pair[0], pair[1], *one));
                assert!(!through, "seed {seed}: line {number} goes through {one:?}");
            }
        }
    }
}

#[test]
fn each_line_goes_from_the_row_that_refers_to_the_row_that_is_referred_to() {
    for seed in 0..500 {
        let schema = schema(seed);
        let layout = layout(&schema, |_| 200);
        for (reference, line) in schema.references.iter().zip(&layout.lines) {
            for (point, (table, rows)) in [
                (line.first(), &reference.from),
                (line.last(), &reference.to),
            ] {
                let ((x, y), (wide, _)) = layout.boxes[*table];
                let point = *point.unwrap_or(&(0, 0));
                let side = point.0 == x || point.0 == x + wide;
                assert!(side && point.1 == y + row(rows), "seed {seed}: {line:?}");
            }
        }
    }
}

#[test]
fn a_table_stands_to_the_right_of_what_it_refers_to() {
    let schema = Schema {
        name: "public".to_owned(),
        tables: (0..3).map(|at| table(at, 2)).collect(),
        references: vec![
            reference((0, 1), (2, 0)),
            reference((2, 1), (1, 0)),
            reference((0, 1), (0, 0)),
        ],
    };
    let layout = layout(&schema, |_| 200);
    let [zero, one, two] = [0, 1, 2].map(|at| layout.boxes[at].0.0);
    assert!(one < two && two < zero, "{:?}", layout.boxes);
}

/// From where to where something is drawn, from top to bottom.
fn heights(layout: &Layout) -> Vec<(i32, i32)> {
    let boxes = layout
        .boxes
        .iter()
        .map(|((_, y), (_, high))| (*y, y + high));
    let lines = layout.lines.iter().flat_map(|line| line.windows(2));
    let lines = lines.map(|pair| (pair[0].1.min(pair[1].1), pair[0].1.max(pair[1].1)));
    let mut heights: Vec<_> = boxes.chain(lines).collect();
    heights.sort_unstable();
    heights
}

#[test]
fn tables_that_nothing_connects_are_not_driven_apart() {
    for seed in 0..500 {
        let layout = layout(&schema(seed), |_| 200);
        let heights = heights(&layout);
        let mut low = heights[0].1;
        for (top, bottom) in heights {
            assert!(
                top <= low + BETWEEN + LANE,
                "seed {seed}: {:?}",
                layout.boxes
            );
            low = low.max(bottom);
        }
    }
}

#[test]
fn without_tables_there_is_nothing_to_place() {
    assert!(layout(&Schema::default(), |_| 200).boxes.is_empty());
}
