//! A PostgreSQL for what is tried out: the one that is named, or one that is brought.

use pgmig_testkit::{Server, TestDatabase};

use super::error::Error;

/// Where to try the migrations out.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct ServerArgs {
    /// The server to make a database on, dropped again [default: one that is found or brought]
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

impl ServerArgs {
    /// A database of one's own, dropped with the value.
    pub(super) async fn database(&self) -> Result<TestDatabase, Error> {
        // A variable that is set to nothing counts as not set: that is how CI systems unset it.
        let url = self.database_url.as_deref().filter(|url| !url.is_empty());
        let database = match url {
            Some(url) => TestDatabase::create_on(&Server::at(url).await?).await?,
            None => TestDatabase::create().await?,
        };
        Ok(database)
    }
}

/// Does something that takes a server.
pub(super) fn block_on<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let runtime = tokio::runtime::Runtime::new().map_err(Error::Start)?;
    runtime.block_on(future)
}
