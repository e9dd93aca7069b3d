//! Squawk's complaints in plain words: its messages hold names of token kinds.

/// The message with `R_PAREN` as `` `)` ``, `SELECT_KW` as `SELECT`; `None` where nothing is left
/// that would help a person.
pub(super) fn plain(message: &str) -> Option<String> {
    // What was found is said beside it, in the words of the file.
    let expected = message
        .split(", got ")
        .next()
        .and_then(|message| message.split(", found ").next())?;
    if expected.is_empty() {
        return None;
    }
    let words: Vec<String> = expected.split(' ').map(word).collect();
    let mut text = words.join(" ");
    for (theirs, ours) in PHRASES {
        text = text.replace(theirs, ours);
    }
    if text.starts_with("expected") || text.starts_with("unexpected") || text.starts_with("missing")
    {
        return Some(text);
    }
    let mut chars = text.chars();
    let first = chars.next()?;
    Some(first.to_lowercase().chain(chars).collect())
}

/// Whole phrases that say too little as they are.
const PHRASES: &[(&str, &str)] = &[
    ("expected command", "expected a statement"),
    ("expected expr for default", "expected a default value"),
    ("expected expression", "expected a value"),
    ("expected expr", "expected a value"),
    ("expected path name", "expected a name"),
    ("expected name ref list", "expected a list of names"),
    ("expected column_name", "expected a column name"),
    (
        "expected table arg list",
        "expected the columns in parentheses",
    ),
    ("expected from_item", "expected a table or a query"),
    ("expected from item", "expected a table or a query"),
    ("expected column list", "expected a list of columns"),
    (
        "expected table relation name",
        "expected the name of a table",
    ),
    ("expected relation name", "expected the name of a table"),
    ("expected select statement", "expected `VALUES` or a query"),
    ("lockmode", "lock mode"),
    ("large_object_oid", "the number of a large object"),
    ("stmt", "statement"),
];

fn word(word: &str) -> String {
    let (core, tail) = match word.strip_suffix([',', ':']) {
        Some(core) => (core, &word[core.len()..]),
        None => (word, ""),
    };
    let plain = match core {
        "L_PAREN" => "`(`",
        "R_PAREN" => "`)`",
        "L_BRACK" => "`[`",
        "R_BRACK" => "`]`",
        "L_ANGLE" => "`<`",
        "R_ANGLE" => "`>`",
        "LESS_LESS" => "`<<`",
        "GREATER_GREATER" => "`>>`",
        "SEMICOLON" => "`;`",
        "COMMA" => "`,`",
        "DOT" => "`.`",
        "COLON" => "`:`",
        "EQ" => "`=`",
        "STAR" => "`*`",
        "FAT_ARROW" => "`=>`",
        "COLON_EQ" => "`:=`",
        "IDENT" => "a name",
        "STRING" => "a string",
        "INT_NUMBER" => "a number",
        "NUMERIC_NUMBER" => "a number",
        "EOF" => "the end",
        _ => match core.strip_suffix("_KW") {
            Some(keyword) => return format!("`{keyword}`{tail}"),
            None if is_keyword_like(core) => return format!("`{core}`{tail}"),
            None => return word.to_owned(),
        },
    };
    format!("{plain}{tail}")
}

fn is_keyword_like(word: &str) -> bool {
    word.len() > 1 && word.bytes().all(|b| b.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn token_kinds_become_what_a_person_types() {
        let table = [
            ("expected R_PAREN", Some("expected `)`")),
            ("expected SELECT_KW", Some("expected `SELECT`")),
            ("expected name, got COMMA", Some("expected name")),
            (
                "expected RENAME, OWNER, or SET",
                Some("expected `RENAME`, `OWNER`, or `SET`"),
            ),
            ("expected expr", Some("expected a value")),
            (
                "Expected at least one item",
                Some("expected at least one item"),
            ),
            ("", None),
        ];
        for (theirs, ours) in table {
            assert_eq!(plain(theirs).as_deref(), ours, "{theirs}");
        }
    }
}
