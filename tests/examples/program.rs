//! Building and running the example.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::OnceLock;

/// What a run of the example said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// Its only JSON document. On standard error there may be events, and nothing else.
    pub(crate) fn json(&self) -> serde_json::Value {
        for line in self.err.lines() {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(event["event"].is_string(), "{line}");
        }
        serde_json::from_str(&self.out).unwrap()
    }

    /// What it said when it had to succeed in silence on standard error.
    pub(crate) fn done(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{}", self.out);
        self.out
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Said {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Where the binaries of the examples are, built with the features of this test. Cargo names no
/// variable for them, and builds them before a test only if no test is chosen by name.
fn binaries() -> &'static PathBuf {
    static BINARIES: OnceLock<PathBuf> = OnceLock::new();
    BINARIES.get_or_init(|| {
        let mut build = Command::new(env!("CARGO"));
        build.args([
            "build",
            "--quiet",
            "--example",
            "service",
            "--example",
            "migrator",
            "--example",
            "drizzle",
        ]);
        build.args([
            "--features",
            if cfg!(feature = "tls-rustls") {
                "cli,tls-rustls"
            } else {
                "cli"
            },
        ]);
        build.current_dir(env!("CARGO_MANIFEST_DIR"));
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        let built = build.output().unwrap();
        let said = String::from_utf8_lossy(&built.stderr);
        assert!(built.status.success(), "{said}");
        // target/debug/deps/service-0123456789abcdef
        let this = std::env::current_exe().unwrap();
        this.parent().unwrap().with_file_name("examples")
    })
}

/// An example, to be run with arguments that are separated by blanks, without any setting of
/// whoever runs the test.
fn example(name: &str, args: &str) -> Command {
    let mut command = Command::new(binaries().join(name));
    command
        .args(args.split_whitespace())
        .env_remove("DATABASE_URL")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("NO_COLOR");
    command
}

/// The service.
pub(crate) fn service(args: &str) -> Command {
    example("service", args)
}

/// The program that only migrates.
pub(crate) fn migrator(args: &str) -> Command {
    example("migrator", args)
}

/// The service whose tables are written in TypeScript.
pub(crate) fn drizzle(args: &str) -> Command {
    example("drizzle", args)
}

/// Runs the service on a database.
pub(crate) fn run(database_url: &str, args: &str) -> Said {
    let mut command = service(args);
    command.env("DATABASE_URL", database_url);
    command.output().unwrap().into()
}

/// What differs from run to run, by its kind: `3 ms` as `N ms`, a UUID's digits as `UUID`, a time as
/// `TIME`, the port of a local address as `PORT`.
pub(crate) fn steady(text: &str) -> String {
    let mut steady = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some((word, length)) = varying(rest, steady.chars().next_back()) {
            if word == "N ms" && steady.ends_with("  ") {
                // It stands at the end of a column: what is before it is as wide as it was.
                steady.push_str(&" ".repeat(length - word.len()));
            }
            steady.push_str(word);
            rest = &rest[length..];
        } else {
            steady.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    steady
}

/// What stands at the beginning of `text` and differs from run to run, and how long it is.
fn varying(text: &str, before: Option<char>) -> Option<(&'static str, usize)> {
    if before.is_some_and(|c| c.is_ascii_digit()) {
        return None;
    }
    let length = |inside: fn(char) -> bool| text.find(|c| !inside(c)).unwrap_or(text.len());
    let number = length(|c| c.is_ascii_digit());
    let hyphenated = length(|c| c.is_ascii_hexdigit() || c == '-');
    if hyphenated == 36 && text[..36].matches('-').count() == 4 {
        return Some(("UUID", 36));
    }
    if length(|c| c.is_ascii_hexdigit()) == 32 {
        return Some(("UUID", 32));
    }
    if number > 0 && text[number..].starts_with(" ms") {
        return Some(("N ms", number + 3));
    }
    if text.get(number..).is_some_and(|rest| rest.starts_with("-")) && text.get(19..20) == Some("Z")
    {
        return Some(("TIME", 20));
    }
    const LOCAL: &str = "127.0.0.1:";
    if let Some(port) = text.strip_prefix(LOCAL) {
        let digits = port.find(|c: char| !c.is_ascii_digit());
        return Some(("127.0.0.1:PORT", LOCAL.len() + digits.unwrap_or(port.len())));
    }
    None
}

#[test]
fn what_differs_from_run_to_run_is_known_by_its_kind() {
    assert_eq!(
        steady("in 12 ms at http://127.0.0.1:4711/x of 6bbad6fb-1132-451d-b20c-254a890dfd4b"),
        "in N ms at http://127.0.0.1:PORT/x of UUID"
    );
    assert_eq!(
        steady("applied 2026-01-31T12:00:00Z by\n  a       9 ms\n  b      10 ms"),
        "applied TIME by\n  a       N ms\n  b       N ms"
    );
    assert_eq!(
        steady("tenant_6bbad6fb1132451db20c254a890dfd4b: 8 migrations, 16 indexes"),
        "tenant_UUID: 8 migrations, 16 indexes"
    );
}
