//! The folder's settings, `pgmig.toml` beside the lock file.
//!
//! ```toml
//! # A migration may come before one that is locked or applied.
//! out-of-order = false
//! # Whose rules the files follow, where the files themselves do not tell.
//! layout = "sqlx"
//! # The folder of the tenant scope, from this one.
//! tenant = "../tenants"
//! # Files and folders that are no migrations.
//! ignore = ["seed.sql"]
//!
//! [lints]
//! table-dropped = "deny"
//! ```

use std::io;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::layout::{Layout, UnknownLayout};
use crate::lint::{self, Level, Levels};
use crate::nearest::nearest;
use crate::{Options, Problem, TenantFolder};

/// The file's name.
pub(crate) const FILE: &str = "pgmig.toml";

/// What a folder's `pgmig.toml` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Whether a migration may come before one that is locked or applied.
    pub(crate) out_of_order: bool,
    /// The layout, where it is named.
    pub(crate) layout: Option<(Layout, Range<usize>)>,
    /// The folder of the tenant scope, where that is not `tenant/`, from the folder.
    pub(crate) tenant: Option<(String, Range<usize>)>,
    /// Files and folders to be passed over, below the folder.
    pub(crate) ignored: Vec<(String, Range<usize>)>,
    /// How loud each lint is.
    pub(crate) levels: Levels,
}

const KEYS: [&str; 5] = ["out-of-order", "layout", "tenant", "ignore", "lints"];

/// Reads the settings of the folder at `root`, and says whether the file is there; what is wrong
/// goes to `problems`.
pub(crate) fn read(root: &Path, shown: &str, problems: &mut Vec<Problem>) -> (Settings, bool) {
    let path = format!("{shown}/{FILE}");
    let text = match std::fs::read_to_string(root.join(FILE)) {
        Ok(text) => text,
        Err(error) => {
            let there = !matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            );
            if there {
                let title = "the settings cannot be read";
                let problem = Problem::error("unreadable-file", path, title);
                problems.push(problem.note(error.to_string()));
            }
            return (Settings::default(), there);
        }
    };
    let settings = parse(&text, &path, problems);
    // One that is gone would be passed over without a word when it comes back as another thing.
    for (ignored, span) in &settings.ignored {
        if std::fs::symlink_metadata(root.join(ignored)).is_err() {
            let title = format!("there is no `{ignored}` to be passed over");
            let problem = Problem::error("bad-settings", path.as_str(), title)
                .at(&text, span.clone())
                .note("paths are seen from this file's folder, with `/`")
                .help("take it out of `ignore`, or spell it as it is");
            problems.push(problem);
        }
    }
    (settings, true)
}

impl Settings {
    /// The folder of the tenant scope, of a folder at `root` that messages spell `shown`.
    pub(crate) fn tenant_folder(&self, root: &Path, shown: &str) -> Option<TenantFolder> {
        let (path, _) = self.tenant.as_ref()?;
        Some(TenantFolder {
            root: root.join(path),
            shown: plain(&format!("{shown}/{path}")),
        })
    }

    /// What is wrong where the settings and the one who reads the folder do not name the same.
    pub(crate) fn disagree(
        &self,
        root: &Path,
        shown: &str,
        options: &Options,
        problems: &mut Vec<Problem>,
    ) {
        let path = format!("{shown}/{FILE}");
        let text = std::fs::read_to_string(root.join(FILE)).unwrap_or_default();
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let mut wrong = |key: &str, here: &str, there: &str, span: &Range<usize>| {
            let title = format!("`{key}` is `{here}` here, and `{there}` in `embed_migrations!`");
            let problem = Problem::error("bad-settings", path.as_str(), title)
                .at(text, span.clone())
                .note("`cargo pgmig` reads this file alone")
                .help(format!("take `{key} = ...` out of `embed_migrations!`"));
            problems.push(problem);
        };
        if let (Some((here, span)), Some(there)) = (&self.layout, options.layout)
            && *here != there
        {
            wrong("layout", here.as_str(), there.as_str(), span);
        }
        if let (Some((here, span)), Some(there)) = (&self.tenant, &options.tenant)
            && plain(&format!("{shown}/{here}")) != plain(&there.shown)
        {
            wrong(
                "tenant",
                &plain(&format!("{shown}/{here}")),
                &there.shown,
                span,
            );
        }
    }
}

/// A path without `.`, and without `..` where there is something to leave.
fn plain(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match (part, parts.last()) {
            ("" | ".", _) if !parts.is_empty() || part == "." => {}
            ("..", Some(&last)) if last != ".." && !last.is_empty() => {
                parts.pop();
            }
            (part, _) => parts.push(part),
        }
    }
    parts.join("/")
}

fn parse(text: &str, path: &str, problems: &mut Vec<Problem>) -> Settings {
    let mut settings = Settings::default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let problem = Problem::error("bad-settings", path, error.message().to_lowercase());
        problems.push(match error.span() {
            Some(span) => problem.at(text, span),
            None => problem,
        });
    }
    let mut entries: Vec<_> = table.into_inner().into_iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    for (key, value) in entries {
        let key_span = key.span();
        let told = match (key.get_ref().as_ref(), value.get_ref().as_table()) {
            ("lints", Some(table)) => {
                lints(table, path, text, &mut settings.levels, problems);
                continue;
            }
            (word, _) => settings.set(word, value, path),
        };
        if let Err(problem) = told {
            let span = problem.span.clone().unwrap_or(key_span);
            problems.push(problem.at(text, span));
        }
    }
    settings
}

/// `[lints]`: a rule and its level a line.
fn lints(
    table: &DeTable<'_>,
    path: &str,
    text: &str,
    levels: &mut Levels,
    problems: &mut Vec<Problem>,
) {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    for (key, value) in entries {
        let name = key.get_ref().as_ref();
        let Some(rule) = lint::rule(name) else {
            let title = format!("unknown rule `{name}`");
            let problem = Problem::error("unknown-rule", path, title).at(text, key.span());
            problems.push(match lint::nearest(name) {
                Some(known) => problem.help(format!("did you mean `{known}`?")),
                None => problem.help("`cargo pgmig lint` lists the rules"),
            });
            continue;
        };
        match value.get_ref().as_str().and_then(Level::parse) {
            Some(level) => levels.set(rule, level),
            None => problems.push(
                Problem::error(
                    "bad-settings",
                    path,
                    "a level is `\"allow\"`, `\"warn\"` or `\"deny\"`",
                )
                .at(text, value.span()),
            ),
        }
    }
}

impl Settings {
    /// Takes one setting. A problem has the place of the value, or none where the key is meant.
    fn set(
        &mut self,
        key: &str,
        value: Spanned<DeValue<'_>>,
        path: &str,
    ) -> Result<(), Box<Problem>> {
        let wrong = |span: Range<usize>, title: String| {
            let mut problem = Problem::error("bad-settings", path, title);
            problem.span = Some(span);
            Box::new(problem)
        };
        let span = value.span();
        match (key, value.into_inner()) {
            ("out-of-order", DeValue::Boolean(value)) => self.out_of_order = value,
            ("out-of-order", _) => {
                return Err(wrong(
                    span,
                    "`out-of-order` is `true` or `false`".to_owned(),
                ));
            }
            ("layout", DeValue::String(word)) => {
                let layout = word.parse();
                let told = |error: UnknownLayout| wrong(span.clone(), error.to_string());
                self.layout = Some((layout.map_err(told)?, span));
            }
            ("layout", _) => return Err(wrong(span, "`layout` is a word in quotes".to_owned())),
            ("tenant", DeValue::String(path)) => {
                let path = path.replace('\\', "/");
                let path = path.trim_end_matches('/');
                let absolute = path.starts_with('/') || path.as_bytes().get(1) == Some(&b':');
                if absolute || path.is_empty() {
                    let title = "`tenant` is the path of a folder, seen from this one".to_owned();
                    return Err(wrong(span, title));
                }
                self.tenant = Some((path.to_owned(), span));
            }
            ("tenant", _) => return Err(wrong(span, "`tenant` is a path in quotes".to_owned())),
            ("ignore", DeValue::Array(paths)) => {
                for one in paths {
                    let span = one.span();
                    let DeValue::String(ignored) = one.into_inner() else {
                        return Err(wrong(
                            span,
                            "each path in `ignore` stands in quotes".to_owned(),
                        ));
                    };
                    let ignored = ignored.trim_end_matches('/').to_owned();
                    self.ignored.push((ignored, span));
                }
            }
            ("ignore", _) => {
                return Err(wrong(span, "`ignore` is a list of paths".to_owned()));
            }
            ("lints", _) => {
                let title = "`lints` is a table of rules and levels".to_owned();
                let problem = wrong(span, title);
                return Err(problem
                    .help("write `[lints]` and below it `rule = \"warn\"`")
                    .into());
            }
            (unknown, _) => return Err(unknown_key(unknown, path).into()),
        }
        Ok(())
    }
}

fn unknown_key(key: &str, path: &str) -> Problem {
    let problem = Problem::error("bad-settings", path, format!("unknown setting `{key}`"));
    match nearest(&key.replace('_', "-"), KEYS) {
        Some(known) => problem.help(format!("did you mean `{known}`?")),
        None => problem.help(format!("the settings are `{}`", KEYS.join("`, `"))),
    }
}
