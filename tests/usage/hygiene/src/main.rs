//! Nothing that the caller defines or leaves out gets in between: the oldest edition, no prelude,
//! and names that mean something else.

#![no_implicit_prelude]
#![deny(warnings)]
#![allow(dead_code, non_camel_case_types, unused_macros, clippy::upper_case_acronyms)]

struct str;
struct u8;
struct usize;
struct Option;
struct Some;
struct None;
struct FILE_0;
struct PUBLIC;
struct Migration;
struct Migrations;
mod core {}
mod std {}
macro_rules! concat { () => {} }
macro_rules! include_str { () => {} }
macro_rules! env { () => {} }
macro_rules! cfg { () => {} }
macro_rules! write { () => {} }

static MIGRATIONS: ::pgmig::Migrations = ::pgmig::embed_migrations!();

::pgmig::embed_migrations! { pub mod migrations }

fn main() {
    ::std::assert_eq!(MIGRATIONS.public().len(), 1);
    ::std::assert_eq!(migrations::Public::LATEST.name(), "create_users");
    ::std::assert_eq!(migrations::Public::CreateUsers as ::core::primitive::usize, 0);
}
