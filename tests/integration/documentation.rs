//! What the documentation shows is what happens.

use std::path::Path;

use integration::Sandbox;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn readme() -> String {
    std::fs::read_to_string(repository().join("README.md")).unwrap()
}

/// The first command of the README, asked of this very repository.
#[test]
fn the_question_of_the_readme_has_the_answer_it_shows() {
    let readme = readme();
    let question = readme
        .split("cargo run --release -p repo-lsp -- ask \"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let question = question.expect("the README asks a question");
    let sandbox = Sandbox::new("");
    let root = repository().display().to_string();
    let ran = sandbox.run(&["ask", question, "--workspace", &root]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let first = ran
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("  1. "))
        .expect("a source");
    let name = first.split(' ').next().unwrap();
    assert!(
        readme.contains(&format!("  1. {name} ")),
        "the README shows another first source than {first:?}"
    );
}

#[test]
fn links_lead_somewhere() {
    for document in ["README.md", "docs/configuration.md"] {
        let file = repository().join(document);
        let text = std::fs::read_to_string(&file).unwrap();
        for target in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let target = target.split('#').next().unwrap();
            let local = !target.is_empty() && !target.contains("://");
            assert!(
                !local || file.parent().unwrap().join(target).exists(),
                "{document} links to {target}, which does not exist"
            );
        }
    }
}

#[test]
fn commands_of_the_readme_exist() {
    let sandbox = Sandbox::new("");
    let readme = readme();
    let commands = readme
        .lines()
        .filter_map(|line| line.trim_start_matches("$ ").strip_prefix("repo-lsp "))
        .filter_map(|line| line.split(' ').next())
        .filter(|word| word.chars().all(char::is_alphabetic));
    let mut seen = 0;
    for command in commands {
        seen += 1;
        let ran = sandbox.run(&[command, "--help"]);
        assert_eq!(
            ran.code,
            Some(0),
            "repo-lsp {command} is in the README: {ran:?}"
        );
    }
    assert!(seen >= 5);
    for file in ["tests/run", "tests/bench", "tests/nvim/run", ".ci/run"] {
        assert!(repository().join(file).is_file(), "{file}");
    }
}
