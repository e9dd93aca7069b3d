//! The lock file's text becomes entries and a verdict on whether it is as pgmig wrote it.

use std::collections::{HashMap, HashSet};
use std::io;
use std::ops::Range;
use std::path::Path;

use super::entry::{BASELINE, BaselineEntry, Entry, Seal, link};
use super::{FILE, say};
use crate::{Checksum, Problem, Scope, Version};

/// Whether a lock file is as pgmig wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// There is none.
    Missing,
    /// It is.
    Sound,
    /// Git has left its conflict markers in it.
    Conflict,
    /// Every line is pgmig's own, but of more than one file: git was told to keep both sides.
    Merged,
    /// It was changed by hand.
    Damaged,
    /// It cannot be read, or another pgmig made it.
    Unreadable,
}

/// A lock file as it was read.
#[derive(Debug)]
pub(crate) struct Lock {
    /// Whether it is as pgmig wrote it.
    pub(crate) state: State,
    /// What it has, of both sides of a conflict.
    pub(crate) entries: Vec<Line>,
    /// The baselines that it has, of both sides of a conflict.
    pub(crate) baselines: Vec<BaselineLine>,
    /// Its text.
    pub(crate) text: String,
}

/// Reads the lock file of the folder at `root`.
pub(crate) fn read(root: &Path, shown: &str, problems: &mut Vec<Problem>) -> Lock {
    let path = format!("{shown}/{FILE}");
    let mut lock = Lock {
        state: State::Missing,
        entries: Vec::new(),
        baselines: Vec::new(),
        text: String::new(),
    };
    let text = match std::fs::read(root.join(FILE)) {
        Ok(bytes) => String::from_utf8(bytes).map_err(|error| error.to_string()),
        // A missing folder is complained about by whoever lists it.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return lock;
        }
        Err(error) => Err(error.to_string()),
    };
    match text {
        Ok(text) => parse(text, &path, problems),
        Err(error) => {
            lock.state = State::Unreadable;
            problems.push(say::unreadable(&path, &error));
            lock
        }
    }
}

/// Reads the text of a lock file; `path` is how messages spell it.
pub(crate) fn parse(text: String, path: &str, problems: &mut Vec<Problem>) -> Lock {
    let mut reader = Reader::default();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_start_matches('\u{feff}').trim_end();
        let start = at + (line.len() - line.trim_start_matches('\u{feff}').len());
        reader.line(content, start..start + content.len());
        at += line.len();
    }
    let (state, problem) = reader.verdict(&text, path);
    problems.extend(problem);
    Lock {
        state,
        entries: reader.lines,
        baselines: reader.baselines,
        text,
    }
}

/// An entry's line.
#[derive(Debug)]
pub(crate) struct Line {
    /// The migration.
    pub(crate) entry: Entry,
    /// The line up to the checksum.
    content: String,
    /// The chain value.
    pub(crate) chain: String,
    /// The line's bytes in the file.
    pub(crate) at: Range<usize>,
}

impl Line {
    /// Whether the line was written after the one in its scope that has the chain value `before`
    /// (nothing: as the first).
    pub(crate) fn follows(&self, before: &str) -> bool {
        link(before, &self.content) == self.chain
    }
}

/// A baseline's line.
#[derive(Debug)]
pub(crate) struct BaselineLine {
    /// The baseline.
    pub(crate) entry: BaselineEntry,
    /// The line up to the checksum.
    content: String,
    /// Whether the line is as pgmig wrote it.
    genuine: bool,
    /// The line's bytes in the file.
    pub(crate) at: Range<usize>,
}

#[derive(Debug, Default)]
struct Reader {
    lines: Vec<Line>,
    baselines: Vec<BaselineLine>,
    /// The `end` lines: value, place, and how many lines came before.
    ends: Vec<(String, Range<usize>, usize)>,
    /// The first conflict marker.
    marker: Option<Range<usize>>,
    /// Whether we are in the common ancestor's part of a conflict.
    in_base: bool,
    /// A line that means nothing.
    nonsense: Option<Range<usize>>,
    /// The line that names another format.
    other_format: Option<Range<usize>>,
}

impl Reader {
    fn line(&mut self, line: &str, at: Range<usize>) {
        if let Some(marker) = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"]
            .into_iter()
            .find(|marker| line.starts_with(marker))
        {
            self.in_base = marker == "|||||||";
            self.marker.get_or_insert(at);
            return;
        }
        if let Some(format) = line.strip_prefix("# pgmig lock file, format ")
            && format != "1"
        {
            self.other_format.get_or_insert(at);
            return;
        }
        if line.is_empty() || line.starts_with('#') || self.in_base {
            return;
        }
        if let Some(value) = line.strip_prefix("end ") {
            let lines = self.lines.len() + self.baselines.len();
            self.ends.push((value.to_owned(), at, lines));
        } else if let Some((entry, chain)) = baseline(line) {
            let content = line[..line.len() - chain.len() - 1].to_owned();
            self.baselines.push(BaselineLine {
                entry,
                genuine: link("", &content) == chain,
                content,
                at,
            });
        } else if let Some((entry, chain)) = entry(line) {
            self.lines.push(Line {
                entry,
                content: line[..line.len() - chain.len() - 1].to_owned(),
                chain: chain.to_owned(),
                at,
            });
        } else {
            self.nonsense.get_or_insert(at);
        }
    }

    /// Whether the file is as pgmig wrote it, and what is wrong else. Of lines that are there
    /// twice only the first stays.
    fn verdict(&mut self, text: &str, path: &str) -> (State, Option<Problem>) {
        if let Some(at) = self.other_format.clone() {
            return (State::Unreadable, Some(say::other_format(path, text, at)));
        }
        if let Some(at) = self.marker.clone() {
            let problem = say::conflict(path, text, at);
            self.drop_repeated();
            return (State::Conflict, Some(problem));
        }
        if let Some(at) = self.nonsense.clone() {
            return (State::Damaged, Some(say::nonsense(path, text, at)));
        }
        if let Some(line) = self.baselines.iter().find(|line| !line.genuine) {
            let at = line.at.clone();
            return (State::Damaged, Some(say::changed_line(path, text, at)));
        }
        let misfits = self.misfits();
        let genuine = |index: &usize| self.is_genuine(*index);
        if let Some(index) = misfits.iter().find(|index| !genuine(index)) {
            let at = self.lines[*index].at.clone();
            return (State::Damaged, Some(say::changed_line(path, text, at)));
        }
        let second_end = self.ends.get(1).map(|(_, at, _)| at.clone());
        let second_end = second_end.or_else(|| self.second_baseline());
        let misfit = misfits.first().map(|index| self.lines[*index].at.clone());
        if let Some(at) = misfit.or(second_end) {
            self.drop_repeated();
            return (State::Merged, Some(say::merged(path, text, at)));
        }
        self.sealed(text, path)
    }

    /// The lines whose chain value does not follow from the line before in their scope, or that
    /// are not where pgmig would put them.
    fn misfits(&self) -> Vec<usize> {
        let mut before: HashMap<Scope, &Line> = HashMap::new();
        let mut last_scope = Scope::Public;
        let mut misfits = Vec::new();
        for (index, line) in self.lines.iter().enumerate() {
            let scope = line.entry.scope;
            let previous = before.insert(scope, line);
            let chain = previous.map_or("", |previous| &previous.chain);
            let follows = previous.is_none_or(|p| p.entry.version < line.entry.version);
            if !line.follows(chain) || !follows || scope < last_scope {
                misfits.push(index);
            }
            last_scope = scope;
        }
        misfits
    }

    /// A second baseline of a scope, or one that is not where pgmig would put it.
    fn second_baseline(&self) -> Option<Range<usize>> {
        let mut pairs = self.baselines.windows(2);
        let twin = pairs.find(|pair| pair[0].entry.scope >= pair[1].entry.scope);
        twin.map(|pair| pair[1].at.clone())
    }

    /// Whether pgmig wrote the line at some time: its chain value follows from another line that
    /// is there, or from none.
    fn is_genuine(&self, index: usize) -> bool {
        let line = &self.lines[index];
        let others = self
            .lines
            .iter()
            .filter(|other| other.entry.scope == line.entry.scope);
        std::iter::once("")
            .chain(others.map(|other| other.chain.as_str()))
            .any(|before| line.follows(before))
    }

    /// Compares the value in the last line.
    fn sealed(&self, text: &str, path: &str) -> (State, Option<Problem>) {
        let mut seal = Seal::default();
        for line in &self.lines {
            seal.add(&line.content);
        }
        for line in &self.baselines {
            seal.add(&line.content);
        }
        let [(value, at, lines)] = self.ends.as_slice() else {
            let at = self.lines.last().map_or(0..0, |line| line.at.clone());
            return (State::Damaged, Some(say::no_end(path, text, at)));
        };
        if *value != seal.value() || *lines != self.lines.len() + self.baselines.len() {
            let problem = say::wrong_end(path, text, at.clone());
            return (State::Damaged, Some(problem));
        }
        (State::Sound, None)
    }

    fn drop_repeated(&mut self) {
        let mut seen = HashSet::new();
        self.lines.retain(|line| seen.insert(line.entry.clone()));
        let mut seen = HashSet::new();
        let first = |line: &BaselineLine| seen.insert(line.entry.clone());
        self.baselines.retain(first);
    }
}

/// Reads `public 1 create_users v1:... 0123456789abcdef`.
fn entry(line: &str) -> Option<(Entry, &str)> {
    let mut words = line.split(' ');
    let scope = scope(words.next()?)?;
    let version = version(words.next()?)?;
    let name = words.next().filter(|name| !name.is_empty())?.to_owned();
    let checksum = checksum(words.next()?)?;
    let chain = words.next()?;
    let entry = Entry {
        scope,
        version,
        name,
        checksum,
    };
    words.next().is_none().then_some((entry, chain))
}

/// Reads `baseline public 1 0123456789abcdef v1:... 0123456789abcdef`.
fn baseline(line: &str) -> Option<(BaselineEntry, &str)> {
    let mut words = line.split(' ');
    words.next().filter(|word| *word == BASELINE)?;
    let entry = BaselineEntry {
        scope: scope(words.next()?)?,
        version: version(words.next()?)?,
        after: words.next()?.to_owned(),
        checksum: checksum(words.next()?)?,
    };
    let chain = words.next()?;
    words.next().is_none().then_some((entry, chain))
}

fn scope(word: &str) -> Option<Scope> {
    let mut all = Scope::ALL.into_iter();
    all.find(|known| known.as_str() == word)
}

fn version(word: &str) -> Option<Version> {
    Version::parse(word).filter(|version| version.as_str() == word)
}

/// Reads `v1:` and 64 lower-case hexadecimal digits.
fn checksum(text: &str) -> Option<Checksum> {
    let digits = text.strip_prefix("v1:")?.as_bytes();
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = digits.as_chunks::<2>();
    if pairs.len() != 32 || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? * 16 + digit(*low)?;
    }
    Some(Checksum(bytes))
}

#[cfg(test)]
mod tests;
