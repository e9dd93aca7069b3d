//! What may stand in the parentheses and brackets of a type.

use super::names::built_in;
use super::{Code, Fault, Id, K};

/// `varchar(n)` and its like take a number.
pub(super) fn number(code: Code<'_>, id: Id) -> Option<Fault> {
    let arguments = code.tree.child(id, K::ARG_LIST)?;
    let (argument, _) = code
        .tree
        .children(arguments)
        .find(|(_, node)| node.kind == K::ARG)?;
    not_a_number(code, argument)
}

/// `timestamp(n)`, `text[n]`: a number directly inside.
pub(super) fn bare_number(code: Code<'_>, id: Id) -> Option<Fault> {
    not_a_number(code, id)
}

fn not_a_number(code: Code<'_>, id: Id) -> Option<Fault> {
    let (inside, node) = code.tree.children(id).find(|(_, node)| {
        !node.is_token && !matches!(node.kind, K::WITH_TIMEZONE | K::WITHOUT_TIMEZONE)
    })?;
    let number = node.kind == K::LITERAL && code.has(inside, K::INT_NUMBER);
    let interval = !matches!(node.kind, K::LITERAL | K::NAME_REF | K::ARG);
    (!number && !interval)
        .then(|| super::fault(code.behind(node.range().start), "expected a number"))
}

/// `integer(3)` is none of PostgreSQL's.
pub(super) fn no_modifier(code: Code<'_>, id: Id) -> Option<Fault> {
    let arguments = code.tree.child(id, K::ARG_LIST)?;
    let path = code.tree.child(id, K::PATH_REF)?;
    let (segment, _) = code.tree.children(path).next()?;
    let (_, word) = code.tree.children(segment).next()?;
    let start = code.range(arguments).start;
    if matches!(word.kind, K::FLOAT_KW) {
        return number(code, id);
    }
    let takes_some = matches!(word.kind, K::DECIMAL_KW | K::DEC_KW | K::NUMERIC_KW);
    (built_in(word.kind) && !takes_some)
        .then(|| super::fault(start..start + 1, "this type has no length"))
}
