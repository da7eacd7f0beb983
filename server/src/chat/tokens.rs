//! How many tokens a text takes, without a tokenizer: the engine may be any, and only a bound is needed.

/// Bytes of ASCII text a token of a code model holds, at the least that repositories were seen to have: code has 3 to 4.
const BYTES_PER_TOKEN: usize = 3;

/// An estimate that is rather too high than too low. Letters beyond ASCII count one each.
pub fn estimate(text: &str) -> usize {
    let wide = text.chars().filter(|c| !c.is_ascii()).count();
    let ascii = text.bytes().filter(u8::is_ascii).count();
    ascii.div_ceil(BYTES_PER_TOKEN) + wide
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_beyond_ascii_count_one_each() {
        assert_eq!(estimate(""), 0);
        assert_eq!(estimate("abcd"), 2);
        assert_eq!(estimate("分词器"), 3);
    }
}
