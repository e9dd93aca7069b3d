//! Expressions that PostgreSQL's grammar has no rule for.

use super::{Code, Fault, Id, K};

/// The default of a column is an expression of the restricted kind: without parentheses no `NOT`,
/// `AND`, `OR`, `IN`, `LIKE`, `IS`.
pub(super) fn default_value(code: Code<'_>, id: Id) -> Option<Fault> {
    let (value, _) = code.tree.children(id).find(|(_, node)| !node.is_token)?;
    restricted(code, value)
}

fn restricted(code: Code<'_>, id: Id) -> Option<Fault> {
    let kind = code.kind(id);
    let children = || code.tree.children(id);
    if kind == K::BETWEEN_EXPR {
        let (_, operator) = children().find(|(_, node)| node.kind == K::BETWEEN_KW)?;
        return Some(not_here(code, operator.range().start));
    }
    if !matches!(kind, K::BIN_EXPR | K::PREFIX_EXPR) {
        return None;
    }
    for (child, node) in children() {
        if not_restricted(node.kind) {
            return Some(not_here(code, node.range().start));
        }
        if let Some(fault) = restricted(code, child) {
            return Some(fault);
        }
    }
    None
}

fn not_here(code: Code<'_>, start: usize) -> Fault {
    super::fault(code.behind(start), "needs parentheses in a default")
}

fn not_restricted(kind: K) -> bool {
    matches!(
        kind,
        K::NOT_KW
            | K::AND_KW
            | K::OR_KW
            | K::IN_KW
            | K::NOT_IN
            | K::LIKE_KW
            | K::NOT_LIKE
            | K::ILIKE_KW
            | K::NOT_ILIKE
            | K::SIMILAR_TO
            | K::NOT_SIMILAR_TO
            | K::IS_KW
            | K::IS_NOT
            | K::AT_TIME_ZONE
    )
}

/// `IS` is followed by `NULL`, `TRUE`, `FALSE` or `UNKNOWN`; the longer forms have nodes of their
/// own.
pub(super) fn is(code: Code<'_>, id: Id) -> Option<Fault> {
    let mut parts = code.tree.children(id);
    let (_, operator) = parts.find(|(_, node)| matches!(node.kind, K::IS_KW | K::IS_NOT))?;
    let (right, node) = parts.next()?;
    let words = [
        K::NULL_KW,
        K::TRUE_KW,
        K::FALSE_KW,
        K::UNKNOWN_KW,
        K::DOCUMENT_KW,
    ];
    // `a IS NULL = b` is a comparison of what `IS` gives.
    let mut first = right;
    while matches!(code.kind(first), K::BIN_EXPR) {
        let Some((inner, _)) = code.tree.children(first).next() else {
            break;
        };
        first = inner;
    }
    let known = matches!(code.kind(first), K::LITERAL | K::NAME_REF)
        && words.iter().any(|word| code.has(first, *word));
    (!known).then(|| {
        let start = node.range().start.max(operator.range().end);
        super::fault(
            code.behind(start),
            "expected `NULL`, `TRUE`, `FALSE` or `UNKNOWN`",
        )
    })
}

/// `a = b = c` has no meaning: comparisons do not chain.
pub(super) fn chain(code: Code<'_>, id: Id) -> Option<Fault> {
    let outer = comparison(code, id)?;
    let mut inside = code
        .tree
        .children(id)
        .filter(|(_, node)| node.kind == K::BIN_EXPR);
    inside.find_map(|(child, _)| {
        let inner = comparison(code, child)?;
        Some(super::fault(
            code.behind(inner.max(outer)),
            "comparisons do not chain; use parentheses or `AND`",
        ))
    })
}

/// Where the comparison operator of an expression is, if it is a comparison.
fn comparison(code: Code<'_>, id: Id) -> Option<usize> {
    let (_, operator) = code.tree.children(id).find(|(_, node)| {
        matches!(
            node.kind,
            K::EQ | K::NEQ | K::NEQB | K::L_ANGLE | K::R_ANGLE | K::LTEQ | K::GTEQ
        )
    })?;
    Some(operator.range().start)
}

/// A field is taken of a column, or of something in parentheses.
pub(super) fn field(code: Code<'_>, id: Id) -> Option<Fault> {
    let (inner, base) = code.tree.children(id).next()?;
    let dot = code.tree.child(id, K::DOT)?;
    let parameter = code.has(inner, K::POSITIONAL_PARAM);
    (matches!(base.kind, K::CALL_EXPR | K::LITERAL) && !parameter)
        .then(|| super::fault(code.range(dot), "needs parentheses before it"))
}

/// What an index or a partition key is made of: a column, a call, or anything in parentheses.
pub(super) fn key_part(code: Code<'_>, id: Id) -> Option<Fault> {
    let (part, node) = code.tree.children(id).next()?;
    match node.kind {
        K::FIELD_EXPR => Some(super::fault(code.behind(node.range().end), "expected `(`")),
        K::TUPLE_EXPR => {
            let comma = code.tree.child(part, K::COMMA)?;
            Some(super::fault(code.range(comma), "expected `)`"))
        }
        // `CAST(a AS b)` is a call, `a::b` and `b 'x'` are not.
        K::CAST_EXPR if !code.has(part, K::CAST_KW) => {
            let (_, second) = code.tree.children(part).nth(1)?;
            Some(super::fault(
                code.behind(second.range().start),
                "an expression needs parentheses of its own here",
            ))
        }
        K::LITERAL => {
            let constant = [
                K::INT_NUMBER,
                K::NUMERIC_NUMBER,
                K::STRING,
                K::NULL_KW,
                K::TRUE_KW,
            ];
            let refused =
                constant.iter().any(|kind| code.has(part, *kind)) || code.has(part, K::FALSE_KW);
            refused.then(|| super::fault(code.behind(node.range().start), "expected a column"))
        }
        K::BIN_EXPR | K::PREFIX_EXPR => {
            let mut tokens = code.tree.children(part).filter(|(_, node)| node.is_token);
            let start = tokens
                .next()
                .map_or(node.range().start, |(_, node)| node.range().start);
            Some(super::fault(
                code.behind(start),
                "an expression needs parentheses of its own here",
            ))
        }
        _ => None,
    }
}
