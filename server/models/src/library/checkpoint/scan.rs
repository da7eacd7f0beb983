//! Finding numbers that are none among the weights, piece by piece as a file is read for its hash.
//!
//! One of them anywhere makes every answer nonsense, and training that went wrong leaves them.

use safetensors::Dtype;

use super::super::LibraryError;
use super::header::{Header, Tensor};
use super::refused;

pub struct Scan<'a> {
    file: &'a str,
    tensors: &'a [Tensor],
    /// Of the next byte to come.
    position: u64,
    /// The beginning of a number that two pieces share.
    rest: Vec<u8>,
}

impl<'a> Scan<'a> {
    pub fn new(file: &'a str, header: &'a Header) -> Self {
        Scan {
            file,
            tensors: &header.tensors,
            position: 0,
            rest: Vec::new(),
        }
    }

    /// To be called with all bytes of the file, in order.
    pub fn look(&mut self, mut piece: &[u8]) -> Result<(), LibraryError> {
        while let Some(tensor) = self.tensors.first() {
            if self.position < tensor.begin {
                let skipped = take(&mut piece, tensor.begin - self.position);
                self.position += skipped.len() as u64;
            }
            if self.position < tensor.begin {
                return Ok(());
            }
            let part = take(&mut piece, tensor.end - self.position);
            self.position += part.len() as u64;
            if !self.sound(tensor.dtype, part) {
                return Err(refused(
                    self.file,
                    format!(
                        "tensor {} has a value that is not a finite number",
                        tensor.name
                    ),
                ));
            }
            if self.position < tensor.end {
                return Ok(());
            }
            self.rest.clear();
            self.tensors = &self.tensors[1..];
        }
        Ok(())
    }

    fn sound(&mut self, dtype: Dtype, mut part: &[u8]) -> bool {
        let width = match dtype {
            Dtype::BF16 | Dtype::F16 => 2,
            Dtype::F32 => 4,
            Dtype::F64 => 8,
            // Whole numbers, and quantized weights whose scales are tensors of their own.
            _ => return true,
        };
        if !self.rest.is_empty() {
            let missing = take(&mut part, (width - self.rest.len()) as u64);
            self.rest.extend_from_slice(missing);
            if self.rest.len() < width {
                return true;
            }
            let shared = std::mem::take(&mut self.rest);
            if !finite(dtype, &shared) {
                return false;
            }
        }
        let whole = part.len() - part.len() % width;
        self.rest.extend_from_slice(&part[whole..]);
        finite(dtype, &part[..whole])
    }
}

/// Whether all numbers are finite: an exponent of nothing but ones means that one is not.
fn finite(dtype: Dtype, bytes: &[u8]) -> bool {
    match dtype {
        Dtype::BF16 => halves(bytes, 0x7f80),
        Dtype::F16 => halves(bytes, 0x7c00),
        Dtype::F32 => bytes
            .as_chunks::<4>()
            .0
            .iter()
            .all(|word| u32::from_le_bytes(*word) & 0x7f80_0000 != 0x7f80_0000),
        Dtype::F64 => bytes
            .as_chunks::<8>()
            .0
            .iter()
            .all(|word| f64::from_le_bytes(*word).is_finite()),
        _ => true,
    }
}

fn halves(bytes: &[u8], exponent: u16) -> bool {
    bytes
        .as_chunks::<2>()
        .0
        .iter()
        .all(|word| u16::from_le_bytes(*word) & exponent != exponent)
}

/// The next bytes, at most `count`.
fn take<'a>(piece: &mut &'a [u8], count: u64) -> &'a [u8] {
    let count = usize::try_from(count)
        .unwrap_or(usize::MAX)
        .min(piece.len());
    let (taken, left) = piece.split_at(count);
    *piece = left;
    taken
}
