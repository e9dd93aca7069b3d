//! `cargo pgmig diagram`: the tables and their keys as a picture, from PostgreSQL's own catalog
//! after the migrations have run.
//!
//! `catalog` reads the tables, `layout` places them, `svg` draws; `mermaid` writes them for a
//! renderer that places them itself. The layout is our own: tables stand in columns by who refers
//! to whom, and a line goes from the row of the one column to the row of the other, around the
//! tables between them. Libraries that lay graphs out know neither rows nor ways around.

mod catalog;
mod layout;
mod mermaid;
mod svg;

use std::io::Write as _;
use std::path::PathBuf;

use pgmig_runtime::{Migrator, Uuid};

use super::embed::embed;
use super::error::Error;
use super::place::Place;
use super::server::{ServerArgs, block_on};
use super::{Outcome, say};
use catalog::Schema;

/// Draw the tables and their keys
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo pgmig diagram -o schema.svg             public, as a picture
  cargo pgmig diagram --tenant -o tenant.svg    a tenant's schema, and what it refers to in public
  cargo pgmig diagram -o schema.mmd             Mermaid, for Markdown and wikis
  cargo pgmig diagram | pbcopy                  Mermaid, on standard output

The migrations are run in a database of its own, drafts too, and PostgreSQL is asked what there is.
The same folder gives the same picture, so it can be committed, and a test can tell when it is old.")]
pub(super) struct Diagram {
    /// The schema of a tenant, instead of public
    #[arg(long)]
    tenant: bool,

    /// Where to write it: `.svg` is a picture, `.mmd` is Mermaid [default: Mermaid, to standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    server: ServerArgs,
}

/// What a tenant's schema is called where it is tried out.
const TENANT: &str = "tenant";

impl Diagram {
    pub(super) fn run(&self, place: &Place) -> Result<Outcome, Error> {
        let extension = self.output.as_ref().and_then(|path| path.extension());
        let draw = match (&self.output, extension.and_then(|text| text.to_str())) {
            (None, _) | (_, Some("mmd" | "mermaid")) => mermaid::write,
            (_, Some("svg")) => svg::draw,
            (Some(path), _) => return Err(Error::NoFormat { path: path.clone() }),
        };
        let Some(folder) = place.sound() else {
            return Ok(Outcome::Wrong);
        };
        let migrator = Migrator::new(embed(&folder, &place.shown));
        let text = draw(&block_on(self.read(&migrator))?);
        match &self.output {
            Some(path) => {
                let written = std::fs::write(path, text);
                written.map_err(|source| Error::io("write", path, source))?;
                say::done("Written", &path.display().to_string());
            }
            // Whoever reads it may have seen enough.
            None => drop(std::io::stdout().write_all(text.as_bytes())),
        }
        Ok(Outcome::Done)
    }

    async fn read(&self, migrator: &Migrator) -> Result<Schema, Error> {
        let database = self.server.database().await?;
        let migrator = migrator.clone().tenant_schema(|_| TENANT.to_owned());
        let pool = database.pool();
        migrator.run_public(&pool).await?;
        if self.tenant {
            migrator.run_tenant(&pool, Uuid::nil()).await?;
        }
        let mut connection = database.connect().await?;
        let schema = if self.tenant { TENANT } else { "public" };
        catalog::read(&mut connection, schema)
            .await
            .map_err(Error::Catalog)
    }
}
