//! Operators where a value is expected, and variables of other programs.

use super::{Code, Fault, Id, K};

/// An operator of one of SQL's own characters stands between two values, never before one.
pub(super) fn custom(code: Code<'_>, id: Id) -> Option<Fault> {
    let range = code.range(id);
    if range.len() > 63 {
        return Some(Fault {
            span: range,
            title: Some("operator of more than 63 characters".to_owned()),
            label: None,
        });
    }
    let prefix = code.parent(id).map(|parent| code.kind(parent)) == Some(K::PREFIX_EXPR);
    let own = matches!(
        &code.text[range.clone()],
        "*" | "/" | "<" | ">" | "=" | "%" | "^" | "<=" | ">=" | "<>" | "!="
    );
    (prefix && own).then(|| super::fault(range, "expected a value"))
}

/// `:name` is filled in by psql and by drivers.
pub(super) fn variable(code: Code<'_>, id: Id) -> Option<Fault> {
    let mut range = code.range(id);
    // `:'name'` and `:"name"`.
    let next = code.behind(range.end);
    if range.len() == 1 && next.start == range.end {
        range.end = next.end;
    }
    let name = &code.text[range.clone()];
    Some(Fault {
        title: Some(format!("`{name}` is a variable, and nothing fills it in")),
        span: range,
        label: Some("PostgreSQL has no such variables".to_owned()),
    })
}
