//! What of an interaction may be changed, as a person edits it: a TOML file, since answers hold every mark that Markdown has.

use anyhow::bail;
use serde::{Deserialize, Serialize};
use trainer_bridge::{Interaction, Verdict};

use super::render;
use crate::cli::output;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) question: String,
    pub(super) answer: String,
    pub(super) verdict: Option<Verdict>,
    pub(super) correction: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    verdict: Judgement,
    question: String,
    answer: String,
    correction: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Judgement {
    Good,
    Bad,
    Corrected,
    None,
}

impl Form {
    pub(super) fn of(interaction: &Interaction) -> Self {
        Form {
            question: interaction.question.clone(),
            answer: interaction.answer.clone(),
            verdict: interaction.verdict,
            correction: interaction.correction.clone(),
        }
    }

    pub(super) fn write(&self, interaction: &Interaction) -> anyhow::Result<String> {
        let file = File {
            verdict: match self.verdict {
                Some(Verdict::Good) => Judgement::Good,
                Some(Verdict::Bad) => Judgement::Bad,
                Some(Verdict::Corrected) => Judgement::Corrected,
                None => Judgement::None,
            },
            question: self.question.clone(),
            answer: self.answer.clone(),
            correction: self.correction.clone().unwrap_or_default(),
        };
        Ok(format!(
            "# {}, asked {} about {}.\n# Close the file unchanged to change nothing.\n#\n\
             # verdict: good, bad, corrected, or none. correction: the answer as it should have been; that makes it corrected.\n\n{}",
            render::one_line(&interaction.id),
            output::date(interaction.time),
            render::one_line(&render::workspace(&interaction.workspace)),
            toml::to_string_pretty(&file)?
        ))
    }

    pub(super) fn read(text: &str) -> Result<Self, toml::de::Error> {
        let file: File = toml::from_str(text)?;
        Ok(Form {
            question: file.question,
            answer: file.answer,
            verdict: match file.verdict {
                Judgement::Good => Some(Verdict::Good),
                Judgement::Bad => Some(Verdict::Bad),
                Judgement::Corrected => Some(Verdict::Corrected),
                Judgement::None => None,
            },
            correction: Some(file.correction).filter(|text| !text.trim().is_empty()),
        })
    }

    /// Verdict and correction brought together: who writes a correction and leaves the verdict alone has judged.
    pub(super) fn settled(mut self, before: &Form) -> anyhow::Result<Self> {
        if self.question.trim().is_empty() {
            bail!("a question cannot be empty; `repo-lsp samples forget` deletes an interaction");
        }
        if self.correction.is_some()
            && self.correction != before.correction
            && self.verdict == before.verdict
        {
            self.verdict = Some(Verdict::Corrected);
        }
        if self.verdict == Some(Verdict::Corrected) && self.correction.is_none() {
            bail!("what is corrected needs a correction; give one, or another verdict");
        }
        Ok(self)
    }

    /// Writes what differs from `before`: something else may have been judged meanwhile.
    pub(super) fn apply(&self, before: &Form, now: &mut Interaction) {
        if self.question != before.question {
            now.question.clone_from(&self.question);
        }
        if self.answer != before.answer {
            now.answer.clone_from(&self.answer);
        }
        if self.verdict != before.verdict {
            now.verdict = self.verdict;
        }
        if self.correction != before.correction {
            now.correction.clone_from(&self.correction);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn form(question: &str, answer: &str, correction: Option<&str>) -> Form {
        Form {
            question: question.to_owned(),
            answer: answer.to_owned(),
            verdict: None,
            correction: correction.map(str::to_owned),
        }
    }

    #[test]
    fn what_people_edit_is_easy_to_read() {
        let form = form(
            "where?",
            "In `a.rs`:\n\n```rust\nlet x = \"1\";\n```\n",
            None,
        );
        let interaction = Interaction {
            id: "0193".to_owned(),
            time: 1_795_046_400_000,
            ..Interaction::default()
        };
        expect_test::expect![[r##"
            # 0193, asked 2026-11-19 00:00 about no workspace.
            # Close the file unchanged to change nothing.
            #
            # verdict: good, bad, corrected, or none. correction: the answer as it should have been; that makes it corrected.

            verdict = "none"
            question = "where?"
            answer = """
            In `a.rs`:

            ```rust
            let x = "1";
            ```
            """
            correction = ""
        "##]].assert_eq(&form.write(&interaction).unwrap());
    }

    #[test]
    fn a_correction_is_a_verdict_unless_one_is_given() {
        let before = form("q", "a", None);
        let corrected = form("q", "a", Some("c")).settled(&before).unwrap();
        assert_eq!(corrected.verdict, Some(Verdict::Corrected));
        let bad = Form {
            verdict: Some(Verdict::Bad),
            ..form("q", "a", Some("c"))
        };
        assert_eq!(bad.clone().settled(&before).unwrap(), bad);
        let taken_away = Form {
            correction: None,
            ..corrected.clone()
        };
        assert!(taken_away.settled(&corrected).is_err());
        assert!(form(" ", "a", None).settled(&before).is_err());
    }

    proptest! {
        #[test]
        fn every_text_comes_back_as_it_was(question in any::<String>(), answer in "[a'\"\\\\\r\n\t#=`\u{0}-\u{2}]{0,40}", correction in "\\PC*[x]") {
            let form = form(&question, &answer, Some(&correction));
            let written = form.write(&Interaction::default()).unwrap();
            prop_assert_eq!(Form::read(&written).unwrap(), form);
        }
    }
}
