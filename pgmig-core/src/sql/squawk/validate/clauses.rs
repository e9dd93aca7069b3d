//! Clauses of queries.

use super::{Code, Fault, Id, K};

/// `[...]` is an array only after `ARRAY`, or inside one.
pub(super) fn array(code: Code<'_>, id: Id) -> Option<Fault> {
    let inside = code.parent(id).map(|parent| code.kind(parent)) == Some(K::ARRAY_EXPR);
    (!inside && !code.has(id, K::ARRAY_KW)).then(|| {
        let start = code.range(id).start;
        super::fault(start..start + 1, "expected `ARRAY` before it")
    })
}

/// `IN` wants parentheses, `OVERLAPS` two pairs.
pub(super) fn binary(code: Code<'_>, id: Id) -> Option<Fault> {
    let operator = code
        .tree
        .children(id)
        .find(|(_, node)| matches!(node.kind, K::IN_KW | K::NOT_IN))?;
    let (right, node) = code
        .tree
        .children(id)
        .filter(|(_, node)| !node.is_token)
        .find(|(_, node)| node.range().start >= operator.1.range().end)?;
    if node.kind == K::PAREN_EXPR {
        return None;
    }
    if node.kind != K::TUPLE_EXPR || code.has(right, K::ROW_KW) {
        let start = node.range().start;
        return Some(super::fault(code.behind(start), "expected `(` after `IN`"));
    }
    let empty = code.tree.children(right).all(|(_, node)| node.is_token);
    empty.then(|| {
        let start = node.range().start;
        super::fault(code.behind(start + 1), "expected a value")
    })
}

/// `ON` and `USING` are asked for or forbidden by the kind of join.
pub(super) fn join(code: Code<'_>, id: Id) -> Option<Fault> {
    let join = code.tree.child(id, K::JOIN)?;
    let none = code.has(join, K::NATURAL_KW) || code.has(join, K::JOIN_CROSS);
    let condition = code.tree.children(join).find(|(_, node)| {
        matches!(
            node.kind,
            K::ON_CLAUSE | K::JOIN_USING_CLAUSE | K::USING_CLAUSE
        )
    });
    match condition {
        Some((_, node)) if none => {
            let start = node.range().start;
            Some(super::fault(
                code.behind(start),
                "this kind of join has no condition",
            ))
        }
        None if !none => Some(super::fault(
            code.behind(code.range(id).end),
            "expected `ON` or `USING`",
        )),
        _ => None,
    }
}

/// `FROM` comes after `SELECT`.
pub(super) fn select(code: Code<'_>, id: Id) -> Option<Fault> {
    let from = code.tree.child(id, K::FROM_CLAUSE)?;
    let start = code.range(from).start;
    let leads = match code.tree.child(id, K::SELECT_CLAUSE) {
        Some(select) => start < code.range(select).start,
        None => true,
    };
    leads.then(|| super::fault(code.behind(start), "expected `SELECT`"))
}
