//! What a query reads: `FROM`, `USING`.

use super::walk::Walk;
use super::{RelationUse, Source};
use crate::sql::squawk::tree::{Id, SyntaxKind as K};

impl Walk<'_> {
    /// The sources in a clause; expressions that may speak of all of them are left for `later`.
    pub(super) fn sources(&mut self, clause: Id, level: usize, later: &mut Vec<Id>) {
        let tree = self.tree;
        for (child, node) in tree.children(clause) {
            if !node.is_token {
                self.source(child, level, later);
            }
        }
    }

    fn source(&mut self, id: Id, level: usize, later: &mut Vec<Id>) {
        let tree = self.tree;
        match tree.kind(id) {
            K::RELATION_FROM_ITEM => self.relation(id, level),
            K::JOIN_EXPR | K::PAREN_EXPR | K::JOIN => self.sources(id, level, later),
            K::PAREN_FROM_ITEM => self.parenthesised(id, level, later),
            K::ON_CLAUSE | K::JOIN_USING_CLAUSE => later.push(id),
            K::FROM_ALIAS
            | K::JOIN_INNER
            | K::JOIN_LEFT
            | K::JOIN_RIGHT
            | K::JOIN_FULL
            | K::JOIN_CROSS => {}
            _ => {
                self.unknown(id, level);
                later.push(id);
            }
        }
    }

    /// A subquery, or joins in parentheses.
    fn parenthesised(&mut self, id: Id, level: usize, later: &mut Vec<Id>) {
        let tree = self.tree;
        let query = tree.children(id).find(|(_, node)| {
            matches!(
                node.kind,
                K::PAREN_SELECT | K::SELECT | K::COMPOUND_SELECT | K::VALUES | K::TABLE
            )
        });
        if let Some((query, _)) = query {
            self.unknown(id, level);
            later.push(query);
        } else if tree.child(id, K::FROM_ALIAS).is_some() {
            // An alias of joins hides the tables.
            self.unknown(id, level);
            let inner = self.level(Some(level));
            self.sources(id, inner, later);
        } else {
            self.sources(id, level, later);
        }
    }

    fn relation(&mut self, id: Id, level: usize) {
        let tree = self.tree;
        let Some(name) = tree.child(id, K::RELATION_NAME_REF) else {
            return self.unknown(id, level);
        };
        let name = self.path(name);
        let alias = self.alias(id).unwrap_or_else(|| name.last().to_owned());
        let is_cte =
            name.parts.len() == 1 && self.ctes.iter().any(|cte| cte.as_str() == name.last());
        if is_cte || name.parts.is_empty() {
            self.uses.levels[level]
                .sources
                .push(Source { alias, table: None });
            return;
        }
        let renamed = tree
            .child(id, K::FROM_ALIAS)
            .is_some_and(|alias| tree.child(alias, K::COLUMN_LIST).is_some());
        self.uses.levels[level].sources.push(Source {
            alias,
            table: (!renamed).then(|| name.clone()),
        });
        self.uses.relations.push(RelationUse {
            name,
            written: false,
        });
    }

    /// A source of which the columns are not known.
    fn unknown(&mut self, id: Id, level: usize) {
        let alias = self.alias(id).unwrap_or_default();
        self.uses.levels[level]
            .sources
            .push(Source { alias, table: None });
    }

    fn alias(&self, id: Id) -> Option<String> {
        let alias = self.tree.child(id, K::FROM_ALIAS)?;
        let table = self.tree.child(alias, K::TABLE_ALIAS)?;
        Some(self.path(table).last().to_owned())
    }
}
