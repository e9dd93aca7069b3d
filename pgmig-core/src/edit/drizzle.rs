//! `cargo pgmig init --drizzle`: the config of drizzle-kit and a first schema in TypeScript.

use super::init::New;
use crate::{Folder, Layout};

/// What drizzle-kit's config may be called, the one that is written first.
pub const CONFIGS: [&str; 7] = [
    "drizzle.config.ts",
    "drizzle.config.js",
    "drizzle.config.json",
    "drizzle.config.mts",
    "drizzle.config.mjs",
    "drizzle.config.cts",
    "drizzle.config.cjs",
];

/// The tables in TypeScript, from the folder of the crate.
const SCHEMA: &str = "drizzle/schema.ts";

const FIRST_SCHEMA: &str = "\
import { boolean, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

// The tenants: each row has a schema of its own, made by the migrations of the tenant scope.
export const tenants = pgTable('tenants', {
  id: uuid('id').primaryKey().defaultRandom(),
  name: text('name').notNull(),
  isActive: boolean('is_active').notNull().default(true),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
});
";

/// Beside migrations that are written by hand, which have tables already.
const EMPTY_SCHEMA: &str = "\
// import { pgTable, text, uuid } from 'drizzle-orm/pg-core';
//
// export const notes = pgTable('notes', {
//   id: uuid('id').primaryKey().defaultRandom(),
//   text: text('text').notNull(),
// });
export {};
";

/// Adds what drizzle-kit needs; `begins` says that there is no migration yet.
pub(super) fn init(new: &mut New<'_>, begins: bool) {
    let folder = match begins {
        true => Folder::default(),
        false => crate::load(&new.root(), new.shown).folder,
    };
    let Some(out) = out(new, &folder) else {
        let note = format!(
            "the migrations of public are in {0} itself: move them to {0}/public, then run \
             `cargo pgmig init --drizzle` again",
            new.shown
        );
        new.plan.notes.push(note);
        return;
    };
    let here = |file: &&&str| new.crate_root.join(file).exists();
    if let Some(config) = CONFIGS.iter().find(here) {
        let note = format!(
            "{config} stays as it is: it needs `out: './{out}'` and `schemaFilter: ['public']`"
        );
        new.plan.notes.push(note);
    } else {
        new.create(CONFIGS[0], &config(&out, &folder.unknown_to_drizzle()));
        if !new.crate_root.join(SCHEMA).exists() {
            new.create(SCHEMA, if begins { FIRST_SCHEMA } else { EMPTY_SCHEMA });
        }
    }
}

/// Where drizzle-kit is to write, from the crate's folder; made where it is missing. `None` where
/// the folder has no place for it.
fn out(new: &mut New<'_>, folder: &Folder) -> Option<String> {
    let drizzle = format!("{}/drizzle", new.shown);
    if new.crate_root.join(&drizzle).is_dir() {
        return Some(drizzle);
    }
    let of_public = folder.public.last();
    if of_public.is_some_and(|last| last.layout == Layout::Drizzle) {
        let within = new.root().join("public").is_dir();
        return Some(match within {
            true => format!("{}/public", new.shown),
            false => new.shown.to_owned(),
        });
    }
    if of_public.is_some() && !new.root().join("public").is_dir() {
        return None;
    }
    new.create_below("drizzle/.gitkeep", "");
    Some(drizzle)
}

fn config(out: &str, others: &[String]) -> String {
    let filter = if others.is_empty() {
        String::new()
    } else {
        let names: Vec<String> = others.iter().map(|name| format!("'!{name}'")).collect();
        format!(
            "  // Tables that are not in the schema above are none of its business.\n  \
             tablesFilter: ['*', {}],\n",
            names.join(", ")
        )
    };
    format!(
        "import {{ defineConfig }} from 'drizzle-kit';

export default defineConfig({{
  dialect: 'postgresql',
  schema: './{SCHEMA}',
  // Where pgmig reads what drizzle-kit writes.
  out: './{out}',
  // Without it `drizzle-kit push` drops the schemas of tenants, and pgmig's own.
  schemaFilter: ['public'],
{filter}  dbCredentials: {{ url: process.env.DATABASE_URL! }},
}});
"
    )
}

impl Folder {
    /// The tables and views of the schema `public` that the migrations of the public scope make by
    /// hand, not by drizzle-kit: what it does not know of, and `drizzle-kit push` drops unless
    /// `tablesFilter` leaves them out.
    ///
    /// ```
    /// # let root = tempfile::tempdir()?;
    /// std::fs::write(root.path().join("1_a.sql"), "CREATE TABLE users (id uuid);")?;
    /// let loaded = pgmig_core::load(root.path(), "migrations");
    /// assert_eq!(loaded.folder.unknown_to_drizzle(), ["users"]);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn unknown_to_drizzle(&self) -> Vec<String> {
        let by_hand = self.public.iter();
        let by_hand = by_hand.filter(|migration| migration.layout != Layout::Drizzle);
        let mut names: Vec<String> = Vec::new();
        for statement in by_hand.flat_map(|migration| &migration.up.statements) {
            let relations = statement.objects.iter().filter(|object| {
                ["table", "view", "materialized view"].contains(&object.kind)
                    && matches!(object.schema.as_deref(), None | Some("public"))
            });
            for object in relations {
                if statement.kind.starts_with("DROP") {
                    names.retain(|name| *name != object.name);
                } else if statement.kind.starts_with("CREATE") && !names.contains(&object.name) {
                    names.push(object.name.clone());
                }
            }
        }
        names
    }
}
