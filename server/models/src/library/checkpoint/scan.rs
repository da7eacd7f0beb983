//! Finds NaN and infinite values in weights, chunk by chunk while a file is hashed.
//!
//! A failed training run leaves such values, and a single one makes every answer nonsense.

use safetensors::Dtype;

use super::super::LibraryError;
use super::header::{Header, Tensor};
use super::invalid;

pub struct FiniteScan<'a> {
    file: &'a str,
    tensors: &'a [Tensor],
    /// File offset of the next byte.
    position: u64,
    /// First bytes of a value that spans two chunks.
    rest: Vec<u8>,
}

impl<'a> FiniteScan<'a> {
    pub fn new(file: &'a str, header: &'a Header) -> Self {
        FiniteScan {
            file,
            tensors: &header.tensors,
            position: 0,
            rest: Vec::new(),
        }
    }

    /// Checks the next chunk. Must be called with all bytes of the file, in order.
    pub fn update(&mut self, mut piece: &[u8]) -> Result<(), LibraryError> {
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
            if !self.is_finite(tensor.dtype, part) {
                return Err(invalid(
                    self.file,
                    format!(
                        "tensor {} contains a value that is not finite (NaN or infinity)",
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

    fn is_finite(&mut self, dtype: Dtype, mut part: &[u8]) -> bool {
        let width = match dtype {
            Dtype::BF16 | Dtype::F16 => 2,
            Dtype::F32 => 4,
            Dtype::F64 => 8,
            // Integers, and quantized weights, whose scales are separate tensors.
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

/// Returns whether all values are finite. An exponent with all bits set means NaN or infinity.
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

/// Splits off the next bytes, at most `count`.
fn take<'a>(piece: &mut &'a [u8], count: u64) -> &'a [u8] {
    let count = usize::try_from(count)
        .unwrap_or(usize::MAX)
        .min(piece.len());
    let (taken, left) = piece.split_at(count);
    *piece = left;
    taken
}
