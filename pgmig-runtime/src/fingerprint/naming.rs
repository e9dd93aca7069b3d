//! A schema's own name inside the text of a definition.

/// What a schema's own name becomes in text that is compared; the server puts in the same.
const OWN: char = '\u{1}';

/// The name of a schema, in the ways in which it stands in SQL.
#[derive(Clone, Debug)]
pub(crate) struct SchemaName {
    /// As PostgreSQL's `quote_ident` writes it.
    quoted: String,
    /// As a string constant; only for names that need quotes, where `quoted` does not cover it.
    constant: Option<String>,
    /// As a name inside a string constant; only for names that need quotes.
    in_constant: Option<String>,
}

impl SchemaName {
    /// The name, and how the server's `quote_ident` writes it: it knows the keywords.
    pub(crate) fn new(name: &str, quoted: &str) -> Self {
        let needs_quotes = quoted != name;
        let double = |text: &str| text.replace('\'', "''");
        SchemaName {
            constant: needs_quotes.then(|| format!("'{}'", double(name))),
            in_constant: needs_quotes.then(|| double(quoted)),
            quoted: quoted.to_owned(),
        }
    }

    /// The name as PostgreSQL would write it.
    pub(crate) fn quoted(&self) -> &str {
        &self.quoted
    }

    /// Takes the name out of a text, wherever it stands: as `own` of `sql/canonical.sql` does.
    pub(crate) fn taken_out_of(&self, text: &str) -> String {
        let mut text = text.to_owned();
        if let Some(constant) = &self.constant {
            text = text.replace(constant, &format!("'{OWN}'"));
        }
        if let Some(in_constant) = &self.in_constant {
            text = text.replace(in_constant, &OWN.to_string());
        }
        if self.constant.is_none() {
            // What fills a slot is quoted even where it need not be.
            text = text.replace(&format!("\"{}\"", self.quoted), &OWN.to_string());
        }
        text.replace(&self.quoted, &OWN.to_string())
    }

    /// The text without the qualifier, for reading: `status` for `tenant_x.status`.
    pub(crate) fn left_out_of(&self, text: &str) -> String {
        replace_words(text, &format!("{}.", self.quoted), "")
    }

    /// SQL for another schema: the name as a whole word replaced by the other's.
    pub(crate) fn replaced_in(&self, text: &str, by: &SchemaName) -> String {
        let mut text = text.to_owned();
        let constant = |name: &SchemaName| {
            name.constant
                .clone()
                .unwrap_or_else(|| format!("'{}'", name.quoted))
        };
        text = text.replace(&constant(self), &constant(by));
        if let Some(in_constant) = self
            .in_constant
            .as_ref()
            .filter(|form| **form != self.quoted)
        {
            text = text.replace(in_constant, by.in_constant.as_ref().unwrap_or(&by.quoted));
        }
        if self.constant.is_none() {
            text = text.replace(&format!("\"{}\"", self.quoted), &by.quoted);
        }
        replace_words(&text, &self.quoted, &by.quoted)
    }

    /// Whether the name stands in the text as a whole word other than before a dot, where it may
    /// mean something else than the schema.
    pub(crate) fn is_ambiguous_in(&self, text: &str) -> bool {
        let mut rest = text;
        let mut before = None;
        while let Some(at) = rest.find(&self.quoted) {
            let start = rest[..at].chars().next_back().or(before);
            let after = &rest[at + self.quoted.len()..];
            let is_word = !start.is_some_and(continues_name) && !after.starts_with(continues_name);
            if is_word && !after.starts_with('.') {
                return true;
            }
            before = self.quoted.chars().next_back();
            rest = after;
        }
        false
    }
}

/// Replaces `word` where it is not a part of a longer name.
fn replace_words(text: &str, word: &str, by: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, found) = rest.split_at(at);
        let after = &found[word.len()..];
        replaced.push_str(before);
        let starts = !replaced.ends_with(continues_name);
        let ends = word.ends_with('.') || !after.starts_with(continues_name);
        replaced.push_str(if starts && ends { by } else { word });
        rest = after;
    }
    replaced.push_str(rest);
    replaced
}

/// A character that may stand inside a name without quotes, or that belongs to a quoted one.
fn continues_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_out_in_each_way_it_stands() {
        let plain = SchemaName::new("t1", "t1");
        assert_eq!(
            plain.taken_out_of("'x'::t1.s, 't1'"),
            "'x'::\u{1}.s, '\u{1}'"
        );
        let odd = SchemaName::new("it's \"x", "\"it's \"\"x\"");
        let text = "\"it's \"\"x\".f('\"it''s \"\"x\".t'::regclass) SET search_path TO 'it''s \"x'";
        assert_eq!(
            odd.taken_out_of(text),
            "\u{1}.f('\u{1}.t'::regclass) SET search_path TO '\u{1}'"
        );
    }

    #[test]
    fn only_whole_words_are_replaced_in_sql_for_another_schema() {
        let (from, to) = (SchemaName::new("a", "a"), SchemaName::new("B", "\"B\""));
        assert_eq!(
            from.replaced_in("a.data, ba.x, 'a', \"a\".x, \"a b\"", &to),
            "\"B\".data, ba.x, 'B', \"B\".x, \"a b\""
        );
        assert_eq!(to.replaced_in("\"B\".x, 'B'", &from), "a.x, 'a'");
    }

    #[test]
    fn a_name_that_is_also_a_columns_is_ambiguous() {
        let name = SchemaName::new("note", "note");
        assert!(name.is_ambiguous_in("CHECK ((note <> ''::text))"));
        assert!(!name.is_ambiguous_in("'x'::note.status, notes, footnote"));
    }
}
