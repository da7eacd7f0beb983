//! The golden questions: one JSON object a line.

use std::path::Path;

use anyhow::{Context, bail};
use settings::paths;
use trainer_bridge::GoldenQuestion;

/// Reads a file of questions. The first bad line ends it: figures over a part would mislead.
pub(in crate::cli) fn read(file: &Path) -> anyhow::Result<Vec<GoldenQuestion>> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => bail!(
            "cannot read the questions {}: {}",
            file.display(),
            paths::plain(&error)
        ),
    };
    parse(&text).with_context(|| format!("the questions {} cannot be used", file.display()))
}

fn parse(text: &str) -> anyhow::Result<Vec<GoldenQuestion>> {
    let mut questions = Vec::new();
    for (index, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        match serde_json::from_str::<GoldenQuestion>(line) {
            Ok(question) => questions.push(question),
            Err(error) => {
                let message = error.to_string();
                let message = message.split(" at line ").next().unwrap_or_default();
                bail!("line {}: {message}", index + 1);
            }
        }
    }
    if questions.is_empty() {
        bail!("no question in it");
    }
    Ok(questions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_line_is_named_by_its_number() {
        let text = "{\"id\":\"a\",\"question\":\"q\",\"gold_files\":[]}\n\n{\"id\":\"b\",\"gold_files\":[]}\n";
        assert_eq!(
            parse(text).unwrap_err().to_string(),
            "line 3: missing field `question`"
        );
        assert_eq!(parse("\n").unwrap_err().to_string(), "no question in it");
        assert_eq!(parse(text.lines().next().unwrap()).unwrap().len(), 1);
    }
}
