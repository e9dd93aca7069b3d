//! String constants.

use super::{Code, Fault, Id, K};

/// What is wrong with a constant.
pub(super) fn literal(code: Code<'_>, id: Id, found: &mut Vec<Fault>) {
    found.extend(continued(code, id));
    found.extend(default_value(code, id));
}

fn is_string(kind: K) -> bool {
    matches!(
        kind,
        K::STRING
            | K::ESC_STRING
            | K::BIT_STRING
            | K::BYTE_STRING
            | K::UNICODE_ESC_STRING
            | K::NATIONAL_STRING
    )
}

/// Two strings make one only with a line break between them (Lexical Structure, "String
/// Constants").
fn continued(code: Code<'_>, id: Id) -> Option<Fault> {
    let tokens: Vec<_> = code
        .tree
        .children(id)
        .filter(|(_, node)| node.is_token)
        .map(|(_, node)| node)
        .collect();
    tokens.windows(2).find_map(|pair| {
        let [before, after] = pair else { return None };
        if !is_string(before.kind) || after.kind != K::STRING {
            return None;
        }
        let between = &code.text[before.range().end..after.range().start];
        let joined = between.contains(['\n', '\r']) && !between.contains("/*");
        (!joined).then(|| Fault {
            span: after.range(),
            title: Some("two strings on one line".to_owned()),
            label: Some("expected an operator or `,` before it".to_owned()),
        })
    })
}

/// `DEFAULT` is a value only in `VALUES` of an `INSERT` and in `SET`.
fn default_value(code: Code<'_>, id: Id) -> Option<Fault> {
    if !code.has(id, K::DEFAULT_KW) {
        return None;
    }
    let mut outer = code.tree.ancestors(id).map(|id| code.kind(id));
    let holder = outer.find(|kind| *kind != K::PAREN_EXPR)?;
    let allowed = match holder {
        K::SET_EXPR => true,
        // A row, in the list of rows, in `VALUES`, in the `INSERT`.
        K::ROW => matches!(outer.nth(2), Some(K::INSERT | K::MERGE_INSERT)),
        _ => false,
    };
    (!allowed).then(|| super::fault(code.range(id), "`DEFAULT` is no value here"))
}
