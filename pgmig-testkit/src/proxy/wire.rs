//! Where the messages of the PostgreSQL protocol begin and end.
//!
//! <https://www.postgresql.org/docs/current/protocol-message-formats.html>: a message is a byte
//! that tells its kind, and a length of four bytes that counts itself. The first messages of a
//! client have no kind.

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// `SSLRequest` and `GSSENCRequest`, by the number in the place of the protocol version.
const ENCRYPTION: [i32; 2] = [80_877_103, 80_877_104];

/// A message as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    /// `None` for a message that opens a connection.
    pub(super) kind: Option<char>,
    /// All of it, kind and length included.
    pub(super) bytes: Vec<u8>,
}

impl Message {
    /// Whether a client asks for encryption, to be answered with a byte.
    pub(super) fn asks_for_encryption(&self) -> bool {
        let code = self.bytes.get(4..8).and_then(|code| code.try_into().ok());
        let code = code.map(i32::from_be_bytes);
        self.kind.is_none() && code.is_some_and(|code| ENCRYPTION.contains(&code))
    }

    /// The SQL of a `Query` or a `Parse`.
    pub(super) fn sql(&self) -> Option<String> {
        let body = self.bytes.get(5..)?;
        let mut strings = body.split(|byte| *byte == 0);
        let sql = match self.kind? {
            'Q' => strings.next()?,
            // After the name of the statement.
            'P' => strings.nth(1)?,
            _ => return None,
        };
        Some(String::from_utf8_lossy(sql).into_owned())
    }
}

/// Reads one message; `None` when the other side has ended the connection between two.
///
/// Not to be cancelled: what was read by then would be lost.
pub(super) async fn read(
    from: &mut (impl AsyncRead + Unpin),
    opening: bool,
) -> std::io::Result<Option<Message>> {
    let mut bytes = Vec::new();
    let mut kind = None;
    if !opening {
        match from.read_u8().await {
            Ok(byte) => kind = Some(char::from(byte)),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        bytes.extend(kind.map(|kind| kind as u8));
    }
    let length = match from.read_u32().await {
        Ok(length) => length,
        Err(error) if opening && error.kind() == std::io::ErrorKind::UnexpectedEof => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    bytes.extend(length.to_be_bytes());
    let rest = u64::from(length.saturating_sub(4));
    let read = from.take(rest).read_to_end(&mut bytes).await?;
    if (read as u64) < rest {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(Message { kind, bytes }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[tokio::test]
    async fn messages_are_told_apart_and_their_sql_is_read() {
        let mut stream: &[u8] = b"Q\0\0\0\x0dSELECT 1\0P\0\0\0\x0fs\0SELECT\0\0\0";
        let query = read(&mut stream, false).await.unwrap().unwrap();
        assert_eq!(query.sql().as_deref(), Some("SELECT 1"));
        let parse = read(&mut stream, false).await.unwrap().unwrap();
        assert_eq!(parse.sql().as_deref(), Some("SELECT"));
        assert_eq!(read(&mut stream, false).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_request_for_encryption_is_known_by_its_code() {
        let mut stream: &[u8] = &[0, 0, 0, 8, 4, 210, 22, 47, 0, 0, 0, 8, 0, 3, 0, 0];
        let ssl = read(&mut stream, true).await.unwrap().unwrap();
        assert!(ssl.asks_for_encryption());
        let start = read(&mut stream, true).await.unwrap().unwrap();
        assert!(!start.asks_for_encryption());
    }

    #[tokio::test]
    async fn a_message_that_breaks_off_is_an_error() {
        let mut stream: &[u8] = b"Q\0\0\0\x0dSEL";
        assert!(read(&mut stream, false).await.is_err());
    }
}
