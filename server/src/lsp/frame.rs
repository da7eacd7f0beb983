//! Messages out of a byte stream and back into one: `Content-Length` framing that survives garbage.
//!
//! The framework's own decoder ends the connection at the first message it cannot read; an editor would lose its server to one
//! stray byte. Here everything unreadable becomes a [`Frame::Malformed`] and reading goes on at the next header.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

/// Longer lines are no header. Bounds what garbage without line ends can make us hold.
const MAX_LINE: u64 = 64 * 1024;
/// Larger messages are refused: no file the index takes comes near it.
const MAX_BODY: u64 = 256 * 1024 * 1024;

#[derive(Debug, PartialEq)]
pub enum Frame {
    Body(Vec<u8>),
    /// Bytes that are no message were skipped.
    Malformed(&'static str),
}

pub struct FrameReader<R> {
    input: BufReader<R>,
    /// The length of a body whose header has been read, after garbage before it has been reported.
    ahead: Option<u64>,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    pub fn new(input: R) -> Self {
        FrameReader {
            input: BufReader::new(input),
            ahead: None,
        }
    }

    /// The next frame, or nothing at the end of the input.
    pub async fn next(&mut self) -> io::Result<Option<Frame>> {
        let length = match self.ahead.take() {
            Some(length) => length,
            None => match self.header().await? {
                None => return Ok(None),
                Some(Header {
                    garbage: true,
                    length,
                }) => {
                    self.ahead = length;
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
        // Grows as bytes arrive: a length is only a claim until then.
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
                .take(MAX_LINE)
                .read_until(b'\n', &mut line)
                .await?;
            if line.is_empty() {
                return Ok(None);
            }
            let line = line.trim_ascii();
            if line.is_empty() && !empty {
                return Ok(Some(header));
            }
            // Blank lines between messages harm nobody.
            empty &= line.is_empty();
            match content_length(line) {
                Some((before, length)) => {
                    header.garbage |= before > 0;
                    header.length = length.filter(|&l| l <= MAX_BODY);
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

/// The value of a `Content-Length` in this line, and how many other bytes come before it.
fn content_length(line: &[u8]) -> Option<(usize, Option<u64>)> {
    const NAME: &[u8] = b"content-length:";
    // The last one: what a too short body left over stands in front of the next header on the same line.
    let at = line
        .windows(NAME.len())
        .rposition(|w| w.eq_ignore_ascii_case(NAME))?;
    let value = std::str::from_utf8(&line[at + NAME.len()..]).ok();
    Some((at, value.and_then(|v| v.trim().parse().ok())))
}

/// Writes one message. Flushed at once: the other side waits for it.
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
    async fn reads_what_it_writes() {
        let mut bytes = Vec::new();
        write(&mut bytes, b"{}").await.unwrap();
        write(&mut bytes, "é".as_bytes()).await.unwrap();
        assert_eq!(frames(&bytes).await, [body("{}"), body("é")]);
    }

    #[tokio::test]
    async fn header_names_have_no_case_and_order() {
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
