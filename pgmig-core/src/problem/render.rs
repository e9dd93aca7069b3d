//! A problem as text, the way rustc would show it.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Problem, Severity};

pub(super) fn render(problem: &Problem) -> String {
    let level = match problem.severity {
        Severity::Warning => Level::WARNING,
        Severity::Error => Level::ERROR,
    };
    // Whoever shows it says `error:` or `warning:` itself.
    let title = format!("{problem} [{}]", problem.code);
    let mut group = Group::with_title(level.no_name().primary_title(title));
    if let Some(snippet) = snippet(problem) {
        group = group.element(snippet);
    }
    let notes = problem.notes.iter().map(|note| Level::NOTE.message(note));
    let help = problem.help.iter().map(|help| Level::HELP.message(help));
    group = group.elements(notes).elements(help);
    Renderer::plain().render(&[group])
}

fn snippet(problem: &Problem) -> Option<Snippet<'_, annotate_snippets::Annotation<'_>>> {
    let line = problem.position()?.line;
    let (text, span) = first_line(problem.source.as_deref()?, problem.span.clone()?);
    let mut annotation = AnnotationKind::Primary.span(span);
    if let Some(label) = &problem.label {
        annotation = annotation.label(label);
    }
    Some(
        Snippet::source(text)
            .line_start(line)
            .annotation(annotation),
    )
}

/// The line in which `span` begins, without its line ending and a byte order mark, and the part
/// of it that is meant: of a span over several lines only what is in the first.
fn first_line(source: &str, span: Range<usize>) -> (&str, Range<usize>) {
    let start = source.floor_char_boundary(span.start);
    let line_start = source[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = source[start..]
        .find('\n')
        .map_or(source.len(), |newline| start + newline);
    let with_mark = &source[line_start..line_end];
    let text = with_mark.trim_start_matches('\u{feff}');
    let skipped = line_start + with_mark.len() - text.len();
    let text = text.trim_end_matches('\r');
    let start = start.saturating_sub(skipped).min(text.len());
    let end = source.ceil_char_boundary(span.end.max(span.start));
    let end = end.saturating_sub(skipped).clamp(start, text.len());
    (text, start..end)
}

#[cfg(test)]
mod tests;
