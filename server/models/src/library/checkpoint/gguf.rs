//! Validates a GGUF file: version, architecture, tokenizer, and that all tensors are in the file.

mod qwen3;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use super::super::LibraryError;
use super::invalid;
use qwen3::Shapes;

/// Larger counts and lengths mean that the file is corrupt.
const MAX_TENSORS: u64 = 100_000;
const MAX_KEYS: u64 = 100_000;
const MAX_VALUE_LEN: u64 = 64 << 20;

/// Architectures that the engine supports in this format.
const ARCHITECTURES: [&str; 8] = [
    "llama",
    "mistral3",
    "phi2",
    "phi3",
    "qwen2",
    "qwen3",
    "qwen3moe",
    "starcoder2",
];
const TOKENIZERS: [&str; 3] = ["gpt2", "llama", "replit"];

/// A metadata value, as far as it is needed here.
enum Value {
    Text(String),
    Number(u64),
    Other,
}

/// Why reading stopped.
enum Stop {
    /// The file is truncated or unreadable.
    Io(io::Error),
    Damaged(String),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Stop::Io(error)
    }
}

pub fn check(directory: &Path, file: &str) -> Result<(), LibraryError> {
    let path = directory.join(file);
    let failed = || LibraryError::io("read", &path);
    let opened = File::open(&path).map_err(failed())?;
    let length = opened.metadata().map_err(failed())?.len();
    let mut reader = Reader {
        inner: BufReader::new(opened),
        position: 0,
    };
    match reader.check(length) {
        Ok(()) => Ok(()),
        Err(Stop::Io(error)) if error.kind() == io::ErrorKind::UnexpectedEof => Err(invalid(
            file,
            format!("the file is truncated in its header, at {length} bytes"),
        )),
        Err(Stop::Io(error)) => Err(failed()(error)),
        Err(Stop::Damaged(what)) => Err(invalid(file, what)),
    }
}

struct Reader {
    inner: BufReader<File>,
    position: u64,
}

impl Reader {
    fn check(&mut self, length: u64) -> Result<(), Stop> {
        if self.bytes::<4>()? != *b"GGUF" {
            return Err(damaged("not a GGUF file"));
        }
        let version = self.u32()?;
        if !(2..=3).contains(&version) {
            return Err(damaged(format!(
                "GGUF version {version} is not supported; supported versions: 2 and 3"
            )));
        }
        let tensors = self.u64()?;
        let keys = self.u64()?;
        if tensors == 0 || tensors > MAX_TENSORS || keys > MAX_KEYS {
            return Err(damaged(format!(
                "the header is corrupt: {tensors} tensors, {keys} keys"
            )));
        }
        let mut values = BTreeMap::new();
        for _ in 0..keys {
            let key = self.text()?;
            let kind = self.u32()?;
            let value = self.value(kind)?;
            values.insert(key, value);
        }
        for (key, known) in [
            ("general.architecture", ARCHITECTURES.as_slice()),
            ("tokenizer.ggml.model", TOKENIZERS.as_slice()),
        ] {
            match values.get(key) {
                Some(Value::Text(value)) if known.contains(&value.to_lowercase().as_str()) => {}
                Some(Value::Text(value)) => {
                    let known = known.join(", ");
                    return Err(damaged(format!("`{key}` is {value}; supported: {known}")));
                }
                _ => return Err(damaged(format!("`{key}` is missing"))),
            }
        }
        let alignment = match values.get("general.alignment") {
            Some(Value::Number(alignment)) if alignment.is_power_of_two() => *alignment,
            Some(_) => return Err(damaged("`general.alignment` is not a power of two")),
            None => 32,
        };
        let shapes = self.tensors(tensors, alignment, length)?;
        let is_qwen3 = matches!(values.get("general.architecture"), Some(Value::Text(name)) if name.eq_ignore_ascii_case("qwen3"));
        if is_qwen3 {
            let number = |key: &str| match values.get(&format!("qwen3.{key}")) {
                Some(Value::Number(number)) => Some(*number),
                _ => None,
            };
            qwen3::check(number, &shapes).map_err(damaged)?;
        }
        Ok(())
    }

    fn tensors(&mut self, count: u64, alignment: u64, length: u64) -> Result<Shapes, Stop> {
        let mut ends = Vec::new();
        let mut shapes = Shapes::new();
        for _ in 0..count {
            let name = self.text()?;
            let dimensions = self.u32()?;
            if dimensions > 8 {
                return Err(damaged(format!(
                    "tensor {name} has {dimensions} dimensions"
                )));
            }
            let mut shape = Vec::new();
            for _ in 0..dimensions {
                shape.push(self.u64()?);
            }
            let kind = self.u32()?;
            let offset = self.u64()?;
            let Some((block, bytes)) = block(kind) else {
                return Err(damaged(format!(
                    "tensor {name} has type {kind}, which is not supported; choose another quantization, such as Q4_K_M or Q8_0"
                )));
            };
            let elements = shape
                .iter()
                .try_fold(1u64, |product, n| product.checked_mul(*n));
            let size = elements
                .filter(|n| n % block == 0)
                .and_then(|n| (n / block).checked_mul(bytes));
            let end = size.and_then(|size| offset.checked_add(size));
            match end {
                Some(end) if offset % alignment == 0 => {
                    ends.push((end, name.clone()));
                    shapes.insert(name, shape);
                }
                _ => {
                    return Err(damaged(format!(
                        "tensor {name}: its offset does not match its shape {shape:?}"
                    )));
                }
            }
        }
        let data = self.position.next_multiple_of(alignment);
        ends.sort();
        let whole = ends
            .last()
            .map_or(data, |(end, _)| data.saturating_add(*end));
        match ends
            .into_iter()
            .find(|(end, _)| data.saturating_add(*end) > length)
        {
            Some((_, name)) => Err(damaged(format!(
                "the file is truncated at tensor {name}: {length} of {whole} bytes"
            ))),
            None => Ok(shapes),
        }
    }

    fn value(&mut self, kind: u32) -> Result<Value, Stop> {
        Ok(match kind {
            0 | 1 | 7 => {
                self.skip(1)?;
                Value::Other
            }
            2 | 3 => {
                self.skip(2)?;
                Value::Other
            }
            4 => Value::Number(self.u32()?.into()),
            5 | 6 => {
                self.skip(4)?;
                Value::Other
            }
            8 => Value::Text(self.text()?),
            9 => {
                let of = self.u32()?;
                let count = self.u64()?;
                if of == 9 || count > MAX_VALUE_LEN {
                    return Err(damaged("the header is corrupt"));
                }
                for _ in 0..count {
                    self.value(of)?;
                }
                Value::Other
            }
            10 => Value::Number(self.u64()?),
            11 | 12 => {
                self.skip(8)?;
                Value::Other
            }
            other => {
                return Err(damaged(format!(
                    "the header is corrupt: unknown value type {other}"
                )));
            }
        })
    }

    fn text(&mut self) -> Result<String, Stop> {
        let length = self.u64()?;
        if length > MAX_VALUE_LEN {
            return Err(damaged("the header is corrupt"));
        }
        let mut text = Vec::new();
        let read = self.inner.by_ref().take(length).read_to_end(&mut text)? as u64;
        self.position += read;
        if read < length {
            return Err(Stop::Io(io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    fn skip(&mut self, count: usize) -> Result<(), Stop> {
        let mut bytes = [0; 8];
        self.inner.read_exact(&mut bytes[..count])?;
        self.position += count as u64;
        Ok(())
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Stop> {
        let mut bytes = [0; N];
        self.inner.read_exact(&mut bytes)?;
        self.position += N as u64;
        Ok(bytes)
    }

    fn u32(&mut self) -> Result<u32, Stop> {
        Ok(u32::from_le_bytes(self.bytes()?))
    }

    fn u64(&mut self) -> Result<u64, Stop> {
        Ok(u64::from_le_bytes(self.bytes()?))
    }
}

/// Returns the number of weights and bytes per block of a tensor type, or `None` if the engine does not support the type.
fn block(kind: u32) -> Option<(u64, u64)> {
    Some(match kind {
        0 => (1, 4),
        1 | 30 => (1, 2),
        2 => (32, 18),
        3 => (32, 20),
        6 => (32, 22),
        7 => (32, 24),
        8 => (32, 34),
        9 => (32, 36),
        10 => (256, 84),
        11 => (256, 110),
        12 => (256, 144),
        13 => (256, 176),
        14 => (256, 210),
        15 => (256, 292),
        _ => return None,
    })
}

fn damaged(what: impl Into<String>) -> Stop {
    Stop::Damaged(what.into())
}
