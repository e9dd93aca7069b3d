//! `-- pgmig: down`: a down script in the file of its migration.

use super::super::sections::{Part, Sections, lines};
use super::super::{Layout, dbmate, goose};
use crate::Problem;

/// A line that another tool reads.
pub(crate) struct Foreign {
    pub(crate) layout: Layout,
    /// Its first byte.
    start: usize,
    line: String,
}

/// The first line that goose or dbmate would read as one of theirs.
pub(crate) fn foreign(text: &str) -> Option<Foreign> {
    if !text.contains("+goose") && !text.contains("migrate:") {
        return None;
    }
    lines(text).find_map(|(start, line)| {
        let layout = if goose::annotation(line).is_some() {
            Layout::Goose
        } else if dbmate::marker(line).is_some() {
            Layout::Dbmate
        } else {
            return None;
        };
        let line = line.trim_end().to_owned();
        Some(Foreign {
            layout,
            start,
            line,
        })
    })
}

/// The scripts of a file that keeps them as pgmig does.
pub(crate) fn sections(
    layout: Layout,
    text: &str,
    shown: &str,
    problems: &mut Vec<Problem>,
) -> Sections {
    if layout == Layout::Pgmig {
        problems.extend(foreign(text).map(|marker| misread(&marker, text, shown)));
    }
    let mut found = Sections::whole(text);
    if !text.contains("pgmig") {
        return found;
    }
    for (start, line) in lines(text).filter(|(_, line)| is_marker(line)) {
        if let Some(down) = &mut found.down {
            down.range.end = down.range.end.min(start);
            let problem = Problem::error("bad-section", shown, "a second `-- pgmig: down`")
                .at(text, start..start + line.trim_end().len())
                .help("a file holds one down script, at its end");
            problems.push(problem);
            continue;
        }
        found.up.range.end = start;
        found.down = Some(Part {
            range: start + line.len()..text.len(),
            transactional: None,
        });
    }
    found
}

/// Whether a line is `-- pgmig: down`.
fn is_marker(line: &str) -> bool {
    let words = line.trim().strip_prefix("--");
    let words = words.and_then(|words| words.trim_start_matches('-').trim_start().split_once(':'));
    words.is_some_and(|(mark, word)| {
        mark.trim_end().eq_ignore_ascii_case("pgmig") && word.trim() == "down"
    })
}

fn misread(marker: &Foreign, text: &str, shown: &str) -> Problem {
    let title = format!("`{}` is {}'s", marker.line, marker.layout);
    Problem::error("ambiguous-layout", shown, title)
        .at(text, marker.start..marker.start + marker.line.len())
        .note("the first file of the folder has no such line, so the folder is read as pgmig's own")
        .help(format!(
            "if the whole folder is {}'s, name the layout: `layout = \"{}\"`",
            marker.layout, marker.layout
        ))
        .help("if not, take the line out: a down script follows `-- pgmig: down`")
}
