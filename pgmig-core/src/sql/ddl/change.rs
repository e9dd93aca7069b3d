//! The changes of a schema that statements spell.

use std::ops::Range;

use crate::sql::cursor::Name;

/// What a statement does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// `CREATE TABLE`, `CREATE TABLE AS`, `SELECT INTO`, `CREATE FOREIGN TABLE`.
    CreateTable(CreateTable),
    /// `CREATE INDEX`.
    CreateIndex(CreateIndex),
    /// `CREATE` of anything else that has a name.
    Create(Create),
    /// `ALTER` of anything, with what it does to it.
    Alter(Alter),
    /// `DROP` of anything.
    Drop(Drop),
    /// Another statement.
    Other,
}

/// What an object is, as far as names are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub(crate) enum Kind {
    Table,
    ForeignTable,
    View,
    MaterializedView,
    Sequence,
    Index,
    Type,
    Domain,
    Function,
    Trigger,
    Policy,
    Rule,
    Schema,
    Extension,
    Other,
}

impl Kind {
    /// What a person calls it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Kind::Table => "table",
            Kind::ForeignTable => "foreign table",
            Kind::View => "view",
            Kind::MaterializedView => "materialized view",
            Kind::Sequence => "sequence",
            Kind::Index => "index",
            Kind::Type => "type",
            Kind::Domain => "domain",
            Kind::Function => "function",
            Kind::Trigger => "trigger",
            Kind::Policy => "policy",
            Kind::Rule => "rule",
            Kind::Schema => "schema",
            Kind::Extension => "extension",
            Kind::Other => "object",
        }
    }

    /// Whether it shares the names of tables.
    pub(crate) fn is_relation(self) -> bool {
        matches!(
            self,
            Kind::Table
                | Kind::ForeignTable
                | Kind::View
                | Kind::MaterializedView
                | Kind::Sequence
                | Kind::Index
        )
    }

    /// Whether its name is one of a table's own: `name ON table`.
    pub(crate) fn is_of_table(self) -> bool {
        matches!(self, Kind::Trigger | Kind::Policy | Kind::Rule)
    }
}

/// A new table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CreateTable {
    /// Its name.
    pub(crate) name: Name,
    /// Whether an existing one is left alone.
    pub(crate) if_not_exists: bool,
    /// Whether it is gone with the session.
    pub(crate) temporary: bool,
    /// The columns that it spells.
    pub(crate) columns: Vec<Column>,
    /// The constraints of the whole table.
    pub(crate) constraints: Vec<Constraint>,
    /// Tables that give it columns: `LIKE`, `INHERITS`.
    pub(crate) like: Vec<Name>,
    /// The table whose partition or child it is.
    pub(crate) parents: Vec<Name>,
    /// Whether it has columns that are written nowhere here: `AS`, `OF type`.
    pub(crate) open: bool,
}

/// A new index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreateIndex {
    /// Its name, where it has one yet.
    pub(crate) name: Option<Name>,
    /// Its table.
    pub(crate) table: Name,
    /// Whether an existing one is left alone.
    pub(crate) if_not_exists: bool,
    /// `UNIQUE`.
    pub(crate) unique: bool,
    /// `CONCURRENTLY`.
    pub(crate) concurrently: bool,
    /// `ONLY`: the index of a partitioned table without those of its partitions.
    pub(crate) only: bool,
    /// The columns that are named as such.
    pub(crate) columns: Vec<Name>,
}

/// A new object of another kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Create {
    /// What it is.
    pub(crate) kind: Kind,
    /// Its name.
    pub(crate) name: Name,
    /// The table that it belongs to, for a trigger, a policy, a rule.
    pub(crate) table: Option<Name>,
    /// Whether an existing one is replaced or left alone.
    pub(crate) tolerant: bool,
    /// Whether it is gone with the session.
    pub(crate) temporary: bool,
    /// The columns of a view or of a composite type, where they are listed.
    pub(crate) columns: Option<Vec<Name>>,
    /// The labels of an enum.
    pub(crate) labels: Vec<String>,
}

/// A column as it is defined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its name.
    pub(crate) name: Name,
    /// Its type, without modifiers; empty where there is none.
    pub(crate) ty: Name,
    /// Whether it is an array.
    pub(crate) array: bool,
    /// The bytes of the type with its modifiers.
    pub(crate) written: Range<usize>,
    /// Its constraints.
    pub(crate) constraints: Vec<ColumnConstraint>,
    /// The whole definition.
    pub(crate) span: Range<usize>,
}

/// A constraint of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ColumnConstraint {
    /// `NOT NULL`.
    NotNull,
    /// `DEFAULT` and the bytes of its value.
    Default(Range<usize>),
    /// `GENERATED ... AS IDENTITY`.
    Identity,
    /// `GENERATED ALWAYS AS (...)`, stored or virtual.
    Generated {
        /// Whether its values are written.
        stored: bool,
    },
    /// `PRIMARY KEY`.
    PrimaryKey,
    /// `UNIQUE`.
    Unique,
    /// `CHECK (...)`, with its bytes.
    Check(Range<usize>),
    /// `REFERENCES`.
    References {
        /// The other table.
        table: Name,
        /// Its columns, where they are named.
        columns: Vec<Name>,
    },
}

/// A constraint of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Constraint {
    /// Its name, where it has one.
    pub(crate) name: Option<Name>,
    /// What it demands.
    pub(crate) rule: ConstraintRule,
    /// `NOT VALID`: existing rows are not looked at.
    pub(crate) not_valid: bool,
    /// All of it.
    pub(crate) span: Range<usize>,
}

/// What a constraint demands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ConstraintRule {
    /// `PRIMARY KEY` or `UNIQUE`.
    Key {
        /// Whether it is the primary key.
        primary: bool,
        /// Its columns.
        columns: Vec<Name>,
        /// The index that it takes over.
        using_index: Option<Name>,
    },
    /// `CHECK`, with the bytes of its condition.
    Check(Range<usize>),
    /// `FOREIGN KEY`.
    ForeignKey {
        /// The columns.
        columns: Vec<Name>,
        /// The other table.
        table: Name,
        /// Its columns, where they are named.
        referenced: Vec<Name>,
    },
    /// `NOT NULL column` (PostgreSQL 18).
    NotNull(Name),
    /// `EXCLUDE`.
    Exclude,
}

/// A change of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alter {
    /// What it is called here.
    pub(crate) kind: Kind,
    /// Its name.
    pub(crate) name: Name,
    /// The table that it belongs to, for a trigger, a policy, a rule.
    pub(crate) table: Option<Name>,
    /// Whether one that is not there is passed over.
    pub(crate) if_exists: bool,
    /// What is done, in order.
    pub(crate) actions: Vec<Action>,
}

/// One thing that an `ALTER` does, and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Action {
    /// What it does.
    pub(crate) act: Act,
    /// All of it.
    pub(crate) span: Range<usize>,
}

/// What an `ALTER` does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub(crate) enum Act {
    AddColumn {
        if_not_exists: bool,
        column: Box<Column>,
    },
    DropColumn {
        if_exists: bool,
        column: Name,
        cascade: bool,
    },
    ColumnType {
        column: Name,
        ty: Name,
        array: bool,
        /// The bytes of the type with its modifiers.
        written: Range<usize>,
        using: bool,
    },
    SetDefault(Name, Range<usize>),
    SetNotNull(Name),
    DropNotNull(Name),
    /// Another change of a column.
    Column(Name),
    AddConstraint(Constraint),
    DropConstraint {
        if_exists: bool,
        constraint: Name,
    },
    ValidateConstraint(Name),
    RenameTo(Name),
    RenameColumn {
        from: Name,
        to: Name,
    },
    RenameConstraint {
        from: Name,
        to: Name,
    },
    SetSchema(Name),
    AttachPartition(Name),
    DetachPartition {
        partition: Name,
        concurrently: bool,
    },
    Inherit(Name),
    NoInherit(Name),
    /// `SET LOGGED`, `SET UNLOGGED`, `SET TABLESPACE`, `SET ACCESS METHOD`: a rewrite.
    Rewrite,
    AddValue {
        label: String,
        if_not_exists: bool,
        placed: bool,
    },
    RenameValue,
    /// Something that changes no name and no column.
    Other,
}

/// Objects that are dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Drop {
    /// What they are.
    pub(crate) kind: Kind,
    /// Their names.
    pub(crate) names: Vec<Name>,
    /// The table that they belong to, for a trigger, a policy, a rule.
    pub(crate) table: Option<Name>,
    /// Whether those that are not there are passed over.
    pub(crate) if_exists: bool,
    /// Whether what depends on them goes too.
    pub(crate) cascade: bool,
    /// `CONCURRENTLY`.
    pub(crate) concurrently: bool,
}
