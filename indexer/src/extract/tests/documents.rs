//! Documents, notebooks and configuration.

use expect_test::expect;

use super::check;
use crate::extract::{clean_doc, extract, notebook_markdown};
use crate::language::Language;

#[test]
fn markdown() {
    check(
        "README.md",
        "---\ntitle: x\n---\n[![badge](x)](y)\n\n# The *thing* #\n\nIt does things.\nMany of them.\n\n## Install {#install}\n\n```sh\n# not a heading\ncargo install\n```\n\nSetext two\n----------\ntext\n\n### Deep\r\ndeeper\r\n\n| a |\n|---|\n\nSetext one\n===\nend\n",
        expect![[r#"
            doc: "It does things."
            Section The *thing* pub 6-27 `The *thing*`
              Section Install pub 11-17 `Install`
              Section Setext two pub 18-27 `Setext two`
                Section Deep pub 22-27 `Deep`
            Section Setext one pub 28-30 `Setext one`
            chunk [] 1-5
              body: --- title: x --- [![badge](x)](y)
            chunk [The *thing*] 6-10
              signature: The *thing*
              body: # The *thing* # It does things. Many of them.
            chunk [The *thing* Install] 11-17
              signature: Install
              body: ## Install {#install} ```sh # not a heading cargo install ```
            chunk [The *thing* Setext two] 18-21
              signature: Setext two
              body: Setext two ---------- text
            chunk [The *thing* Setext two Deep] 22-27
              signature: Deep
              body: ### Deep deeper | a | |---|
            chunk [Setext one] 28-30
              signature: Setext one
              body: Setext one === end
        "#]],
    );
}

#[test]
fn restructured_text() {
    check(
        "docs/index.rst",
        "=====\nTitle\n=====\n\nSome words.\n\nPart\n----\n\n.. code-block:: python\n\n   x = 1\n   -----\n\nSub part\n~~~~~~~~\ntext\n\nOther part\n----------\n\nlast\n",
        expect![[r#"
            doc: "Some words."
            Section Title pub 1-22 `Title`
              Section Part pub 7-18 `Part`
                Section Sub part pub 15-18 `Sub part`
              Section Other part pub 19-22 `Other part`
            chunk [Title] 1-6
              signature: Title
              body: ===== Title ===== Some words.
            chunk [Title Part] 7-14
              signature: Part
              body: Part ---- .. code-block:: python x = 1 -----
            chunk [Title Part Sub part] 15-18
              signature: Sub part
              body: Sub part ~~~~~~~~ text
            chunk [Title Other part] 19-22
              signature: Other part
              body: Other part ---------- last
        "#]],
    );
}

#[test]
fn ascii_doc_and_plain() {
    check(
        "a.adoc",
        "= Title\n\nwords\n\n----\n== no\n----\n\n== Part\nmore\n",
        expect![[r#"
        doc: "words"
        Section Title pub 1-10 `Title`
          Section Part pub 9-10 `Part`
        chunk [Title] 1-8
          signature: Title
          body: = Title words ---- == no ----
        chunk [Title Part] 9-10
          signature: Part
          body: == Part more
    "#]],
    );
    check(
        "notes.txt",
        "One\n===\n\ntext\n\nTwo\n===\n\nmore\n",
        expect![[r#"
        doc: "text"
        Section One pub 1-5 `One`
        Section Two pub 6-9 `Two`
        chunk [One] 1-5
          signature: One
          body: One === text
        chunk [Two] 6-9
          signature: Two
          body: Two === more
    "#]],
    );
    check(
        "LICENSE",
        "Some text\nof no structure.\n",
        expect![[r#"
        chunk [] 1-2
          body: Some text of no structure.
    "#]],
    );
}

#[test]
fn notebook() {
    let source = r###"{
 "cells": [
  {
   "cell_type": "markdown",
   "metadata": {"collapsed": "source"},
   "source": [
    "# A \"study\"\n",
    "\n",
    "Of things.\n",
    "## Load"
   ]
  },
  {
   "cell_type": "code",
   "execution_count": 1,
   "metadata": {},
   "outputs": [{"output_type": "stream", "text": ["a secret output\n"], "source": ["no"]}],
   "source": [
    "import numpy as np\n",
    "# not a heading\n",
    "data = np.load('x')"
   ]
  },
  {"cell_type": "raw", "source": "raw"},
  {"cell_type": "markdown", "source": "## Plot\nwords\n"}
 ],
 "metadata": {"kernelspec": {"language": "julia", "name": "j"}},
 "nbformat": 4
}
"###;
    let extraction = extract(Language::detect("a.ipynb", source), "a.ipynb", source);
    assert_eq!(extraction.facts.symbols[0].name.as_ref(), "A \"study\"");
    // The first title contains escapes, so its span is the whole line.
    let mut rest = extraction.clone();
    rest.facts.symbols[0].name = rest.facts.symbols[0].name_span.of(source).unwrap().into();
    expect![[r#"
        Section A \"study\" pub 7-29 `A \"study\"`
          Section Load pub 10-24 `Load`
          Section Plot pub 25-29 `Plot`
        chunk [A "study"] 7-9
          signature: A "study"
          body: # A "study" Of things.
        chunk [A "study" Load] 10-21
          signature: Load
          body: ## Load import numpy as np # not a heading data = np.load('x')
        chunk [A "study" Plot] 25-25
          signature: Plot
          body: ## Plot words
    "#]]
    .assert_eq(&super::render(&rest, source));
    expect![[r##"
        # A "study"

        Of things.
        ## Load

        ```julia
        import numpy as np
        # not a heading
        data = np.load('x')
        ```

        ## Plot
        words
    "##]]
    .assert_eq(&notebook_markdown(source));
}

#[test]
fn configuration() {
    check(
        "Cargo.toml",
        "# A crate.\nname = \"x\"\nlist = [\n  \"[a]\",\n]\n\n[package]\nname = \"repo\"\ntext = '''\n[not]\n'''\n\n[[bin]]\nname = \"b\"\n\n[target.'cfg(unix)'.dependencies]\nnix = \"1\"\n",
        expect![[r#"
            Key name pub 2-2 `name = "x"`
            Key list pub 3-6 `list =`
            Key package pub 7-12 `[package]`
            Key bin pub 13-15 `[[bin]]`
            Key target.'cfg(unix)'.dependencies pub 16-17 `[target.'cfg(unix)'.dependencies]`
            chunk [] 1-1
              body: # A crate.
            chunk [name list package bin] 2-15
              body: name = "x" list = [ "[a]", ] [package] name = "repo" text = ''' [not] ''' [[bin]] name = "b"
            chunk [target.'cfg(unix)'.dependencies] 16-17
              body: [target.'cfg(unix)'.dependencies] nix = "1"
        "#]],
    );
    check(
        ".github/workflows/ci.yml",
        "# CI\nname: ci\non:\n  push:\n    branches: [main]\n\"quoted\": 1\nurl: http://x\njobs:\n  test:\n    steps:\n      - run: |\n          name: no\n",
        expect![[r#"
            Key name pub 2-2 `name: ci`
            Key on pub 3-5 `on:`
            Key quoted pub 6-6 `"quoted": 1`
            Key url pub 7-7 `url: http://x`
            Key jobs pub 8-12 `jobs:`
            chunk [] 1-1
              body: # CI
            chunk [name on quoted url jobs] 2-12
              body: name: ci on: push: branches: [main] "quoted": 1 url: http://x jobs: test: steps: - run: | name: no
        "#]],
    );
    check(
        "package.json",
        "{\n  // with comments\n  \"name\": \"thing\",\n  \"scripts\": {\n    \"name\": \"inner\",\n    \"b\": [1, {\"c\": \"\\\"}\"}]\n  },\n  \"last\": null, \"same\": 1,\n}\n",
        expect![[r#"
            Key name pub 3-3 `"name": "thing"`
            Key scripts pub 4-7 `"scripts":`
            Key last pub 8-8 `"last": null, "same": 1`
            Key same pub 8-9 `"same": 1`
            chunk [] 1-2
              body: { // with comments
            chunk [name scripts last same] 3-9
              body: "name": "thing", "scripts": { "name": "inner", "b": [1, {"c": "\"}"}] }, "last": null, "same": 1, }
        "#]],
    );
    check(
        "data.json",
        "[{\"a\": 1}, {\"a\": 2}]",
        expect![[r#"
        chunk [] 1-1
          body: [{"a": 1}, {"a": 2}]
    "#]],
    );
}

#[test]
fn long_texts_are_divided_into_windows() {
    let text = "word word word\n".repeat(200);
    let chunks = extract(Language::plain(), "a.txt", &text).chunks;
    let lines: Vec<_> = chunks
        .iter()
        .map(|chunk| (chunk.lines.first, chunk.lines.last))
        .collect();
    assert_eq!(lines, [(0, 74), (75, 149), (150, 199)]);
    let one_line = "é".repeat(40_000);
    let chunks = extract(Language::plain(), "a.txt", &one_line).chunks;
    assert!(chunks.len() > 5 && chunks.iter().all(|chunk| chunk.body.len() <= 16 * 1024));
    assert_eq!(
        chunks.iter().map(|chunk| chunk.body.len()).sum::<usize>(),
        one_line.len()
    );
}

#[test]
fn clean_doc_removes_comment_markers() {
    let clean = |raw: &str| clean_doc(raw);
    assert_eq!(
        clean("/// One.\n///\n///     code\n/// Two."),
        "One.\n\n    code\nTwo."
    );
    assert_eq!(
        clean("/**\n * One.\n *\n * @param x\n */"),
        "One.\n\n@param x"
    );
    assert_eq!(clean("/** One. */"), "One.");
    assert_eq!(clean("/* One\n   two */"), "One\ntwo");
    assert_eq!(
        clean("\"\"\"One.\n\n    Two\n      three.\n    \"\"\""),
        "One.\n\nTwo\n  three."
    );
    assert_eq!(clean("r'''One'''"), "One");
    assert_eq!(clean("# One\n# two"), "One\ntwo");
    assert_eq!(clean("--- One\n-- two"), "One\ntwo");
    assert_eq!(clean("--[[ One\ntwo ]]"), "One\ntwo");
    assert_eq!(clean("=begin\nOne\n=end"), "One");
    assert_eq!(
        clean("/// <summary>One <see cref=\"X\"/> two.</summary>"),
        "One  two."
    );
    assert_eq!(clean("//! One\r\n//! two\r\n"), "One\ntwo");
    assert_eq!(clean(""), "");
    assert_eq!(clean("\""), "");
    assert_eq!(clean("/**/"), "");
}
