//! What a build takes: from nothing, after an edit, and the macro alone.

use std::path::Path;
use std::time::Duration;

use crate::apps::{App, Tool};
use crate::measure::{Contender, cold, interleave, spread};
use crate::script::{Script, history};
use crate::table::{number, table};
use crate::{Error, Result};

/// Clean debug builds, each into a directory of its own below `root`.
pub async fn clean(root: &Path, rounds: usize) -> Result<String> {
    let scripts = history(10);
    let mut contenders = Vec::new();
    for tool in Tool::ALL {
        let parent = root.to_owned();
        let scripts = scripts.clone();
        contenders.push(Contender::new(tool.name(), async move |round| {
            let target = parent.join(format!("target_{}_{round}", tool.name()));
            let app = App::write(tool, &parent, &target, &scripts)?;
            let took = app.cargo(&["build"]);
            std::fs::remove_dir_all(target)?;
            took
        }));
    }
    let samples = cold(rounds, &mut contenders).await?;
    drop(contenders);
    let text = table("Clean debug build of a minimal app", &samples);
    Ok(text + &share(root)?)
}

/// The parser's share of pgmig's build, by cargo's own account of it.
fn share(root: &Path) -> Result<String> {
    let target = root.join("target_timings");
    let app = App::write(Tool::Pgmig, root, &target, &history(10))?;
    app.cargo(&["build", "--timings"])?;
    let html = std::fs::read_to_string(target.join("cargo-timings/cargo-timing.html"))?;
    let (mut all, mut parser, mut core) = (0.0, 0.0, 0.0);
    for unit in html.split("\"name\":").skip(1) {
        let name = unit.split('"').nth(1).unwrap_or_default();
        let Some((_, rest)) = unit.split_once("\"duration\":") else {
            continue;
        };
        let seconds = rest.split([',', '\n', '}']).next().unwrap_or_default();
        let seconds: f64 = seconds.trim().parse().unwrap_or(0.0);
        all += seconds;
        match name {
            name if name.starts_with("squawk") => parser += seconds,
            "pgmig-core" => core += seconds,
            _ => {}
        }
    }
    Ok(format!(
        "\nOf all rustc time in one of pgmig's builds the SQL parser took {} %, pgmig-core {} %.\n",
        number(100.0 * parser / all),
        number(100.0 * core / all)
    ))
}

/// Where the apps of a tool are built, whatever is measured of them: what they depend on is built
/// there once.
fn target(root: &Path, tool: Tool) -> std::path::PathBuf {
    root.join(format!("target_{}", tool.name()))
}

/// A rebuild after one of so many migrations was edited.
pub async fn edit(root: &Path, migrations: usize, rounds: usize) -> Result<String> {
    let scripts = history(migrations);
    let mut contenders = Vec::new();
    for tool in Tool::ALL {
        let app = App::write(tool, root, &target(root, tool), &scripts)?;
        app.touch()?;
        app.cargo(&["build"])?;
        let last = scripts.last().cloned().ok_or("no migration")?;
        // A comment: what it does is the same, so that pgmig's lock has nothing against it.
        contenders.push(Contender::new(tool.name(), async move |round| {
            let text = format!("-- edit {round}\n{}", last.sql);
            std::fs::write(tool.path(&app.folder(), &last), text)?;
            app.touch()?;
            app.cargo(&["build"])
        }));
    }
    let samples = interleave(rounds, &mut contenders).await?;
    Ok(table(
        &format!("Rebuild after an edit of one of {migrations} migrations"),
        &samples,
    ))
}

/// The check of a crate that holds the macro, beyond that of one with a single migration.
pub async fn expansion(root: &Path, migrations: usize, rounds: usize) -> Result<String> {
    let scripts = history(migrations);
    let mut contenders = Vec::new();
    // Of refinery's ten thousand one check takes minutes.
    let taking_part = |tool: &Tool| migrations <= 1000 || *tool != Tool::Refinery;
    for tool in Tool::ALL.into_iter().filter(taking_part) {
        let target = target(root, tool);
        let one = App::write(tool, root, &target, &scripts[..1])?;
        let all = App::write(tool, root, &target, &scripts)?;
        contenders.push(Contender::new(tool.name(), async move |_| {
            let mut times = [Duration::ZERO; 2];
            for (app, time) in [&one, &all].into_iter().zip(&mut times) {
                // Both apps are one crate to cargo's cache; what it has is of the other.
                app.touch()?;
                *time = app.cargo(&["check"])?;
            }
            Ok::<Duration, Error>(times[1].saturating_sub(times[0]))
        }));
    }
    let samples = interleave(rounds, &mut contenders).await?;
    Ok(table(
        &format!("Expansion of {migrations} migrations: `cargo check` beyond that with one"),
        &samples,
    ))
}

/// Size, memory and heap for each embedded megabyte.
pub fn weight(root: &Path) -> Result<String> {
    const MEGABYTES: usize = 8;
    let small = history(1000);
    let padding = "-- ".to_owned() + &"x".repeat(MEGABYTES * 1_000_000 / small.len()) + "\n";
    let large: Vec<Script> = small
        .iter()
        .map(|script| Script {
            sql: padding.clone() + &script.sql,
            ..script.clone()
        })
        .collect();
    let mut text = format!(
        "\n### 1,000 migrations with {MEGABYTES} MB of comments more, debug build\n\n| | binary, MB a MB | resident, MB a MB | heap for the list, MB a MB | heap for 1,000 migrations, kB |\n|---|---:|---:|---:|---:|\n"
    );
    for tool in Tool::ALL {
        let mut found = Vec::new();
        for (name, scripts) in [("small", &small), ("large", &large)] {
            let app = App::write(tool, &root.join(name), &target(root, tool), scripts)?;
            app.touch()?;
            app.cargo(&["build"])?;
            let probes: Result<Vec<_>> = (0..11).map(|_| app.probe()).collect();
            let probes = probes?;
            let size = std::fs::metadata(app.binary())?.len() as f64 / 1e6;
            let resident = spread(probes.iter().map(|probe| probe.1 / 1e3).collect());
            found.push((size, resident.median, probes[0].0 / 1e6));
        }
        let beyond =
            |of: fn(&(f64, f64, f64)) -> f64| (of(&found[1]) - of(&found[0])) / MEGABYTES as f64;
        text += &format!(
            "| {} | {} | {} | {} | {} |\n",
            tool.name(),
            number(beyond(|one| one.0)),
            number(beyond(|one| one.1)),
            number(beyond(|one| one.2)),
            number(found[0].2 * 1000.0)
        );
    }
    Ok(text)
}
