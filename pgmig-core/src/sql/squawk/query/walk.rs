//! Walks a statement.

mod names;
mod statements;

use super::{ColumnUse, Level, Of, Uses, Where};
use crate::sql::squawk::tree::{Id, SyntaxKind as K, Tree};

/// A walk through one statement.
pub(super) struct Walk<'a> {
    pub(super) tree: &'a Tree,
    pub(super) text: &'a str,
    pub(super) uses: Uses,
    /// The names that `WITH` gives, innermost last.
    pub(super) ctes: Vec<String>,
    place: Where,
}

impl<'a> Walk<'a> {
    pub(super) fn new(tree: &'a Tree, text: &'a str, place: Where) -> Self {
        Walk {
            tree,
            text,
            uses: Uses::default(),
            ctes: Vec::new(),
            place,
        }
    }

    /// Walks everything.
    pub(super) fn statement(&mut self) {
        let open = self.place == Where::Function;
        let outside = self.level(None);
        self.uses.levels[outside].open = open;
        self.inside(0, outside);
    }

    pub(super) fn level(&mut self, outer: Option<usize>) -> usize {
        self.uses.levels.push(Level {
            outer,
            ..Level::default()
        });
        self.uses.levels.len() - 1
    }

    /// Walks what is directly in a node.
    pub(super) fn inside(&mut self, id: Id, level: usize) {
        let tree = self.tree;
        for (child, node) in tree.children(id) {
            if !node.is_token {
                self.node(child, level);
            }
        }
    }

    /// Walks a node that belongs to a level.
    pub(super) fn node(&mut self, id: Id, level: usize) {
        match self.tree.kind(id) {
            K::SELECT => self.select(id, level),
            K::COMPOUND_SELECT => self.compound(id, level),
            K::INSERT => self.insert(id, level),
            K::UPDATE => self.change(id, level, K::FROM_CLAUSE),
            K::DELETE => self.change(id, level, K::USING_CLAUSE),
            K::MERGE => self.change(id, level, K::USING_ON_CLAUSE),
            K::TABLE | K::LOCK => self.named_tables(id, false),
            K::TRUNCATE => self.named_tables(id, true),
            K::COPY => self.copy(id, level),
            K::CREATE_INDEX
            | K::CREATE_POLICY
            | K::ALTER_POLICY
            | K::ALTER_TABLE
            | K::CREATE_TABLE => self.of_table(id),
            K::CREATE_TRIGGER => self.trigger(id),
            K::CREATE_RULE | K::CREATE_FUNCTION | K::CREATE_PROCEDURE => {
                let inner = self.level(None);
                self.uses.levels[inner].open = true;
                self.inside(id, inner);
            }
            K::NAME_REF => self.unqualified(id, level, false),
            K::FIELD_EXPR => self.field(id, level),
            K::CALL_EXPR => self.call(id, level),
            K::SORT_BY | K::GROUPING_EXPR => self.output_or_column(id, level),
            // Types, options, names of other things.
            K::PATH_TYPE
            | K::ARRAY_TYPE
            | K::VARCHAR_TYPE
            | K::CHARACTER_TYPE
            | K::BIT_TYPE
            | K::ATTRIBUTE_LIST
            | K::LOCKING_CLAUSE
            | K::TABLESAMPLE_CLAUSE
            | K::COLLATE
            | K::WITH_CLAUSE
            | K::RELATION_NAME
            | K::OPTIONAL_AS_ALIAS => {}
            _ => self.inside(id, level),
        }
    }

    /// The name of a column without a qualifier, or a keyword that is a value.
    pub(super) fn unqualified(&mut self, id: Id, level: usize, output: bool) {
        let plain = self
            .tree
            .children(id)
            .all(|(_, node)| node.kind == K::IDENT || is_word(node.kind));
        if plain {
            self.column(id, Of::Any { level, output });
        }
    }

    /// `ORDER BY name` and `GROUP BY name` may mean what is selected.
    fn output_or_column(&mut self, id: Id, level: usize) {
        let tree = self.tree;
        for (child, node) in tree.children(id) {
            if node.kind == K::NAME_REF {
                self.unqualified(child, level, true);
            } else if !node.is_token {
                self.node(child, level);
            }
        }
    }

    /// `alias.column`; what has more parts may be a field of a column.
    fn field(&mut self, id: Id, level: usize) {
        let tree = self.tree;
        let parts: Vec<_> = tree
            .children(id)
            .filter(|(_, node)| !node.is_token)
            .collect();
        match parts.as_slice() {
            [(base, node), (field, last)]
                if node.kind == K::NAME_REF && last.kind == K::NAME_REF =>
            {
                let alias = self.path(*base).last().to_owned();
                self.column(*field, Of::Alias(alias, level));
            }
            [(_, node), ..] if matches!(node.kind, K::NAME_REF | K::FIELD_EXPR) => {}
            [(base, _), ..] => self.node(*base, level),
            [] => {}
        }
    }

    /// The name of a function is no column.
    fn call(&mut self, id: Id, level: usize) {
        let tree = self.tree;
        for (child, node) in tree.children(id) {
            let name = matches!(node.kind, K::NAME_REF | K::FIELD_EXPR);
            if !node.is_token && !name {
                self.node(child, level);
            }
        }
    }

    pub(super) fn column(&mut self, id: Id, of: Of) {
        let name = self.path(id);
        self.uses.columns.push(ColumnUse {
            name: name.last().to_owned(),
            span: name.span,
            of,
        });
    }
}

/// Whether a keyword is an ordinary name where a column may stand.
fn is_word(kind: K) -> bool {
    !(squawk_parser::is_reserved_keyword(kind) || squawk_parser::is_type_func_name_keyword(kind))
        && kind != K::UNKNOWN_KW
}
