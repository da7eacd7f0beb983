//! Splits a text into short pieces that are all different.

use std::collections::HashSet;

use anyhow::{Result, bail};

/// Splits `text` into pieces that differ from each other and from those in `taken`, and adds them to `taken`. Fails if that is impossible.
pub(crate) fn cut<'t>(text: &'t str, taken: &mut HashSet<String>) -> Result<Vec<&'t str>> {
    let mut pieces: Vec<&str> = Vec::new();
    let (mut start, mut end) = (0, 0);
    for word in words(text) {
        end += word.len();
        if taken.insert(text[start..end].to_owned()) {
            pieces.push(&text[start..end]);
            start = end;
        }
    }
    // The rest equals an earlier piece, so it is joined with the pieces before it until the result is new.
    while start < end {
        let Some(last) = pieces.pop() else {
            bail!("the text cannot be split into unique pieces: {text:?}");
        };
        taken.remove(last);
        start -= last.len();
        if taken.insert(text[start..end].to_owned()) {
            pieces.push(&text[start..end]);
            start = end;
        }
    }
    Ok(pieces)
}

/// Returns words with their leading white space. White space at the end is a word of its own.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let word = rest
            .find(|c: char| !c.is_whitespace())
            .unwrap_or(rest.len());
        let end = rest[word..]
            .find(char::is_whitespace)
            .map_or(rest.len(), |length| word + length);
        let (first, others) = rest.split_at(end);
        rest = others;
        Some(first)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_unique_and_concatenate_to_the_text() {
        for text in [
            "one",
            "one two three",
            "the cat and the dog and the cat and the dog",
            "a a a a a a a a a a a a a a a",
            "  led by space\n\nand followed by it \n",
            "ends as it began: x y x y",
            "naïve 日本語 naïve 日本語",
        ] {
            let pieces = cut(text, &mut HashSet::new()).unwrap();
            assert_eq!(pieces.concat(), text);
            let different: HashSet<_> = pieces.iter().collect();
            assert_eq!(different.len(), pieces.len(), "{pieces:?}");
        }
        assert_eq!(
            cut("the cat and the dog", &mut HashSet::new()).unwrap(),
            ["the", " cat", " and", " the", " dog"]
        );
    }

    #[test]
    fn rejects_a_text_without_unique_pieces() {
        let mut taken = HashSet::from(["yes".to_owned()]);
        let error = cut("yes", &mut taken).unwrap_err().to_string();
        assert!(error.contains("\"yes\""), "{error}");
    }
}
