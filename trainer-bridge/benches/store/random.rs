//! Deterministic random interactions of realistic size.

use trainer_bridge::{
    CitedLines, ContextRef, Interaction, RecordedCitation, RetrievalScore, Verdict, new_id,
};

pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, most: usize) -> usize {
        (self.next() % most as u64) as usize
    }

    /// A few words are frequent, most are rare.
    fn word(&mut self) -> String {
        let rank = self.below(60) * self.below(60);
        let mut word = Random(rank as u64);
        (0..2 + word.below(3))
            .map(|_| ["ta", "re", "in", "_o", "lex", "par", "ser", "in", "dex"][word.below(9)])
            .collect()
    }

    fn text(&mut self, words: usize) -> String {
        (0..words)
            .map(|_| self.word())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// One of 20,000 files. Some occur only in the first interactions.
    fn file(&mut self, at: u64) -> String {
        if at < 1_000 && self.below(10) == 0 {
            return format!("old/f{}.rs", self.below(500));
        }
        let number = self.below(142) * self.below(142);
        format!("src/f{:03}/f{number}.rs", number % 97)
    }

    pub fn interaction(&mut self, at: u64) -> Interaction {
        let files: Vec<String> = (0..6).map(|_| self.file(at)).collect();
        let range = |first: usize| CitedLines {
            first: first as u32,
            last: first as u32 + 14,
        };
        let verdict = match self.below(100) {
            0..12 => Some(Verdict::Good),
            12..18 => Some(Verdict::Bad),
            18..20 => Some(Verdict::Corrected),
            _ => None,
        };
        let words = 60 + self.below(200);
        Interaction {
            id: new_id(),
            workspace: format!("workspace-{}", self.below(12)),
            time: at * 1_000,
            kind: [
                "ask", "ask", "ask", "explain", "explain", "usages", "module",
            ][self.below(7)]
            .to_owned(),
            question: self.text(14),
            answer: self.text(words),
            context: files
                .iter()
                .map(|file| ContextRef {
                    file: file.clone(),
                    range: range(self.below(900)),
                    hash: (0..4).map(|_| format!("{:016x}", self.next())).collect(),
                    blob: None,
                })
                .collect(),
            citations: files
                .iter()
                .take(4)
                .map(|file| RecordedCitation {
                    file: file.clone(),
                    range: range(self.below(900)),
                    verified: self.below(20) > 0,
                })
                .collect(),
            scores: files
                .iter()
                .map(|file| RetrievalScore {
                    file: file.clone(),
                    total: self.below(100_000) as f64 / 1e3,
                    parts: ["bm25.name", "bm25.text", "graph", "path", "symbol"]
                        .map(|part| (part.to_owned(), self.below(10_000) as f64 / 1e3))
                        .into(),
                })
                .collect(),
            generation: Some("repo@7".to_owned()),
            latency_ms: self.below(9_000) as u64,
            verdict,
            ..Interaction::default()
        }
    }
}
