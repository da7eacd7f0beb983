//! Compares the documentation with the program: examples, links, commands and paths.

use std::path::{Path, PathBuf};

use integration::{Position, Sandbox};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn readme() -> String {
    std::fs::read_to_string(repository().join("README.md")).unwrap()
}

/// Asks the question of the README's first command about this repository. Its code moves, so only the folder of the best source is
/// checked.
#[test]
fn readme_question_is_answered_from_the_code_it_is_about() {
    let readme = readme();
    let question = readme
        .split_once("cargo run")
        .and_then(|(_, rest)| rest.split_once("-- ask \""))
        .and_then(|(_, rest)| rest.split('"').next());
    let question = question.expect("the README asks a question");
    let sandbox = Sandbox::new("");
    let root = repository().display().to_string();
    let answer = sandbox.json(&["ask", question, "--workspace", &root]);
    let sources = answer["sources"].as_array().unwrap();
    let expected = [
        "indexer/src/store/",
        "indexer/src/index/",
        "indexer/src/commit.rs",
    ];
    let first = sources[0]["citation"]["path"].as_str().unwrap();
    assert!(
        expected.iter().any(|place| first.starts_with(place)),
        "the best source is {first}: {answer:#}"
    );
    assert!(
        sources
            .iter()
            .all(|one| one["citation"]["verified"] == true),
        "{answer:#}"
    );
}

/// A workspace with the files of `tests/example`.
fn example() -> Sandbox {
    let sandbox = Sandbox::new("");
    let from = repository().join("tests/example");
    let files = [
        "README.md",
        "src/bank.py",
        "src/journal.py",
        "tests/test_journal.py",
    ];
    for file in files {
        sandbox.write(file, &std::fs::read_to_string(from.join(file)).unwrap());
    }
    sandbox
}

/// Compares the fenced block of the README that begins with `opening` with `now`. With `UPDATE_EXPECT` set, replaces it.
fn check_block(opening: &str, now: &str) {
    let readme = readme();
    let from = readme.find(opening).expect("the README contains the block") + opening.len();
    let to = from + readme[from..].find("\n```").expect("the block ends") + 1;
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let updated = format!("{}{}{}", &readme[..from], now, &readme[to..]);
        return std::fs::write(repository().join("README.md"), updated).unwrap();
    }
    let shown = &readme[from..to];
    assert!(
        shown == now,
        "the README shows\n{shown}\nthe program prints\n{now}\nUPDATE_EXPECT=1 updates the README"
    );
}

/// One test for both examples, because updating them writes the same file.
#[test]
fn readme_examples_match_the_program() {
    check_answer();
    check_hover();
}

fn check_answer() {
    let readme = readme();
    let command = "$ repo-lsp ask \"";
    let question = readme.split(command).nth(1).unwrap();
    let question = question.split('"').next().unwrap();
    let ran = example().run(&["ask", question]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    // The README shows two sources and the last line, with a fixed duration.
    let (head, rest) = ran.stdout.split_once("\n  3. ").expect("three sources");
    let last = rest.lines().last().unwrap().replace("TIME", "3 ms");
    let now = format!("{head}\n  …\n\n{last}\n");
    check_block(&format!("{command}{question}\"\n"), &now);
}

fn check_hover() {
    let sandbox = example();
    let mut client = sandbox.start_session();
    client.open("src/bank.py", "python");
    let hover = client.hover("src/bank.py", Position::new(11, 13));
    let text = hover["contents"]["value"].as_str().unwrap();
    // The text as an editor renders it: without Markdown marks, code on lines of its own.
    let now: String = text
        .lines()
        .map(|line| if line.starts_with("```") { "" } else { line })
        .map(|line| line.trim_end().replace('`', "") + "\n")
        .collect();
    let now = now.trim_start();
    check_block(
        "over `target.post(amount)` in the same ledger:\n\n```\n",
        now,
    );
    assert!(client.shut_down().success());
}

/// The Markdown files of the root, of `docs` and of `editors`, with their texts.
fn documents() -> Vec<(PathBuf, String)> {
    let folders = ["", "docs", "editors"].map(|folder| repository().join(folder));
    let entries = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let mut found: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| (path.clone(), std::fs::read_to_string(path).unwrap()))
        .collect();
    found.sort();
    assert!(found.len() > 5, "the documents were not found");
    found
}

/// The lines of a document, each with the language of the fenced block that it is in.
fn lines(text: &str) -> impl Iterator<Item = (Option<&str>, &str)> {
    let mut block = None;
    text.lines().filter_map(move |line| {
        match (line.strip_prefix("```"), block) {
            (Some(language), None) => block = Some(language),
            (Some(_), Some(_)) => block = None,
            (None, _) => return Some((block, line)),
        }
        None
    })
}

/// The anchors of a document, one for each heading, as GitHub makes them.
fn anchors(text: &str) -> Vec<String> {
    let headings = lines(text).filter_map(|(block, line)| match block {
        None if line.starts_with('#') => Some(line.trim_start_matches('#').trim()),
        _ => None,
    });
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    headings
        .map(|heading| heading.to_lowercase().chars().filter(kept).collect())
        .map(|heading: String| heading.replace(' ', "-"))
        .collect()
}

#[test]
fn links_lead_somewhere() {
    let mut broken = Vec::new();
    for (file, text) in documents() {
        let prose: Vec<&str> = lines(&text)
            .filter_map(|(block, line)| block.is_none().then_some(line))
            .collect();
        for target in prose
            .join("\n")
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
            .filter(|target| !target.contains("://"))
        {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let linked = match path {
                "" => file.clone(),
                path => file.parent().unwrap().join(path),
            };
            let leads = match anchor {
                "" => linked.exists(),
                anchor => std::fs::read_to_string(&linked)
                    .is_ok_and(|text| anchors(&text).iter().any(|known| known == anchor)),
            };
            if !leads {
                broken.push(format!("{} links to {target}", file.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// The help of a command and of its subcommand, and the words behind them.
fn help_of<'w>(sandbox: &Sandbox, words: &'w [&'w str]) -> Result<(String, &'w [&'w str]), String> {
    let mut path: Vec<&str> = Vec::new();
    loop {
        let ran = sandbox.run(&[&path[..], &["--help"]].concat());
        if ran.code != Some(0) {
            return Err(format!("no such command: {}", path.join(" ")));
        }
        match words.get(path.len()) {
            Some(word) if ran.stdout.contains("\nCommands:\n") && !word.starts_with('-') => {
                path.push(word);
            }
            _ => return Ok((ran.stdout, &words[path.len()..])),
        }
    }
}

/// What is wrong with a command line of a document, without the program's name.
fn wrong_with(sandbox: &Sandbox, command: &str) -> Option<String> {
    // Text in quotes is no flag, and what follows belongs to the shell.
    let unquoted: String = command.split(['"', '\'']).step_by(2).collect();
    let own = unquoted.split(['#', '|', '>', '<']).next()?;
    let words: Vec<&str> = own.split_whitespace().collect();
    let (help, arguments) = match help_of(sandbox, &words) {
        Ok(found) => found,
        Err(wrong) => return Some(wrong),
    };
    let known = |flag: &str| {
        let mut words = help.split(|c: char| c.is_whitespace() || c == ',' || c == '=');
        words.any(|word| word.trim_end_matches('.') == flag)
    };
    let flags = arguments.iter().filter(|word| word.len() > 1);
    let flags = flags.filter(|word| word.starts_with('-'));
    let flags = flags.filter_map(|word| word.split('=').next());
    let unknown: Vec<&str> = flags.filter(|flag| !known(flag)).collect();
    (!unknown.is_empty()).then(|| format!("no such flag: {}", unknown.join(" ")))
}

#[test]
fn commands_in_documents_exist() {
    let sandbox = Sandbox::new("");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (file, text) in documents() {
        let commands = lines(&text).filter_map(|(block, line)| match block? {
            "sh" => line.strip_prefix("repo-lsp "),
            _ => line.strip_prefix("$ repo-lsp "),
        });
        for command in commands {
            seen += 1;
            if let Some(why) = wrong_with(&sandbox, command) {
                wrong.push(format!("{}: repo-lsp {command}: {why}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen >= 20, "only {seen} commands were found");
    for file in ["tests/run", "tests/bench", "tests/nvim/run", ".ci/run"] {
        assert!(repository().join(file).is_file(), "{file}");
    }
}

/// Paths in code spans, as in `indexer/src/lib.rs`. `NAME` stands for a name.
#[test]
fn paths_in_documents_exist() {
    let folders = [
        "indexer/",
        "grounding/",
        "trainer-bridge/",
        "server/",
        "tests/",
        "editors/",
        "docs/",
    ];
    let mut missing = Vec::new();
    let mut seen = 0;
    for (file, text) in documents() {
        let prose = lines(&text).filter(|(block, _)| block.is_none());
        let spans = prose.flat_map(|(_, line)| line.split('`').skip(1).step_by(2));
        let paths = spans.filter_map(|span| span.split(' ').next());
        for path in paths.filter(|path| folders.iter().any(|folder| path.starts_with(folder))) {
            seen += 1;
            if !path.contains("NAME") && !repository().join(path).exists() {
                missing.push(format!("{} names {path}", file.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(seen >= 20, "only {seen} paths were found");
}
