//! Estimates tokens without a tokenizer: the engine may be any, and an upper bound is enough.

/// Bytes of ASCII text per token, at the low end of what was measured on repositories: code has 3 to 4.
const BYTES_PER_TOKEN: usize = 3;

/// Returns an estimate that errs on the high side. Each digit counts as a token, as in Qwen's tokenizer, and so does each non-ASCII letter.
pub fn estimate(text: &str) -> usize {
    let alone = |c: &char| !c.is_ascii() || c.is_ascii_digit();
    let single = text.chars().filter(alone).count();
    let bytes = text.bytes().filter(|b| b.is_ascii() && !b.is_ascii_digit());
    bytes.count().div_ceil(BYTES_PER_TOKEN) + single
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_letters_beyond_ascii_count_one_each() {
        assert_eq!(estimate(""), 0);
        assert_eq!(estimate("abcd"), 2);
        assert_eq!(estimate("分词器"), 3);
        assert_eq!(estimate("1234, 5678"), 9);
    }
}
