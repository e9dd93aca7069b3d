//! The files that travel, as Rust text: the scripts' texts, and the directories that hold all files.

use std::collections::BTreeMap;

use pgmig_core::Folder;

use crate::rows::Table;

/// The files of scripts, each with its place in the list `TEXTS`.
pub(crate) type Texts<'a> = BTreeMap<&'a str, usize>;

/// All of them.
pub(crate) fn texts(folder: &Folder) -> Texts<'_> {
    let scripts = folder
        .all()
        .flat_map(|one| [Some(&one.up), one.down.as_ref()])
        .chain(folder.baselines.iter().map(|one| Some(&one.script)));
    let paths = scripts.flatten().map(|one| (one.path.as_str(), 0));
    let mut texts: Texts<'_> = paths.collect();
    for (place, text) in texts.values_mut().enumerate() {
        *text = place;
    }
    texts
}

const ENTRY: &str = "p::DirEntry<'static>";

/// The list `TEXTS`, and a list of entries for each directory, that of the folder itself being `FILES`.
/// The compiler includes each file once.
pub(crate) fn tables(folder: &Folder, shown: &str, texts: &Texts<'_>) -> String {
    let mut included = Table::default();
    for path in texts.keys() {
        included.push(&include("include_str", folder, shown, path));
    }
    let mut files: Vec<&str> = folder.files.iter().map(String::as_str).collect();
    files.extend(texts.keys());
    files.sort_unstable();
    files.dedup();
    let mut directories = Directories {
        folder,
        shown,
        texts,
        count: 0,
        text: included.shared("TEXTS", "&::core::primitive::str"),
    };
    let root = directories.entries("", &files);
    directories.text + &root.statics("FILES", ENTRY)
}

/// What includes a file, by its path from the crate's directory.
fn include(by: &str, folder: &Folder, shown: &str, path: &str) -> String {
    let path = format!("/{}", folder.shown(shown, path));
    format!("::core::{by}!(::core::concat!(::core::env!(\"CARGO_MANIFEST_DIR\"),{path:?}))")
}

struct Directories<'a> {
    folder: &'a Folder,
    shown: &'a str,
    texts: &'a Texts<'a>,
    /// The directories below the folder so far.
    count: usize,
    text: String,
}

impl Directories<'_> {
    /// The entries of the directory `within`, of which `paths` are all the files below it, sorted.
    fn entries(&mut self, within: &str, paths: &[&str]) -> Table {
        let entry = |path: &str| match path[within.len()..].find('/') {
            Some(at) => within.len() + at,
            None => path.len(),
        };
        let mut entries = Table::default();
        for below in paths.chunk_by(|one, other| one[..entry(one)] == other[..entry(other)]) {
            let path = &below[0][..entry(below[0])];
            entries.push(&match below {
                [file] if *file == path => self.file(path),
                _ => self.directory(path, below),
            });
        }
        entries
    }

    fn file(&self, path: &str) -> String {
        match self.texts.get(path) {
            Some(text) => format!("p::file({path:?},TEXTS,{text})"),
            None => {
                let bytes = include("include_bytes", self.folder, self.shown, path);
                format!("p::DirEntry::File(p::File::new({path:?},{bytes}))")
            }
        }
    }

    fn directory(&mut self, path: &str, below: &[&str]) -> String {
        let entries = self.entries(&format!("{path}/"), below);
        let name = format!("DIRECTORY_{}", self.count);
        self.count += 1;
        self.text.push_str(&entries.statics(&name, ENTRY));
        format!("p::DirEntry::Dir(p::Dir::new({path:?},&{name}))")
    }
}

#[cfg(test)]
mod tests {
    use super::{tables, texts};
    use crate::samples::Sample;

    fn written() -> (Sample, String) {
        let sample = Sample::new(&[
            ("public/001_create.sql", b"CREATE TABLE marker ();"),
            ("public/002_alter.sql", b"ALTER TABLE marker ADD a int;"),
        ]);
        let sample = sample.locked();
        let folder = sample.load().folder;
        let text = tables(&folder, "db/my migrations", &texts(&folder));
        (sample, text)
    }

    #[test]
    fn each_file_is_included_once_and_by_a_path_from_the_manifest() {
        let (_, text) = written();
        let include = "::core::include_str!(::core::concat!(::core::env!(\"CARGO_MANIFEST_DIR\"),\
                       \"/db/my migrations/public/001_create.sql\"))";
        assert_eq!(text.matches(include).count(), 1, "{text}");
        assert_eq!(text.matches("::core::include_str!").count(), 2);
        assert_eq!(text.matches("::core::include_bytes!").count(), 1);
        assert_eq!(text.matches("CREATE TABLE marker").count(), 0);
    }

    #[test]
    fn no_place_of_this_machine_is_in_the_text() {
        let (sample, text) = written();
        let here = sample.directory().display().to_string();
        assert!(!text.contains(&here), "{text}");
    }

    #[test]
    fn directories_hold_their_files() {
        let (_, text) = written();
        let directory = "static DIRECTORY_0:[p::DirEntry<'static>;2]=[\
                         p::file(\"public/001_create.sql\",TEXTS,0),\
                         p::file(\"public/002_alter.sql\",TEXTS,1),];";
        assert!(text.contains(directory), "{text}");
        let root = "static FILES:[p::DirEntry<'static>;2]=[\
                    p::DirEntry::File(p::File::new(\"pgmig.lock\",::core::include_bytes!";
        assert!(text.contains(root), "{text}");
        let public = "p::DirEntry::Dir(p::Dir::new(\"public\",&DIRECTORY_0))";
        assert!(text.contains(public), "{text}");
    }
}
