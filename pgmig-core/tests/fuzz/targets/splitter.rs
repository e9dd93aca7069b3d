//! Where statements begin and end.

use std::ops::Range;

use super::mutate::mutated;
use super::random::Random;
use super::script::script;

/// A script that is put together from statements is taken apart into the same.
///
/// # Errors
/// The script.
pub(crate) fn statements(random: &mut Random) -> Result<(), String> {
    let script = script(random);
    let ours = cut(&script.text);
    if ours == script.statements {
        return Ok(());
    }
    let texts = |ranges: &[Range<usize>]| -> Vec<String> {
        let texts = ranges
            .iter()
            .map(|range| script.text[range.clone()].to_owned());
        texts.collect()
    };
    Err(format!(
        "{:?}\nwas made of {:#?}\nand cut into {:#?}",
        script.text,
        texts(&script.statements),
        texts(&ours)
    ))
}

/// Any text has statements that do not overlap, begin and end with a token and lie in it, and
/// everything that looks into them comes to an end.
///
/// # Errors
/// The text.
pub(crate) fn any_text(random: &mut Random) -> Result<(), String> {
    let text = mutated(&script(random).text, random);
    // A slot is cut as the name that it stands for.
    let tokens = pgmig_core::sql::token_ranges(&text.replace("${schema}", "_schema__"));
    let mut at = 0;
    for statement in pgmig_core::sql::analyse(&text) {
        let Range { start, end } = statement.range;
        let begins = tokens.binary_search_by_key(&start, |token| token.start);
        let ends = tokens.binary_search_by_key(&end, |token| token.end);
        let lines = text[..start].matches('\n').count() + 1;
        let parts = statement.slots.iter().chain(&statement.public);
        let parts = parts.chain(&statement.concurrently);
        let mut parts = parts.map(|part| part.start >= start && part.end <= end);
        // The rows of a `COPY` are no tokens.
        if start < at || end <= start || lines != statement.line as usize || !parts.all(|fits| fits)
        {
            return Err(format!("{text:?} at {start}"));
        }
        if !text.contains("\\.") && (begins.is_err() || ends.is_err()) {
            return Err(format!("{text:?} in the middle of a token at {start}"));
        }
        at = end;
    }
    for problem in pgmig_core::sql::syntax(&text, "a.sql") {
        if !problem.render().starts_with("a.sql") {
            return Err(format!("{text:?} {problem:?}"));
        }
    }
    Ok(())
}

/// The statements of a text.
pub(crate) fn cut(text: &str) -> Vec<Range<usize>> {
    let statements = pgmig_core::sql::analyse(text).into_iter();
    statements.map(|statement| statement.range).collect()
}
