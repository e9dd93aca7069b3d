//! One PostgreSQL server in a directory of its own: made, started, watched, stopped.
//!
//! ```text
//! <state root>/i-<random>/
//! ├── data/        copied from the cache, owned by the server's user
//! ├── socket/      the Unix socket, so that no other server's is in the way
//! ├── log          what the server printed
//! ├── access       port and password, for us alone
//! ├── postmaster   process id and start time of the server
//! ├── supervisor   the same of supervisor.sh
//! └── clients/     a file for each process that uses it
//! ```

use crate::account::Account;
use crate::binaries::Binaries;
use crate::process::Identity;
use crate::{Error, files};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The superuser of every server that we bring.
pub(crate) const SUPERUSER: &str = "postgres";

const SUPERVISOR: &str = include_str!("supervisor.sh");

/// How a server writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Nothing is synced: a crash of the machine loses it all, a crash of the server nothing.
    Fast,
}

/// A server that we started, or joined.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) dir: PathBuf,
    pub(crate) port: u16,
    pub(crate) password: String,
}

impl Instance {
    /// Makes the directory of an instance, with its data and its supervisor, and starts nothing.
    ///
    /// The caller holds the lock of the state root.
    pub(crate) fn create(
        root: &Path,
        account: &Account,
        binaries: &Binaries,
        cache: &Path,
    ) -> Result<Self, Error> {
        let (template, password) = data_template(account, binaries, cache)?;
        let dir = root.join(format!("i-{}", random()));
        files::create_dir(&dir.join("clients"))?;
        let instance = Self {
            dir,
            port: 0,
            password,
        };
        instance.register()?;
        instance.supervise()?;
        files::create_dir(&instance.dir.join("socket"))?;
        account.own(&instance.dir.join("socket"))?;
        files::copy_tree(account, &template, &instance.dir.join("data"))?;
        Ok(instance)
    }

    /// The instance in `dir`, if its server answers.
    pub(crate) fn open(dir: &Path) -> Option<Self> {
        let access = std::fs::read_to_string(dir.join("access")).ok()?;
        let (port, password) = access.trim_end().split_once(' ')?;
        let instance = Self {
            dir: dir.to_owned(),
            port: port.parse().ok()?,
            password: password.to_owned(),
        };
        instance.answers().then_some(instance)
    }

    fn answers(&self) -> bool {
        self.postmaster().is_some_and(|server| server.alive())
            && TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok()
    }

    pub(crate) fn postmaster(&self) -> Option<Identity> {
        Identity::read(&self.dir.join("postmaster"))
    }

    /// Says that this process uses the server. An error when the instance is being retired.
    pub(crate) fn register(&self) -> Result<(), Error> {
        let own = Identity::of(std::process::id());
        let clients = self.dir.join("clients");
        // Written beside and renamed into place, so that the supervisor reads it whole.
        let draft = self.dir.join(format!("client-{}", own.pid));
        own.write(&draft)?;
        std::fs::rename(&draft, clients.join(own.pid.to_string()))
            .map_err(Error::file("register in", &clients))
    }

    /// Starts the supervisor, unless one lives.
    pub(crate) fn supervise(&self) -> Result<(), Error> {
        let file = self.dir.join("supervisor");
        if Identity::read(&file).is_some_and(|supervisor| supervisor.alive()) {
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
        let child = command.spawn().map_err(|error| Error::Command {
            command: "sh".to_owned(),
            why: error.to_string(),
        })?;
        Identity::of(child.id()).write(&file)
    }

    /// Starts the server on a free port and waits until it takes connections.
    pub(crate) fn start(
        &mut self,
        account: &Account,
        binaries: &Binaries,
        durability: Durability,
    ) -> Result<(), Error> {
        let mut attempts = 0;
        loop {
            if self.port == 0 {
                self.port = free_port().map_err(Error::file("listen in", &self.dir))?;
            }
            match self.launch(account, binaries, durability) {
                // Somebody took the port between our look and the server's.
                Err(Error::Start { log, .. })
                    if log.contains("Address already in use") && attempts < 5 =>
                {
                    attempts += 1;
                    self.port = 0;
                }
                Err(error) => return Err(error),
                Ok(()) => break,
            }
        }
        let access = format!("{} {}\n", self.port, self.password);
        files::write_whole(&self.dir.join("access"), &access)
    }

    fn launch(
        &self,
        account: &Account,
        binaries: &Binaries,
        durability: Durability,
    ) -> Result<(), Error> {
        let log_path = self.dir.join("log");
        let log = std::fs::File::create(&log_path).map_err(Error::file("create", &log_path))?;
        let errors = log.try_clone().map_err(Error::file("open", &log_path))?;
        let mut command = Command::new(binaries.dir.join("postgres"));
        command
            .arg("-D")
            .arg(self.dir.join("data"))
            .args(self.settings(durability))
            .env_remove("PGDATA")
            .env_remove("PGPORT")
            .current_dir(&self.dir)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors);
        account.apply(&mut command);
        let mut child = command.spawn().map_err(|error| Error::Command {
            command: binaries.dir.join("postgres").display().to_string(),
            why: error.to_string(),
        })?;
        Identity::of(child.id()).write(&self.dir.join("postmaster"))?;
        self.wait_until_ready(&mut child).map_err(|why| {
            let _ = child.kill();
            let _ = child.wait();
            Error::Start {
                directory: binaries.dir.clone(),
                why,
                log: tail(&log_path),
            }
        })
    }

    fn settings(&self, durability: Durability) -> Vec<String> {
        let Durability::Fast = durability;
        let socket = self.dir.join("socket");
        let set = [
            ("listen_addresses", "127.0.0.1".to_owned()),
            ("port", self.port.to_string()),
            (
                "unix_socket_directories",
                format!("\"{}\"", socket.display()),
            ),
            ("max_connections", "300".to_owned()),
            ("fsync", "off".to_owned()),
            ("full_page_writes", "off".to_owned()),
            ("synchronous_commit", "off".to_owned()),
        ];
        let pair = |(name, value): (&str, String)| ["-c".to_owned(), format!("{name}={value}")];
        set.into_iter().flat_map(pair).collect()
    }

    /// The server writes `ready` as the eighth line of `postmaster.pid` (since version 10).
    fn wait_until_ready(&self, child: &mut Child) -> Result<(), String> {
        let file = self.dir.join("data/postmaster.pid");
        let deadline = Instant::now() + Duration::from_secs(60);
        while Instant::now() < deadline {
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            let own = text.lines().next() == Some(child.id().to_string().as_str());
            if own && text.lines().nth(7).map(str::trim) == Some("ready") {
                return Ok(());
            }
            match child.try_wait() {
                Ok(None) => std::thread::sleep(Duration::from_millis(5)),
                Ok(Some(status)) => return Err(format!("it ended with {status}")),
                Err(error) => return Err(error.to_string()),
            }
        }
        Err("it was not ready after 60 s".to_owned())
    }

    /// Stops the server, if it runs, and removes the directory.
    pub(crate) fn destroy(&self) {
        if let Some(server) = self.postmaster() {
            // SIGQUIT: at once; what it has not written yet is of no use any more.
            server.kill("QUIT");
            let deadline = Instant::now() + Duration::from_secs(10);
            while server.alive() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(10));
            }
            server.kill("KILL");
        }
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// A data directory as `initdb` makes it, made once for each version, and its password.
fn data_template(
    account: &Account,
    binaries: &Binaries,
    cache: &Path,
) -> Result<(PathBuf, String), Error> {
    let parent = cache.join("data");
    files::create_dir(&parent)?;
    let _lock = files::lock(&parent.join("lock"))?;
    let home = parent.join(key(account, binaries));
    let password = home.join("password");
    if !home.is_dir() {
        let made = parent.join(format!("new-{}", random()));
        let result = make_template(account, binaries, &made)
            .and_then(|()| std::fs::rename(&made, &home).map_err(Error::file("create", &home)));
        if result.is_err() {
            let _ = std::fs::remove_dir_all(&made);
        }
        result?;
    }
    let password = std::fs::read_to_string(&password).map_err(Error::file("read", &password))?;
    Ok((home.join("data"), password))
}

fn make_template(account: &Account, binaries: &Binaries, dir: &Path) -> Result<(), Error> {
    let data = dir.join("data");
    files::create_dir(&data)?;
    account.own(&data)?;
    let password = dir.join("password");
    files::write_whole(&password, &random())?;
    account.own(&password)?;
    let mut command = Command::new(binaries.dir.join("initdb"));
    command
        .arg("-D")
        .arg(&data)
        .arg("--pwfile")
        .arg(&password)
        // A password, because everybody on the machine can reach a loopback port.
        .args(["-U", SUPERUSER, "--auth=password"])
        .args(["--locale=C", "--encoding=UTF8", "--no-sync"])
        .current_dir(dir)
        .env_remove("PGDATA");
    files::run(account.apply(&mut command)).map(drop)
}

/// Tells servers apart that cannot stand in for each other.
pub(crate) fn key(account: &Account, binaries: &Binaries) -> String {
    use sha2::Digest as _;
    let text = format!(
        "1 {} {} {}",
        binaries.dir.display(),
        binaries.version,
        account.server()
    );
    let digest = sha2::Sha256::digest(text.as_bytes());
    digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

pub(crate) fn random() -> String {
    let mut text = uuid::Uuid::new_v4().simple().to_string();
    text.truncate(16);
    text
}

fn free_port() -> std::io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().rev().take(20).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}
