//! Where the folder of migrations is: beside the `Cargo.toml` that a person stands in.

use std::path::{Component, Path, PathBuf};

use pgmig_core::{Folder, Loaded, Problem, Severity};

use super::error::Error;
use super::say;

/// Which folder of migrations is meant.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct PlaceArgs {
    /// The Cargo.toml of the crate that embeds the migrations [default: the nearest one upwards]
    #[arg(long, global = true, value_name = "FILE")]
    manifest_path: Option<PathBuf>,

    /// The folder of migrations, seen from the crate's directory, as in embed_migrations!("...")
    #[arg(
        id = "migrations_folder",
        long = "path",
        global = true,
        value_name = "FOLDER",
        default_value = "migrations"
    )]
    path: PathBuf,
}

/// The crate and its folder of migrations.
#[derive(Debug)]
pub(crate) struct Place {
    /// The crate's directory.
    pub(crate) crate_dir: PathBuf,
    /// The folder, as the macro spells it: seen from the crate's directory.
    pub(crate) folder: PathBuf,
    /// The folder itself.
    pub(crate) root: PathBuf,
    /// The folder as a person would type it from where they stand.
    pub(crate) shown: String,
}

impl PlaceArgs {
    /// Finds the crate, and with it the folder. The folder need not exist.
    pub(crate) fn find(&self) -> Result<Place, Error> {
        let here = std::env::current_dir().map_err(|source| Error::io("read", ".", source))?;
        let crate_dir = match &self.manifest_path {
            Some(manifest) => {
                if !here.join(manifest).is_file() {
                    let path = manifest.clone();
                    return Err(Error::NoManifest { path });
                }
                let folder = manifest.parent().unwrap_or(Path::new(""));
                here.join(folder)
            }
            // Without any Cargo.toml the folder is looked for right here: `check` is of use in a
            // repository of SQL alone.
            None => here
                .ancestors()
                .find(|dir| dir.join("Cargo.toml").is_file())
                .map_or_else(|| here.clone(), Path::to_owned),
        };
        let root = crate_dir.join(&self.path);
        let shown = seen_from(&here, &root);
        Ok(Place {
            crate_dir,
            folder: self.path.clone(),
            root,
            shown,
        })
    }
}

impl Place {
    /// Reads the folder, as the macro does.
    pub(crate) fn load(&self) -> Loaded {
        pgmig_core::load(&self.root, &self.shown)
    }

    /// Reads the folder for a command that runs it: `None` when it has mistakes, which are told.
    pub(crate) fn sound(&self) -> Option<Folder> {
        let loaded = self.load();
        let wrong = |problem: &&Problem| problem.severity == Severity::Error;
        let errors: Vec<&Problem> = loaded.problems.iter().filter(wrong).collect();
        if errors.is_empty() {
            return Some(loaded.folder);
        }
        say::problems(errors.iter().copied());
        say::summary(errors);
        None
    }
}

/// `path` as it is typed in the directory `here`, with `/` between the parts.
pub(crate) fn seen_from(here: &Path, path: &Path) -> String {
    let mut up = String::new();
    for base in here.ancestors() {
        if let Ok(below) = path.strip_prefix(base) {
            return format!("{up}{}", with_slashes(below));
        }
        up.push_str("../");
    }
    with_slashes(path)
}

fn with_slashes(path: &Path) -> String {
    let mut text = String::new();
    for part in path.components() {
        match part {
            Component::RootDir => text.push('/'),
            Component::CurDir => {}
            part => {
                if !text.is_empty() && !text.ends_with('/') {
                    text.push('/');
                }
                text.push_str(&part.as_os_str().to_string_lossy());
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shown_as_it_is_typed_from_where_one_stands() {
        let root = Path::new("/home/me/shop/migrations");
        assert_eq!(seen_from(Path::new("/home/me/shop"), root), "migrations");
        assert_eq!(seen_from(Path::new("/home/me"), root), "shop/migrations");
        assert_eq!(
            seen_from(Path::new("/home/me/shop/src"), root),
            "../migrations"
        );
    }

    #[test]
    fn a_dot_in_front_is_not_shown() {
        let root = Path::new("/home/me/shop/./db/migrations");
        assert_eq!(seen_from(Path::new("/home/me/shop"), root), "db/migrations");
    }
}
