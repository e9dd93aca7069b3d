//! A TCP proxy between a client and PostgreSQL that reads what passes.

use std::sync::{Arc, Mutex};

use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// A proxy on a port of its own.
pub(crate) struct Proxy {
    port: u16,
    messages: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Listens, and forwards to the server that `options` mean.
    pub(crate) async fn start(options: &PgConnectOptions) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = (options.get_host().to_owned(), options.get_port());
        let messages = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&messages);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, seen) = (server.clone(), Arc::clone(&seen));
                tokio::spawn(async move {
                    let upstream = TcpStream::connect(server).await.unwrap();
                    let (client_read, mut client_write) = client.into_split();
                    let (mut server_read, server_write) = upstream.into_split();
                    tokio::spawn(async move {
                        let _ = tokio::io::copy(&mut server_read, &mut client_write).await;
                    });
                    forward(client_read, server_write, seen).await;
                });
            }
        });
        Proxy { port, messages }
    }

    /// The options, through the proxy.
    pub(crate) fn options(&self, options: &PgConnectOptions) -> PgConnectOptions {
        options.clone().host("127.0.0.1").port(self.port)
    }

    /// The queries that clients sent since the last call, by either protocol.
    pub(crate) fn take_queries(&self) -> Vec<String> {
        std::mem::take(&mut self.messages.lock().unwrap())
    }
}

/// Forwards frontend messages one by one (Protocol, "Message Formats"): a type byte, except for
/// the start-up message, then a length that counts itself.
async fn forward(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    seen: Arc<Mutex<Vec<String>>>,
) {
    let mut started = false;
    loop {
        let mut head = Vec::new();
        if started {
            let Ok(kind) = client.read_u8().await else {
                return;
            };
            head.push(kind);
        }
        let Ok(length) = client.read_u32().await else {
            return;
        };
        head.extend(length.to_be_bytes());
        let mut body = vec![0; length as usize - 4];
        if client.read_exact(&mut body).await.is_err() {
            return;
        }
        // Query, Parse and Function call carry work; the rest is bookkeeping.
        if started && matches!(head[0], b'Q' | b'P' | b'F') {
            let text = String::from_utf8_lossy(&body).into_owned();
            seen.lock().unwrap().push(text);
        }
        started = true;
        if server.write_all(&[head, body].concat()).await.is_err() {
            return;
        }
    }
}
