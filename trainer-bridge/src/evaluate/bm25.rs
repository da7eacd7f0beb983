//! The baseline: plain BM25 over whole files, without fields, stemming or graph.
//!
//! Terms are identifiers, each as a whole and as its camel-case and snake-case parts, in lower case.

use std::collections::HashMap;

const K1: f64 = 1.2;
const B: f64 = 0.75;

/// Ranks `files`, pairs of path and text, for each query. A ranking has the paths that share a term with the query, best first.
pub(super) fn rank_files(files: &[(String, String)], queries: &[&str]) -> Vec<Vec<String>> {
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
    /// For each term, the files that contain it and how often.
    terms: HashMap<String, Vec<(usize, u32)>>,
    lengths: Vec<f64>,
    average_length: f64,
}

impl Postings {
    fn new(files: &[(String, String)]) -> Self {
        let mut terms: HashMap<String, Vec<(usize, u32)>> = HashMap::new();
        let mut lengths = Vec::with_capacity(files.len());
        for (file, (_, text)) in files.iter().enumerate() {
            let mut length = 0_u32;
            each_term(text, |word| {
                length += 1;
                if let Some(list) = terms.get_mut(word) {
                    match list.last_mut() {
                        Some((last, count)) if *last == file => *count += 1,
                        _ => list.push((file, 1)),
                    }
                } else {
                    terms.insert(word.to_owned(), vec![(file, 1)]);
                }
            });
            lengths.push(f64::from(length));
        }
        let average_length = lengths.iter().sum::<f64>() / lengths.len().max(1) as f64;
        Postings {
            terms,
            lengths,
            average_length,
        }
    }

    fn rank(&self, query: &str) -> Vec<usize> {
        let mut scores = vec![0.0; self.lengths.len()];
        // Each term of the query counts once: a traceback repeats its terms.
        let mut terms = Vec::new();
        each_term(query, |word| terms.push(word.to_owned()));
        terms.sort_unstable();
        terms.dedup();
        for list in terms.iter().filter_map(|word| self.terms.get(word)) {
            let (files, with) = (self.lengths.len() as f64, list.len() as f64);
            let rarity = (1.0 + (files - with + 0.5) / (with + 0.5)).ln();
            for (file, count) in list {
                let count = f64::from(*count);
                let norm = K1 * (1.0 - B + B * self.lengths[*file] / self.average_length);
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

/// Calls `found` with each identifier, and with each of its parts if it has several.
fn each_term(text: &str, mut found: impl FnMut(&str)) {
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
    fn terms_are_whole_identifiers_and_their_parts() {
        let mut terms = Vec::new();
        each_term("HTTPServer_name(x) __init__ fooBar2", |word| {
            terms.push(word.to_owned())
        });
        assert_eq!(
            terms.join(" "),
            "httpserver_name http server name x init foobar2 foo bar2"
        );
    }

    #[test]
    fn rare_terms_and_short_files_rank_first() {
        let files = [
            ("long", "merge merge the the the other words of a file"),
            ("short", "merge policy"),
            ("none", "the"),
        ];
        let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
        let ranked = rank_files(&files, &["mergePolicy", "nothing"]);
        assert_eq!(ranked, [vec!["short", "long"], vec![]]);
    }
}
