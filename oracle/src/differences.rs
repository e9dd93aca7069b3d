//! One text, read by pgmig and by PostgreSQL: where tokens and statements begin and end.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::targets::splitter::cut;

/// Whether the two read a text alike.
pub enum Found {
    /// They do.
    Same,
    /// They do not.
    Different(String),
}

static SCANNED: AtomicU64 = AtomicU64::new(0);
static TOKENS: AtomicU64 = AtomicU64::new(0);
static PARSED: AtomicU64 = AtomicU64::new(0);
static STATEMENTS: AtomicU64 = AtomicU64::new(0);

/// How much was compared.
pub fn summary() -> String {
    format!(
        "texts that PostgreSQL can cut into tokens {}, tokens {}; texts that it can parse {}, statements {}",
        SCANNED.load(Relaxed),
        TOKENS.load(Relaxed),
        PARSED.load(Relaxed),
        STATEMENTS.load(Relaxed)
    )
}

/// Compares the two on a text.
pub fn of(text: &str) -> Found {
    // The mark is never sent, a file with a NUL is refused, and a slot is a name when it is sent.
    let text = text.trim_start_matches('\u{feff}');
    if text.contains('\0') {
        return Found::Same;
    }
    let filled = text.replace("${schema}", "_schema__");
    let Some(theirs) = tokens(&filled) else {
        return Found::Same;
    };
    SCANNED.fetch_add(1, Relaxed);
    TOKENS.fetch_add(theirs.len() as u64, Relaxed);
    let ours = joined(pgmig_core::sql::token_ranges(&filled), &theirs);
    if !theirs.iter().any(|token| is_nothing(&filled, token))
        && let Some(what) = unlike("token", &filled, &ours, &theirs)
    {
        return Found::Different(what);
    }
    let Some(theirs) = statements(&filled, &theirs) else {
        return Found::Same;
    };
    PARSED.fetch_add(1, Relaxed);
    STATEMENTS.fetch_add(theirs.len() as u64, Relaxed);
    unlike("statement", &filled, &cut(text), &theirs).map_or(Found::Same, Found::Different)
}

/// Whether a token makes the text one that no server takes, so that how it is cut has no meaning:
/// psql's backslash, a `$` alone, `$1a` (which pg_query's scanner was changed to take), and a string
/// that touches the end of a `B'1'` or `X'1f'`.
fn is_nothing(text: &str, token: &Range<usize>) -> bool {
    let (this, after) = (&text[token.clone()], &text[token.end..]);
    let goes_on =
        after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii());
    let is_bits = this.starts_with(['b', 'B', 'x', 'X']) && this.ends_with('\'');
    this == "\\"
        || this == "$"
        || (this.starts_with('$') && !this.ends_with('$') && goes_on)
        || (is_bits && after.starts_with('\''))
}

/// Our tokens, those put together that are one constant to PostgreSQL: `'a'` and `'b'` on the next
/// line.
fn joined(ours: Vec<Range<usize>>, theirs: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut tokens: Vec<Range<usize>> = Vec::new();
    for token in ours {
        let at = theirs.partition_point(|their| their.end <= token.start);
        match (tokens.last_mut(), theirs.get(at)) {
            (Some(last), Some(their)) if last.start == their.start && token.end <= their.end => {
                last.end = token.end;
            }
            _ => tokens.push(token),
        }
    }
    tokens
}

/// The first difference.
fn unlike(
    what: &str,
    text: &str,
    ours: &[Range<usize>],
    theirs: &[Range<usize>],
) -> Option<String> {
    let count = ours.len().max(theirs.len());
    let at = (0..count).find(|at| ours.get(*at) != theirs.get(*at))?;
    let show = |ranges: &[Range<usize>]| {
        let shown = ranges.get(at).and_then(|range| text.get(range.clone()));
        format!("{shown:?} of {}", ranges.len())
    };
    Some(format!(
        "{text:?}\n  {what} {at}: ours {}, PostgreSQL's {}",
        show(ours),
        show(theirs)
    ))
}

/// PostgreSQL's tokens, without comments; nothing where it cannot cut the text.
fn tokens(text: &str) -> Option<Vec<Range<usize>>> {
    use pg_query::protobuf::Token;
    let scanned = pg_query::scan(text).ok()?;
    let tokens = scanned.tokens.into_iter().filter(|token| {
        let comments = [Token::SqlComment as i32, Token::CComment as i32];
        !comments.contains(&token.token)
    });
    let range = |at: i32| usize::try_from(at).ok();
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for token in tokens {
        let (start, end) = (range(token.start)?, range(token.end)?);
        match ranges.last_mut() {
            // It sees `N'a'` as a keyword and a string.
            Some(n)
                if n.end == start
                    && text[n.clone()].eq_ignore_ascii_case("n")
                    && text[start..].starts_with('\'') =>
            {
                n.end = end;
            }
            _ => ranges.push(start..end),
        }
    }
    Some(ranges)
}

/// PostgreSQL's statements, each from its first token to its last; nothing where it cannot parse
/// the text.
fn statements(text: &str, tokens: &[Range<usize>]) -> Option<Vec<Range<usize>>> {
    let statements = pg_query::split_with_parser(text).ok()?;
    let statements = statements.into_iter().filter_map(|statement| {
        let start = statement.as_ptr() as usize - text.as_ptr() as usize;
        let end = start + statement.len();
        let first = tokens.iter().find(|token| token.start >= start)?;
        let last = tokens.iter().rfind(|token| token.end <= end)?;
        (first.start < last.end).then_some(first.start..last.end)
    });
    Some(statements.collect())
}
