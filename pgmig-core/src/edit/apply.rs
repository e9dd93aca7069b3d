//! Carrying out a plan: whoever reads meanwhile sees a file before or after, never in between.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use super::{Change, Place, Plan};
use crate::Error;

impl Plan {
    /// Carries out the changes in order. Each one is done or not done, and the first that fails
    /// ends it.
    ///
    /// # Errors
    /// [`Error::Write`] names the file: it cannot be written, or one that was to be new is there.
    pub fn apply(&self) -> Result<(), Error> {
        for change in &self.changes {
            let (place, done) = match change {
                Change::Create { file, text } => (file, create(&file.path, text)),
                Change::Write { file, text } => (file, replace(&file.path, text)),
                Change::Rename { from, to } => (to, rename(from, to)),
            };
            done.map_err(|source| Error::Write {
                path: place.shown.clone(),
                source,
            })?;
        }
        Ok(())
    }
}

fn create(file: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut new = OpenOptions::new().write(true).create_new(true).open(file)?;
    new.write_all(text.as_bytes()).inspect_err(|_| {
        // What is half written is of no use; the error says what went wrong.
        let _ = fs::remove_file(file);
    })
}

/// Writes beside the file and puts it in its place. The other name is a dotfile: no folder of
/// migrations minds it.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let draft = file.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    write(&draft, text)
        .and_then(|()| fs::rename(&draft, file))
        .inspect_err(|_| {
            let _ = fs::remove_file(&draft);
        })
}

fn write(file: &Path, text: &str) -> io::Result<()> {
    let mut new = fs::File::create(file)?;
    new.write_all(text.as_bytes())?;
    new.sync_all()
}

fn rename(from: &Place, to: &Place) -> io::Result<()> {
    if fs::symlink_metadata(&to.path).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    fs::rename(&from.path, &to.path)
}
