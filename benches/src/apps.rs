//! Minimal apps of each tool, written to a directory and built by cargo: how long that takes, and
//! what the binary is like.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::Result;
use crate::script::Script;

/// Whose app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    Pgmig,
    Sqlx,
    Refinery,
    Diesel,
}

impl Tool {
    /// All of them.
    pub const ALL: [Tool; 4] = [Tool::Pgmig, Tool::Sqlx, Tool::Refinery, Tool::Diesel];

    /// Its name in a table.
    pub fn name(self) -> &'static str {
        match self {
            Tool::Pgmig => "pgmig",
            Tool::Sqlx => "sqlx",
            Tool::Refinery => "refinery",
            Tool::Diesel => "diesel",
        }
    }

    fn dependencies(self) -> String {
        match self {
            Tool::Pgmig => format!(
                "pgmig = {{ path = {:?} }}\n\
                 sqlx = {{ version = \"0.9\", default-features = false, features = [\"postgres\", \"runtime-tokio\"] }}\n{TOKIO}",
                repository()
            ),
            Tool::Sqlx => format!(
                "sqlx = {{ version = \"0.9\", default-features = false, features = [\"postgres\", \"runtime-tokio\", \"migrate\", \"macros\"] }}\n{TOKIO}"
            ),
            Tool::Refinery => format!(
                "refinery = {{ version = \"0.10\", features = [\"tokio-postgres\"] }}\ntokio-postgres = \"0.7\"\n{TOKIO}"
            ),
            Tool::Diesel => {
                "diesel = { version = \"2.3\", default-features = false, features = [\"postgres\", \"32-column-tables\"] }\n\
                 diesel_migrations = { version = \"2.3\", features = [\"postgres\"] }\n"
                    .to_owned()
            }
        }
    }

    /// `main.rs`: boots, or with `PROBE` set holds its migrations and says what that takes.
    fn main(self) -> String {
        let (embed, held, boot) = match self {
            Tool::Pgmig => (
                "static MIGRATIONS: pgmig::Migrations = pgmig::embed_migrations!();",
                "MIGRATIONS.public().iter().map(|m| m.sql().len()).sum::<usize>()",
                "let pool = sqlx::PgPool::connect(&url).await?; pgmig::Migrator::new(&MIGRATIONS).setup(&pool).await?;",
            ),
            Tool::Sqlx => (
                "static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();",
                "MIGRATIONS.iter().map(|m| m.sql.as_str().len()).sum::<usize>()",
                "let pool = sqlx::PgPool::connect(&url).await?; MIGRATIONS.run(&pool).await?;",
            ),
            Tool::Refinery => (
                "mod embedded { refinery::embed_migrations!(\"migrations\"); }",
                "{ let all = embedded::migrations::runner(); let size = all.get_migrations().iter().map(|m| m.sql().map_or(0, str::len)).sum::<usize>(); std::mem::forget(all); size }",
                "let (mut client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?; tokio::spawn(connection); embedded::migrations::runner().run_async(&mut client).await?;",
            ),
            Tool::Diesel => (
                "use diesel::{Connection as _, pg::{Pg, PgConnection}, migration::MigrationSource as _};\nuse diesel_migrations::{EmbeddedMigrations, MigrationHarness as _};\n\
                 const MIGRATIONS: EmbeddedMigrations = diesel_migrations::embed_migrations!(\"migrations\");",
                "{ let all: Vec<Box<dyn diesel::migration::Migration<Pg>>> = MIGRATIONS.migrations().map_err(|error| error.to_string())?; let size = all.len(); std::mem::forget(all); size }",
                "let mut connection = PgConnection::establish(&url)?; connection.run_pending_migrations(MIGRATIONS).map_err(|error| error.to_string())?;",
            ),
        };
        let main = match self {
            Tool::Diesel => "fn main()",
            _ => "#[tokio::main]\nasync fn main()",
        };
        format!(
            "{PROBE}\n{embed}\n{main} -> Result<(), Box<dyn std::error::Error>> {{\n\
             \x20   let url = std::env::var(\"DATABASE_URL\").unwrap_or_default();\n\
             \x20   if url.is_empty() {{\n        let before = allocated();\n        let size = {held};\n\
             \x20       println!(\"{{}} {{}} {{}}\", allocated() - before, resident(), std::hint::black_box(size));\n        return Ok(());\n    }}\n    {boot}\n    Ok(())\n}}\n"
        )
    }

    fn write_migrations(self, folder: &Path, scripts: &[Script]) -> Result<()> {
        for script in scripts {
            let path = self.path(folder, script);
            std::fs::create_dir_all(path.parent().ok_or("a path without a parent")?)?;
            std::fs::write(path, &script.sql)?;
        }
        Ok(())
    }

    /// Where a migration is.
    pub fn path(self, folder: &Path, script: &Script) -> PathBuf {
        let Script { version, name, .. } = script;
        folder.join(match self {
            Tool::Pgmig => format!("public/{version:05}_{name}.sql"),
            Tool::Sqlx => format!("{version:05}_{name}.sql"),
            Tool::Refinery => format!("V{version}__{name}.sql"),
            Tool::Diesel => format!("{version:08}_{name}/up.sql"),
        })
    }
}

const TOKIO: &str = "tokio = { version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }\n";

/// Counts what is allocated, and reads what is resident.
const PROBE: &str = r#"
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
struct Counting;
static ALLOCATED: AtomicUsize = AtomicUsize::new(0);
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        unsafe { System.dealloc(at, layout) }
    }
}
#[global_allocator]
static COUNTING: Counting = Counting;
fn allocated() -> usize {
    ALLOCATED.load(Ordering::Relaxed)
}
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
"#;

/// The repository that this program was built in.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// An app on disk.
pub struct App {
    /// Whose.
    pub tool: Tool,
    root: PathBuf,
    target: PathBuf,
}

impl App {
    /// Writes one below `parent`; what it builds goes to `target`.
    pub fn write(tool: Tool, parent: &Path, target: &Path, scripts: &[Script]) -> Result<Self> {
        let root = parent.join(format!("{}_{}", tool.name(), scripts.len()));
        std::fs::create_dir_all(root.join("src"))?;
        let manifest = format!(
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{}",
            tool.dependencies()
        );
        std::fs::write(root.join("Cargo.toml"), manifest)?;
        // The same versions as here, and nothing to download.
        let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
        std::fs::copy(lock, root.join("Cargo.lock"))?;
        std::fs::write(root.join("src/main.rs"), tool.main())?;
        let app = App {
            tool,
            root,
            target: target.to_owned(),
        };
        app.tool.write_migrations(&app.folder(), scripts)?;
        if tool == Tool::Pgmig {
            let loaded = pgmig_core::load(&app.folder(), "migrations");
            pgmig_core::edit::lock(&loaded, &[])?.apply()?;
        }
        Ok(app)
    }

    /// Its migrations.
    pub fn folder(&self) -> PathBuf {
        self.root.join("migrations")
    }

    /// Runs cargo, and times it.
    pub fn cargo(&self, arguments: &[&str]) -> Result<Duration> {
        let mut command = Command::new("cargo");
        command.args(arguments).args(["--offline", "--quiet"]);
        command.current_dir(&self.root);
        command.env("CARGO_TARGET_DIR", &self.target);
        let started = Instant::now();
        let output = command.output()?;
        let took = started.elapsed();
        match output.status.success() {
            true => Ok(took),
            false => Err(format!(
                "cargo {arguments:?} of {}: {}",
                self.tool.name(),
                String::from_utf8_lossy(&output.stderr)
            )
            .into()),
        }
    }

    /// Marks its source as changed, so that the crate is compiled and its macro expanded again.
    pub fn touch(&self) -> Result<()> {
        let path = self.root.join("src/main.rs");
        let text = std::fs::read_to_string(&path)?;
        Ok(std::fs::write(path, text)?)
    }

    /// The binary.
    pub fn binary(&self) -> PathBuf {
        self.target.join("debug/app")
    }

    /// Bytes allocated for its migrations, and kilobytes resident, by itself.
    pub fn probe(&self) -> Result<(f64, f64)> {
        let output = Command::new(self.binary())
            .env_remove("DATABASE_URL")
            .output()?;
        let text = String::from_utf8(output.stdout)?;
        let mut numbers = text.split_whitespace().map(str::parse::<f64>);
        match (numbers.next(), numbers.next()) {
            (Some(allocated), Some(resident)) => Ok((allocated?, resident?)),
            _ => Err(format!("{} said {text:?}", self.tool.name()).into()),
        }
    }
}
