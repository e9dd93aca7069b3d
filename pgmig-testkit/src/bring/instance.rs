//! One PostgreSQL server in a home of its own: made, started, stopped.
//!
//! ```text
//! <home>/
//! ├── data/    copied from the cache, owned by the server's user
//! ├── socket/  the Unix socket, so that no other server's is in the way
//! └── access   port and password, for us alone
//! ```

use super::account::Account;
use super::binaries::Binaries;
use super::files;
use super::home::{Home, Root};
use super::{Means, process::Identity};
use crate::Error;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

/// The superuser of every server that we bring.
pub(crate) const SUPERUSER: &str = "postgres";

/// Nothing is synced to disk: a crash of the machine loses it all, a crash of the server nothing.
pub(crate) const FAST: &[(&str, &str)] = &[
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("synchronous_commit", "off"),
];

/// A server that we started, or joined.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) home: Home,
    pub(crate) port: u16,
    pub(crate) password: String,
}

impl Instance {
    /// Makes a home with an empty data directory, and starts nothing.
    pub(crate) fn create(root: &Root, means: &Means) -> Result<Self, Error> {
        let (template, password) = data_template(means)?;
        let instance = Self {
            home: root.home()?,
            port: 0,
            password,
        };
        instance
            .fill(means, &template)
            .inspect_err(|_| instance.home.destroy())?;
        Ok(instance)
    }

    fn fill(&self, means: &Means, template: &Path) -> Result<(), Error> {
        let socket = self.home.dir.join("socket");
        files::create_dir(&socket)?;
        means.account.own(&socket)?;
        files::copy_tree(&means.account, template, &self.data())
    }

    /// The server whose home is `dir`, if it answers.
    pub(crate) fn open(dir: PathBuf) -> Option<Self> {
        let access = std::fs::read_to_string(dir.join("access")).ok()?;
        let (port, password) = access.trim_end().split_once(' ')?;
        let instance = Self {
            home: Home { dir },
            port: port.parse().ok()?,
            password: password.to_owned(),
        };
        let alive = instance.home.process().is_some_and(|server| server.alive())
            && TcpStream::connect((Ipv4Addr::LOCALHOST, instance.port)).is_ok();
        alive.then_some(instance)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.home.dir.join("data")
    }

    /// The URL of the maintenance database.
    pub(crate) fn url(&self) -> String {
        let Self { port, password, .. } = self;
        format!("postgres://{SUPERUSER}:{password}@127.0.0.1:{port}/postgres")
    }

    /// Starts the server on a free port and waits until it takes connections.
    pub(crate) fn start(&mut self, means: &Means, set: &[(&str, &str)]) -> Result<Child, Error> {
        let mut attempts = 0;
        let child = loop {
            self.port = files::free_port()?;
            attempts += 1;
            match self.launch(means, set) {
                // Somebody took the port between our look and the server's.
                Err(Error::Start { log, .. })
                    if log.contains("Address already in use") && attempts < 5 => {}
                other => break other?,
            }
        };
        let access = format!("{} {}\n", self.port, self.password);
        files::write_whole(&self.home.dir.join("access"), &access)?;
        Ok(child)
    }

    /// Starts the server on the port that it has.
    pub(crate) fn launch(&self, means: &Means, set: &[(&str, &str)]) -> Result<Child, Error> {
        let socket = format!("\"{}\"", self.home.dir.join("socket").display());
        let port = self.port.to_string();
        let own = [
            ("listen_addresses", "127.0.0.1"),
            ("port", &port),
            ("unix_socket_directories", &socket),
            ("max_connections", "300"),
        ];
        let mut command = means.binaries.command("postgres");
        command.arg("-D").arg(self.data());
        for (name, value) in own.iter().chain(set) {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        command.env_remove("PGDATA").env_remove("PGPORT");
        let mut child = self.home.spawn(means.account.apply(&mut command))?;
        let Err(why) = self.wait_until_ready(&mut child) else {
            return Ok(child);
        };
        let _ = child.kill();
        let _ = child.wait();
        Err(Error::Start {
            directory: means.binaries.dir.clone(),
            why,
            log: self.home.end_of_log(),
        })
    }

    fn wait_until_ready(&self, child: &mut Child) -> Result<(), String> {
        let deadline = Instant::now() + Duration::from_secs(60);
        while Instant::now() < deadline {
            if self.ready() {
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

    /// The server writes `ready` as the eighth line of `postmaster.pid` (since version 10).
    pub(crate) fn ready(&self) -> bool {
        let file = self.data().join("postmaster.pid");
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let mut lines = text.lines();
        let pid = self.home.process().map(|process| process.pid.to_string());
        lines.next() == pid.as_deref() && lines.nth(6).map(str::trim) == Some("ready")
    }

    /// Kills the server and all its processes at once, as a power cut would.
    pub(crate) fn kill(&self) {
        let Some(server) = self.home.process() else {
            return;
        };
        // Read before their parent is gone. Without /proc they end by themselves, a little later.
        let children = Identity::children_of(server.pid);
        self.home.end("KILL");
        for child in &children {
            child.kill("KILL");
        }
        while children.iter().any(Identity::alive) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A data directory as `initdb` makes it, made once for each version, and its password.
fn data_template(means: &Means) -> Result<(PathBuf, String), Error> {
    let parent = means.cache.join("data");
    files::create_dir(&parent)?;
    let _lock = files::lock(&parent.join("lock"))?;
    let home = parent.join(key(&means.account, &means.binaries));
    let password = home.join("password");
    if !home.is_dir() {
        let made = parent.join(format!("new-{}", files::random()));
        let result = make_template(means, &made)
            .and_then(|()| std::fs::rename(&made, &home).map_err(Error::file("create", &home)));
        if result.is_err() {
            let _ = std::fs::remove_dir_all(&made);
        }
        result?;
    }
    let password = std::fs::read_to_string(&password).map_err(Error::file("read", &password))?;
    Ok((home.join("data"), password))
}

fn make_template(means: &Means, dir: &Path) -> Result<(), Error> {
    let data = dir.join("data");
    files::create_dir(&data)?;
    means.account.own(&data)?;
    let password = dir.join("password");
    files::write_whole(&password, &files::random())?;
    means.account.own(&password)?;
    let mut command = means.binaries.command("initdb");
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
    files::run(means.account.apply(&mut command)).map(drop)
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
    files::hex(&sha2::Sha256::digest(text.as_bytes())[..8])
}
