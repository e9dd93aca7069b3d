//! Tables in queries.

use super::Verify;
use crate::sql::body::{self, Language};
use crate::sql::check::One;
use crate::sql::cursor::Name;
use crate::sql::ddl::Kind;
use crate::sql::split::split;
use crate::sql::squawk::query::{Uses, Where, uses};

impl Verify<'_> {
    /// The tables that a statement reads and writes.
    pub(super) fn relations(&mut self, statement: &One<'_>, uses: &Uses) {
        let start = statement.raw.range().start;
        for used in &uses.relations {
            self.relation(Kind::Table, &moved(&used.name, start));
        }
        self.sql_function(statement);
    }

    /// The body of a function in SQL: PostgreSQL looks its tables up when it is created.
    fn sql_function(&mut self, statement: &One<'_>) {
        let masked = self.checked.text.masked;
        let Some(body) = body::body(masked, statement.raw) else {
            return;
        };
        if body.language != Language::Sql {
            return;
        }
        let code = &masked[body.range.clone()];
        for inner in &split(code).statements {
            let start = body.range.start + inner.range().start;
            for used in uses(&code[inner.range()], Where::Function).relations {
                self.relation(Kind::Table, &moved(&used.name, start));
            }
        }
    }
}

/// A name with its place in the script.
pub(in crate::sql::names) fn moved(name: &Name, start: usize) -> Name {
    Name {
        parts: name.parts.clone(),
        span: name.span.start + start..name.span.end + start,
    }
}
