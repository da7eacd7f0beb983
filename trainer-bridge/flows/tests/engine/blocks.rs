//! The blocks one by one, beside what sdg_hub does in the same case.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::support::{both, flow};

fn check(blocks: &str, input: &[Value], expected: Expect) {
    expected.assert_eq(&both(&flow(blocks), input));
}

fn texts(values: &[&str]) -> Vec<Value> {
    values.iter().map(|text| json!({"x": text})).collect()
}

const PAIRS: &str = "
- block_type: TagParserBlock
  block_config:
    block_name: parse
    input_cols: x
    output_cols: [q, a]
    start_tags: ['[Q]', '[A]']
    end_tags: ['[E]', '[E]']
";

#[test]
fn a_question_without_an_answer_does_not_get_the_next_one() {
    check(
        PAIRS,
        &texts(&["[Q]1[E][A]one[E][Q]2[E][Q]3[E][A]three[E]"]),
        expect![[r#"
            sdg_hub:
              {"x":"[Q]1[E][A]one[E][Q]2[E][Q]3[E][A]three[E]","q":"1","a":"one"}
              {"x":"[Q]1[E][A]one[E][Q]2[E][Q]3[E][A]three[E]","q":"2","a":"three"}
            default:
              {"x":"[Q]1[E][A]one[E][Q]2[E][Q]3[E][A]three[E]","q":"1","a":"one"}
              {"x":"[Q]1[E][A]one[E][Q]2[E][Q]3[E][A]three[E]","q":"3","a":"three"}
              dropped 1: `a` is missing
        "#]],
    );
}

#[test]
fn an_empty_answer_keeps_its_place() {
    check(
        PAIRS,
        &texts(&["[Q]1[E][A]one[E][Q]2[E][A] [E][Q]3[E][A]three[E]"]),
        expect![[r#"
            sdg_hub:
              {"x":"[Q]1[E][A]one[E][Q]2[E][A] [E][Q]3[E][A]three[E]","q":"1","a":"one"}
              {"x":"[Q]1[E][A]one[E][Q]2[E][A] [E][Q]3[E][A]three[E]","q":"2","a":"three"}
            default:
              {"x":"[Q]1[E][A]one[E][Q]2[E][A] [E][Q]3[E][A]three[E]","q":"1","a":"one"}
              {"x":"[Q]1[E][A]one[E][Q]2[E][A] [E][Q]3[E][A]three[E]","q":"3","a":"three"}
              dropped 1: `a` is empty
        "#]],
    );
}

#[test]
fn answers_before_their_questions_are_paired() {
    check(
        PAIRS,
        &texts(&["[A]one[E][Q]1[E][A]two[E][Q]2[E]", "no tags"]),
        expect![[r#"
            sdg_hub:
              {"x":"[A]one[E][Q]1[E][A]two[E][Q]2[E]","q":"1","a":"one"}
              {"x":"[A]one[E][Q]1[E][A]two[E][Q]2[E]","q":"2","a":"two"}
            default:
              {"x":"[A]one[E][Q]1[E][A]two[E][Q]2[E]","q":"1","a":"one"}
              {"x":"[A]one[E][Q]1[E][A]two[E][Q]2[E]","q":"2","a":"two"}
              dropped 1: the reply has no `q`
        "#]],
    );
}

const JUDGE: &str = "
- block_type: TagParserBlock
  block_config:
    block_name: parse
    input_cols: x
    output_cols: [why, verdict]
    start_tags: ['[W]', '[V]']
    end_tags: ['[/W]', '[/V]']
- block_type: ColumnValueFilterBlock
  block_config:
    block_name: filter
    input_cols: verdict
    filter_value: 'YES'
    operation: eq
";

#[test]
fn a_verdict_needs_no_explanation_and_no_capitals() {
    check(
        JUDGE,
        &texts(&[
            "[W]so[/W][V]YES[/V]",
            "[V]YES[/V]",
            "[W] [/W][V]YES[/V]",
            "[W]so[/W][V]yes.[/V]",
            "[W]so[/W][V] **Yes** [/V]",
            "[W]so[/W][V]NO[/V]",
            "[W]so[/W] YES",
            "[W]so[/W][V]YES[/V][W]again[/W][V]YES[/V]",
            "[W]so[/W][V]YES[/V][W]or not[/W][V]NO[/V]",
        ]),
        expect![[r#"
            sdg_hub:
              {"x":"[W]so[/W][V]YES[/V]","why":"so","verdict":"YES"}
              {"x":"[W]so[/W][V]YES[/V][W]again[/W][V]YES[/V]","why":"so","verdict":"YES"}
              {"x":"[W]so[/W][V]YES[/V][W]again[/W][V]YES[/V]","why":"again","verdict":"YES"}
              {"x":"[W]so[/W][V]YES[/V][W]or not[/W][V]NO[/V]","why":"so","verdict":"YES"}
            default:
              {"x":"[W]so[/W][V]YES[/V]","why":"so","verdict":"YES"}
              {"x":"[V]YES[/V]","why":null,"verdict":"YES"}
              {"x":"[W] [/W][V]YES[/V]","why":null,"verdict":"YES"}
              {"x":"[W]so[/W][V]yes.[/V]","why":"so","verdict":"yes."}
              {"x":"[W]so[/W][V] **Yes** [/V]","why":"so","verdict":"**Yes**"}
              {"x":"[W]so[/W][V]YES[/V][W]again[/W][V]YES[/V]","why":"so","verdict":"YES"}
              dropped 1: the reply has no `verdict`
              dropped 1: the verdicts of the reply contradict each other
              dropped 1: `verdict` fails the filter `eq YES`
        "#]],
    );
}

#[test]
fn filters_compare_as_python_does_only_for_sdg_hub() {
    let filter = |value: &str, operation: &str| {
        format!(
            "
- block_type: ColumnValueFilterBlock
  block_config: {{block_name: f, input_cols: x, filter_value: {value}, operation: {operation}}}
"
        )
    };
    let xs = |values: Value| -> Vec<Value> {
        let values = values.as_array().unwrap().iter().enumerate();
        values.map(|(i, x)| json!({"i": i, "x": x})).collect()
    };
    let words = xs(json!(["YES", "Yes", " YES", "YES.", "", null]));
    check(
        &filter("'YES'", "eq"),
        &words,
        expect![[r#"
        sdg_hub:
          {"i":0,"x":"YES"}
        default:
          {"i":0,"x":"YES"}
          {"i":1,"x":"Yes"}
          {"i":2,"x":" YES"}
          {"i":3,"x":"YES."}
          dropped 1: the row has no `x`
          dropped 1: `x` fails the filter `eq YES`
    "#]],
    );
    check(
        &filter("1", "eq"),
        &xs(json!(["1", 1, 1.0, true])),
        expect![[r#"
            sdg_hub:
              {"i":1,"x":1}
              {"i":2,"x":1.0}
              {"i":3,"x":true}
            default:
              {"i":1,"x":1}
              {"i":2,"x":1.0}
              {"i":3,"x":true}
              dropped 1: `x` fails the filter `eq 1`
        "#]],
    );
    check(
        &filter("'YES NO'", "in"),
        &xs(json!(["YES", "ES", ""])),
        expect![[r#"
            sdg_hub:
              {"i":0,"x":"YES"}
              {"i":1,"x":"ES"}
              {"i":2,"x":""}
            default:
              {"i":0,"x":"YES"}
              {"i":1,"x":"ES"}
              dropped 1: `x` fails the filter `in YES NO`
        "#]],
    );
    check(
        &filter("3", "gt"),
        &xs(json!([4, 2, "5"])),
        expect![[r#"
        sdg_hub:
          error: 5: the block `f` failed: 5 cannot be compared with 3
        default:
          {"i":0,"x":4}
          dropped 1: `x` fails the filter `gt 3`
          dropped 1: the value cannot be compared
    "#]],
    );
}

#[test]
fn prompts_show_gaps_as_python_does_only_for_sdg_hub() {
    let prompt = "
- block_type: PromptBuilderBlock
  block_config: {block_name: p, input_cols: x, output_cols: m, prompt_config_path: prompt.yaml}
";
    check(
        prompt,
        &[json!({"x": 3}), json!({"x": null, "y": 1})],
        expect![[r#"
            sdg_hub:
              {"x":3.0,"y":null,"m":[{"role":"user","content":"3.0"}]}
              {"x":null,"y":1.0,"m":[{"role":"user","content":"nan"}]}
            default:
              {"x":3,"y":null,"m":[{"role":"user","content":"3"}]}
              dropped 1: the row has no `x`
        "#]],
    );
    check(
        prompt,
        &[json!({"x": " <b>{{ 7*7 }} "}), json!({"x": ["it's", 1.0]})],
        expect![[r#"
            sdg_hub:
              {"x":" <b>{{ 7*7 }} ","m":[{"role":"user","content":"<b>{{ 7*7 }}"}]}
              {"x":["it's",1.0],"m":[{"role":"user","content":"[\"it's\", 1.0]"}]}
            default:
              {"x":" <b>{{ 7*7 }} ","m":[{"role":"user","content":"<b>{{ 7*7 }}"}]}
              {"x":["it's",1.0],"m":[{"role":"user","content":"[\"it's\", 1.0]"}]}
        "#]],
    );
}

#[test]
fn the_facts_of_a_list_are_found_as_python_finds_them() {
    let facts = r"
- block_type: RegexParserBlock
  block_config:
    block_name: r
    input_cols: x
    output_cols: k
    parsing_pattern: '(?:^|\n)\s*\d+\.\s+(.*?)(?=\n\s*\d+\.\s+|\Z)'
";
    let lists = [
        "1. a\n2. b\nc\n  3.  d\n4) e\n5.f\n6. g\n### End",
        "- a\n- b",
        "1. \n2. x",
    ];
    check(
        facts,
        &texts(&lists),
        expect![[r#"
        sdg_hub:
          {"x":"1. a\n2. b\nc\n  3.  d\n4) e\n5.f\n6. g\n### End","k":"a"}
          {"x":"1. a\n2. b\nc\n  3.  d\n4) e\n5.f\n6. g\n### End","k":"b\nc"}
          {"x":"1. a\n2. b\nc\n  3.  d\n4) e\n5.f\n6. g\n### End","k":"d\n4) e\n5.f"}
          {"x":"1. a\n2. b\nc\n  3.  d\n4) e\n5.f\n6. g\n### End","k":"g\n### End"}
          {"x":"1. \n2. x","k":"2. x"}
        default:
          {"x":"1. a\n2. b\nc\n  3.  d\n4) e\n5.f\n6. g\n### End","k":"a"}
          {"x":"1. a\n2. b\nc\n  3.  d\n4) e\n5.f\n6. g\n### End","k":"b\nc"}
          {"x":"1. a\n2. b\nc\n  3.  d\n4) e\n5.f\n6. g\n### End","k":"d\n4) e\n5.f"}
          {"x":"1. a\n2. b\nc\n  3.  d\n4) e\n5.f\n6. g\n### End","k":"g\n### End"}
          {"x":"1. \n2. x","k":"2. x"}
          dropped 1: the text does not match the pattern
    "#]],
    );
}

#[test]
fn several_replies_are_several_rows() {
    let ask = "
- block_type: PromptBuilderBlock
  block_config: {block_name: p, input_cols: x, output_cols: m, prompt_config_path: prompt.yaml}
- block_type: LLMChatBlock
  block_config: {block_name: c, input_cols: m, output_cols: r, n: 2}
- block_type: LLMResponseExtractorBlock
  block_config: {block_name: e, input_cols: r, field_prefix: the_}
- block_type: RenameColumnsBlock
  block_config: {block_name: n, input_cols: {the_content: text, x: y}}
- block_type: TagParserBlock
  block_config: {block_name: t, input_cols: text, output_cols: z, start_tags: '', end_tags: ''}
- block_type: ColumnValueFilterBlock
  block_config: {block_name: f, input_cols: m, filter_value: [[]], operation: ne}
";
    check(
        ask,
        &texts(&["<think>hm</think> yes"]),
        expect![[r#"
        sdg_hub:
          {"y":"<think>hm</think> yes","m":[{"role":"user","content":"<think>hm</think> yes"}],"r":[{"content":" yes","role":"assistant","tool_calls":null,"function_call":null,"reasoning_content":"hm","provider_specific_fields":{"refusal":null,"reasoning_content":"hm"}},{"content":" yes","role":"assistant","tool_calls":null,"function_call":null,"reasoning_content":"hm","provider_specific_fields":{"refusal":null,"reasoning_content":"hm"}}],"text":" yes","z":"yes"}
          {"y":"<think>hm</think> yes","m":[{"role":"user","content":"<think>hm</think> yes"}],"r":[{"content":" yes","role":"assistant","tool_calls":null,"function_call":null,"reasoning_content":"hm","provider_specific_fields":{"refusal":null,"reasoning_content":"hm"}},{"content":" yes","role":"assistant","tool_calls":null,"function_call":null,"reasoning_content":"hm","provider_specific_fields":{"refusal":null,"reasoning_content":"hm"}}],"text":" yes","z":"yes"}
        default:
          {"y":"<think>hm</think> yes","m":[{"role":"user","content":"<think>hm</think> yes"}],"r":[{"role":"assistant","content":" yes","reasoning_content":"hm"},{"role":"assistant","content":" yes","reasoning_content":"hm"}],"text":" yes","z":"yes"}
          {"y":"<think>hm</think> yes","m":[{"role":"user","content":"<think>hm</think> yes"}],"r":[{"role":"assistant","content":" yes","reasoning_content":"hm"},{"role":"assistant","content":" yes","reasoning_content":"hm"}],"text":" yes","z":"yes"}
    "#]],
    );
}
