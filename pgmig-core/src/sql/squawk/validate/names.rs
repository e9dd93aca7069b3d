//! Keywords that cannot be names where they stand (SQL Key Words).

use squawk_parser::{is_col_name_keyword, is_reserved_keyword, is_type_func_name_keyword};

use super::{Code, Fault, Id, K};

/// What may be a name at a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Columns, tables, constraints, ...
    Column,
    /// Types and functions without a qualifier.
    TypeOrFunction,
    /// Functions, those of SQL's own syntax among them.
    Call,
}

/// Whether a node is a name that a keyword could stand for by mistake.
pub(super) fn is_name(kind: K) -> bool {
    matches!(
        kind,
        K::NAME_REF
            | K::COLUMN_NAME
            | K::COLUMN_NAME_REF
            | K::CONSTRAINT_NAME
            | K::CONSTRAINT_NAME_REF
            | K::CTE_NAME
            | K::INDEX
            | K::INDEX_REF
            | K::PARAM_NAME
            | K::TABLE_NAME
            | K::TABLE_NAME_REF
            | K::RELATION_NAME
            | K::RELATION_NAME_REF
            | K::TYPE_NAME
            | K::ACCESS_METHOD_REF
            | K::OP_CLASS_REF
            | K::TRIGGER
            | K::TRIGGER_REF
            | K::POLICY
            | K::POLICY_REF
            | K::RULE
            | K::RULE_REF
            | K::EXTENSION
            | K::EXTENSION_REF
            | K::SCHEMA
            | K::SCHEMA_REF
            | K::SEQUENCE
            | K::SEQUENCE_REF
            | K::VIEW
            | K::VIEW_REF
    )
}

/// A keyword where a name is expected.
pub(super) fn name(code: Code<'_>, id: Id) -> Option<Fault> {
    let parent = code.parent(id).map(|parent| code.kind(parent))?;
    let place = match code.kind(id) {
        K::NAME_REF => match parent {
            K::CALL_EXPR => Place::Call,
            K::FIELD_EXPR if follows_dot(code, id) => return None,
            _ => return value(code, id),
        },
        // `AS` takes any word; without it squawk knows what is allowed.
        K::COLUMN_NAME if parent == K::AS_NAME => return None,
        K::PARAM_NAME => Place::TypeOrFunction,
        // `FROM current_date` is a call without parentheses.
        K::RELATION_NAME_REF
            if parent == K::RELATION_FROM_ITEM && is_value(first_kind(code, id)) =>
        {
            return None;
        }
        _ => Place::Column,
    };
    let token = first_token(code, id)?;
    refused(code, token, place)
}

/// A type that is no type.
pub(super) fn type_name(code: Code<'_>, id: Id) -> Option<Fault> {
    let path = code.tree.child(id, K::PATH_REF)?;
    let token = first_token(code, path)?;
    let kind = code.kind(token);
    if built_in(kind) {
        // `integer.x` is the name of nothing.
        let dot = code.tree.child(path, K::DOT)?;
        return Some(super::fault(code.range(dot), "this type has no schema"));
    }
    refused(code, token, Place::TypeOrFunction)
}

/// A column in an expression: what could be a function is refused behind it, as PostgreSQL waits
/// for the `(`.
fn value(code: Code<'_>, id: Id) -> Option<Fault> {
    let token = first_token(code, id)?;
    // The arguments of a trigger's function are words, whatever they are.
    let mut outer = code.tree.ancestors(id).map(|outer| code.kind(outer));
    if outer.any(|kind| kind == K::CREATE_TRIGGER) {
        return None;
    }
    let kind = code.kind(token);
    if is_type_func_name_keyword(kind)
        && kind != K::CURRENT_SCHEMA_KW
        && code.parent(id).is_some_and(|id| is_expression(code, id))
    {
        return Some(super::fault(
            code.behind(code.range(token).end),
            "expected `(`",
        ));
    }
    (!is_value(kind))
        .then(|| refused(code, token, Place::Column))
        .flatten()
}

fn is_expression(code: Code<'_>, id: Id) -> bool {
    matches!(
        code.kind(id),
        K::BIN_EXPR | K::PREFIX_EXPR | K::PAREN_EXPR | K::CAST_EXPR | K::DEFAULT_CONSTRAINT
    )
}

fn follows_dot(code: Code<'_>, id: Id) -> bool {
    let start = code.range(id).start;
    code.text[..start].trim_end().ends_with('.')
}

fn refused(code: Code<'_>, token: Id, place: Place) -> Option<Fault> {
    let kind = code.kind(token);
    let refused = is_reserved_keyword(kind)
        || match place {
            Place::Column => is_type_func_name_keyword(kind) && kind != K::CURRENT_SCHEMA_KW,
            Place::TypeOrFunction => is_col_name_keyword(kind),
            Place::Call => false,
        };
    let refused = refused && !(place == Place::Call && is_value(kind));
    refused.then(|| {
        super::fault(
            code.range(token),
            "a keyword here; as a name it needs quotes",
        )
    })
}

/// Keywords that are values.
fn is_value(kind: K) -> bool {
    matches!(
        kind,
        K::CURRENT_CATALOG_KW
            | K::CURRENT_DATE_KW
            | K::CURRENT_ROLE_KW
            | K::CURRENT_TIME_KW
            | K::CURRENT_TIMESTAMP_KW
            | K::CURRENT_USER_KW
            | K::LOCALTIME_KW
            | K::LOCALTIMESTAMP_KW
            | K::SESSION_USER_KW
            | K::SYSTEM_USER_KW
            | K::USER_KW
    )
}

fn first_kind(code: Code<'_>, id: Id) -> K {
    first_token(code, id).map_or(K::ERROR, |token| code.kind(token))
}

/// The token that a name begins with, through paths and segments.
fn first_token(code: Code<'_>, id: Id) -> Option<Id> {
    let mut at = id;
    loop {
        // `ONLY` before a table.
        let mut parts = code
            .tree
            .children(at)
            .filter(|(_, node)| node.kind != K::ONLY_KW);
        let (child, node) = parts.next()?;
        if node.is_token {
            return Some(child);
        }
        at = child;
    }
}

/// Keywords that are types of SQL itself.
pub(super) fn built_in(kind: K) -> bool {
    matches!(
        kind,
        K::INT_KW
            | K::INTEGER_KW
            | K::SMALLINT_KW
            | K::BIGINT_KW
            | K::REAL_KW
            | K::FLOAT_KW
            | K::DECIMAL_KW
            | K::DEC_KW
            | K::NUMERIC_KW
            | K::BOOLEAN_KW
            | K::JSON_KW
            | K::SETOF_KW
            // The operand that an operator does not have.
            | K::NONE_KW
    )
}
