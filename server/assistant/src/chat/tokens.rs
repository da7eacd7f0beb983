//! How many tokens a text takes, without a tokenizer: the engine may be any, and only a bound is needed.

/// Bytes of ASCII text a token of a code model holds, at the least that repositories were seen to have: code has 3 to 4.
const BYTES_PER_TOKEN: usize = 3;

/// An estimate that is rather too high than too low. Digits count one each, as Qwen's tokenizer has them, and so do letters beyond ASCII.
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
