//! Plain BM25 over whole files: the simplest thing that works, as a measure for everything else.
//!
//! Words are identifiers, whole and in their camel-case and snake-case parts, in lower case. No fields, no stemming, no graph.

use std::collections::HashMap;

const K1: f64 = 1.2;
const B: f64 = 0.75;

/// For each query the paths of `files` that share a word with it, best first.
pub(super) fn plain_bm25(files: &[(String, String)], queries: &[&str]) -> Vec<Vec<String>> {
    let index = Postings::new(files);
    queries
        .iter()
        .map(|query| {
            index
                .rank(query)
                .into_iter()
                .map(|file| files[file].0.clone())
                .collect()
        })
        .collect()
}

struct Postings {
    /// For each word the files it is in and how often.
    words: HashMap<String, Vec<(usize, u32)>>,
    lengths: Vec<f64>,
    average: f64,
}

impl Postings {
    fn new(files: &[(String, String)]) -> Self {
        let mut words: HashMap<String, Vec<(usize, u32)>> = HashMap::new();
        let mut lengths = Vec::with_capacity(files.len());
        for (file, (_, text)) in files.iter().enumerate() {
            let mut length = 0_u32;
            each_word(text, |word| {
                length += 1;
                if let Some(list) = words.get_mut(word) {
                    match list.last_mut() {
                        Some((last, count)) if *last == file => *count += 1,
                        _ => list.push((file, 1)),
                    }
                } else {
                    words.insert(word.to_owned(), vec![(file, 1)]);
                }
            });
            lengths.push(f64::from(length));
        }
        let average = lengths.iter().sum::<f64>() / lengths.len().max(1) as f64;
        Postings {
            words,
            lengths,
            average,
        }
    }

    fn rank(&self, query: &str) -> Vec<usize> {
        let mut scores = vec![0.0; self.lengths.len()];
        // A word counts once, however often the query has it: a traceback repeats itself.
        let mut words = Vec::new();
        each_word(query, |word| words.push(word.to_owned()));
        words.sort_unstable();
        words.dedup();
        for list in words.iter().filter_map(|word| self.words.get(word)) {
            let (files, with) = (self.lengths.len() as f64, list.len() as f64);
            let rarity = (1.0 + (files - with + 0.5) / (with + 0.5)).ln();
            for (file, count) in list {
                let count = f64::from(*count);
                let norm = K1 * (1.0 - B + B * self.lengths[*file] / self.average);
                scores[*file] += rarity * count * (K1 + 1.0) / (count + norm);
            }
        }
        let mut ranked: Vec<usize> = (0..scores.len())
            .filter(|file| scores[*file] > 0.0)
            .collect();
        ranked.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
        ranked
    }
}

/// Calls `found` with each identifier and, where there are several, with its parts.
fn each_word(text: &str, mut found: impl FnMut(&str)) {
    let mut lower = String::new();
    for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
        let bare = word.trim_matches('_');
        if bare.is_empty() {
            continue;
        }
        let mut give = |part: &str| {
            lower.clear();
            lower.extend(part.chars().map(|c| c.to_ascii_lowercase()));
            found(&lower);
        };
        give(bare);
        let parts = parts(bare);
        if parts.len() > 1 {
            parts.into_iter().for_each(give);
        }
    }
}

/// `HTTPServer_name` is `HTTP`, `Server`, `name`.
fn parts(word: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for piece in word.split('_').filter(|piece| !piece.is_empty()) {
        let bytes = piece.as_bytes();
        let mut start = 0;
        for at in 1..bytes.len() {
            let (before, here) = (bytes[at - 1], bytes[at]);
            let hump = before.is_ascii_lowercase() && here.is_ascii_uppercase();
            let after_capitals = before.is_ascii_uppercase()
                && here.is_ascii_uppercase()
                && bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase);
            if hump || after_capitals {
                parts.push(&piece[start..at]);
                start = at;
            }
        }
        parts.push(&piece[start..]);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_wholes_and_parts() {
        let mut words = Vec::new();
        each_word("HTTPServer_name(x) __init__ fooBar2", |word| {
            words.push(word.to_owned())
        });
        assert_eq!(
            words.join(" "),
            "httpserver_name http server name x init foobar2 foo bar2"
        );
    }

    #[test]
    fn rare_words_and_short_files_win() {
        let files = [
            ("long", "merge merge the the the other words of a file"),
            ("short", "merge policy"),
            ("none", "the"),
        ];
        let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
        let ranked = plain_bm25(&files, &["mergePolicy", "nothing"]);
        assert_eq!(ranked, [vec!["short", "long"], vec![]]);
    }
}
