//! The directories that this crate keeps things in, and copying between them.

use super::account::Account;
use super::settings::Settings;
use crate::Error;
use std::fs::{DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Where running instances live, a directory of ours alone: it is not to be planted by another
/// user, and the paths in it must be short enough for a socket (107 bytes).
pub(crate) fn state_root(account: &Account) -> Result<PathBuf, Error> {
    let name = format!("pgmig-testkit-{}", account.own);
    let own = std::env::temp_dir();
    let parent = if account.can_enter(&own) {
        own
    } else {
        PathBuf::from("/tmp")
    };
    let root = parent.join(name);
    create_dir(&root)?;
    let meta = root
        .symlink_metadata()
        .map_err(Error::file("read", &root))?;
    if !meta.is_dir() || meta.uid() != account.own {
        let source = std::io::Error::other("it belongs to another user");
        return Err(Error::file("use", &root)(source));
    }
    enterable(account, root, "TMPDIR")
}

/// Where data directories and fetched binaries stay between runs.
pub(crate) fn cache_root(account: &Account, settings: &Settings) -> Result<PathBuf, Error> {
    let env = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let root = if let Some(dir) = &settings.cache {
        dir.clone()
    } else if account.own == 0 {
        // Root's home is closed to the user that the server runs as.
        PathBuf::from("/var/cache/pgmig-testkit")
    } else if let Some(dir) = env("XDG_CACHE_HOME") {
        Path::new(&dir).join("pgmig-testkit")
    } else if let Some(home) = env("HOME") {
        Path::new(&home).join(".cache/pgmig-testkit")
    } else {
        state_root(account)?.join("cache")
    };
    create_dir(&root)?;
    enterable(account, root, "PGMIG_TEST_CACHE")
}

fn enterable(account: &Account, path: PathBuf, setting: &'static str) -> Result<PathBuf, Error> {
    if account.can_enter(&path) {
        return Ok(path);
    }
    Err(Error::Unreachable {
        path,
        uid: account.server(),
        setting,
    })
}

/// Makes a directory that others can pass through, to what is given to them in it, and not list.
pub(crate) fn create_dir(path: &Path) -> Result<(), Error> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o711)
        .create(path)
        .map_err(Error::file("create", path))
}

/// Waits for the exclusive lock on `path`; dropping the file lets go, so does dying.
pub(crate) fn lock(path: &Path) -> Result<File, Error> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(Error::file("open", path))?;
    file.lock().map_err(Error::file("lock", path))?;
    Ok(file)
}

/// Copies a directory to where none is, and gives the copy to the server's user.
pub(crate) fn copy_tree(account: &Account, from: &Path, to: &Path) -> Result<(), Error> {
    // 0700: PostgreSQL refuses a data directory that others may read.
    let made = DirBuilder::new().mode(0o700).create(to);
    made.map_err(Error::file("create", to))?;
    account.own(to)?;
    for entry in std::fs::read_dir(from).map_err(Error::file("read", from))? {
        let entry = entry.map_err(Error::file("read", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(Error::file("read", &source))?;
        if kind.is_dir() {
            copy_tree(account, &source, &target)?;
        } else {
            std::fs::copy(&source, &target).map_err(Error::file("copy", &source))?;
            account.own(&target)?;
        }
    }
    Ok(())
}

/// Puts `content` at `path` in one step, readable to us alone.
pub(crate) fn write_whole(path: &Path, content: &str) -> Result<(), Error> {
    let parent = path.parent().unwrap_or(Path::new("/"));
    // Made with mode 0600 by tempfile.
    let mut file = tempfile::NamedTempFile::new_in(parent).map_err(Error::file("write", path))?;
    std::io::Write::write_all(&mut file, content.as_bytes()).map_err(Error::file("write", path))?;
    match file.persist(path) {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::file("write", path)(error.error)),
    }
}

/// Runs a command to its end, its output kept for the error.
pub(crate) fn run(command: &mut std::process::Command) -> Result<Vec<u8>, Error> {
    let failed = |command: &std::process::Command, why| Error::Command {
        command: shown(command),
        why,
    };
    command.stdin(std::process::Stdio::null());
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => return Err(failed(command, error.to_string())),
    };
    if output.status.success() {
        return Ok(output.stdout);
    }
    let why = format!(
        "{}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Err(failed(command, why.trim_end().to_owned()))
}

fn shown(command: &std::process::Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy()];
    words.extend(command.get_args().map(|arg| arg.to_string_lossy()));
    words.join(" ")
}

/// The one file in `dir` whose name ends in `.<extension>`.
pub(crate) fn only_file(dir: &Path, extension: &str) -> Result<PathBuf, Error> {
    let entries = std::fs::read_dir(dir).map_err(Error::file("read", dir))?;
    let mut found = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|it| it == extension));
    match (found.next(), found.next()) {
        (Some(file), None) => Ok(file),
        _ => {
            let source = std::io::Error::other(format!("not exactly one .{extension} file"));
            Err(Error::file("find an archive in", dir)(source))
        }
    }
}

/// The directories in `dir`, symbolic links not followed.
pub(crate) fn subdirectories(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let directories = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    directories.map(|entry| entry.path()).collect()
}

/// Lets everybody read what is in `dir`, when the server runs under another user than we do: what
/// was unpacked has the modes of our umask.
pub(crate) fn open_to_all(account: &Account, dir: &Path) -> Result<(), Error> {
    if account.server() == account.own {
        return Ok(());
    }
    let mut command = std::process::Command::new("chmod");
    run(command.args(["-R", "a+rX"]).arg(dir)).map(drop)
}

/// 16 hexadecimal digits.
pub(crate) fn random() -> String {
    let mut text = uuid::Uuid::new_v4().simple().to_string();
    text.truncate(16);
    text
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A loopback port that nobody listens on just now.
pub(crate) fn free_port() -> Result<u16, Error> {
    let address = (std::net::Ipv4Addr::LOCALHOST, 0);
    let listener = std::net::TcpListener::bind(address);
    let port = listener.and_then(|it| Ok(it.local_addr()?.port()));
    port.map_err(Error::file("find a free port for", Path::new("127.0.0.1")))
}
