//! Where scripts name the schema `public` and mean what the public scope makes, so that they can be
//! replayed in another schema in its place.
//!
//! `public.` before the name of anything else (an extension's function, a table that existed
//! before) is left alone: there is no such thing in a shadow.

use std::ops::Range;

use crate::layout::drizzle::tenant::{Made, Word, words};
use crate::sql::slot;
use crate::sql::token::TokenKind;
use crate::{Folder, Migration, Scope};

/// Fills in [`Statement::public`](crate::sql::Statement::public) of every statement.
pub(super) fn mark(folder: &mut Folder) {
    if !folder.all().flat_map(scripts).any(names_public) {
        return;
    }
    let mut made = Made::default();
    for migration in folder.all().filter(|one| one.scope != Scope::Tenant) {
        made.read(&migration.up.text[migration.up.range.clone()]);
    }
    for migration in folder.all_mut() {
        let scripts = [Some(&mut migration.up), migration.down.as_mut()];
        for script in scripts.into_iter().flatten() {
            let text = &script.text;
            for statement in &mut script.statements {
                let part = statement.range.clone();
                if names_public(&text[part.clone()]) {
                    let mut places = Vec::new();
                    in_code(&made, text, part, &mut places);
                    places.retain(|place| !statement.slots.contains(place));
                    places.sort_by_key(|place| place.start);
                    statement.public = places;
                }
            }
        }
    }
}

fn scripts(migration: &Migration) -> impl Iterator<Item = &str> {
    let down = migration.down.as_ref();
    std::iter::once(&migration.up)
        .chain(down)
        .map(|script| script.text.as_str())
}

fn names_public(text: &str) -> bool {
    const NAME: &[u8] = b"public";
    let mut windows = text.as_bytes().windows(NAME.len());
    windows.any(|bytes| bytes.eq_ignore_ascii_case(NAME))
}

/// Finds the places in a part of a text, in the bodies and strings in it too.
fn in_code(made: &Made, text: &str, part: Range<usize>, places: &mut Vec<Range<usize>>) {
    let words: Vec<Word> = words(&text[part.clone()]);
    let here = |word: &Word| part.start + word.range.start..part.start + word.range.end;
    let is_public = |word: &Word| word.name == "public";
    for (at, word) in words.iter().enumerate().filter(|(_, word)| is_public(word)) {
        let after = &words[at + 1..];
        let qualifies = matches!(after, [dot, name, ..] if dot.name == "." && made.has(&name.name));
        let is_schema = at > 0
            && words[at - 1].is("schema")
            && after.first().is_none_or(|next| next.name != ".");
        if qualifies || is_schema {
            places.push(here(word));
        }
    }
    in_strings(made, text, part, places);
}

/// A string constant that is the name of something as a whole: `nextval('public.invoice_no')`.
fn in_strings(made: &Made, text: &str, part: Range<usize>, places: &mut Vec<Range<usize>>) {
    for token in slot::tokens(text, &part) {
        if let Some(body) = slot::body(text, token) {
            in_strings(made, text, body, places);
        }
        let written = &text[token.range()];
        let inside = written
            .strip_prefix('\'')
            .and_then(|rest| rest.strip_suffix('\''));
        let Some(inside) = inside.filter(|_| token.kind == TokenKind::String) else {
            continue;
        };
        if let [schema, dot, name] = &words(inside)[..]
            && schema.name == "public"
            && dot.name == "."
            && made.has(&name.name)
        {
            let start = token.start + 1;
            places.push(start + schema.range.start..start + schema.range.end);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use std::fs;

    /// The scripts of a folder, with what is marked between brackets.
    fn marked(files: &[(&str, &str)]) -> Vec<String> {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let folder = crate::load(root.path(), "migrations").folder;
        let all = folder
            .public
            .iter()
            .chain(&folder.drizzle)
            .chain(&folder.tenant);
        let text = |migration: &crate::Migration| {
            let mut text = migration.up.text.clone();
            let statements = migration.up.statements.iter();
            let mut places: Vec<_> = statements.flat_map(|one| one.public.clone()).collect();
            places.sort_by_key(|place| place.start);
            for place in places.into_iter().rev() {
                text.insert(place.end, ']');
                text.insert(place.start, '[');
            }
            text
        };
        all.map(text).collect()
    }

    #[test]
    fn what_the_public_scope_makes_is_marked_wherever_it_is_qualified() {
        let script = "CREATE TABLE public.users (id serial);
            ALTER TABLE \"public\".\"users\" ADD x integer DEFAULT nextval('public.users_id_seq');
            CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM PUBLIC.users; END $$;
            GRANT USAGE ON SCHEMA public TO PUBLIC;
            SELECT public.gen_salt('public.other', 'in public.users'), users.public FROM users;";
        let tenant = "CREATE TABLE t (u integer REFERENCES public.users (id), g integer DEFAULT public.gen());";
        let found = marked(&[("public/001_a.sql", script), ("tenant/001_b.sql", tenant)]);
        let expected = "CREATE TABLE [public].users (id serial);
            ALTER TABLE [\"public\"].\"users\" ADD x integer DEFAULT nextval('[public].users_id_seq');
            CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM [PUBLIC].users; END $$;
            GRANT USAGE ON SCHEMA [public] TO PUBLIC;
            SELECT public.gen_salt('public.other', 'in public.users'), users.public FROM users;";
        assert_eq!(found[0], expected);
        assert_eq!(
            found[1],
            "CREATE TABLE t (u integer REFERENCES [public].users (id), g integer DEFAULT public.gen());"
        );
    }
}
