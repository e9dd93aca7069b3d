//! Every form of the macro, under lints that let nothing pass.

#![deny(warnings, missing_docs, unreachable_pub, unused, clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use pgmig::{Migrations, Scope, Version};

pgmig::embed_migrations! { pub mod migrations }

pgmig::embed_migrations! {
    /// Documented here.
    pub(crate) mod elsewhere = "other place/größe"
}

pgmig::embed_migrations! { mod of_windows = r".\other place\größe\"; }

static IN_STATIC: Migrations = pgmig::embed_migrations!();

const IN_CONST: Migrations = pgmig::embed_migrations!("migrations");

use migrations::{Public, Tenant};

fn main() {
    enums();
    values();
    files();
    everywhere();
}

fn enums() {
    assert_eq!(
        Public::ALL,
        [Public::CreateUsers, Public::SelfV2, Public::_2faTables, Public::Type]
    );
    assert_eq!(Public::LATEST, Public::Type);
    assert_eq!(Tenant::LATEST, Tenant::IndexInvoices);
    assert!(Tenant::CreateInvoices < Tenant::IndexInvoices);
    assert_eq!(Public::_2faTables.version(), Version::new("3"));
    assert_eq!(Public::_2faTables.name(), "2fa_tables");
    assert_eq!(Public::CreateUsers.to_string(), "1_create_users");
    assert_eq!(Version::from(Tenant::LATEST), Version::new("20260201090000"));
    assert_eq!(Public::CreateUsers.migration().down_sql(), Some("DROP TABLE users;\n"));
    assert_eq!(Tenant::LATEST.migration().scope(), Scope::Tenant);
    assert_eq!(elsewhere::Tenant::ALL, []);
    assert_eq!(elsewhere::Public::LATEST.name(), "name_cafes");
}

fn values() {
    assert_eq!(IN_STATIC.public().len(), 4);
    assert_eq!(IN_CONST.tenant().len(), 2);
    let paths = [&elsewhere::MIGRATIONS, &of_windows::MIGRATIONS].map(|all| all.public()[0].path());
    assert_eq!(paths, ["other place/größe/001_name_cafes.sql"; 2]);
    assert_eq!(IN_STATIC.public()[0].path(), "migrations/public/001_create_users.sql");
    assert_eq!(
        IN_STATIC.public()[0].checksum(),
        migrations::MIGRATIONS.public()[0].checksum()
    );
}

/// Files are carried as they are, line endings and byte order mark too, and only once.
fn files() {
    let with_mark = "tenant/20260201090000_index_invoices.sql";
    let Some(file) = migrations::MIGRATIONS.files().get_file(with_mark) else {
        unreachable!("{with_mark} is carried");
    };
    let bytes = file.contents();
    assert!(bytes.starts_with(b"\xef\xbb\xbf-- pgmig: no-transaction\r\n"));
    assert_eq!(bytes.as_ptr(), Tenant::LATEST.migration().sql().as_ptr());
    for scope in ["public", "tenant"] {
        assert!(migrations::MIGRATIONS.files().get_dir(scope).is_some());
    }
    let down = migrations::MIGRATIONS.files().get_file("public/001_create_users.down.sql");
    assert!(down.is_some());
}

/// Hands the path on, as a macro of the caller's would.
macro_rules! handed_on {
    ($path:expr) => {
        pgmig::embed_migrations!($path)
    };
}

/// In a function, as a value and as an item; in a closure; in an argument; in a macro.
fn everywhere() {
    pgmig::embed_migrations! { mod inner }
    assert_eq!(count(&handed_on!("migrations")), 4);
    let value = pgmig::embed_migrations!();
    let lazily = || pgmig::embed_migrations!("./migrations");
    assert_eq!(value.public().len(), inner::Public::ALL.len());
    assert_eq!(count(&pgmig::embed_migrations!()), lazily().public().len());
}

fn count(migrations: &Migrations) -> usize {
    migrations.public().len()
}
