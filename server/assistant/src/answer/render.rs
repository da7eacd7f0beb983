//! Renders an answer as Markdown, in parts that add up to exactly the whole.

use grounding::{Citation, Links};

use super::{Answer, AnswerKind, Mention, Relation, Source};
use grounding::markdown::{code, fence, inline, language_tag, link, prose};

impl Answer {
    pub fn to_markdown(&self, links: &dyn Links) -> String {
        let mut out = self.head();
        for (index, source) in self.sources.iter().enumerate() {
            out.push_str(&source.to_markdown(index + 1, links));
        }
        out.push_str(&self.tail());
        out
    }

    /// Returns the first lines: where the answer comes from, and its headline.
    pub fn head(&self) -> String {
        let extractive = match self.kind {
            AnswerKind::Question => "the best-matching places, quoted",
            _ => "quoted, nothing is made up",
        };
        // The label may contain an error message of an engine.
        let label = inline(&self.label());
        format!("*{label}; {extractive}*\n\n{}\n", self.headline)
    }

    pub fn tail(&self) -> String {
        let unverified = self.citations().iter().filter(|c| !c.verified).count();
        let mut out = String::new();
        for note in &self.notes {
            out.push_str(&format!("\n{note}\n"));
        }
        if unverified > 0 {
            out.push_str(&format!(
                "\n⚠ {unverified} of the places above could not be verified.\n"
            ));
        }
        out
    }
}

impl Source {
    pub fn to_markdown(&self, number: usize, links: &dyn Links) -> String {
        let mut out = format!(
            "\n### {number}. {} · {}\n{}\n",
            code(&self.title),
            self.kind,
            cite(&self.citation, links)
        );
        let language = language_tag(&self.citation.path);
        if let Some(signature) = &self.signature {
            out.push_str(&format!("\n{}", fence(language, signature)));
        }
        if let Some(doc) = &self.doc {
            out.push_str(&format!("\n{}\n", prose(doc)));
        }
        if let Some(snippet) = &self.snippet {
            // Prose of the repository is shown as inert prose, everything else as code.
            let shown = if language == "markdown" {
                quote(&prose(snippet))
            } else {
                fence(language, snippet)
            };
            out.push_str(&format!("\n{shown}"));
        }
        if !self.relations.is_empty() {
            out.push('\n');
        }
        for relation in &self.relations {
            out.push_str(&format!("- {}\n", relation_line(relation, links)));
        }
        out
    }
}

fn relation_line(relation: &Relation, links: &dyn Links) -> String {
    let mut mentions: Vec<String> = relation
        .mentions
        .iter()
        .map(|m| mention(m, links))
        .collect();
    if relation.more > 0 {
        mentions.push(format!("{} more", relation.more));
    }
    format!("{}: {}", relation.label, mentions.join(" · "))
}

fn mention(mention: &Mention, links: &dyn Links) -> String {
    let times = if mention.count > 1 {
        format!(" ({})", mention.count)
    } else {
        String::new()
    };
    let name = mention
        .name
        .as_deref()
        .map(|n| format!("{} ", code(n)))
        .unwrap_or_default();
    format!("{name}{}{times}", cite(&mention.citation, links))
}

fn cite(citation: &Citation, links: &dyn Links) -> String {
    let mark = if citation.verified { "" } else { " ⚠" };
    match links.target(citation) {
        Some(target) => format!("{}{mark}", link(&citation.label, &target)),
        None => format!("{}{mark}", code(&citation.label)),
    }
}

fn quote(text: &str) -> String {
    text.lines().map(|line| format!("> {line}\n")).collect()
}
