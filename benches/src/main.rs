//! Measures pgmig beside sqlx, refinery, diesel and plain SQL, on a server of its own.

mod apps;
mod boot;
mod builds;
mod column;
mod delay;
mod first;
mod fleet;
mod measure;
mod mixed;
mod peers;
mod provision;
mod script;
mod server;
mod table;

use std::path::Path;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use delay::Link;
use pgmig_testkit::PrivateServer;

/// Any error, for programs whose user reads it.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
/// The same.
pub type Result<T> = std::result::Result<T, Error>;

/// Measures pgmig beside sqlx, refinery, diesel and plain SQL.
#[derive(Parser)]
struct Arguments {
    /// What to measure; everything without.
    what: Vec<What>,
    /// Few rounds and small sizes, to see that it works.
    #[arg(long)]
    quick: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    Boot,
    Fleet,
    First,
    Provision,
    Column,
    Network,
    Build,
    Expansion,
    Weight,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let server = server::start()?;
    println!("{}", server::described(&server).await?);
    let builds = tempfile::tempdir()?;
    for what in What::value_variants() {
        if arguments.what.is_empty() || arguments.what.contains(what) {
            measure(&server, builds.path(), *what, arguments.quick).await?;
        }
    }
    Ok(())
}

async fn measure(server: &PrivateServer, builds: &Path, what: What, quick: bool) -> Result<()> {
    let few = |rounds: usize| if quick { rounds.div_ceil(10) } else { rounds };
    let near = Link::NONE;
    match what {
        What::Boot => {
            for migrations in [10, 100, 1000] {
                println!(
                    "{}",
                    boot::nothing_to_do(server, near, migrations, few(200)).await?
                );
            }
        }
        What::Fleet => {
            for (tenants, every) in [(1, Some(1)), (100, Some(5)), (1000, Some(20))] {
                println!(
                    "{}",
                    fleet::nothing_to_do(server, near, tenants, few(100), every).await?
                );
            }
            for tenants in [10_000, 100_000] {
                if tenants == 10_000 || !quick {
                    println!(
                        "{}",
                        fleet::nothing_to_do(server, near, tenants, few(50), None).await?
                    );
                }
            }
        }
        What::First => {
            println!("{}", first::apply(server, near, 100, few(20)).await?);
            println!("{}", first::apply(server, near, 1000, few(7)).await?);
        }
        What::Provision => {
            println!("{}", provision::tenant(server, near, 20, few(100)).await?);
            for of in provision::HISTORIES {
                println!("{}", provision::from_baseline(server, &of, few(30)).await?);
            }
        }
        What::Column => println!("{}", column::add(server, near, 1000, few(10)).await?),
        What::Build => {
            println!("{}", builds::clean(builds, few(3)).await?);
            println!("{}", builds::edit(builds, 1000, few(10)).await?);
        }
        What::Expansion => {
            println!("{}", builds::expansion(builds, 1000, few(10)).await?);
            println!("{}", builds::expansion(builds, 10_000, few(3)).await?);
        }
        What::Weight => println!("{}", builds::weight(builds)?),
        What::Network => {
            for delay in [1, 10] {
                let link = Link(Duration::from_millis(delay));
                let boot = boot::nothing_to_do(server, link, 100, few(20)).await?;
                let fleet = fleet::nothing_to_do(server, link, 100, few(10), Some(5)).await?;
                let first = first::apply(server, link, 100, few(3)).await?;
                let provision = provision::tenant(server, link, 20, few(10)).await?;
                let column = column::add(server, link, 200, few(3)).await?;
                println!("{boot}{fleet}{first}{provision}{column}");
            }
        }
    }
    Ok(())
}
