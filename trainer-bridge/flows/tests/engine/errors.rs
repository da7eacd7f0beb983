//! A flow that cannot work is refused before it asks anything, with the line that is wrong.

use expect_test::{Expect, expect};

use crate::support::load;

const FLOW: &str = "\
metadata:
  name: test
  dataset_requirements:
    required_columns: [document]
  output_columns: [question]
blocks:
- block_type: PromptBuilderBlock
  block_config:
    block_name: prompt
    input_cols: document
    output_cols: messages
    prompt_config_path: prompt.yaml
- block_type: RegexParserBlock
  block_config:
    block_name: parse
    input_cols: document
    output_cols: question
    parsing_pattern: '(a)'
";

const PROMPT: &str = "- role: user\n  content: |\n    Read this:\n    {{document}}\n";

/// Replaces `old` in the flow or the prompt and expects the error.
fn check(old: &str, new: &str, expected: Expect) {
    assert!(FLOW.contains(old) || PROMPT.contains(old), "{old}");
    let files = [
        ("flow.yaml", &*FLOW.replace(old, new)),
        ("prompt.yaml", &PROMPT.replace(old, new)),
    ];
    let error = load(&files).expect_err("the flow is wrong");
    assert_eq!(error.lines().count(), 1, "{error}");
    expected.assert_eq(&error);
}

#[test]
fn errors_name_file_and_line() {
    assert!(load(&[("flow.yaml", FLOW), ("prompt.yaml", PROMPT)]).is_ok());
    check(
        "RegexParserBlock",
        "RegexParsingBlock",
        expect![
            "flow.yaml:13: there is no block type `RegexParsingBlock`; did you mean `RegexParserBlock`?"
        ],
    );
    check(
        "RegexParserBlock",
        "PythonInterpreterBlock",
        expect![
            "flow.yaml:13: the block type PythonInterpreterBlock is not supported: it runs code"
        ],
    );
    check(
        "parsing_pattern",
        "parsing_patern",
        expect![
            "flow.yaml:18: RegexParserBlock has no key `parsing_patern`; did you mean `parsing_pattern`?"
        ],
    );
    check(
        "    parsing_pattern: '(a)'\n",
        "",
        expect!["flow.yaml:15: RegexParserBlock needs the key `parsing_pattern`"],
    );
    check(
        "'(a)'",
        "'(a'",
        expect![
            "flow.yaml:18: bad pattern: Parsing error at position 6: Opening parenthesis without closing parenthesis"
        ],
    );
    check(
        "input_cols: document\n    output_cols: question",
        "input_cols: documents\n    output_cols: question",
        expect![
            "flow.yaml:16: the block `parse` reads the column `documents`, which does not exist there; did you mean `document`?"
        ],
    );
    check(
        "output_cols: question",
        "output_cols: document",
        expect![
            "flow.yaml:17: the block `parse` writes the column `document`, which exists already"
        ],
    );
    check(
        "output_columns: [question]",
        "output_columns: [questions]",
        expect![
            "flow.yaml:5: no block writes the output column `questions`; did you mean `question`?"
        ],
    );
    check(
        "output_columns:",
        "output_colums:",
        expect![
            "flow.yaml:5: the metadata has no key `output_colums`; did you mean `output_columns`?"
        ],
    );
    check(
        "{{document}}",
        "{{documnt}}",
        expect![
            "prompt.yaml:4: `input_cols` of the block gives no variable `documnt`; did you mean `document`?"
        ],
    );
    check(
        "{{document}}",
        "{{document",
        expect![
            "prompt.yaml:4: syntax error: unexpected end of input, expected end of variable block"
        ],
    );
    check(
        "prompt.yaml",
        "promt.yaml",
        expect![
            "flow.yaml:12: cannot read the prompt file promt.yaml: No such file or directory (os error 2)"
        ],
    );
    check(
        "- role: user",
        "- role: usr",
        expect!["prompt.yaml:1: there is no role `usr`; did you mean `user`?"],
    );
    check(
        "block_name: parse",
        "block_name: prompt",
        expect!["flow.yaml:13: there are two blocks with the name `prompt`"],
    );
    check(
        "blocks:",
        "blocks: [",
        expect!["flow.yaml:7: invalid indentation"],
    );
}
