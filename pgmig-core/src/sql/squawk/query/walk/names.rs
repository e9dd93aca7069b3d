//! The names in a node.

use super::Walk;
use crate::sql::cursor::{Name, fold};
use crate::sql::squawk::tree::{Id, SyntaxKind as K};

impl Walk<'_> {
    /// The name in a node: its words in order.
    pub(in crate::sql::squawk::query) fn path(&self, id: Id) -> Name {
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
    pub(super) fn outputs(&self, select: Id) -> Vec<String> {
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
