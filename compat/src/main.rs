//! `pgmig-compat [--layout L] [--by sqlx|refinery|diesel|psql|drizzle=PACKAGES] FOLDER...`: is each
//! folder embedded without an error, applied, and is the schema then that of the folder applied
//! without pgmig?
//!
//! Prints a line a folder: layout, migrations, how many of them can be taken back, result. With
//! `--tenant` each folder is the tenant scope too, and a tenant's schema is compared with `public`.

use std::path::{Path, PathBuf};

use pgmig_compat::dump::{difference, dump};
use pgmig_compat::tool::{Tool, apply};
use pgmig_compat::{Result, embed};
use pgmig_core::Layout;
use pgmig_runtime::{Adopt, Migrator, Uuid};
use pgmig_testkit::TestDatabase;

struct Arguments {
    layout: Option<Layout>,
    tool: Tool,
    tenant: bool,
    folders: Vec<PathBuf>,
}

fn arguments() -> Result<Arguments> {
    let mut read = Arguments {
        layout: None,
        tool: Tool::Psql,
        tenant: false,
        folders: Vec::new(),
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--tenant" => read.tenant = true,
            "--layout" => read.layout = Some(words.next().unwrap_or_default().parse()?),
            "--by" => {
                read.tool = match words.next().unwrap_or_default().as_str() {
                    "sqlx" => Tool::Sqlx,
                    "refinery" => Tool::Refinery,
                    "diesel" => Tool::Diesel,
                    "psql" => Tool::Psql,
                    other => match other.strip_prefix("drizzle=") {
                        Some(packages) => Tool::Drizzle(packages.into()),
                        None => return Err(format!("unknown tool `{other}`").into()),
                    },
                }
            }
            _ => read.folders.push(word.into()),
        }
    }
    Ok(read)
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = arguments()?;
    for folder in &arguments.folders {
        println!(
            "{}: {}",
            folder.display(),
            compare(folder, &arguments).await?
        );
    }
    Ok(())
}

async fn compare(root: &Path, arguments: &Arguments) -> Result<String> {
    let embedded = embed(root, arguments.layout, false);
    let folder = &embedded.folder;
    let all = folder.public.len();
    let back = folder
        .public
        .iter()
        .filter(|one| one.down.is_some())
        .count();
    let mut said = vec![format!("{all} migrations, {back} with a way back")];
    if !embedded.errors.is_empty() {
        let errors = embedded.errors.iter().map(|one| format!("\n  {one}"));
        let errors: Vec<String> = errors.collect();
        println!("{} errors of the build:{}", errors.len(), errors.concat());
    }
    let ours = TestDatabase::create().await?;
    let migrator = Migrator::new(embedded.migrations);
    let applied = migrator.run_public(&ours.pool()).await;
    if let Err(error) = &applied {
        said.push(format!("not applied: {error}"));
    }
    let theirs = TestDatabase::create().await?;
    let tool = &arguments.tool;
    if let Err(error) = apply(tool, root, folder, theirs.url()).await {
        said.push(format!("not applied by {tool:?}: {error}"));
        return Ok(said.join("; "));
    }
    let public = dump(ours.url())?;
    if applied.is_ok() {
        said.push(match difference(&public, &dump(theirs.url())?) {
            None => format!("the same as by {tool:?}"),
            Some(difference) => format!("other than by {tool:?}: {difference}"),
        });
    }
    if !matches!(tool, Tool::Psql) {
        let taken = migrator.adopt(Adopt::Any).run_public(&theirs.pool()).await;
        said.push(match taken {
            Ok(report) => {
                let adopted = report.adopted.map_or(0, |adoption| adoption.migrations);
                let applied = report.applied.len();
                format!("of the tool's database {adopted} taken over, {applied} applied")
            }
            Err(error) => format!("the tool's database is not taken over: {error}"),
        });
    }
    if arguments.tenant {
        said.push(as_tenant(root, arguments, &public).await?);
    }
    Ok(said.join("; "))
}

/// The folder applied to the schema of a tenant, against the folder applied to `public`.
async fn as_tenant(root: &Path, arguments: &Arguments, public: &str) -> Result<String> {
    let embedded = embed(root, arguments.layout, true);
    for error in &embedded.errors {
        println!("as a tenant's: {error}");
    }
    let ours = TestDatabase::create().await?;
    let migrator = Migrator::new(embedded.migrations).tenant_schema(|_| "t-1".to_owned());
    let pool = ours.pool();
    if let Err(error) = migrator.run_tenant(&pool, Uuid::nil()).await {
        return Ok(format!("not applied as a tenant's: {error}"));
    }
    let rename = "DROP SCHEMA public CASCADE; ALTER SCHEMA \"t-1\" RENAME TO public";
    sqlx::raw_sql(rename).execute(&pool).await?;
    // Only the schema itself was made otherwise.
    let same = |dump: &str| -> String {
        let is_content = |line: &&str| {
            !line.is_empty() && !line.starts_with("--") && !line.contains("SCHEMA public")
        };
        let lines = dump.lines().filter(is_content);
        lines.collect::<Vec<_>>().join("\n")
    };
    Ok(match difference(&same(&dump(ours.url())?), &same(public)) {
        None => "the same as a tenant's".to_owned(),
        Some(difference) => format!("other as a tenant's: {difference}"),
    })
}
