//! A network between client and server: each byte arrives so much later than it was sent, as many
//! as are on their way at once. Threads that sleep, because a timer of tokio is good to 1 ms only.

use std::fmt;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::Result;

/// How far away the server is: the time that a question and its answer take together on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link(pub Duration);

impl Link {
    /// No network at all.
    pub const NONE: Link = Link(Duration::ZERO);

    /// The way to the server of a URL.
    pub fn route(self, url: &str) -> Result<Route> {
        if self == Link::NONE {
            return Ok(Route {
                url: url.to_owned(),
            });
        }
        let (before, rest) = url.split_once('@').ok_or("a URL without a user")?;
        let (address, database) = rest.split_once('/').ok_or("a URL without a database")?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let own = listener.local_addr()?;
        let (upstream, way) = (address.to_owned(), self.0 / 2);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                // What cannot be connected ends the client's connection.
                let _ = client.and_then(|client| connect(client, &upstream, way));
            }
        });
        Ok(Route {
            url: format!("{before}@{own}/{database}"),
        })
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Duration::ZERO => Ok(()),
            delay => write!(f, ", {} ms away", delay.as_millis()),
        }
    }
}

/// A URL whose bytes take their time.
pub struct Route {
    /// To connect to.
    pub url: String,
}

fn connect(client: TcpStream, upstream: &str, way: Duration) -> std::io::Result<()> {
    let server = TcpStream::connect(upstream)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    carry(client.try_clone()?, server.try_clone()?, way);
    carry(server, client, way);
    Ok(())
}

/// Carries bytes one way: one thread notes when they came, another delivers them when it is time.
fn carry(mut from: TcpStream, mut to: TcpStream, way: Duration) {
    let (sender, receiver) = mpsc::channel::<(Instant, Vec<u8>)>();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            if sender
                .send((Instant::now() + way, buffer[..read].to_vec()))
                .is_err()
            {
                break;
            }
        }
    });
    std::thread::spawn(move || {
        for (due, bytes) in receiver {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}
