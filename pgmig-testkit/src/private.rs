//! A server of a test's own, to be killed and restarted.

use crate::bring::home::Root;
use crate::bring::instance::Instance;
use crate::bring::settings::Settings;
use crate::bring::{Means, files};
use crate::{Error, Server, database};
use std::path::PathBuf;
use std::process::Child;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A PostgreSQL server that this test alone uses, syncing to disk as usual, stopped and removed
/// with this value. It comes from the same binaries as [`Server::get`]'s, also where
/// `DATABASE_URL` is set.
///
/// The methods block for as long as the server takes; a restart is some 100 ms.
///
/// # Example
///
/// ```no_run
/// # async fn demo() -> Result<(), pgmig_testkit::Error> {
/// use pgmig_testkit::{PrivateServer, TestDatabase};
///
/// let server = PrivateServer::start(&[("log_statement", "all")])?;
/// let db = TestDatabase::create_on(server.server()).await?;
/// server.kill();
/// server.restart()?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct PrivateServer {
    server: Server,
    instance: Instance,
    means: Means,
    settings: Vec<(String, String)>,
    child: Mutex<Option<Child>>,
}

impl PrivateServer {
    /// Starts a server with these settings, `(name, value)` as in `postgresql.conf`.
    ///
    /// # Errors
    ///
    /// When there are no binaries, or the server does not start.
    pub fn start(settings: &[(&str, &str)]) -> Result<Self, Error> {
        Self::create(settings, |_, _| Ok(()))
    }

    /// Starts a server whose data are on a file system of this size in memory, to be filled up.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start), and when this process may not mount one: mostly that takes
    /// root.
    pub fn start_on_small_disk(mebibytes: u32, settings: &[(&str, &str)]) -> Result<Self, Error> {
        Self::create(settings, |instance, means| {
            let data = instance.data();
            let elsewhere = instance.home.mount(mebibytes)?.join("data");
            files::copy_tree(&means.account, &data, &elsewhere)?;
            std::fs::remove_dir_all(&data).map_err(Error::file("remove", &data))?;
            std::os::unix::fs::symlink(&elsewhere, &data).map_err(Error::file("link", &data))
        })
    }

    /// Leaves no byte free on a small disk. Harmless on any other: nothing is written there.
    ///
    /// # Errors
    ///
    /// When there is no small disk.
    pub fn fill_disk(&self) -> Result<(), Error> {
        let path = self.filler();
        let mut file = std::fs::File::create(&path).map_err(Error::file("create", &path))?;
        for size in [1 << 20, 1 << 12, 1] {
            let zeros = vec![0; size];
            while std::io::Write::write_all(&mut file, &zeros).is_ok() {}
        }
        Ok(())
    }

    /// Takes back what [`fill_disk`](Self::fill_disk) did, and starts the server if that ended it.
    ///
    /// # Errors
    ///
    /// When the disk was not filled, or the server does not start.
    pub fn free_disk(&self) -> Result<(), Error> {
        let path = self.filler();
        // Emptied first: a process that is being started beside us may still have it open, and
        // a removed file takes its room until the last one has closed it.
        std::fs::File::create(&path).map_err(Error::file("empty", &path))?;
        std::fs::remove_file(&path).map_err(Error::file("remove", &path))?;
        // The server begins anew by itself where it can, and ends where it cannot.
        if self.settles() {
            return Ok(());
        }
        self.reap();
        self.restart()
    }

    /// Whether the server lives and is ready, given time to recover.
    fn settles(&self) -> bool {
        for _ in 0..3000 {
            if !self.instance.home.process().is_some_and(|it| it.alive()) {
                return false;
            }
            // Its `postmaster.pid` does not tell that it recovers.
            let server = self.server.clone();
            let connected =
                database::from_outside(move || async move { server.connect().await.map(drop) });
            if matches!(connected.join(), Ok(Ok(()))) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    fn filler(&self) -> PathBuf {
        self.instance.home.disk().join("filler")
    }

    fn create(
        settings: &[(&str, &str)],
        prepare: impl FnOnce(&Instance, &Means) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let means = Means::find(&Settings::from_env()?)?;
        let instance = Instance::create(&Root::lock(&means.account)?, &means)?;
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        // Made before anything can fail, so that dropping it removes the directory.
        let mut this = Self {
            server: Server::of(&instance, &means),
            instance,
            means,
            settings: settings.iter().map(own).collect(),
            child: Mutex::default(),
        };
        prepare(&this.instance, &this.means)?;
        let child = this.instance.start(&this.means, settings)?;
        this.child = Mutex::new(Some(child));
        this.server = Server::of(&this.instance, &this.means);
        Ok(this)
    }

    /// The server, to create databases on.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The server's data directory.
    pub fn data_directory(&self) -> PathBuf {
        self.instance.data()
    }

    /// Kills all processes of the server at once (SIGKILL), as a crash of the machine would.
    pub fn kill(&self) {
        self.instance.kill();
        self.reap();
    }

    /// Stops the server: connections are ended, and what is committed is written.
    pub fn stop(&self) {
        self.instance.home.end("INT");
        self.reap();
    }

    /// Starts the server again, on the same port, after [`kill`](Self::kill) or
    /// [`stop`](Self::stop).
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn restart(&self) -> Result<(), Error> {
        let child = self.instance.launch(&self.means, &self.settings())?;
        *self.child() = Some(child);
        Ok(())
    }

    fn settings(&self) -> Vec<(&str, &str)> {
        let pairs = self.settings.iter();
        pairs
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes notice of the server's end: to the next one, which looks for a living predecessor, a
    /// zombie would live.
    fn reap(&self) {
        if let Some(mut child) = self.child().take() {
            let _ = child.wait();
        }
    }

    /// A hot standby with this server's data as they are now: it stays in recovery, and is read
    /// only. This server is stopped for the copy and started again.
    ///
    /// # Errors
    ///
    /// When the copy fails, or one of the two does not start.
    pub fn hot_standby(&self) -> Result<Self, Error> {
        self.stop();
        let standby = Self::create(&self.settings(), |instance, means| {
            let data = instance.data();
            std::fs::remove_dir_all(&data).map_err(Error::file("remove", &data))?;
            files::copy_tree(&means.account, &self.instance.data(), &data)?;
            let signal = data.join("standby.signal");
            std::fs::write(&signal, "").map_err(Error::file("write", &signal))?;
            means.account.own(&signal)
        });
        self.restart()?;
        standby
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        self.instance.home.destroy();
        self.reap();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::TestDatabase;
    use sqlx::{Executor as _, Row as _};

    #[tokio::test]
    async fn a_killed_server_recovers_what_was_committed() {
        let server = PrivateServer::start(&[]).unwrap();
        let db = TestDatabase::create_on(server.server()).await.unwrap();
        let mut connection = db.connect().await.unwrap();
        connection
            .execute("CREATE TABLE kept AS SELECT 42 AS answer")
            .await
            .unwrap();
        server.kill();
        assert!(connection.execute("SELECT").await.is_err());
        assert!(db.connect().await.is_err());
        server.restart().unwrap();
        let mut connection = db.connect().await.unwrap();
        let row = connection.fetch_one("SELECT answer FROM kept").await;
        assert_eq!(row.unwrap().get::<i32, _>(0), 42);
    }

    #[tokio::test]
    async fn a_full_disk_is_told_and_recovered_from() {
        let server = match PrivateServer::start_on_small_disk(200, &[]) {
            Ok(server) => server,
            Err(error) => {
                // Ordinary users may not, and many containers.
                assert!(error.to_string().contains("mount"), "{error}");
                return;
            }
        };
        let mut connection = server.server().connect().await.unwrap();
        connection
            .execute("CREATE TABLE kept (n int)")
            .await
            .unwrap();
        server.fill_disk().unwrap();
        let many = "INSERT INTO kept SELECT generate_series(1, 1000000)";
        connection.execute(many).await.unwrap_err();
        // As a process has it that is being started beside us.
        let _open = std::fs::File::open(server.filler()).unwrap();
        server.free_disk().unwrap();
        let mut connection = server.server().connect().await.unwrap();
        connection.execute(many).await.unwrap();
    }

    #[tokio::test]
    async fn a_hot_standby_has_the_data_and_refuses_writes() {
        let primary = PrivateServer::start(&[("fsync", "off")]).unwrap();
        let mut connection = primary.server().connect().await.unwrap();
        connection.execute("CREATE TABLE kept ()").await.unwrap();
        let standby = primary.hot_standby().unwrap();
        let mut connection = standby.server().connect().await.unwrap();
        connection.execute("SELECT FROM kept").await.unwrap();
        let refused = connection.execute("CREATE TABLE more ()").await;
        let error = refused.unwrap_err().into_database_error().unwrap();
        assert_eq!(error.code().as_deref(), Some("25006"));
        primary.server().connect().await.unwrap();
    }

    #[tokio::test]
    async fn the_directory_of_a_private_server_goes_with_it() {
        let server = PrivateServer::start(&[("fsync", "off")]).unwrap();
        let home = server.instance.home.dir.clone();
        assert!(home.exists());
        drop(server);
        assert!(!home.exists());
    }
}
