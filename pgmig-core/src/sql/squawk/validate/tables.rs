//! Columns of `CREATE TABLE`.

use super::{Code, Fault, Id, K};

/// Every column has a type, except where a partition or a typed table takes them from elsewhere.
pub(super) fn columns(code: Code<'_>, id: Id) -> Option<Fault> {
    let table = code.parent(id)?;
    let typed = code.has(table, K::PARTITION_OF) || code.has(table, K::OF_TYPE);
    if code.kind(table) != K::CREATE_TABLE || typed {
        return None;
    }
    code.tree
        .children(id)
        .filter(|(_, node)| node.kind == K::COLUMN)
        .find_map(|(column, _)| untyped(code, column))
}

fn untyped(code: Code<'_>, column: Id) -> Option<Fault> {
    let mut parts = code.tree.children(column);
    let (_, name) = parts.next()?;
    let has_type = parts.any(|(_, node)| is_type(node.kind));
    (name.kind == K::COLUMN_NAME && !has_type)
        .then(|| super::fault(code.behind(name.range().end), "expected the column's type"))
}

fn is_type(kind: K) -> bool {
    matches!(
        kind,
        K::PATH_TYPE
            | K::ARRAY_TYPE
            | K::BIT_TYPE
            | K::BIT_VARYING_TYPE
            | K::CHARACTER_TYPE
            | K::DOUBLE_TYPE
            | K::INTERVAL_TYPE
            | K::TIME_TYPE
            | K::TIMESTAMP_TYPE
            | K::PERCENT_TYPE
            | K::VARCHAR_TYPE
    )
}

/// `()` is no list of columns.
pub(super) fn not_empty(code: Code<'_>, id: Id) -> Option<Fault> {
    let parent = code.parent(id).map(|parent| code.kind(parent))?;
    let listed = matches!(
        parent,
        K::CREATE_VIEW | K::CREATE_MATERIALIZED_VIEW | K::FROM_ALIAS | K::WITH_TABLE
    );
    let empty = code.tree.children(id).all(|(_, node)| node.is_token);
    (listed && empty).then(|| {
        let start = code.range(id).start;
        super::fault(code.behind(start + 1), "expected a column name")
    })
}
