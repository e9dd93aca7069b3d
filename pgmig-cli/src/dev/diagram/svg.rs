//! The tables as a picture, light or dark as whoever looks at it has it.

use std::fmt::Write as _;

use super::catalog::{Column, Reference, Schema, Table};
use super::layout::{HEAD, Point, ROW, layout};

/// The width of a hundred characters: monospaced fonts are 0.6 of their size wide.
const HUNDRED: usize = 783;
const PAD: i32 = 12;
/// Room for the key of a column.
const KEY: i32 = 46;
const CORNER: i32 = 6;
/// Room for the line that explains the signs.
const LEGEND: i32 = 34;

const STYLE: &str = "
  svg { --paper: #ffffff; --card: #f8fafc; --head: #e2e8f0; --edge: #94a3b8; --text: #0f172a;
        --faint: #64748b; --key: #b45309; --line: #475569; --other: #f1f5f9 }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0f172a; --card: #1e293b; --head: #334155; --edge: #64748b; --text: #f1f5f9;
          --faint: #94a3b8; --key: #fbbf24; --line: #cbd5e1; --other: #172033 }
  }
  text { font: 13px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: var(--text) }
  .title { font-size: 15px; font-weight: bold }
  .name { font-weight: bold }
  .type, .legend { fill: var(--faint) }
  .key { font-size: 10px; fill: var(--key) }
  .paper { fill: var(--paper) }
  .card { fill: var(--card); stroke: var(--edge) }
  .head { fill: var(--head); stroke: var(--edge) }
  .outside .card, .outside .head { fill: var(--other); stroke-dasharray: 4 3 }
  .line path { fill: none; stroke: var(--line); stroke-width: 1.3 }
  .line:hover path { stroke: var(--key); stroke-width: 2.4 }
";

/// The text of the picture.
pub(super) fn draw(schema: &Schema) -> String {
    let layout = layout(schema, width);
    let own = schema.tables.iter().filter(|one| !one.outside).count();
    let tables = if own == 1 { "table" } else { "tables" };
    let title = format!("{}, {own} {tables}", schema.name);
    let legend =
        "PK primary key · FK foreign key · U unique · ? may be NULL · dashed: of another schema";
    let wide = layout.size.0.max(long(legend) + 2 * PAD + 18);
    let high = layout.size.1 + LEGEND;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {wide} {high}\" \
         role=\"img\" aria-label=\"{0}\">\n<style>{STYLE}</style>\n\
         <rect class=\"paper\" width=\"{wide}\" height=\"{high}\"/>\n\
         <text class=\"title\" x=\"30\" y=\"30\">{0}</text>\n",
        escaped(&title)
    );
    for (reference, points) in schema.references.iter().zip(&layout.lines) {
        line(&mut svg, reference, points);
    }
    for (table, (corner, size)) in schema.tables.iter().zip(&layout.boxes) {
        card(&mut svg, table, *corner, *size);
    }
    // Writing to a string does not fail.
    let _ = writeln!(
        svg,
        "<text class=\"legend\" x=\"30\" y=\"{}\">{legend}</text>\n</svg>",
        high - 18
    );
    svg
}

/// The width of a text. From Hangul on, fonts for code draw most letters twice as wide.
fn long(text: &str) -> i32 {
    let wide = text.chars().filter(|letter| *letter >= '\u{1100}').count();
    let letters = text.chars().count() + wide;
    i32::try_from(letters * HUNDRED / 100 + 1).unwrap_or(i32::MAX / 1000)
}

/// The width of a table: its name, or its widest column.
fn width(table: &Table) -> i32 {
    let columns = table.columns.iter();
    let columns = columns.map(|column| KEY + long(&column.name) + 24 + long(&of_type(column)));
    columns.chain([long(&table.name) + PAD]).max().unwrap_or(0) + 2 * PAD
}

fn of_type(column: &Column) -> String {
    format!(
        "{}{}",
        column.of_type,
        if column.not_null { "" } else { "?" }
    )
}

fn card(svg: &mut String, table: &Table, (x, y): Point, (wide, high): Point) {
    let class = if table.outside {
        " class=\"outside\""
    } else {
        ""
    };
    let name = escaped(&table.name);
    let _ = writeln!(
        svg,
        "<g{class}>\n<rect class=\"card\" x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{high}\" rx=\"5\"/>\n\
         <path class=\"head\" d=\"M{x} {0}v{1}q0 -5 5 -5h{2}q5 0 5 5v{3}z\"/>\n\
         <text class=\"name\" x=\"{4}\" y=\"{5}\">{name}</text>",
        y + HEAD - 4,
        9 - HEAD,
        wide - 10,
        HEAD - 9,
        x + PAD,
        y + 19,
    );
    for (at, column) in (0..).zip(&table.columns) {
        let base = y + HEAD + ROW * at + 15;
        if let Some(key) = key(column) {
            let _ = writeln!(
                svg,
                "<text class=\"key\" x=\"{}\" y=\"{}\">{key}</text>",
                x + PAD,
                base - 1
            );
        }
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{base}\">{}</text>\n\
             <text class=\"type\" x=\"{}\" y=\"{base}\" text-anchor=\"end\">{}</text>",
            x + PAD + KEY - 8,
            escaped(&column.name),
            x + wide - PAD,
            escaped(&of_type(column)),
        );
    }
    svg.push_str("</g>\n");
}

fn key(column: &Column) -> Option<&'static str> {
    Some(match (column.primary, column.refers, column.unique) {
        (true, true, _) => "PK FK",
        (true, false, _) => "PK",
        (false, true, true) => "FK U",
        (false, true, false) => "FK",
        (false, false, true) => "U",
        (false, false, false) => return None,
    })
}

fn line(svg: &mut String, reference: &Reference, points: &[Point]) {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return;
    };
    let away = |end: &Point, next: Option<&Point>| {
        if next.is_some_and(|next| next.0 < end.0) {
            -1
        } else {
            1
        }
    };
    let (from, to) = (
        away(first, points.get(1)),
        away(last, points.iter().rev().nth(1)),
    );
    let _ = write!(
        svg,
        "<g class=\"line\"><title>{}</title><path d=\"{}",
        escaped(&reference.name),
        rounded(points)
    );
    // The foot of a crow where many rows refer to one, a bar where one does.
    let (x, y) = *first;
    let _ = match reference.unique {
        true => write!(svg, "M{} {}v10", x + 8 * from, y - 5),
        false => write!(svg, "M{x} {}L{} {y}L{x} {}", y - 5, x + 10 * from, y + 5),
    };
    let (x, y) = *last;
    let _ = write!(svg, "M{} {}v10\"/>", x + 6 * to, y - 5);
    svg.push_str("</g>\n");
}

/// A path with round corners.
fn rounded(points: &[Point]) -> String {
    let mut path = String::new();
    for (at, point) in points.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| points.get(before));
        let _ = match (before, points.get(at + 1)) {
            (None, _) => write!(path, "M{} {}", point.0, point.1),
            (Some(_), None) => write!(path, "L{} {}", point.0, point.1),
            (Some(before), Some(after)) => {
                let (a, b) = (near(*point, *before), near(*point, *after));
                write!(
                    path,
                    "L{} {}Q{} {} {} {}",
                    a.0, a.1, point.0, point.1, b.0, b.1
                )
            }
        };
    }
    path
}

/// The point on the way to another at which a corner begins.
fn near(point: Point, other: Point) -> Point {
    let step = |own: i32, other: i32| {
        let way = other - own;
        own + way.signum() * CORNER.min(way.abs() / 2)
    };
    (step(point.0, other.0), step(point.1, other.1))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
