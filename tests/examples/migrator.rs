//! The commands as a whole program.

use std::process::{Command, Stdio};
use std::time::Duration;

use pgmig_testkit::TestDatabase;

use super::program::{Said, migrator, steady};

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_only_migrates_is_one_line() {
    let db = TestDatabase::create().await.unwrap();
    let mut setup = migrator("setup --database-url");
    let said: Said = setup.arg(db.url()).output().unwrap().into();
    let said = steady(&said.done());
    assert!(
        said.starts_with("public: 3 migrations applied in N ms\n"),
        "{said}"
    );
}

#[test]
fn its_help_shows_the_name_it_is_called_by_and_the_exit_codes() {
    let said: Said = migrator("--help").output().unwrap().into();
    let said = said.done();
    assert!(said.contains("Usage: migrator"), "{said}");
    assert!(said.contains("Exit codes: 0 done, "), "{said}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_with_130() {
    // Nothing listens on port 1, so it waits.
    let mut waits = migrator("public --wait 600 --database-url postgres://nobody@127.0.0.1:1/none");
    let running = waits.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let running = running.unwrap();
    let interrupt = || {
        let pid = running.id().to_string();
        Command::new("kill").args(["-INT", &pid]).status().unwrap()
    };
    // It has to have come so far as to listen for it.
    while !listens_for_interrupts(running.id()) {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(interrupt().success());
    let said: Said = running.wait_with_output().unwrap().into();
    assert_eq!((said.code, said.out.as_str()), (130, ""));
    assert_eq!(
        said.err,
        "error: interrupted\n  = note: each schema is at a migration boundary; run it again to go on\n"
    );
}

/// Whether the process catches SIGINT, by what Linux says of it; elsewhere it is given a second.
#[cfg(unix)]
fn listens_for_interrupts(pid: u32) -> bool {
    let Ok(status) = std::fs::read_to_string(format!("/proc/{pid}/status")) else {
        std::thread::sleep(Duration::from_secs(1));
        return true;
    };
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    caught.is_some_and(|mask| mask & 0b10 != 0)
}
