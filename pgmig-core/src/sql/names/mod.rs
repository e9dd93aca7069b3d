//! Names, followed through the history of each scope: what is created, renamed, moved and dropped,
//! and whether what a draft speaks of is there.
//!
//! Nothing is said where nothing is certain. What a `DO` block spells may or may not happen; after
//! SQL that is put together while it runs, nothing is known of what was there before.

mod apply;
mod code;
mod context;
mod hermetic;
mod labels;
mod told;
mod verify;
mod world;

use std::collections::HashSet;
use std::rc::Rc;

use super::body::{self, Language};
use super::check::{Checked, One, Report};
use super::ddl::{Act, Change, Kind};
use super::slot;
use super::split::split;
use super::squawk::query::{Uses, Where, uses};
use super::stack;
use crate::directive::Ask;
use crate::lint::{self, Levels};
use crate::{Folder, Migration, Problem, Scope, Script, Severity};
use apply::Event;
pub(crate) use context::Context;
use labels::Labels;
use verify::Verify;
use world::{Place, Relation, State, World, home};

/// What is checked, and how.
pub(crate) struct Checks<'a> {
    /// The scripts, by path, that are not checked because they are locked.
    pub(crate) settled: HashSet<&'a str>,
    /// The scripts, by path, that have syntax errors: nothing is known after them.
    pub(crate) broken: HashSet<&'a str>,
    /// How messages spell the folder.
    pub(crate) shown: &'a str,
    /// How loud each lint is.
    pub(crate) levels: &'a Levels,
    /// Whether the rules are asked about the statements of drafts.
    pub(crate) lints: bool,
}

/// Finds names that mean nothing, are taken, or are not the migration's to change.
pub(crate) fn check(folder: &Folder, checks: &Checks<'_>) -> Vec<Problem> {
    stack::with_a_large_one(|| history(folder, checks))
}

fn history(folder: &Folder, checks: &Checks<'_>) -> Vec<Problem> {
    let mut history = History {
        folder,
        world: World::default(),
        fresh: HashSet::new(),
        labels: Labels::default(),
        checks,
        found: Vec::new(),
    };
    history.ledgers();
    history.tenants();
    for scope in Scope::ALL {
        history.world.schema(home(scope));
        let migrations = folder.of(scope);
        for migration in migrations.iter().chain(folder.repeatable_of(scope)) {
            history.external(scope, &migration.up);
        }
        for migration in migrations {
            history.migration(scope, migration);
        }
        for migration in folder.repeatable_of(scope) {
            history.repeatable(scope, &migration.up);
        }
    }
    history.found
}

struct History<'a> {
    folder: &'a Folder,
    world: World,
    /// What the script at hand created.
    fresh: HashSet<String>,
    /// The enum values that it added.
    labels: Labels,
    checks: &'a Checks<'a>,
    found: Vec<Problem>,
}

impl History<'_> {
    /// The tables of other tools, from which a database may have been taken over.
    fn ledgers(&mut self) {
        const LEDGERS: &[&str] = &[
            "_sqlx_migrations",
            "refinery_schema_history",
            "__diesel_schema_migrations",
            "seaql_migrations",
            "schema_migrations",
            "goose_db_version",
            "_prisma_migrations",
            "flyway_schema_history",
        ];
        let place = Place {
            path: Rc::from(""),
            line: 1,
        };
        let public = self.world.schema("public");
        for name in LEDGERS {
            let relation = Relation::new(Kind::Table, State::Maybe, &place);
            public.relations.insert((*name).to_owned(), relation);
        }
    }

    /// What only the tenants have.
    fn tenants(&mut self) {
        let statements = self
            .folder
            .all()
            .filter(|migration| migration.scope == Scope::Tenant)
            .flat_map(|migration| &migration.up.statements);
        let created = statements
            .filter(|statement| statement.kind.starts_with("CREATE"))
            .flat_map(|statement| statement.objects.first())
            .filter(|object| matches!(object.kind, "table" | "view" | "materialized view"));
        self.world
            .of_tenants
            .extend(created.map(|object| object.name.clone()));
    }

    /// Objects that existed before pgmig.
    fn external(&mut self, scope: Scope, script: &Script) {
        let place = Place {
            path: Rc::from(script.path.as_str()),
            line: 1,
        };
        for directive in &script.directives {
            let Ask::External(words) = &directive.ask else {
                continue;
            };
            for word in words {
                let (schema, name) = word
                    .text
                    .split_once('.')
                    .unwrap_or((home(scope), &word.text));
                let name = name.trim_matches('"').to_owned();
                let relation = Relation::new(Kind::Table, State::Maybe, &place);
                let schema = self.world.schema(schema.trim_matches('"'));
                schema.relations.entry(name).or_insert(relation);
            }
        }
    }

    fn migration(&mut self, scope: Scope, migration: &Migration) {
        let draft = !self.checks.settled.contains(migration.up.path.as_str());
        self.script(scope, &migration.up, draft, true);
        if let Some(down) = &migration.down
            && draft
        {
            let after = self.world.clone();
            self.script(scope, down, true, false);
            self.world = after;
        }
    }

    /// A script that is applied again whenever it changes: what it makes is there already then.
    fn repeatable(&mut self, scope: Scope, script: &Script) {
        let before = self.found.len();
        self.script(scope, script, true, true);
        let first = self.found.len();
        let is_error = |problem: &Problem| problem.severity == Severity::Error;
        if self.found[before..].iter().any(is_error) {
            return;
        }
        self.script(scope, script, true, false);
        let again = self.found.split_off(first);
        let again = again.into_iter().filter(is_error);
        self.found.extend(again.map(|problem| {
            problem
                .note("a repeatable migration is applied again whenever it changes")
                .help("write it so that it can be: `CREATE OR REPLACE ...`, `DROP ... IF EXISTS` before it")
        }));
    }

    fn script(&mut self, scope: Scope, script: &Script, draft: bool, lints: bool) {
        self.world.temporary.clear();
        self.fresh.clear();
        self.labels = Labels::default();
        if self.checks.broken.contains(script.path.as_str()) {
            self.world.blur(home(scope));
            return;
        }
        let sql = script.sql();
        let masked = slot::mask(&sql);
        let split = split(&masked);
        let path = self.folder.shown(self.checks.shown, &script.path);
        let checked = Checked::new(&path, script, &masked, &split, scope);
        let place: Rc<str> = Rc::from(path.as_str());
        let mut report = draft.then(|| Report::new(&checked, self.checks.levels));
        for statement in &checked.statements {
            let regrets = if lints && self.checks.lints && draft {
                self.lint(&checked, statement)
            } else {
                Vec::new()
            };
            let before = report.as_ref().map_or(0, Report::len);
            self.statement(&checked, statement, &place, report.as_mut());
            // What does not work need not be regretted.
            if let Some(report) = report.as_mut().filter(|report| report.len() == before) {
                for (rule, problem) in regrets {
                    report.lint(rule, statement, problem);
                }
            }
            self.note_new(statement);
        }
        self.found
            .extend(report.into_iter().flat_map(Report::finish));
    }

    /// Asks the rules about a statement of an up script.
    fn lint(
        &self,
        checked: &Checked<'_>,
        statement: &One<'_>,
    ) -> Vec<(&'static lint::Rule, Problem)> {
        let context = Context {
            world: &self.world,
            fresh: &self.fresh,
            checked,
            statement,
        };
        let rules = lint::OF_STATEMENT.iter();
        rules
            .flat_map(|(rule, check)| check(&context).into_iter().map(|found| (*rule, found)))
            .collect()
    }

    /// Remembers what a statement created, under the name that it has now.
    fn note_new(&mut self, statement: &One<'_>) {
        self.labels.note(&statement.change);
        match &statement.change {
            Change::CreateTable(table) => {
                self.fresh.insert(table.name.last().to_owned());
            }
            Change::Create(create) if create.kind.is_relation() => {
                self.fresh.insert(create.name.last().to_owned());
            }
            Change::CreateIndex(index) => {
                let name = index.name.as_ref();
                self.fresh.extend(name.map(|name| name.last().to_owned()));
            }
            Change::Alter(alter) if self.fresh.contains(alter.name.last()) => {
                let renamed = alter.actions.iter().filter_map(|action| match &action.act {
                    Act::RenameTo(to) => Some(to.last().to_owned()),
                    _ => None,
                });
                self.fresh.extend(renamed);
            }
            _ => {}
        }
    }

    fn statement(
        &mut self,
        checked: &Checked<'_>,
        statement: &One<'_>,
        path: &Rc<str>,
        report: Option<&mut Report<'_>>,
    ) {
        let place = Place {
            path: path.clone(),
            line: statement.facts.line,
        };
        let Some(report) = report else {
            return self.apply(checked, statement, &place);
        };
        let text = &checked.text.masked[statement.raw.range()];
        let uses = uses(text, Where::Script);
        if checked.scope == Scope::Tenant {
            hermetic::check(checked, statement, &uses, &self.world, report);
        }
        if let Some(problem) = self.labels.check(&self.world, checked, statement, &uses) {
            report.push(problem);
        }
        let before = self.verify(checked, statement, &uses, true);
        self.apply(checked, statement, &place);
        let after = self.verify(checked, statement, &uses, false);
        for problem in before.into_iter().chain(after) {
            report.push(problem);
        }
    }

    fn verify(
        &mut self,
        checked: &Checked<'_>,
        statement: &One<'_>,
        uses: &Uses,
        before: bool,
    ) -> Vec<Problem> {
        let mut verify = Verify {
            world: &self.world,
            scope: checked.scope,
            checked,
            found: Vec::new(),
            unknown: Vec::new(),
        };
        if before {
            verify.before(statement, uses);
            if let Change::Alter(alter) = &statement.change {
                verify.columns_altered(alter);
            }
        } else {
            verify.after(statement, uses);
        }
        let Verify { found, unknown, .. } = verify;
        // Told once is enough.
        let place = Place {
            path: Rc::from(checked.text.path),
            line: statement.facts.line,
        };
        for name in unknown {
            let key = self.world.key(checked.scope, &name);
            let relation = Relation::new(Kind::Table, State::Maybe, &place);
            let schema = self.world.schema(&key.schema);
            schema.relations.insert(key.name, relation);
        }
        found
    }

    /// Lets a statement happen.
    fn apply(&mut self, checked: &Checked<'_>, statement: &One<'_>, place: &Place) {
        let text = checked.text.masked;
        let scope = checked.scope;
        let body = body::body(text, statement.raw);
        if statement.facts.kind == "DO" {
            match body {
                Some(body) if body.language == Language::Plpgsql => {
                    self.run(scope, &text[body.range], place);
                }
                _ => self.world.blur(home(scope)),
            }
            return;
        }
        if matches!(statement.facts.kind.as_str(), "SELECT" | "CALL" | "WITH") {
            for body in code::called(&self.world, text, &statement.raw.tokens) {
                self.run(scope, &body, place);
            }
        }
        if matches!(
            statement.facts.kind.as_str(),
            "DROP OWNED" | "IMPORT FOREIGN SCHEMA"
        ) {
            self.world.blur(home(scope));
        }
        self.happen(scope, place, text, true, &statement.change);
        if let (Change::Create(create), Some(body)) = (&statement.change, body)
            && create.kind == Kind::Function
        {
            let code = &text[body.range];
            let effect = code::effect(code);
            if effect.dynamic || !effect.changes.is_empty() {
                let name = create.name.last().to_owned();
                self.world.changers.insert(name, Rc::from(code));
            }
        }
    }

    /// Code runs.
    fn run(&mut self, scope: Scope, code: &str, place: &Place) {
        let effect = code::effect(code);
        for change in &effect.changes {
            self.happen(scope, place, code, false, change);
        }
        if effect.dynamic {
            self.world.blur(home(scope));
        }
        let tokens: Vec<_> = super::token::Lexer::new(code)
            .filter(|token| !token.is_trivia())
            .collect();
        let called = code::called(&self.world, code, &tokens);
        for body in called {
            // What it calls in turn is taken for dynamic.
            let inner = code::effect(&body);
            for change in &inner.changes {
                self.happen(scope, place, &body, false, change);
            }
            if inner.dynamic {
                self.world.blur(home(scope));
            }
        }
    }

    fn happen(&mut self, scope: Scope, place: &Place, text: &str, certain: bool, change: &Change) {
        let mut event = Event {
            scope,
            place: place.clone(),
            text,
            certain,
            world: &mut self.world,
        };
        event.happen(change);
    }
}
