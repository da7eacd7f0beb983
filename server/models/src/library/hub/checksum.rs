//! How a hub names the content of a file, and whether what arrived is that.

use sha1::Sha1;
use sha2::{Digest, Sha256};

/// What the content of a file has to come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checksum {
    /// Of the content. Large files have it.
    Sha256(String),
    /// Of a git object with that content. Small files have it.
    GitSha1(String),
}

impl Checksum {
    /// Told apart by their length; none for an ETag that is no checksum.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text
            .trim_start_matches("W/")
            .trim_matches('"')
            .to_ascii_lowercase();
        if !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        match text.len() {
            64 => Some(Checksum::Sha256(text)),
            40 => Some(Checksum::GitSha1(text)),
            _ => None,
        }
    }

    pub fn kind(&self) -> &'static str {
        match self {
            Checksum::Sha256(_) => "SHA-256",
            Checksum::GitSha1(_) => "SHA-1 as git counts it",
        }
    }

    pub fn expected(&self) -> &str {
        match self {
            Checksum::Sha256(sum) | Checksum::GitSha1(sum) => sum,
        }
    }

    /// To be fed with the content, which is of this size.
    pub fn begin(&self, size: u64) -> Running {
        match self {
            Checksum::Sha256(_) => Running::Sha256(Box::default()),
            Checksum::GitSha1(_) => {
                let mut sum = Sha1::new();
                sum.update(format!("blob {size}\0"));
                Running::GitSha1(Box::new(sum))
            }
        }
    }
}

/// A checksum while the content goes by.
#[derive(Clone)]
pub enum Running {
    Sha256(Box<Sha256>),
    GitSha1(Box<Sha1>),
}

impl Running {
    pub fn update(&mut self, piece: &[u8]) {
        match self {
            Running::Sha256(sum) => sum.update(piece),
            Running::GitSha1(sum) => sum.update(piece),
        }
    }

    pub fn finish(self) -> String {
        let bytes = match self {
            Running::Sha256(sum) => sum.finalize().to_vec(),
            Running::GitSha1(sum) => sum.finalize().to_vec(),
        };
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_git_and_sha256sum() {
        let text = b"what is up, doc?";
        let cases = [
            ("bd9dbf5aae1a3862dd1526723246b20206e5fc37", true),
            ("\"bd9dbf5aae1a3862dd1526723246b20206e5fc38\"", false),
            (
                "W/\"E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855\"",
                false,
            ),
        ];
        for (sum, same) in cases {
            let checksum = Checksum::parse(sum).unwrap();
            let mut running = checksum.begin(text.len() as u64);
            text.chunks(3).for_each(|piece| running.update(piece));
            assert_eq!(running.finish() == checksum.expected(), same, "{sum}");
        }
        let empty =
            Checksum::parse("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
                .unwrap();
        assert_eq!(empty.begin(0).finish(), empty.expected());
        for none in ["", "\"abc\"", "W/\"5f-18c\"", &"g".repeat(40)] {
            assert_eq!(Checksum::parse(none), None);
        }
    }
}
