//! Validation of GGUF files.

use super::*;

/// A GGUF file with one tensor of 32 × 2 weights.
fn gguf(architecture: &str, version: u32, kind: u32, data: usize) -> Vec<u8> {
    let mut file = b"GGUF".to_vec();
    let text = |file: &mut Vec<u8>, text: &str| {
        file.extend((text.len() as u64).to_le_bytes());
        file.extend(text.as_bytes());
    };
    file.extend(version.to_le_bytes());
    file.extend(1u64.to_le_bytes());
    file.extend(3u64.to_le_bytes());
    for (key, value) in [
        ("general.architecture", architecture),
        ("tokenizer.ggml.model", "gpt2"),
    ] {
        text(&mut file, key);
        file.extend(8u32.to_le_bytes());
        text(&mut file, value);
    }
    text(&mut file, "tokenizer.ggml.tokens");
    file.extend(9u32.to_le_bytes());
    file.extend(8u32.to_le_bytes());
    file.extend(2u64.to_le_bytes());
    text(&mut file, "a");
    text(&mut file, "b");
    text(&mut file, "token_embd.weight");
    file.extend(2u32.to_le_bytes());
    file.extend(32u64.to_le_bytes());
    file.extend(2u64.to_le_bytes());
    file.extend(kind.to_le_bytes());
    file.extend(0u64.to_le_bytes());
    file.resize(file.len().next_multiple_of(32) + data, 0);
    file
}

#[test]
fn validates_gguf_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    let fixture = Fixture::new();
    let whole = gguf("llama", 3, 8, 68);
    let cases = [
        (
            b"NOPE".to_vec(),
            "model.gguf: the file is truncated in its header",
        ),
        (
            [b"PK\x03\x04", &whole[4..]].concat(),
            "model.gguf: not a GGUF file",
        ),
        (
            gguf("llama", 1, 8, 68),
            "model.gguf: GGUF version 1 is not supported; supported versions: 2 and 3",
        ),
        (
            gguf("clip", 3, 8, 68),
            "model.gguf: `general.architecture` is clip; supported: llama, mistral3",
        ),
        (
            gguf("llama", 3, 23, 68),
            "model.gguf: tensor token_embd.weight has type 23, which is not supported",
        ),
        (
            gguf("llama", 3, 8, 67),
            "model.gguf: the file is truncated at tensor token_embd.weight: ",
        ),
        (
            gguf("llama", 3, 12, 68),
            "model.gguf: tensor token_embd.weight: its offset does not match its shape [32, 2]",
        ),
    ];
    for (file, expected) in cases {
        fs::write(&path, file).unwrap();
        let error = fixture.add("tiny", &path).unwrap_err().to_string();
        let expected = expected.replace("NOPE", "");
        assert!(
            error.starts_with(&expected)
                || expected.contains("in its header") && error.contains("not a GGUF"),
            "{error}"
        );
    }
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let error = fixture.add("tiny", &path).unwrap_err().to_string();
        assert!(
            error.starts_with("model.gguf: the file is truncated"),
            "{length}: {error}"
        );
    }
    fs::write(&path, &whole).unwrap();
    let mut incoming = incoming(&path);
    incoming.transfer = Transfer::Move;
    let added = fixture.library.add("tiny", &incoming, &|_, _| {}).unwrap();
    assert_eq!(
        added.installed.gguf().unwrap(),
        added.installed.directory.join("model.gguf")
    );
    assert!(!path.exists());
}

#[test]
fn checks_the_tensors_of_qwen3() {
    let folder = tempfile::tempdir().unwrap();
    let (made, path) = (folder.path().join("made"), folder.path().join("tiny.gguf"));
    ::checkpoint::Parrot::new("Well.").write(&made).unwrap();
    ::checkpoint::to_gguf(&made, &path).unwrap();
    let whole = fs::read(&path).unwrap();
    let fixture = Fixture::new();
    for (from, to, expected) in [
        (
            "blk.0.attn_q.weight",
            "blk.0.attn_x.weight",
            "model.gguf: tensor blk.0.attn_q.weight is missing",
        ),
        (
            "token_embd.weight",
            "token_emby.weight",
            "model.gguf: tensor token_embd.weight is missing",
        ),
        (
            "qwen3.attention.head_count_kv",
            "qwen3.attention.head_count_ky",
            "model.gguf: `qwen3.attention.head_count_kv` is missing or out of range",
        ),
    ] {
        let at = whole
            .windows(from.len())
            .position(|some| some == from.as_bytes());
        let mut damaged = whole.clone();
        damaged[at.unwrap()..][..from.len()].copy_from_slice(&to.as_bytes()[..from.len()]);
        fs::write(&path, damaged).unwrap();
        let error = fixture.add("tiny", &path).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    fs::write(&path, &whole).unwrap();
    fixture.add("tiny", &path).unwrap();
}
