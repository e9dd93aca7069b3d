//! Names and values as SQL text. The one place that quotes: nothing else puts a string into SQL.

/// An identifier, always in double quotes (Lexical Structure, "Identifiers and Key Words").
pub(crate) fn ident(name: &str) -> String {
    format!("\"{}\"", without_nul(name).replace('"', "\"\""))
}

/// A string constant. One with a backslash takes the `E''` form, which means the same whatever
/// `standard_conforming_strings` is: the whole message is scanned before any `SET` in it runs.
pub(crate) fn literal(value: &str) -> String {
    let value = without_nul(value).replace('\'', "''");
    if value.contains('\\') {
        format!("E'{}'", value.replace('\\', "\\\\"))
    } else {
        format!("'{value}'")
    }
}

/// A string constant, or `NULL`.
pub(crate) fn nullable(value: Option<&str>) -> String {
    value.map_or_else(|| "NULL".to_owned(), literal)
}

/// A `bytea` constant.
pub(crate) fn bytes(value: &[u8]) -> String {
    format!("pg_catalog.decode('{}', 'hex')", hex(value))
}

/// An array of strings as one constant, which is cheaper to read than as many (Arrays, "Array Input
/// and Output Syntax").
pub(crate) fn texts<'v, V: Into<Option<&'v str>>>(values: impl IntoIterator<Item = V>) -> String {
    let element = |value: V| match value.into() {
        None => "NULL".to_owned(),
        Some(value) => {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"");
            format!("\"{value}\"")
        }
    };
    let elements: Vec<String> = values.into_iter().map(element).collect();
    literal(&format!("{{{}}}", elements.join(","))) + "::text[]"
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(value: &[u8]) -> String {
    use std::fmt::Write as _;
    value
        .iter()
        .fold(String::with_capacity(value.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// PostgreSQL's text holds no NUL, and one in a message would end it early.
fn without_nul(text: &str) -> String {
    text.replace('\0', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_inside_a_name_is_doubled() {
        assert_eq!(
            ident("a\"; DROP SCHEMA x; --"),
            "\"a\"\"; DROP SCHEMA x; --\""
        );
    }

    #[test]
    fn a_quote_inside_a_string_is_doubled() {
        assert_eq!(literal("it's"), "'it''s'");
    }

    #[test]
    fn a_backslash_means_itself_under_either_string_setting() {
        assert_eq!(literal("a\\'b"), "E'a\\\\''b'");
    }

    #[test]
    fn what_ends_a_string_in_an_array_is_quoted_twice() {
        assert_eq!(texts(["a", "b,c"]), "'{\"a\",\"b,c\"}'::text[]");
        assert_eq!(texts([Some("NULL"), None]), "'{\"NULL\",NULL}'::text[]");
        assert_eq!(
            texts(["it's", "\"\\"]),
            "E'{\"it''s\",\"\\\\\"\\\\\\\\\"}'::text[]"
        );
    }

    #[test]
    fn a_nul_cannot_end_the_message() {
        assert_eq!(literal("a\0b"), "'ab'");
        assert_eq!(ident("a\0b"), "\"ab\"");
    }
}
