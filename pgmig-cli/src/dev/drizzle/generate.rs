//! `cargo pgmig generate`: the next migration, written by drizzle-kit and checked by pgmig.

use std::path::Path;

use pgmig_core::Severity;

use super::ConfigArgs;
use super::config::{Config, Out};
use super::files::Files;
use super::kit::Kit;
use crate::dev::error::Error;
use crate::dev::place::{Place, seen_from};
use crate::dev::{Outcome, say};

/// Let the project's drizzle-kit write the next migration from the schema in TypeScript, and check it
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo pgmig generate
  cargo pgmig generate add_phone
  cargo pgmig generate fill_phones --custom    an empty one, for SQL of your own
  cargo pgmig generate -- --prefix=timestamp   what follows is for drizzle-kit

`cargo pgmig init --drizzle` writes the config. Exit codes: 0 there is a new migration, or nothing has
changed, 1 something is wrong with the folder, 2 drizzle-kit wrote nothing or could not be run.")]
pub(in crate::dev) struct Generate {
    /// What it does, in words; without it drizzle-kit invents a name
    name: Option<String>,

    /// Make an empty migration, for SQL of your own
    #[arg(long)]
    custom: bool,

    #[command(flatten)]
    config: ConfigArgs,
}

impl Generate {
    pub(in crate::dev) fn run(&self, place: &Place) -> Result<Outcome, Error> {
        let config = Config::find(place, self.config.config.as_deref())?;
        inside(&config, place)?;
        let kit = Kit::find(&config)?;
        let args = self.args(&kit)?;
        let before = Files::below(&place.root);
        let ran = kit.run("generate", &args)?;
        let after = Files::below(&place.root);
        let written = after.since(&before);
        if ran.code != Some(0) {
            return Err(Error::KitFailed { code: ran.code });
        }
        if !written.is_empty() {
            return checked(&written, place);
        }
        if !ran.says(&["No schema changes"]) {
            return Err(Error::NothingWritten);
        }
        say::done("Unchanged", "drizzle-kit wrote no migration");
        Ok(Outcome::Done)
    }

    fn args(&self, kit: &Kit<'_>) -> Result<Vec<String>, Error> {
        let mut args = Vec::new();
        match &self.name {
            Some(name) if kit.is_old() => say::done(
                "Note",
                &format!("this drizzle-kit invents names itself: `{name}` is not used"),
            ),
            Some(name) => args.push(format!("--name={}", word(name)?)),
            None => {}
        }
        if self.custom {
            args.push("--custom".to_owned());
        }
        args.extend(self.config.kit_args.iter().cloned());
        Ok(args)
    }
}

/// Tells what was written, what is wrong with it, and what comes next.
fn checked(written: &[&Path], place: &Place) -> Result<Outcome, Error> {
    let here = std::env::current_dir().map_err(|source| Error::io("read", ".", source))?;
    for path in written {
        say::done("Created", &seen_from(&here, path));
    }
    let problems = place.load().problems;
    say::problems(&problems);
    if problems.iter().any(|p| p.severity == Severity::Error) {
        say::summary(&problems);
        return Ok(Outcome::Wrong);
    }
    say::line(
        "
Next, when it is as you want it (it is a draft, and you may edit it):
  cargo pgmig lock",
    );
    Ok(Outcome::Done)
}

/// Refuses a config whose folder pgmig does not read: what drizzle-kit writes there would never be
/// applied.
fn inside(config: &Config, place: &Place) -> Result<(), Error> {
    let Out::Folder(out) = config.out() else {
        return Ok(());
    };
    let folder = normal(&config.folder.join(&out));
    let root = normal(&place.root);
    let scope = folder.strip_prefix(&root).ok();
    let scope = scope.and_then(|scope| scope.to_str());
    if scope.is_some_and(|scope| ["", "public", "drizzle", "tenant"].contains(&scope)) {
        return Ok(());
    }
    Err(Error::WrittenElsewhere {
        config: config.shown.clone(),
        out,
        wanted: seen_from(&normal(&config.folder), &root.join("drizzle")),
    })
}

/// The path without `.` and `..`, as far as that is known without looking.
fn normal(path: &Path) -> std::path::PathBuf {
    use std::path::Component;
    let mut normal = std::path::PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            part => normal.push(part),
        }
    }
    normal
}

/// A name as one word, `add_phone`.
fn word(name: &str) -> Result<String, Error> {
    let words: Vec<&str> = name
        .split(|c: char| c.is_whitespace() || c == '-' || c == '_')
        .filter(|word| !word.is_empty())
        .collect();
    let word = words.join("_");
    let is_name = !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_');
    match is_name {
        true => Ok(word),
        false => Err(pgmig_core::Error::InvalidName {
            name: name.to_owned(),
        }
        .into()),
    }
}
