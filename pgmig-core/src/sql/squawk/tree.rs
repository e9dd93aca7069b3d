//! The concrete syntax tree of one statement, made of squawk's events.

use std::ops::Range;

use squawk_parser::{EntryPoint, LexedStr, StrStep};

pub(super) use squawk_parser::SyntaxKind;

/// A node or a token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// What it is.
    pub(super) kind: SyntaxKind,
    /// Whether it is a token.
    pub(super) is_token: bool,
    /// Its first byte.
    start: usize,
    /// The byte after its last.
    end: usize,
    /// The index after everything inside it.
    next: usize,
    /// The index of what it is in; its own for the root.
    parent: usize,
}

impl Node {
    /// Its bytes.
    pub(super) fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// A place in a [`Tree`].
pub(super) type Id = usize;

/// What squawk makes of a text: nodes in the order of the text, a node before what is in it.
#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// What the parser complains about, and where; in the order of the text.
    pub(super) errors: Vec<(usize, String)>,
    /// What the lexer complains about, and where.
    pub(super) lexical: Vec<(Range<usize>, String)>,
}

impl Tree {
    /// Parses SQL.
    pub(super) fn sql(text: &str) -> Self {
        Self::parse(text, EntryPoint::SourceFile)
    }

    /// Parses the body of a PL/pgSQL function.
    pub(super) fn plpgsql(text: &str) -> Self {
        Self::parse(text, EntryPoint::Plpgsql)
    }

    fn parse(text: &str, entry: EntryPoint) -> Self {
        let lexed = LexedStr::new(text);
        let output = entry.parse(&lexed.to_input());
        let mut builder = Builder::default();
        lexed.intersperse_trivia(&output, &mut |step| builder.step(step));
        let lexical = lexed
            .errors()
            .map(|(range, message)| (range.start as usize..range.end as usize, message.to_owned()));
        let lexical = lexical.collect();
        Tree {
            lexical,
            ..builder.tree
        }
    }

    /// The node or token.
    pub(super) fn node(&self, id: Id) -> Option<Node> {
        self.nodes.get(id).copied()
    }

    /// What it is.
    pub(super) fn kind(&self, id: Id) -> SyntaxKind {
        self.node(id).map_or(SyntaxKind::ERROR, |node| node.kind)
    }

    /// Everything, in the order of the text.
    pub(super) fn all(&self) -> impl Iterator<Item = (Id, Node)> + '_ {
        self.nodes.iter().copied().enumerate()
    }

    /// The bytes of the tokens, in order.
    pub(super) fn tokens(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.nodes
            .iter()
            .filter(|node| node.is_token)
            .map(|node| node.range())
    }

    /// What is directly in it.
    pub(super) fn children(&self, id: Id) -> impl Iterator<Item = (Id, Node)> + '_ {
        let end = self.nodes.get(id).map_or(0, |node| node.next);
        let mut at = id + 1;
        std::iter::from_fn(move || {
            let node = *self.nodes.get(at).filter(|_| at < end)?;
            let found = (at, node);
            at = node.next;
            Some(found)
        })
    }

    /// The first of that kind that is directly in it.
    pub(super) fn child(&self, id: Id, kind: SyntaxKind) -> Option<Id> {
        self.children(id)
            .find(|(_, node)| node.kind == kind)
            .map(|(id, _)| id)
    }

    /// What it is in, from the inside out, without itself.
    pub(super) fn ancestors(&self, id: Id) -> impl Iterator<Item = Id> + '_ {
        let mut at = id;
        std::iter::from_fn(move || {
            let parent = self.nodes.get(at)?.parent;
            if parent == at {
                return None;
            }
            at = parent;
            Some(parent)
        })
    }
}

/// Squawk's events become a tree.
#[derive(Default)]
struct Builder {
    tree: Tree,
    open: Vec<Id>,
    at: usize,
    last_end: usize,
}

impl Builder {
    fn step(&mut self, step: StrStep<'_>) {
        match step {
            StrStep::Token { kind, text } => {
                let start = self.at;
                self.at += text.len();
                if !kind.is_trivia() {
                    self.last_end = self.at;
                    let id = self.push(kind, start, true);
                    self.close(id);
                }
            }
            StrStep::Enter { kind } => {
                let id = self.push(kind, self.at, false);
                self.open.push(id);
            }
            StrStep::Exit => {
                if let Some(id) = self.open.pop() {
                    self.close(id);
                }
            }
            StrStep::Error { msg, pos } => self.tree.errors.push((pos, msg.to_owned())),
        }
    }

    fn push(&mut self, kind: SyntaxKind, start: usize, is_token: bool) -> Id {
        let id = self.tree.nodes.len();
        self.tree.nodes.push(Node {
            kind,
            is_token,
            start,
            end: start,
            next: id + 1,
            parent: self.open.last().copied().unwrap_or(id),
        });
        id
    }

    fn close(&mut self, id: Id) {
        let next = self.tree.nodes.len();
        if let Some(node) = self.tree.nodes.get_mut(id) {
            node.next = next;
            node.end = self.last_end.max(node.start);
        }
    }
}
