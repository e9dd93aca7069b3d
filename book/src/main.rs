//! Builds the book of `docs/` into `target/book`, and fails on a link that leads nowhere: in the
//! book's pages, and in the repository's own pages beside them.

use anyhow::{Context, Result, bail, ensure};
use mdbook_driver::MDBook;
use pulldown_cmark::{Event, Parser, Tag};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// What people read beside the book.
const BESIDE: [&str; 4] = [
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "RELEASING.md",
];

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()?;
    let book = MDBook::load(root.join("docs")).context("docs/book.toml, docs/SUMMARY.md")?;
    book.build()?;

    let mut pages: BTreeSet<PathBuf> = BESIDE.iter().map(PathBuf::from).collect();
    find_pages(&root, Path::new("docs"), &mut pages)?;
    find_pages(&root, Path::new("examples"), &mut pages)?;
    let mut links = 0;
    let mut dead = Vec::new();
    for page in &pages {
        let text =
            fs::read_to_string(root.join(page)).with_context(|| page.display().to_string())?;
        for link in links_of(&text) {
            links += 1;
            if let Err(why) = follow(&root, page, &link) {
                dead.push(format!("{}: {link}: {why}", page.display()));
            }
        }
    }
    dead.extend(not_in_the_book(&root, &pages)?);
    ensure!(links > 0, "no page has a link: nothing was checked");
    if !dead.is_empty() {
        bail!("{}", dead.join("\n"));
    }
    println!("{} pages, {links} links, all lead somewhere", pages.len());
    Ok(())
}

/// All pages below a directory.
fn find_pages(root: &Path, below: &Path, pages: &mut BTreeSet<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(root.join(below)).with_context(|| below.display().to_string())? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        let name = entry.file_name();
        if entry.file_type()?.is_dir() {
            // What a package manager or cargo put there is not ours.
            if name != "node_modules" && name != "target" {
                find_pages(root, &path, pages)?;
            }
        } else if path.extension().is_some_and(|it| it == "md") {
            pages.insert(path);
        }
    }
    Ok(())
}

fn links_of(text: &str) -> Vec<String> {
    let options = pulldown_cmark::Options::ENABLE_TABLES;
    let events = Parser::new_ext(text, options);
    let links = events.filter_map(|event| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some(dest_url),
        _ => None,
    });
    links.map(String::from).collect()
}

/// Whether there is something where a link leads. What is elsewhere in the world is not asked for:
/// a build must not depend on it.
fn follow(root: &Path, page: &Path, link: &str) -> Result<()> {
    if link.contains("://") || link.starts_with("mailto:") {
        ensure!(!link.starts_with("http://"), "not https");
        return Ok(());
    }
    let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
    let target = match path {
        "" => page.to_owned(),
        path => normal(&page.parent().unwrap_or(Path::new("")).join(path))?,
    };
    ensure!(
        root.join(&target).exists(),
        "{} is missing",
        target.display()
    );
    if page.starts_with("docs") {
        ensure!(target.starts_with("docs"), "leads out of the book");
    }
    if fragment.is_empty() {
        return Ok(());
    }
    let inside = target
        .strip_prefix("docs")
        .context("a section of a page outside the book")?;
    let html = root.join("target/book").join(inside).with_extension("html");
    let html = fs::read_to_string(&html).with_context(|| html.display().to_string())?;
    ensure!(
        html.contains(&format!("id=\"{fragment}\"")),
        "no such section"
    );
    Ok(())
}

/// The path without `.` and `..`, which must not lead out of the repository.
fn normal(path: &Path) -> Result<PathBuf> {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => ensure!(normal.pop(), "leads out of the repository"),
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    Ok(normal)
}

/// The pages of `docs/` that the book's summary forgot.
fn not_in_the_book(root: &Path, pages: &BTreeSet<PathBuf>) -> Result<Vec<String>> {
    let summary = fs::read_to_string(root.join("docs/SUMMARY.md"))?;
    let listed: BTreeSet<String> = links_of(&summary).into_iter().collect();
    let inside = pages
        .iter()
        .filter_map(|page| page.strip_prefix("docs").ok());
    let missing = inside.filter(|page| {
        *page != Path::new("SUMMARY.md") && !listed.contains(&page.display().to_string())
    });
    Ok(missing
        .map(|page| format!("docs/{} is not in docs/SUMMARY.md", page.display()))
        .collect())
}
