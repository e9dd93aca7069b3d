//! `cargo pgmig push`: the schema in TypeScript straight into a database, by drizzle-kit, where nothing
//! is lost by it.

use super::ConfigArgs;
use super::config::{Config, strings};
use super::kit::Kit;
use crate::dev::error::Error;
use crate::dev::host::elsewhere;
use crate::dev::place::Place;
use crate::dev::{Outcome, say};

/// Let the project's drizzle-kit change a local database to the schema in TypeScript, without a
/// migration
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo pgmig push                  try the schema out, in the database of the config
  cargo pgmig push -- --verbose     what follows is for drizzle-kit

It is for trying out: pgmig knows nothing of what was pushed, and its migrations fail on a database that
has their tables already. `cargo pgmig generate` makes a migration of it.")]
pub(in crate::dev) struct Push {
    /// Push to a database that is not on this machine, too
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    config: ConfigArgs,
}

impl Push {
    pub(in crate::dev) fn run(&self, place: &Place) -> Result<Outcome, Error> {
        let config = Config::find(place, self.config.config.as_deref())?;
        keeps_others(&config, place)?;
        if !self.force {
            is_local(&config, &self.config.kit_args)?;
        }
        let kit = Kit::find(&config)?;
        let ran = kit.run("push", &self.config.kit_args)?;
        if ran.code != Some(0) {
            return Err(Error::KitFailed { code: ran.code });
        }
        if !ran.says(&["Changes applied", "No changes detected"]) {
            return Err(Error::NotPushed);
        }
        say::line(
            "
Next, when it is as you want it:
  cargo pgmig generate
which writes the migration. It is not applied to the database that was pushed to: there, begin with
an empty one again.",
        );
        Ok(Outcome::Done)
    }
}

/// Refuses where drizzle-kit would drop what it does not know.
fn keeps_others(config: &Config, place: &Place) -> Result<(), Error> {
    if !config.mentions("schemaFilter") {
        return Err(Error::NoSchemaFilter {
            config: config.shown.clone(),
        });
    }
    let mut tables = place.load().folder.unknown_to_drizzle();
    let written = config.property("tablesFilter");
    let filters: Vec<&str> = written.iter().copied().flat_map(strings).collect();
    // A filter that is computed may have them.
    let none = written.contains(&"[]");
    let computed = filters.is_empty() && !none && config.mentions("tablesFilter");
    let only = |filter: &&str| !filter.contains('*') && !filter.starts_with('!');
    let names_all = !filters.is_empty() && filters.iter().all(only);
    tables.retain(|table| match names_all {
        true => filters.contains(&table.as_str()),
        false => !filters.iter().any(|filter| leaves_out(filter, table)),
    });
    if tables.is_empty() || computed {
        return Ok(());
    }
    Err(Error::TablesAtRisk {
        config: config.shown.clone(),
        tables,
    })
}

/// Whether a filter (`!users`, `!app_*`) keeps drizzle-kit away from a table.
fn leaves_out(filter: &str, table: &str) -> bool {
    let Some(pattern) = filter.strip_prefix('!') else {
        return false;
    };
    match pattern.split_once('*') {
        Some((start, end)) => table.starts_with(start) && table.ends_with(end),
        None => pattern == table,
    }
}

/// Refuses unless every address that the config or the arguments name is on this machine.
fn is_local(config: &Config, args: &[String]) -> Result<(), Error> {
    let not_known = |why: &str| Error::NotLocal {
        why: why.to_owned(),
    };
    let mut addresses = Vec::new();
    for expression in ["url", "connectionString", "host"]
        .iter()
        .flat_map(|key| config.property(key))
    {
        addresses.extend(values(expression, config)?);
    }
    addresses.extend(of_args(args));
    if addresses.is_empty() {
        return Err(not_known("the config spells no `url` and no `host`"));
    }
    let default = std::env::var("PGHOST").ok();
    let elsewhere = |address: &String| elsewhere(address, default.as_deref());
    match addresses.iter().find_map(elsewhere) {
        Some(host) => Err(not_known(&format!("it is at `{host}`"))),
        None => Ok(()),
    }
}

/// What an expression of the config may come to: its strings, and the variables that it names.
fn values(expression: &str, config: &Config) -> Result<Vec<String>, Error> {
    // `process.env['NAME']`, as `process.env.NAME`.
    let dotted = ["['", "[\""].iter();
    let dotted = dotted.fold(expression.to_owned(), |text, open| text.replace(open, "."));
    let expression = dotted.replace("']", "").replace("\"]", "");
    let expression = expression.as_str();
    let mut values: Vec<String> = strings(expression).into_iter().map(str::to_owned).collect();
    let is_other = |c: char| !(c.is_alphanumeric() || c == '_');
    let mut unset = None;
    for rest in expression.split("env.").skip(1) {
        let name = rest.split(is_other).next().unwrap_or_default();
        match variable(name, config) {
            Some(value) => values.push(value),
            None => unset = Some(name),
        }
    }
    match (values.is_empty(), unset) {
        (false, _) => Ok(values),
        (true, Some(name)) => Err(Error::NotLocal {
            why: format!("{name} is not set"),
        }),
        (true, None) => Err(Error::NotLocal {
            why: format!("it is at `{expression}`"),
        }),
    }
}

/// A variable as drizzle-kit sees it: of the environment, else of `.env` in its folder.
fn variable(name: &str, config: &Config) -> Option<String> {
    if let Ok(value) = std::env::var(name) {
        return Some(value);
    }
    let file = dotenvy::from_path_iter(config.folder.join(".env")).ok()?;
    let mut pairs = file.flatten();
    pairs.find_map(|(key, value)| (key == name).then_some(value))
}

/// The addresses among drizzle-kit's own arguments.
fn of_args(args: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for (at, arg) in args.iter().enumerate() {
        let (key, value) = arg.split_once('=').unwrap_or((arg, ""));
        if !["--url", "--host", "--connectionString"].contains(&key) {
            continue;
        }
        found.push(match arg.contains('=') {
            true => value.to_owned(),
            false => args.get(at + 1).cloned().unwrap_or_default(),
        });
    }
    found
}
