//! File names of pgmig's own layout: `NNN_name.sql` and `NNN_name.down.sql`.

use crate::Version;

/// Whether a script applies a migration or takes it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Up,
    Down,
}

/// A name that is one of the layout's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ScriptName {
    pub(super) version: Version,
    pub(super) name: String,
    pub(super) direction: Direction,
}

/// Reads `001_create_users.sql`.
pub(super) fn parse(file: &str) -> Option<ScriptName> {
    let stem = file.strip_suffix(".sql")?;
    let (stem, direction) = match stem.strip_suffix(".down") {
        Some(stem) => (stem, Direction::Down),
        None => (stem, Direction::Up),
    };
    let (version, name) = stem.split_once('_')?;
    if version.contains('.') || !is_spelled(name) {
        return None;
    }
    Some(ScriptName {
        version: Version::parse(version)?,
        name: name.to_owned(),
        direction,
    })
}

/// Whether `name` may be a migration's: letters, digits and `_` of ASCII, with a letter or digit
/// at both ends. Other letters are spelled in more than one way by file systems.
pub(crate) fn is_name(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    name.bytes().all(inner) && !name.is_empty() && !name.starts_with('_') && !name.ends_with('_')
}

/// Whether `name` may be that of a file that is there: `add-users` and `add_users_` are what sqlx
/// has taken for years.
fn is_spelled(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    name.bytes().all(inner) && name.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// The name that a person most likely meant: `001_create_users.sql` for `001-create-users.sql`.
pub(super) fn suggestion(file: &str) -> Option<String> {
    let lower = file.to_ascii_lowercase();
    let stem = lower.strip_suffix(".sql")?;
    let (stem, mut ending) = if let Some(stem) = stem.strip_suffix(".down") {
        (stem, ".down.sql")
    } else {
        (stem.strip_suffix(".up").unwrap_or(stem), ".sql")
    };
    let mut stem = &file[..stem.len()];
    // `V1__create.sql` and `U1__create.sql` of other tools.
    if let Some(rest) = stem.strip_prefix(['V', 'v', 'U', 'u'])
        && rest.starts_with(|c: char| c.is_ascii_digit())
    {
        if stem.starts_with(['U', 'u']) {
            ending = ".down.sql";
        }
        stem = rest;
    }
    let (version, name) = version_and_name(stem)?;
    let meant = format!("{version}_{}{ending}", words(name));
    (meant != file && parse(&meant).is_some()).then_some(meant)
}

/// The digits at the beginning, or else at the end, and the rest.
fn version_and_name(stem: &str) -> Option<(&str, &str)> {
    let digits = stem.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (version, name) = stem.split_at(stem.len() - digits);
    if !version.is_empty() {
        return Some((version, name));
    }
    let name = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    let version = &stem[name.len()..];
    (!version.is_empty()).then_some((version, name))
}

/// `-create users` as `create_users`.
fn words(name: &str) -> String {
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("_")
}

#[cfg(test)]
mod tests;
