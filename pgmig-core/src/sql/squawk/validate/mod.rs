//! What squawk's parser lets pass and PostgreSQL does not: found by comparing the two on broken
//! files (`docs/sql-checks.md`).

mod clauses;
mod expressions;
mod literals;
mod names;
mod operators;
mod separators;
mod statements;
mod tables;
mod types;

use std::ops::Range;

use super::syntax::Fault;
use super::tree::{Id, SyntaxKind as K, Tree};

/// One text and its tree.
#[derive(Clone, Copy)]
struct Code<'a> {
    tree: &'a Tree,
    text: &'a str,
}

impl Code<'_> {
    fn kind(&self, id: Id) -> K {
        self.tree.kind(id)
    }

    fn range(&self, id: Id) -> Range<usize> {
        self.tree.node(id).map_or(0..0, |node| node.range())
    }

    fn has(&self, id: Id, kind: K) -> bool {
        self.tree.child(id, kind).is_some()
    }

    fn parent(&self, id: Id) -> Option<Id> {
        self.tree.ancestors(id).next()
    }

    /// The token behind byte `at`; empty at the end of the text.
    fn behind(&self, at: usize) -> Range<usize> {
        super::syntax::next_token(self.tree, self.text, at)
    }
}

fn fault(span: Range<usize>, label: &str) -> Fault {
    Fault {
        span,
        title: None,
        label: Some(label.to_owned()),
    }
}

/// Everything that is wrong beyond what the parser says itself, in no order.
pub(super) fn faults(tree: &Tree, text: &str) -> Vec<Fault> {
    let code = Code { tree, text };
    let mut found = Vec::new();
    for (id, node) in tree.all() {
        if node.is_token {
            continue;
        }
        match node.kind {
            K::SOURCE_FILE => found.extend(separators::statements(code, id)),
            K::ATOMIC_BODY => {
                found.extend(separators::body(code, id));
            }
            K::RULE_STMT_LIST => found.extend(separators::rule(code, id)),
            K::TABLE_ARG_LIST => found.extend(tables::columns(code, id)),
            K::COLUMN_LIST => found.extend(tables::not_empty(code, id)),
            K::LITERAL => literals::literal(code, id, &mut found),
            K::CUSTOM_OP => found.extend(operators::custom(code, id)),
            K::NON_STANDARD_PARAM => found.extend(operators::variable(code, id)),
            K::ARRAY_EXPR => found.extend(clauses::array(code, id)),
            K::BIN_EXPR => {
                found.extend(clauses::binary(code, id));
                found.extend(expressions::is(code, id));
                found.extend(expressions::chain(code, id));
            }
            K::DEFAULT_CONSTRAINT => found.extend(expressions::default_value(code, id)),
            K::FIELD_EXPR => found.extend(expressions::field(code, id)),
            K::PARTITION_ITEM => found.extend(expressions::key_part(code, id)),
            K::PATH_TYPE => {
                found.extend(names::type_name(code, id));
                found.extend(types::no_modifier(code, id));
            }
            K::VARCHAR_TYPE | K::CHARACTER_TYPE => found.extend(types::number(code, id)),
            K::TIMESTAMP_TYPE | K::TIME_TYPE | K::ARRAY_BOUND => {
                found.extend(types::bare_number(code, id));
            }
            K::ALTER_TABLE
            | K::CREATE_TABLE
            | K::DROP_TABLE
            | K::DROP_VIEW
            | K::DROP_INDEX
            | K::DROP_TYPE
            | K::DROP_SEQUENCE => found.extend(statements::complete(code, id)),
            kind if names::is_name(kind) => found.extend(names::name(code, id)),
            K::JOIN_EXPR => found.extend(clauses::join(code, id)),
            K::SELECT => found.extend(clauses::select(code, id)),
            _ => {}
        }
    }
    found
}
