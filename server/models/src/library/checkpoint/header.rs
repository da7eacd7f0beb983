//! Reads and validates the header of a safetensors file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use safetensors::tensor::{Metadata, TensorInfo};
use safetensors::{Dtype, SafeTensorError};
use serde_json::Value;

use super::super::LibraryError;
use super::invalid;

/// Maximum header length in the format, in bytes.
const MAX_HEADER_LEN: u64 = 100_000_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    pub name: String,
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    /// Start of its data in the file, in bytes.
    pub begin: u64,
    /// End of its data, exclusive.
    pub end: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// In file order.
    pub tensors: Vec<Tensor>,
    by_name: BTreeMap<String, usize>,
}

impl Header {
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.by_name.get(name).map(|at| &self.tensors[*at])
    }
}

pub fn read(directory: &Path, file: &str) -> Result<Header, LibraryError> {
    let path = directory.join(file);
    let failed = || LibraryError::io("read", &path);
    let mut opened = File::open(&path).map_err(failed())?;
    let length = opened.metadata().map_err(failed())?.len();
    if length < 8 {
        return Err(invalid(
            file,
            format!("the file is truncated: {length} bytes are too few for a header"),
        ));
    }
    let mut size = [0; 8];
    opened.read_exact(&mut size).map_err(failed())?;
    let size = u64::from_le_bytes(size);
    if size > MAX_HEADER_LEN {
        return Err(invalid(file, "not a safetensors file"));
    }
    if 8 + size > length {
        return Err(invalid(
            file,
            format!(
                "the file is truncated in its header: {length} of at least {} bytes",
                8 + size
            ),
        ));
    }
    let mut text = vec![0; usize::try_from(size).unwrap_or(usize::MAX)];
    opened.read_exact(&mut text).map_err(failed())?;
    parse(file, &text, length)
}

fn parse(file: &str, text: &[u8], length: u64) -> Result<Header, LibraryError> {
    let mut parts: BTreeMap<String, Value> = serde_json::from_slice(text)
        .map_err(|error| invalid(file, format!("the header is corrupt: {error}")))?;
    parts.remove("__metadata__");
    let mut infos = Vec::with_capacity(parts.len());
    for (name, info) in parts {
        let info: TensorInfo = serde_json::from_value(info)
            .map_err(|error| invalid(file, format!("tensor {name}: {error}")))?;
        infos.push((name, info));
    }
    infos.sort_by_key(|(_, info)| info.data_offsets);
    let data = 8 + text.len() as u64;
    let mut expected = 0;
    for (name, info) in &infos {
        let (begin, end) = info.data_offsets;
        let elements = info
            .shape
            .iter()
            .try_fold(1usize, |product, n| product.checked_mul(*n));
        let bytes = elements.and_then(|count| count.checked_mul(info.dtype.bitsize()));
        if begin != expected || bytes.map(|bits| bits.div_ceil(8)) != end.checked_sub(begin) {
            return Err(invalid(
                file,
                format!(
                    "tensor {name}: its byte range {begin}..{end} does not match its shape {:?} in {}",
                    info.shape, info.dtype
                ),
            ));
        }
        if data.checked_add(end as u64).is_none_or(|end| end > length) {
            let whole = infos.last().map_or(0, |(_, last)| {
                data.saturating_add(last.data_offsets.1 as u64)
            });
            return Err(invalid(
                file,
                format!("the file is truncated at tensor {name}: {length} of {whole} bytes"),
            ));
        }
        expected = end;
    }
    if data + expected as u64 != length {
        return Err(invalid(
            file,
            format!(
                "{} unexpected bytes after the last tensor",
                length - data - expected as u64
            ),
        ));
    }
    // The format's own library checks the rest.
    Metadata::new(None, infos.clone()).map_err(|error: SafeTensorError| invalid(file, error))?;
    let tensors: Vec<Tensor> = infos
        .into_iter()
        .map(|(name, info)| Tensor {
            name,
            dtype: info.dtype,
            shape: info.shape,
            begin: data + info.data_offsets.0 as u64,
            end: data + info.data_offsets.1 as u64,
        })
        .collect();
    let by_name = tensors
        .iter()
        .enumerate()
        .map(|(at, tensor)| (tensor.name.clone(), at))
        .collect();
    Ok(Header { tensors, by_name })
}
