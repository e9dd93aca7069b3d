//! The entries of a directory, sorted, symbolic links followed.

use std::fs;
use std::io;
use std::path::Path;

use crate::Problem;
use crate::nearest::nearest;

/// What an entry is, once links are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Folder,
}

/// An entry of a directory.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// The entries of `folder`, sorted by name, without dotfiles; what cannot be read goes to
/// `problems`.
pub(crate) fn entries(folder: &Path, shown: &str, problems: &mut Vec<Problem>) -> Vec<Entry> {
    let listed = match fs::read_dir(folder) {
        Ok(listed) => listed,
        Err(error) => {
            problems.push(unreadable_folder(folder, shown, &error));
            return Vec::new();
        }
    };
    let mut entries = Vec::new();
    for entry in listed {
        match entry
            .map_err(|error| unreadable_folder(folder, shown, &error).into())
            .and_then(|entry| look_at(&entry, shown))
        {
            Ok(entry) => entries.extend(entry),
            Err(problem) => problems.push(*problem),
        }
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    entries
}

fn look_at(entry: &fs::DirEntry, shown: &str) -> Result<Option<Entry>, Box<Problem>> {
    let name = entry.file_name();
    if name.as_encoded_bytes().starts_with(b".") {
        return Ok(None);
    }
    let path = format!("{shown}/{}", name.to_string_lossy());
    let Some(name) = name.to_str() else {
        return Err(
            Problem::error("stray-file", path, "the file's name is not valid UTF-8")
                .help("rename it to `NNN_name.sql`, or move it out of the folder")
                .into(),
        );
    };
    // Not the entry's own kind: a link is what it leads to.
    let metadata = fs::metadata(entry.path()).map_err(|error| {
        let is_link = entry.path().is_symlink();
        let what = if is_link {
            "symbolic link that leads nowhere"
        } else {
            "cannot be read"
        };
        let way = if is_link {
            "lead it to a file, or delete it"
        } else {
            "give the user who builds the right to read it"
        };
        Problem::error("unreadable-file", path.as_str(), what)
            .note(error.to_string())
            .help(way)
    })?;
    let kind = if metadata.is_file() {
        Kind::File
    } else if metadata.is_dir() {
        Kind::Folder
    } else {
        return Err(
            Problem::error("stray-file", path, "neither a file nor a folder")
                .help("move it out of the folder")
                .into(),
        );
    };
    Ok(Some(Entry {
        name: name.to_owned(),
        kind,
    }))
}

fn unreadable_folder(folder: &Path, shown: &str, error: &io::Error) -> Problem {
    match error.kind() {
        io::ErrorKind::NotFound => {
            let problem = Problem::error("missing-folder", shown, "there is no such folder")
                .note("the path is relative to the folder of the crate's Cargo.toml");
            match sibling(folder) {
                Some(name) => problem.help(format!("did you mean `{name}`, beside it?")),
                None => problem.help("`cargo pgmig init` makes it, with a first migration"),
            }
        }
        io::ErrorKind::NotADirectory => {
            Problem::error("missing-folder", shown, "this is a file, not a folder")
                .help("name the folder that holds the migrations")
        }
        _ => Problem::error("unreadable-folder", shown, "the folder cannot be read")
            .note(error.to_string())
            .help("give the user who builds the right to list it"),
    }
}

/// The folder beside the missing one that has nearly its name.
fn sibling(folder: &Path) -> Option<String> {
    let wanted = folder.file_name()?.to_str()?;
    let names: Vec<String> = fs::read_dir(folder.parent()?)
        .ok()?
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    nearest(wanted, names.iter().map(String::as_str)).map(str::to_owned)
}
