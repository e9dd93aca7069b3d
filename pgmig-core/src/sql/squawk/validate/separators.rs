//! `;` between statements.

use super::{Code, Fault, Id, K};
use crate::sql::squawk::syntax::is_verb;

/// A script that was cut at its `;` holds one statement in each piece.
pub(super) fn statements(code: Code<'_>, id: Id) -> Option<Fault> {
    let mut statements = code
        .tree
        .children(id)
        .filter(|(_, node)| !node.is_token && node.kind != K::EMPTY_STMT && node.kind != K::ERROR);
    statements.next()?;
    let (_, second) = statements.next()?;
    let first_token = code.behind(second.range().start);
    if !is_verb(&code.text[first_token.clone()]) {
        return Some(super::fault(
            first_token,
            "expected the end of the statement",
        ));
    }
    Some(Fault {
        span: first_token,
        title: Some("missing `;` before this statement".to_owned()),
        label: Some("a new statement begins here".to_owned()),
    })
}

/// Each statement in `BEGIN ATOMIC ... END` ends with `;`.
pub(super) fn body(code: Code<'_>, id: Id) -> Option<Fault> {
    let mut inside = code
        .tree
        .children(id)
        .filter(|(_, node)| !node.is_token || node.kind == K::END_KW);
    inside.find_map(|(id, node)| {
        let closed = node.is_token
            || node.kind == K::EMPTY_STMT
            || code
                .tree
                .children(id)
                .last()
                .is_some_and(|(_, last)| last.kind == K::SEMICOLON);
        (!closed).then(|| super::fault(code.behind(node.range().end), "expected `;`"))
    })
}

/// `;` stands between the statements of a rule, and may be left out after the last.
pub(super) fn rule(code: Code<'_>, id: Id) -> Option<Fault> {
    let statements: Vec<_> = code
        .tree
        .children(id)
        .filter(|(_, node)| !node.is_token)
        .collect();
    let (_, all_but_last) = statements.split_last()?;
    all_but_last.iter().find_map(|(id, node)| {
        let closed = code
            .tree
            .children(*id)
            .last()
            .is_some_and(|(_, last)| last.kind == K::SEMICOLON);
        (!closed).then(|| super::fault(code.behind(node.range().end), "expected `;`"))
    })
}
