//! A directory for one server process, and the supervisor that ends both.
//!
//! ```text
//! <state root>/i-<random>/
//! ├── process      id and start time of the server
//! ├── supervisor   the same of supervisor.sh
//! ├── clients/     a file for each process that uses the server
//! ├── log          what the server printed
//! └── ...          what the server itself needs
//! ```

use super::account::Account;
use super::files;
use super::process::Identity;
use crate::Error;
use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SUPERVISOR: &str = include_str!("supervisor.sh");

/// The directory of one server process.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    pub(crate) dir: PathBuf,
}

/// Waits for a child to end, whenever that is: without it each would stay in the table of
/// processes until this one ends.
pub(crate) fn reap(mut child: Child) {
    std::thread::spawn(move || child.wait());
}

/// The lock on a state root: who holds it may add and remove homes.
pub(crate) struct Root {
    pub(crate) dir: PathBuf,
    _lock: File,
}

impl Root {
    /// Waits for the lock, and removes what nobody watches any more.
    pub(crate) fn lock(account: &Account) -> Result<Self, Error> {
        let dir = files::state_root(account)?;
        let lock = files::lock(&dir.join("lock"))?;
        let root = Self { dir, _lock: lock };
        root.sweep();
        Ok(root)
    }

    /// Makes a home that this process uses, with its supervisor.
    pub(crate) fn home(&self) -> Result<Home, Error> {
        let home = Home {
            dir: self.dir.join(format!("i-{}", files::random())),
        };
        files::create_dir(&home.dir.join("clients"))?;
        home.register()?;
        home.supervise()?;
        Ok(home)
    }

    /// Removes homes without a supervisor: it was killed, or their maker died before it had one.
    /// Under the lock no home is without a supervisor for another reason.
    fn sweep(&self) {
        for dir in files::subdirectories(&self.dir) {
            let name = dir.file_name().unwrap_or_default().to_string_lossy();
            let watched = || living(&dir.join("supervisor"));
            if !name.starts_with("i-") || watched() {
                continue;
            }
            let home = Home { dir };
            if !home.used() || home.supervise().is_err() {
                home.destroy();
            }
        }
    }
}

fn living(file: &Path) -> bool {
    Identity::read(file).is_some_and(|process| process.alive())
}

impl Home {
    /// Says that this process uses the server. An error when the home is being given up.
    pub(crate) fn register(&self) -> Result<(), Error> {
        let own = Identity::of(std::process::id());
        let clients = self.dir.join("clients");
        // Written beside and renamed into place, so that the supervisor reads it whole.
        let draft = self.dir.join(format!("client-{}", own.pid));
        own.write(&draft)?;
        std::fs::rename(&draft, clients.join(own.pid.to_string()))
            .map_err(Error::file("register in", &clients))
    }

    fn used(&self) -> bool {
        let clients = std::fs::read_dir(self.dir.join("clients"));
        let mut clients = clients.into_iter().flatten().flatten();
        clients.any(|client| living(&client.path()))
    }

    /// Starts the supervisor, unless one lives.
    pub(crate) fn supervise(&self) -> Result<(), Error> {
        let file = self.dir.join("supervisor");
        if living(&file) {
            return Ok(());
        }
        let mut command = Command::new("sh");
        command
            .args(["-c", SUPERVISOR, "pgmig-testkit-supervisor"])
            .arg(&self.dir)
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = command.spawn().map_err(Error::spawning("sh"))?;
        let identity = Identity::of(child.id());
        reap(child);
        identity.write(&file)
    }

    /// Starts the server, its output in `log`, in a process group of its own, so that what a
    /// terminal sends to the test run does not reach it.
    pub(crate) fn spawn(&self, command: &mut Command) -> Result<Child, Error> {
        let path = self.log();
        let log = File::create(&path).map_err(Error::file("create", &path))?;
        let errors = log.try_clone().map_err(Error::file("open", &path))?;
        let name = command.get_program().to_string_lossy().into_owned();
        command
            .current_dir(&self.dir)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors);
        let child = command.spawn().map_err(Error::spawning(&name))?;
        Identity::of(child.id()).write(&self.dir.join("process"))?;
        Ok(child)
    }

    pub(crate) fn process(&self) -> Option<Identity> {
        Identity::read(&self.dir.join("process"))
    }

    fn log(&self) -> PathBuf {
        self.dir.join("log")
    }

    /// The last lines that the server printed.
    pub(crate) fn end_of_log(&self) -> String {
        let text = std::fs::read(self.log()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<_> = text.lines().rev().take(20).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// Sends a signal to the server, and waits until it has ended.
    pub(crate) fn end(&self, signal: &str) {
        if let Some(server) = self.process() {
            server.kill(signal);
            let deadline = Instant::now() + Duration::from_secs(30);
            while server.alive() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(5));
            }
            server.kill("KILL");
        }
    }

    /// Ends the server, if it runs, and removes the directory.
    pub(crate) fn destroy(&self) {
        // To PostgreSQL this is the shutdown without delay: nothing is of use any more.
        self.end("QUIT");
        if self.disk().is_dir() {
            let _ = Command::new("umount").arg(self.disk()).output();
        }
        let _ = std::fs::remove_dir_all(&self.dir);
    }

    /// Where a file system of the home's own is mounted, if it has one.
    pub(crate) fn disk(&self) -> PathBuf {
        self.dir.join("disk")
    }

    /// Mounts an empty file system of this size, which takes a privilege.
    pub(crate) fn mount(&self, mebibytes: u32) -> Result<PathBuf, Error> {
        let disk = self.disk();
        files::create_dir(&disk)?;
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o"])
            .arg(format!("size={mebibytes}m,mode=0711"))
            .arg("pgmig-testkit")
            .arg(&disk);
        files::run(&mut mount)?;
        Ok(disk)
    }
}
