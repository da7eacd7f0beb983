//! The text of a draft: the editable fields as TOML, since answers contain all kinds of Markdown.

use serde::{Deserialize, Serialize};
use trainer_bridge::{EditableFields, Interaction, Verdict};

use super::render;
use crate::cli::output;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    verdict: VerdictText,
    question: String,
    answer: String,
    correction: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum VerdictText {
    Good,
    Bad,
    Corrected,
    None,
}

pub(super) fn write(fields: &EditableFields, interaction: &Interaction) -> anyhow::Result<String> {
    let document = Document {
        verdict: match fields.verdict {
            Some(Verdict::Good) => VerdictText::Good,
            Some(Verdict::Bad) => VerdictText::Bad,
            Some(Verdict::Corrected) => VerdictText::Corrected,
            None => VerdictText::None,
        },
        question: fields.question.clone(),
        answer: fields.answer.clone(),
        correction: fields.correction.clone().unwrap_or_default(),
    };
    Ok(format!(
        "# {}, asked {} about {}.\n# Close the file without a change to cancel.\n#\n\
         # verdict: good, bad, corrected, or none. correction: what the answer should have been; it sets the verdict to corrected.\n\n{}",
        render::one_line(&interaction.id),
        output::date(interaction.time),
        render::one_line(&render::workspace(&interaction.workspace)),
        toml::to_string_pretty(&document)?
    ))
}

pub(super) fn read(text: &str) -> Result<EditableFields, toml::de::Error> {
    let document: Document = toml::from_str(text)?;
    Ok(EditableFields {
        question: document.question,
        answer: document.answer,
        verdict: match document.verdict {
            VerdictText::Good => Some(Verdict::Good),
            VerdictText::Bad => Some(Verdict::Bad),
            VerdictText::Corrected => Some(Verdict::Corrected),
            VerdictText::None => None,
        },
        correction: Some(document.correction).filter(|text| !text.trim().is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fields(question: &str, answer: &str, correction: Option<&str>) -> EditableFields {
        EditableFields {
            question: question.to_owned(),
            answer: answer.to_owned(),
            verdict: None,
            correction: correction.map(str::to_owned),
        }
    }

    #[test]
    fn the_text_of_a_draft() {
        let fields = fields(
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
            # Close the file without a change to cancel.
            #
            # verdict: good, bad, corrected, or none. correction: what the answer should have been; it sets the verdict to corrected.

            verdict = "none"
            question = "where?"
            answer = """
            In `a.rs`:

            ```rust
            let x = "1";
            ```
            """
            correction = ""
        "##]].assert_eq(&write(&fields, &interaction).unwrap());
    }

    proptest! {
        #[test]
        fn every_text_is_read_as_it_was_written(question in any::<String>(), answer in "[a'\"\\\\\r\n\t#=`\u{0}-\u{2}]{0,40}", correction in "\\PC*[x]") {
            let fields = fields(&question, &answer, Some(&correction));
            let written = write(&fields, &Interaction::default()).unwrap();
            prop_assert_eq!(read(&written).unwrap(), fields);
        }
    }
}
