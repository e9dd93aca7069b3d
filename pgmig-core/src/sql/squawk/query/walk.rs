//! Walks a statement.

use super::{ColumnUse, Level, Of, RelationUse, Source, Uses, Where};
use crate::sql::cursor::{Name, fold};
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
    fn inside(&mut self, id: Id, level: usize) {
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

    fn select(&mut self, id: Id, outer: usize) {
        let known = self.with(id, outer);
        let level = self.level(Some(outer));
        let mut later = Vec::new();
        if let Some(from) = self.tree.child(id, K::FROM_CLAUSE) {
            self.sources(from, level, &mut later);
        }
        self.uses.levels[level].outputs = self.outputs(id);
        let tree = self.tree;
        for (child, node) in tree.children(id) {
            if !node.is_token && node.kind != K::FROM_CLAUSE {
                later.push(child);
            }
        }
        for node in later {
            self.node(node, level);
        }
        self.ctes.truncate(known);
    }

    /// `UNION` and its like: what it is ordered by are columns of the result.
    fn compound(&mut self, id: Id, outer: usize) {
        let known = self.ctes.len();
        // `WITH` before the first query is for all of them.
        let mut first = Some(id);
        while let Some(query) = first {
            self.with(query, outer);
            first = self.first_query(query);
        }
        let tree = self.tree;
        for (child, node) in tree.children(id) {
            if !node.is_token && node.kind != K::ORDER_BY_CLAUSE {
                self.node(child, outer);
            }
        }
        self.ctes.truncate(known);
    }

    /// The first part of a `UNION`.
    fn first_query(&self, id: Id) -> Option<Id> {
        if !matches!(self.tree.kind(id), K::COMPOUND_SELECT) {
            return None;
        }
        let mut parts = self.tree.children(id).filter(|(_, node)| !node.is_token);
        let (first, _) = parts.find(|(_, node)| node.kind != K::WITH_CLAUSE)?;
        Some(first)
    }

    /// Walks the queries of a `WITH` and makes their names known; how many were known before.
    fn with(&mut self, id: Id, outer: usize) -> usize {
        let known = self.ctes.len();
        let Some(with) = self.tree.child(id, K::WITH_CLAUSE) else {
            return known;
        };
        let tree = self.tree;
        let tables: Vec<Id> = tree
            .children(with)
            .filter(|(_, node)| node.kind == K::WITH_TABLE)
            .map(|(id, _)| id)
            .collect();
        for table in &tables {
            let name = tree.child(*table, K::CTE_NAME).map(|name| self.path(name));
            self.ctes.extend(name.map(|name| name.last().to_owned()));
        }
        for table in tables {
            self.inside(table, outer);
        }
        known
    }

    fn insert(&mut self, id: Id, outer: usize) {
        let known = self.with(id, outer);
        let level = self.level(Some(outer));
        let Some(target) = self.target(id, level) else {
            return self.inside(id, outer);
        };
        self.uses.levels[level].sources.push(Source {
            alias: "excluded".to_owned(),
            table: Some(target.clone()),
        });
        let tree = self.tree;
        for (child, node) in tree.children(id) {
            match node.kind {
                K::COLUMN_TARGET_LIST => self.targets(child, &target),
                K::ON_CONFLICT_CLAUSE | K::RETURNING_CLAUSE => {
                    self.targets(child, &target);
                    self.node(child, level);
                }
                _ if node.is_token => {}
                _ => self.node(child, outer),
            }
        }
        self.ctes.truncate(known);
    }

    /// `UPDATE`, `DELETE`, `MERGE`.
    fn change(&mut self, id: Id, outer: usize, from: K) {
        let known = self.with(id, outer);
        let level = self.level(Some(outer));
        let Some(target) = self.target(id, level) else {
            return self.inside(id, outer);
        };
        let mut later = Vec::new();
        let tree = self.tree;
        for (child, node) in tree.children(id) {
            if node.kind == from {
                self.sources(child, level, &mut later);
            } else if !node.is_token && node.kind != K::WITH_CLAUSE {
                self.targets(child, &target);
                later.push(child);
            }
        }
        for node in later {
            self.node(node, level);
        }
        self.ctes.truncate(known);
    }

    /// The table that is written to becomes the first source.
    fn target(&mut self, id: Id, level: usize) -> Option<Name> {
        let tree = self.tree;
        let (table, _) = tree.children(id).find(|(_, node)| {
            matches!(
                node.kind,
                K::RELATION_NAME | K::RELATION_NAME_REF | K::TABLE_RELATION_NAME
            )
        })?;
        let name = self.path(table);
        let alias = tree
            .child(id, K::OPTIONAL_AS_ALIAS)
            .or(Some(id))
            .and_then(|holder| tree.child(holder, K::TABLE_ALIAS))
            .map(|alias| self.path(alias).last().to_owned());
        self.uses.relations.push(RelationUse {
            name: name.clone(),
            written: true,
        });
        self.uses.levels[level].sources.push(Source {
            alias: alias.unwrap_or_else(|| name.last().to_owned()),
            table: Some(name.clone()),
        });
        Some(name)
    }

    /// The columns that are written to.
    fn targets(&mut self, id: Id, table: &Name) {
        let tree = self.tree;
        if tree.kind(id) == K::COLUMN_TARGET {
            if let Some(column) = tree.child(id, K::COLUMN_NAME_REF) {
                self.column(column, Of::Table(table.clone()));
            }
            return;
        }
        for (child, node) in tree.children(id) {
            let nested = matches!(
                node.kind,
                K::SELECT | K::COMPOUND_SELECT | K::PAREN_SELECT | K::WITH_CLAUSE
            );
            if !node.is_token && !nested {
                self.targets(child, table);
            }
        }
    }

    /// `TRUNCATE a, b`, `TABLE a`, `LOCK a`.
    fn named_tables(&mut self, id: Id, written: bool) {
        let tree = self.tree;
        for (child, node) in tree.children(id) {
            if matches!(node.kind, K::RELATION_NAME_REF | K::TABLE_NAME_REF) {
                let name = self.path(child);
                if !(name.parts.len() == 1 && self.ctes.iter().any(|cte| cte == name.last())) {
                    self.uses.relations.push(RelationUse { name, written });
                }
            } else if !node.is_token {
                self.named_tables(child, written);
            }
        }
    }

    fn copy(&mut self, id: Id, level: usize) {
        let tree = self.tree;
        let Some(table) = tree.child(id, K::COPY_TABLE) else {
            return self.inside(id, level);
        };
        let Some(name) = tree
            .child(table, K::TABLE_NAME_REF)
            .map(|name| self.path(name))
        else {
            return;
        };
        if let Some(list) = tree.child(table, K::COLUMN_REF_LIST) {
            self.column_list(list, &name);
        }
        let written = tree.child(id, K::COPY_FROM).is_some();
        self.uses.relations.push(RelationUse { name, written });
    }

    /// A list of columns of a table.
    fn column_list(&mut self, id: Id, table: &Name) {
        let tree = self.tree;
        for (child, node) in tree.children(id) {
            if node.kind == K::COLUMN_NAME_REF {
                self.column(child, Of::Table(table.clone()));
            }
        }
    }

    /// Expressions that see the columns of one table: checks, keys of indexes, policies.
    fn of_table(&mut self, id: Id) {
        let level = self.level(None);
        let tree = self.tree;
        let holders = [
            K::TABLE_RELATION_NAME,
            K::ON_TABLE,
            K::TABLE_NAME,
            K::RELATION_NAME,
        ];
        let table = tree
            .children(id)
            .find(|(_, node)| holders.contains(&node.kind))
            .map(|(holder, _)| self.path(holder));
        let Some(table) = table else { return };
        self.uses.levels[level].sources.push(Source {
            alias: table.last().to_owned(),
            table: Some(table),
        });
        for (child, node) in tree.children(id) {
            if matches!(
                node.kind,
                K::TABLE_ARG_LIST
                    | K::PARTITION_ITEM_LIST
                    | K::WHERE_CLAUSE
                    | K::USING_EXPR_CLAUSE
                    | K::WITH_CHECK_EXPR_CLAUSE
                    | K::ADD_CONSTRAINT
                    | K::ADD_COLUMN
                    | K::ALTER_COLUMN
            ) {
                self.expressions(child, level);
            }
        }
    }

    /// The expressions in a definition; names of columns and constraints are none.
    fn expressions(&mut self, id: Id, level: usize) {
        let tree = self.tree;
        for (child, node) in tree.children(id) {
            match node.kind {
                K::CHECK_CONSTRAINT
                | K::GENERATED_CONSTRAINT
                | K::USING_EXPR
                | K::PARTITION_ITEM
                | K::BIN_EXPR
                | K::CALL_EXPR
                | K::PREFIX_EXPR
                | K::PAREN_EXPR
                | K::NAME_REF
                | K::FIELD_EXPR
                | K::CASE_EXPR
                | K::BETWEEN_EXPR
                | K::CAST_EXPR
                | K::POSTFIX_EXPR => self.node(child, level),
                K::COLUMN => self.expressions(child, level),
                _ => {}
            }
        }
    }

    /// `UPDATE OF column`; the function and its arguments are nobody's columns.
    fn trigger(&mut self, id: Id) {
        let tree = self.tree;
        let Some(table) = tree.child(id, K::ON_RELATION).map(|on| self.path(on)) else {
            return;
        };
        let Some(events) = tree.child(id, K::TRIGGER_EVENT_LIST) else {
            return;
        };
        for (event, _) in tree.children(events) {
            self.column_list(event, &table);
        }
    }

    /// The name of a column without a qualifier, or a keyword that is a value.
    fn unqualified(&mut self, id: Id, level: usize, output: bool) {
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

    fn column(&mut self, id: Id, of: Of) {
        let name = self.path(id);
        self.uses.columns.push(ColumnUse {
            name: name.last().to_owned(),
            span: name.span,
            of,
        });
    }

    /// The name in a node: its words in order.
    pub(super) fn path(&self, id: Id) -> Name {
        let mut name = Name::default();
        self.words(id, &mut name);
        name
    }

    fn words(&self, id: Id, name: &mut Name) {
        for (child, node) in self.tree.children(id) {
            if !node.is_token {
                if node.kind != K::ARG_LIST {
                    self.words(child, name);
                }
            } else if node.kind != K::ONLY_KW && node.kind != K::ON_KW && node.kind != K::AS_KW {
                let range = node.range();
                let written = &self.text[range.clone()];
                if written != "." && written != "*" {
                    if name.parts.is_empty() {
                        name.span = range.clone();
                    }
                    name.span.end = range.end;
                    name.parts.push(fold(written));
                }
            }
        }
    }

    /// The names of what a query selects.
    fn outputs(&self, select: Id) -> Vec<String> {
        let tree = self.tree;
        let list = tree
            .child(select, K::SELECT_CLAUSE)
            .and_then(|clause| tree.child(clause, K::TARGET_LIST));
        let Some(list) = list else {
            return Vec::new();
        };
        let targets = tree
            .children(list)
            .filter(|(_, node)| node.kind == K::TARGET);
        targets
            .filter_map(|(target, _)| self.output(target))
            .collect()
    }

    fn output(&self, target: Id) -> Option<String> {
        let tree = self.tree;
        if let Some(name) = tree.child(target, K::AS_NAME) {
            return Some(self.path(name).last().to_owned());
        }
        let (value, node) = tree.children(target).find(|(_, node)| !node.is_token)?;
        match node.kind {
            K::NAME_REF | K::FIELD_EXPR => Some(self.path(value).last().to_owned()),
            K::CALL_EXPR => {
                let (name, _) = tree.children(value).next()?;
                Some(self.path(name).last().to_owned())
            }
            _ => None,
        }
    }
}

/// Whether a keyword is an ordinary name where a column may stand.
fn is_word(kind: K) -> bool {
    !(squawk_parser::is_reserved_keyword(kind) || squawk_parser::is_type_func_name_keyword(kind))
        && kind != K::UNKNOWN_KW
}
