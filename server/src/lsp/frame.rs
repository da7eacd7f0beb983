//! `Content-Length` framing that recovers from malformed input.
//!
//! The decoder of `tower-lsp` ends the connection at the first message it cannot read. Here malformed bytes become a
//! [`Frame::Malformed`], and reading continues at the next header.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

/// Maximum length of a header line in bytes. Limits the memory that input without line ends can occupy.
const MAX_LINE_LEN: u64 = 64 * 1024;
/// Maximum length of a message in bytes, far above that of any file the index accepts.
const MAX_BODY_LEN: u64 = 256 * 1024 * 1024;

#[derive(Debug, PartialEq)]
pub enum Frame {
    Body(Vec<u8>),
    /// Bytes that are not a message were skipped; the text states what is wrong.
    Malformed(&'static str),
}

pub struct FrameReader<R> {
    input: BufReader<R>,
    /// The length of a body whose header was read together with malformed bytes before it, which are reported first.
    pending_length: Option<u64>,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    pub fn new(input: R) -> Self {
        FrameReader {
            input: BufReader::new(input),
            pending_length: None,
        }
    }

    /// Reads the next frame. `None` at the end of the input, also if that cuts off a message.
    pub async fn next(&mut self) -> io::Result<Option<Frame>> {
        let length = match self.pending_length.take() {
            Some(length) => length,
            None => match self.header().await? {
                None => return Ok(None),
                Some(Header {
                    garbage: true,
                    length,
                }) => {
                    self.pending_length = length;
                    return Ok(Some(Frame::Malformed("expected a header")));
                }
                Some(Header {
                    length: Some(length),
                    ..
                }) => length,
                Some(Header { length: None, .. }) => {
                    return Ok(Some(Frame::Malformed(
                        "Content-Length is missing or not a length",
                    )));
                }
            },
        };
        // Not allocated in advance, because the length may be wrong.
        let mut body = Vec::new();
        (&mut self.input)
            .take(length)
            .read_to_end(&mut body)
            .await?;
        Ok((body.len() as u64 == length).then_some(Frame::Body(body)))
    }

    async fn header(&mut self) -> io::Result<Option<Header>> {
        let mut header = Header {
            length: None,
            garbage: false,
        };
        let mut empty = true;
        loop {
            let mut line = Vec::new();
            (&mut self.input)
                .take(MAX_LINE_LEN)
                .read_until(b'\n', &mut line)
                .await?;
            if line.is_empty() {
                return Ok(None);
            }
            let line = line.trim_ascii();
            if line.is_empty() && !empty {
                return Ok(Some(header));
            }
            // Blank lines between messages are accepted.
            empty &= line.is_empty();
            match content_length(line) {
                Some((before, length)) => {
                    header.garbage |= before > 0;
                    header.length = length.filter(|&l| l <= MAX_BODY_LEN);
                }
                None => header.garbage |= !line.is_empty() && !line.contains(&b':'),
            }
        }
    }
}

struct Header {
    length: Option<u64>,
    garbage: bool,
}

/// Parses the `Content-Length` in a line. Returns the number of bytes before it and its value, if that is a number.
fn content_length(line: &[u8]) -> Option<(usize, Option<u64>)> {
    const NAME: &[u8] = b"content-length:";
    // The last one counts: after a body with a too small length, its rest precedes the next header on the same line.
    let at = line
        .windows(NAME.len())
        .rposition(|w| w.eq_ignore_ascii_case(NAME))?;
    let value = std::str::from_utf8(&line[at + NAME.len()..]).ok();
    Some((at, value.and_then(|v| v.trim().parse().ok())))
}

/// Writes and flushes one message.
pub async fn write<W: AsyncWrite + Unpin>(output: &mut W, body: &[u8]) -> io::Result<()> {
    let mut frame = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    frame.extend_from_slice(body);
    output.write_all(&frame).await?;
    output.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn frames(input: &[u8]) -> Vec<Frame> {
        let mut reader = FrameReader::new(input);
        let mut out = Vec::new();
        while let Some(frame) = reader.next().await.unwrap() {
            out.push(frame);
        }
        out
    }

    fn body(text: &str) -> Frame {
        Frame::Body(text.as_bytes().to_vec())
    }

    #[tokio::test]
    async fn round_trip() {
        let mut bytes = Vec::new();
        write(&mut bytes, b"{}").await.unwrap();
        write(&mut bytes, "é".as_bytes()).await.unwrap();
        assert_eq!(frames(&bytes).await, [body("{}"), body("é")]);
    }

    #[tokio::test]
    async fn headers_are_case_insensitive_and_unordered() {
        let input = b"content-type: x\r\nCONTENT-LENGTH:2\r\n\r\n{}\r\n\r\nContent-Length: 1\n\n1";
        assert_eq!(frames(input).await, [body("{}"), body("1")]);
    }

    #[tokio::test]
    async fn garbage_is_reported_once_and_skipped() {
        let found = frames(b"hello\nyou\nthereContent-Length: 2\r\n\r\n{}").await;
        assert!(
            matches!(&found[..], [Frame::Malformed(_), Frame::Body(b)] if b == b"{}"),
            "{found:?}"
        );
        // A length that is one too short leaves a byte before the next header.
        let found = frames(b"Content-Length: 1\r\n\r\n{}Content-Length: 2\r\n\r\n[]").await;
        assert!(
            matches!(&found[..], [Frame::Body(_), Frame::Malformed(_), Frame::Body(b)] if b == b"[]"),
            "{found:?}"
        );
    }

    #[tokio::test]
    async fn a_header_without_a_length_is_malformed() {
        for bad in [
            "X: 1\r\n\r\n",
            "Content-Length: -1\r\n\r\n",
            "Content-Length: 99999999999\r\n\r\n",
        ] {
            let found = frames(format!("{bad}Content-Length: 2\r\n\r\n{{}}").as_bytes()).await;
            assert!(
                matches!(&found[..], [Frame::Malformed(_), Frame::Body(_)]),
                "{bad}: {found:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_cut_off_message_is_the_end() {
        assert_eq!(frames(b"Content-Length: 10\r\n\r\n{}").await, []);
        assert_eq!(frames(b"Content-Len").await, []);
    }
}
