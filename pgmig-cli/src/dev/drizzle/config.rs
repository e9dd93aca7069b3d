//! drizzle-kit's config, read as text: it is a program, and pgmig runs none. What is not written
//! out in it is not known.

use std::fs;
use std::path::{Path, PathBuf};

use pgmig_core::edit::CONFIGS;

use crate::dev::error::Error;
use crate::dev::place::{Place, seen_from};

/// A config of drizzle-kit.
#[derive(Debug)]
pub(super) struct Config {
    /// Its folder, from which drizzle-kit resolves paths.
    pub(super) folder: PathBuf,
    /// Its file name.
    pub(super) name: String,
    /// As a person would type it.
    pub(super) shown: String,
    /// What it says, comments left out.
    text: String,
}

impl Config {
    /// The config that is named, or the nearest one upwards from where a person stands in the crate.
    pub(super) fn find(place: &Place, named: Option<&Path>) -> Result<Self, Error> {
        let here = std::env::current_dir().map_err(|source| Error::io("read", ".", source))?;
        let file = match named {
            Some(named) => here.join(named),
            None => {
                let inside = here.starts_with(&place.crate_dir);
                let folder = if inside { &here } else { &place.crate_dir };
                nearest(folder).ok_or_else(|| Error::NoConfig {
                    folder: folder.clone(),
                })?
            }
        };
        let text = fs::read_to_string(&file).map_err(|source| Error::io("read", &file, source))?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        Ok(Config {
            folder: file.parent().unwrap_or(&here).to_owned(),
            name: name.into_owned(),
            shown: seen_from(&here, &file),
            text: without_comments(&text),
        })
    }

    /// The values of a property, as they are written: more than one where a config has several
    /// databases.
    pub(super) fn property(&self, key: &str) -> Vec<&str> {
        let text = self.text.as_str();
        let found = text.match_indices(key).filter_map(|(at, _)| {
            let before = text[..at].trim_end_matches(['\'', '"']);
            if before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.') {
                return None;
            }
            let after = text[at + key.len()..].trim_start_matches(['\'', '"']);
            Some(value(after.trim_start().strip_prefix(':')?))
        });
        found.collect()
    }

    /// Whether it says anything about a property.
    pub(super) fn mentions(&self, word: &str) -> bool {
        self.text.contains(word)
    }

    /// The folder that drizzle-kit writes to, where the config spells it.
    pub(super) fn out(&self) -> Out {
        match self.property("out").as_slice() {
            [] => Out::Folder("drizzle".to_owned()),
            [one] => match strings(one).as_slice() {
                [folder] => Out::Folder((*folder).to_owned()),
                _ => Out::Unknown,
            },
            _ => Out::Unknown,
        }
    }
}

/// Where drizzle-kit writes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Out {
    /// This folder, from the config's.
    Folder(String),
    /// The config computes it.
    Unknown,
}

fn nearest(folder: &Path) -> Option<PathBuf> {
    let mut all = folder.ancestors().flat_map(|folder| {
        let names = CONFIGS.iter();
        names.map(|name| folder.join(name))
    });
    all.find(|file| file.is_file())
}

/// What stands before the next property.
fn value(text: &str) -> &str {
    let mut depth = 0_usize;
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ',') if depth == 0 => return text[..at].trim(),
            (None, ')' | ']' | '}') => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return text[..at].trim(),
            },
            (None, _) => {}
        }
    }
    text.trim()
}

/// The strings of an expression. One that is put together is none.
pub(super) fn strings(expression: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = expression;
    while let Some(start) = rest.find(['\'', '"', '`']) {
        let quote = rest[start..].chars().next().unwrap_or('\'');
        let body = &rest[start + 1..];
        let Some(end) = body.find(quote) else {
            break;
        };
        if !(quote == '`' && body[..end].contains("${")) {
            found.push(&body[..end]);
        }
        rest = &body[end + 1..];
    }
    found
}

/// The text with spaces for its comments.
fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '/' if rest.starts_with("//") => {
                let end = rest.find('\n').unwrap_or(rest.len());
                kept.push(' ');
                rest = &rest[end..];
                continue;
            }
            '/' if rest.starts_with("/*") => {
                let end = rest.find("*/").map_or(rest.len(), |end| end + 2);
                kept.push(' ');
                rest = &rest[end..];
                continue;
            }
            '\'' | '"' | '`' => {
                let end = rest[1..].find(c);
                end.map_or(rest.len(), |end| end + 2)
            }
            c => c.len_utf8(),
        };
        kept.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        Config {
            folder: PathBuf::new(),
            name: String::new(),
            shown: String::new(),
            text: without_comments(text),
        }
    }

    #[test]
    fn a_property_is_found_whatever_stands_around_it() {
        let config = config(
            "export default { // out: 'no'\n dialect: 'postgresql', timeout: 3,\n /* out: 'no' */ out: \
             './db//out',\n dbCredentials: { url: process.env.URL ?? 'postgres://localhost/a,b' } }",
        );
        assert_eq!(config.out(), Out::Folder("./db//out".to_owned()));
        assert_eq!(
            config.property("url"),
            ["process.env.URL ?? 'postgres://localhost/a,b'"]
        );
        assert_eq!(config.property("host"), [""; 0]);
    }

    #[test]
    fn a_json_config_is_read_as_well() {
        let config = config("{\"out\": \"x\", \"schemaFilter\": [\"public\"]}");
        assert_eq!(config.out(), Out::Folder("x".to_owned()));
        assert_eq!(strings(config.property("schemaFilter")[0]), ["public"]);
    }

    #[test]
    fn what_is_computed_is_not_known_and_what_is_left_out_is_drizzles_default() {
        assert_eq!(config("{ out: folder('x', 'y') }").out(), Out::Unknown);
        assert_eq!(config("{ out: `${x}/y` }").out(), Out::Unknown);
        assert_eq!(config("{}").out(), Out::Folder("drizzle".to_owned()));
    }
}
