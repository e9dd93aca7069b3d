//! Which layout a directory has, told by what is there.

use std::fs;

use super::dir::Dir;
use super::entries::{Entry, Kind};
use super::{Layout, numbered, own, versioned};
use crate::Problem;

/// A way to lay files out that other ways do not share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `1_a.sql`.
    Plain,
    /// `1_a.up.sql`.
    UpDown,
    /// `V1__a.sql`.
    Versioned,
    /// `1_a/up.sql`.
    Diesel,
    /// `1_a/migration.sql` beside `migration_lock.toml`.
    Prisma,
    /// `meta/_journal.json`.
    Journal,
    /// `1_a/migration.sql` with `snapshot.json`.
    DrizzleFolders,
}

/// What was seen of a form.
struct Sighting {
    form: Form,
    /// The first entry of this form.
    example: String,
    count: usize,
}

/// What was seen of every form.
#[derive(Default)]
struct Seen(Vec<Sighting>);

impl Seen {
    fn add(&mut self, form: Form, example: &str) {
        match self.0.iter_mut().find(|one| one.form == form) {
            Some(one) => one.count += 1,
            None => self.0.push(Sighting {
                form,
                example: example.to_owned(),
                count: 1,
            }),
        }
    }

    fn count(&self, form: Form) -> usize {
        let one = self.0.iter().find(|one| one.form == form);
        one.map_or(0, |one| one.count)
    }

    fn drop(&mut self, form: Form) {
        self.0.retain(|one| one.form != form);
    }
}

/// The layout of a directory with these entries, or why it cannot be told.
pub(super) fn detect(dir: &Dir<'_>, entries: &[Entry]) -> Result<Layout, Box<Problem>> {
    let mut seen = look(dir, entries)?;
    // The journal says which files are Drizzle's; their names are of the plain form.
    if seen.count(Form::Journal) > 0 {
        seen.drop(Form::Plain);
    }
    // One file that is named otherwise among many is a slip, and pgmig's own layout says so.
    for form in [Form::UpDown, Form::Versioned] {
        let others = entries
            .iter()
            .filter(|entry| entry.kind == Kind::File && entry.name.ends_with(".sql"))
            .filter(|entry| !is_of(form, &entry.name));
        if seen.count(form) < others.count() {
            seen.drop(form);
        }
    }
    let form = match seen.0.as_slice() {
        [] => return Ok(Layout::Pgmig),
        [one] => one.form,
        _ => return Err(several(dir, &seen).into()),
    };
    Ok(match form {
        Form::Plain => by_text(dir, entries),
        Form::UpDown => Layout::GolangMigrate,
        Form::Versioned => return versioned::whose(dir, entries),
        Form::Diesel => Layout::Diesel,
        Form::Prisma => Layout::Prisma,
        Form::Journal | Form::DrizzleFolders => Layout::Drizzle,
    })
}

/// Whether a file may belong to a folder of the form.
fn is_of(form: Form, file: &str) -> bool {
    match form {
        Form::Versioned => versioned::parse(file).is_some() || versioned::is_repeatable(file),
        _ => numbered::parse(file).is_some_and(|file| file.ending != numbered::Ending::Plain),
    }
}

fn look(dir: &Dir<'_>, entries: &[Entry]) -> Result<Seen, Box<Problem>> {
    let mut seen = Seen::default();
    let mut bare = None;
    for entry in entries {
        let name = entry.name.as_str();
        if entry.kind == Kind::Folder {
            look_inside(dir, name, &mut seen, &mut bare);
        } else if name == "migration_lock.toml" {
            seen.add(Form::Prisma, name);
        } else if versioned::parse(name).is_some() || versioned::is_repeatable(name) {
            seen.add(Form::Versioned, name);
        } else if let Some(file) = numbered::parse(name) {
            match file.ending {
                numbered::Ending::Up => seen.add(Form::UpDown, name),
                numbered::Ending::Plain => seen.add(Form::Plain, name),
                // A way back belongs to either form.
                numbered::Ending::Down => {}
            }
        }
    }
    // Prisma's folders and Drizzle's differ in what is beside the script alone.
    match bare {
        Some(folder) if seen.count(Form::Prisma) + seen.count(Form::DrizzleFolders) == 0 => {
            Err(half(dir, &folder).into())
        }
        _ => Ok(seen),
    }
}

/// Looks into a folder; `bare` is the first that holds a `migration.sql` alone.
fn look_inside(dir: &Dir<'_>, name: &str, seen: &mut Seen, bare: &mut Option<String>) {
    let has = |file: &str| dir.root.join(name).join(file).is_file();
    if name == "meta" {
        if has("_journal.json") {
            seen.add(Form::Journal, "meta/_journal.json");
        }
        return;
    }
    if has("up.sql") {
        seen.add(Form::Diesel, &format!("{name}/up.sql"));
    }
    if has("migration.sql") {
        if has("snapshot.json") {
            seen.add(Form::DrizzleFolders, &format!("{name}/snapshot.json"));
        } else {
            bare.get_or_insert_with(|| name.to_owned());
        }
    }
}

/// goose, dbmate and pgmig name files alike; the first that tells decides, and each layout refuses
/// what is another's.
fn by_text(dir: &Dir<'_>, entries: &[Entry]) -> Layout {
    let files = entries.iter().filter(|entry| {
        entry.kind == Kind::File
            && entry.name.ends_with(".sql")
            && !entry.name.ends_with(".down.sql")
    });
    let texts = files.filter_map(|entry| fs::read_to_string(dir.root.join(&entry.name)).ok());
    let told = texts.take(1).find_map(|text| own::sections::foreign(&text));
    told.map_or(Layout::Pgmig, |marker| marker.layout)
}

fn several(dir: &Dir<'_>, seen: &Seen) -> Problem {
    let title = "files of more than one layout";
    let mut problem = Problem::error("ambiguous-layout", dir.shown.as_str(), title);
    for one in &seen.0 {
        let whose = match one.form {
            Form::Plain => "a file of pgmig, sqlx, goose or dbmate",
            Form::UpDown => "a file of golang-migrate or sqlx",
            Form::Versioned => "a file of Flyway or refinery",
            Form::Diesel => "a file of diesel",
            Form::Prisma => "a file of Prisma",
            Form::Journal | Form::DrizzleFolders => "a file of Drizzle",
        };
        let more = match one.count {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        problem = problem.note(format!("`{}`{more}: {whose}", one.example));
    }
    problem
        .help("move away what does not belong to this folder")
        .help("or name the layout in pgmig.toml, `layout = \"sqlx\"`: then each file that does not fit is told")
}

fn half(dir: &Dir<'_>, folder: &str) -> Problem {
    let title = "half of a layout: `migration.sql`, and nothing says whose";
    Problem::error(
        "ambiguous-layout",
        dir.shown(&format!("{folder}/migration.sql")),
        title,
    )
    .note("Prisma keeps `migration_lock.toml` beside such folders, Drizzle `snapshot.json` in them")
    .help("bring the missing file back, or name the layout in pgmig.toml: `layout = \"prisma\"`")
}
