//! The checksums that a hub publishes for its files.

use sha1::Sha1;
use sha2::{Digest, Sha256};

/// The expected checksum of a file, as lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checksum {
    /// SHA-256 of the content; used for large files.
    Sha256(String),
    /// SHA-1 of the git blob with that content; used for small files.
    GitSha1(String),
}

impl Checksum {
    /// Parses a checksum or ETag; the kind follows from its length. `None` for an ETag that is not a checksum.
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
            Checksum::GitSha1(_) => "git SHA-1",
        }
    }

    pub fn expected(&self) -> &str {
        match self {
            Checksum::Sha256(sum) | Checksum::GitSha1(sum) => sum,
        }
    }

    /// Starts hashing content of this size.
    pub fn begin(&self, size: u64) -> Hasher {
        match self {
            Checksum::Sha256(_) => Hasher::Sha256(Box::default()),
            Checksum::GitSha1(_) => {
                let mut sum = Sha1::new();
                sum.update(format!("blob {size}\0"));
                Hasher::GitSha1(Box::new(sum))
            }
        }
    }
}

/// Incremental hasher of a [`Checksum`].
#[derive(Clone)]
pub enum Hasher {
    Sha256(Box<Sha256>),
    GitSha1(Box<Sha1>),
}

impl Hasher {
    pub fn update(&mut self, piece: &[u8]) {
        match self {
            Hasher::Sha256(sum) => sum.update(piece),
            Hasher::GitSha1(sum) => sum.update(piece),
        }
    }

    pub fn finish(self) -> String {
        let bytes = match self {
            Hasher::Sha256(sum) => sum.finalize().to_vec(),
            Hasher::GitSha1(sum) => sum.finalize().to_vec(),
        };
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn computes_git_and_sha256_checksums() {
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
            let mut hasher = checksum.begin(text.len() as u64);
            text.chunks(3).for_each(|piece| hasher.update(piece));
            assert_eq!(hasher.finish() == checksum.expected(), same, "{sum}");
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
