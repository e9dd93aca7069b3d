//! `export`: writes the files that the binary carries into a folder.

use std::fmt::{self, Formatter};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use pgmig_runtime::{Dir, DirEntry, Migrator};

use super::paint::{FAINT, NAME, count, paint};
use super::{Answer, Error};

/// Write the migrations that this binary carries into a folder, as they were when it was built
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  app export /tmp/migrations          to read them, or to see what differs from a checkout
  app export migrations --json
  app export . && cargo pgmig check   in an empty folder of their own

No database is needed. The folder is made if it is not there; one that has anything in it is left alone.")]
#[non_exhaustive]
pub struct Export {
    /// Where to write them: a folder that is empty, or not there yet
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,

    /// Answer with one JSON document instead of text
    #[arg(long)]
    pub json: bool,
}

/// What was written.
#[derive(Clone, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct Exported {
    /// Where.
    pub folder: PathBuf,
    /// The files, from that folder.
    pub files: Vec<PathBuf>,
}

impl Export {
    pub(super) fn answer(&self, migrator: &Migrator) -> Result<Answer, Error> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::File { path, source }
        };
        let folder = &self.folder;
        fs::create_dir_all(folder).map_err(failed(folder))?;
        let mut inside = fs::read_dir(folder).map_err(failed(folder))?;
        if inside.next().is_some() {
            return Err(Error::NotEmpty(folder.clone()));
        }
        let mut files = Vec::new();
        gather(migrator.migrations().files(), &mut files);
        files.sort();
        for (path, contents) in &files {
            let path = folder.join(path);
            write(&path, contents).map_err(failed(&path))?;
        }
        Ok(Answer::Export(Exported {
            folder: folder.clone(),
            files: files.iter().map(|(path, _)| path.to_path_buf()).collect(),
        }))
    }
}

/// The files of a folder and of all below it.
fn gather(dir: &'static Dir<'static>, files: &mut Vec<(&'static Path, &'static [u8])>) {
    for entry in dir.entries() {
        match entry {
            DirEntry::Dir(below) => gather(below, files),
            DirEntry::File(file) => files.push((file.path(), file.contents())),
        }
    }
}

/// Writes a file that is not there yet, its folder too.
fn write(path: &Path, contents: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(contents)
}

/// A line a file.
pub(super) fn report(f: &mut Formatter<'_>, exported: &Exported) -> fmt::Result {
    let files = paint(f, NAME, count(exported.files.len(), "file"));
    writeln!(f, "{files} written to {}", exported.folder.display())?;
    for path in &exported.files {
        writeln!(f, "  {}", paint(f, FAINT, path.display()))?;
    }
    Ok(())
}
