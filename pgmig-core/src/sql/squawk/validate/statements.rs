//! Statements that end before they say what they are about.

use super::{Code, Fault, Id, K};

/// `DROP TABLE` without a name, `ALTER TABLE name` without a change, `CREATE TABLE name` without
/// columns.
pub(super) fn complete(code: Code<'_>, id: Id) -> Option<Fault> {
    let parts = code.tree.children(id).filter(|(_, node)| !node.is_token);
    let parts: Vec<K> = parts
        .map(|(_, node)| node.kind)
        .filter(|kind| *kind != K::IF_EXISTS)
        .collect();
    let missing = match code.kind(id) {
        K::DROP_TABLE | K::DROP_VIEW | K::DROP_INDEX | K::DROP_TYPE | K::DROP_SEQUENCE => {
            parts.is_empty().then_some("expected a name")
        }
        K::ALTER_TABLE => (parts.len() < 2 && !code.has(id, K::ALL_IN_TABLESPACE))
            .then_some("expected what to change"),
        K::CREATE_TABLE => columns(&parts).then_some("expected the columns in parentheses"),
        _ => None,
    }?;
    let end = code.range(id).end;
    let end = code.text[..end]
        .trim_end_matches([';', ' ', '\n', '\r', '\t'])
        .len();
    Some(super::fault(code.behind(end), missing))
}

fn columns(parts: &[K]) -> bool {
    !parts
        .iter()
        .any(|kind| matches!(kind, K::TABLE_ARG_LIST | K::OF_TYPE | K::PARTITION_OF))
}
