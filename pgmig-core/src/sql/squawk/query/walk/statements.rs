//! Queries, and statements that write rows or define something.

use super::Walk;
use crate::sql::cursor::Name;
use crate::sql::squawk::query::{Of, RelationUse, Source};
use crate::sql::squawk::tree::{Id, SyntaxKind as K};

impl Walk<'_> {
    pub(super) fn select(&mut self, id: Id, outer: usize) {
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
    pub(super) fn compound(&mut self, id: Id, outer: usize) {
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
    pub(super) fn first_query(&self, id: Id) -> Option<Id> {
        if !matches!(self.tree.kind(id), K::COMPOUND_SELECT) {
            return None;
        }
        let mut parts = self.tree.children(id).filter(|(_, node)| !node.is_token);
        let (first, _) = parts.find(|(_, node)| node.kind != K::WITH_CLAUSE)?;
        Some(first)
    }

    /// Walks the queries of a `WITH` and makes their names known; how many were known before.
    pub(super) fn with(&mut self, id: Id, outer: usize) -> usize {
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

    pub(super) fn insert(&mut self, id: Id, outer: usize) {
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
    pub(super) fn change(&mut self, id: Id, outer: usize, from: K) {
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
    pub(super) fn target(&mut self, id: Id, level: usize) -> Option<Name> {
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
    pub(super) fn targets(&mut self, id: Id, table: &Name) {
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
    pub(super) fn named_tables(&mut self, id: Id, written: bool) {
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

    pub(super) fn copy(&mut self, id: Id, level: usize) {
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
    pub(super) fn column_list(&mut self, id: Id, table: &Name) {
        let tree = self.tree;
        for (child, node) in tree.children(id) {
            if node.kind == K::COLUMN_NAME_REF {
                self.column(child, Of::Table(table.clone()));
            }
        }
    }

    /// Expressions that see the columns of one table: checks, keys of indexes, policies.
    pub(super) fn of_table(&mut self, id: Id) {
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
    pub(super) fn expressions(&mut self, id: Id, level: usize) {
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
    pub(super) fn trigger(&mut self, id: Id) {
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
}
