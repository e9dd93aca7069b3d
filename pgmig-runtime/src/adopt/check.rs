//! What the tools' checksums are taken from: a file, as it may have been when it was applied.

use std::borrow::Cow;

/// The text of a file as it is, with the line endings of either kind, and each of these without
/// the lines that pgmig asked for: none of that makes it another migration.
pub(super) fn variants(text: &str) -> Vec<Cow<'_, str>> {
    let unix: Cow<'_, str> = if text.contains("\r\n") {
        Cow::Owned(text.replace("\r\n", "\n"))
    } else {
        Cow::Borrowed(text)
    };
    let dos = unix.replace('\n', "\r\n");
    let bare = without_directives(&unix);
    let bare_dos = bare.replace('\n', "\r\n");
    vec![
        Cow::Borrowed(text),
        unix,
        Cow::Owned(dos),
        Cow::Owned(bare),
        Cow::Owned(bare_dos),
    ]
}

fn without_directives(text: &str) -> String {
    let is_directive = |line: &str| {
        let comment = line.trim_start().strip_prefix("--");
        comment.is_some_and(|comment| comment.trim_start().starts_with("pgmig:"))
    };
    let lines = text.split_inclusive('\n');
    lines.filter(|line| !is_directive(line)).collect()
}

/// Whether `recorded` is the checksum of one of the variants; otherwise the one of the text as it
/// is.
pub(super) fn matches(
    text: &str,
    recorded: &str,
    checksum: impl Fn(&str) -> String,
) -> Result<(), String> {
    let same = |text: &Cow<'_, str>| checksum(text).eq_ignore_ascii_case(recorded);
    if variants(text).iter().any(same) {
        Ok(())
    } else {
        Err(checksum(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_endings_and_directives_make_no_other_migration() {
        let applied = "SELECT 1;\nSELECT 2;\n";
        let same = |now: &str| matches(now, applied, str::to_owned).is_ok();
        assert!(same("SELECT 1;\r\nSELECT 2;\r\n"));
        assert!(same("-- pgmig: idempotent\nSELECT 1;\nSELECT 2;\n"));
        assert!(same("-- pgmig: idempotent\r\nSELECT 1;\r\nSELECT 2;\r\n"));
        assert!(!same("SELECT 1;\nSELECT 3;\n"));
        assert!(!same("-- pgmig\nSELECT 1;\nSELECT 2;\n"));
    }
}
