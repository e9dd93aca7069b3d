//! `cargo pgmig check` says of every case of the compiler's tests what the compiler says.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::project::Project;

/// Where the cases' libraries have the macro, so where the compiler points.
const PLACE: &str = "src/lib.rs:4:44";

#[test]
fn check_says_what_a_release_build_says() {
    let ui = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/ui");
    let mut checked = 0;
    for case in sorted(&ui).into_iter().filter(|case| case.is_dir()) {
        // With a source of its own, the mistake may be in it.
        if case.join("src").exists() {
            continue;
        }
        let project = Project::new();
        copy(&case, project.path());
        let said = project.run("check --json");
        let answer: serde_json::Value = serde_json::from_str(&said.out).unwrap();
        let mut errors = String::new();
        for problem in answer["problems"].as_array().unwrap() {
            if problem["severity"] == "error" {
                let text = problem["rendered"].as_str().unwrap();
                write!(errors, "error: {text}\n --> {PLACE}\n\n").unwrap();
            }
        }
        assert_eq!(errors, of_a_release(&case), "{}", case.display());
        assert_eq!(said.code == 0, errors.is_empty(), "{}", case.display());
        checked += 1;
    }
    assert!(checked > 20, "{checked} cases in {}", ui.display());
}

/// What a release build says, where it differs from a debug build.
fn of_a_release(case: &Path) -> String {
    let release = case.join("release.stderr");
    let file = if release.exists() {
        release
    } else {
        case.join("stderr")
    };
    fs::read_to_string(file).unwrap()
}

fn sorted(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for path in sorted(from) {
            copy(&path, &to.join(path.file_name().unwrap()));
        }
    } else if from.exists() {
        fs::copy(from, to).unwrap();
    }
}
