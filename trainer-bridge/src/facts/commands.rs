//! How the repository builds, tests and runs: scripts of manifests, targets of makefiles, steps of continuous integration.

use repo_indexer::LineRange;

use super::{Context, Fact, FactKind, one_line};
use crate::repository::{SourceFile, citation};
use crate::source_text::code_block;

/// A named task with the commands that it runs.
struct Task {
    name: String,
    commands: String,
    /// The language of `commands`.
    language: &'static str,
    /// How to run it from the root of the repository, if it is known.
    invocation: Option<String>,
    lines: LineRange,
}

/// A reader of one kind of file.
struct Row {
    is_file: fn(&str) -> bool,
    tasks: fn(&SourceFile) -> Vec<Task>,
}

/// One row for each kind of file that defines tasks.
const ROWS: [Row; 4] = [
    Row {
        is_file: |path| name_of(path) == "package.json",
        tasks: package_scripts,
    },
    Row {
        is_file: is_makefile,
        tasks: make_targets,
    },
    Row {
        is_file: is_workflow,
        tasks: workflow_steps,
    },
    Row {
        is_file: |path| name_of(path) == "pyproject.toml",
        tasks: project_scripts,
    },
];

/// The usual commands of a build tool, by the name of its manifest.
const BUILD_TOOLS: [(&str, &str, &str); 6] = [
    ("Cargo.toml", "cargo build", "cargo test"),
    ("go.mod", "go build ./...", "go test ./..."),
    ("pom.xml", "mvn package", "mvn test"),
    ("build.gradle", "gradle build", "gradle test"),
    ("build.gradle.kts", "gradle build", "gradle test"),
    ("mix.exs", "mix compile", "mix test"),
];

pub(super) fn facts(context: &Context) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut tests: Vec<String> = Vec::new();
    let mut first: Option<&SourceFile> = None;
    for file in &context.repository.files {
        let Some(row) = ROWS.iter().find(|row| (row.is_file)(&file.path)) else {
            continue;
        };
        for task in (row.tasks)(file) {
            if task.name.contains("test") && file.split == crate::Split::Train {
                first = first.or(Some(file));
                let how = task
                    .invocation
                    .as_deref()
                    .map_or_else(String::new, |how| format!("`{how}`: "));
                tests.push(format!(
                    "- {how}{} in {}",
                    task.name,
                    citation(&file.path, task.lines)
                ));
            }
            facts.push(fact(file, &task));
        }
    }
    facts.extend(build_tools(context));
    if let Some(file) = first {
        tests.truncate(8);
        let answer = format!("These tasks run tests:\n\n{}", tests.join("\n"));
        facts.push(build_fact(file, "run the tests of", one_line(0), answer));
    }
    facts
}

fn fact(file: &SourceFile, task: &Task) -> Fact {
    Fact {
        kind: FactKind::Command,
        arguments: vec![
            ("task", format!("{} in `{}`", task.name, file.path)),
            ("file", format!("`{}`", file.path)),
        ],
        reasoning: None,
        answer: format!(
            "{} is defined in {} and runs\n\n{}{}",
            capitalized(&task.name),
            citation(&file.path, task.lines),
            code_block(task.language, &task.commands),
            task.invocation
                .as_deref()
                .map_or_else(String::new, |how| format!("\nIt is run by `{how}`."))
        ),
        source: file.source(task.lines),
        split: file.split,
    }
}

fn build_tools(context: &Context) -> Vec<Fact> {
    let mut facts = Vec::new();
    for (manifest, build, test) in BUILD_TOOLS {
        // The manifest at the root is that of the whole repository.
        let Some(file) = context.repository.file(manifest) else {
            continue;
        };
        for (task, command) in [("build", build), ("test", test)] {
            let answer = format!(
                "The manifest of the repository is {}, so the usual command is\n\n{}",
                citation(&file.path, one_line(0)),
                code_block("sh", command)
            );
            facts.push(build_fact(file, task, one_line(0), answer));
        }
    }
    facts
}

fn build_fact(file: &SourceFile, task: &str, lines: LineRange, answer: String) -> Fact {
    Fact {
        kind: FactKind::Build,
        arguments: vec![("task", task.to_owned())],
        reasoning: None,
        answer,
        source: file.source(lines),
        split: file.split,
    }
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

fn package_scripts(file: &SourceFile) -> Vec<Task> {
    let Ok(manifest) = serde_json::from_str::<serde_json::Value>(&file.text) else {
        return Vec::new();
    };
    let Some(scripts) = manifest
        .get("scripts")
        .and_then(|scripts| scripts.as_object())
    else {
        return Vec::new();
    };
    let start = file.text.find("\"scripts\"").unwrap_or(0);
    let task = |(name, command): (&String, &serde_json::Value)| {
        let command = command.as_str()?;
        let at = start + file.text[start..].find(&format!("\"{name}\""))?;
        let line = file.line_of(at);
        // The key and its value are on one line, or the key was found somewhere else.
        let written = serde_json::to_string(command).ok()?;
        file.line(line)
            .contains(written.trim_matches('"'))
            .then(|| Task {
                name: format!("the script `{name}`"),
                commands: command.to_owned(),
                language: "sh",
                // A script of another folder is run from there.
                invocation: (&*file.path == "package.json").then(|| format!("npm run {name}")),
                lines: one_line(line),
            })
    };
    scripts.iter().filter_map(task).collect()
}

fn is_makefile(path: &str) -> bool {
    matches!(name_of(path), "Makefile" | "makefile" | "GNUmakefile") || path.ends_with(".mk")
}

fn make_targets(file: &SourceFile) -> Vec<Task> {
    let lines: Vec<&str> = file.text.lines().collect();
    let mut tasks = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let Some((name, after)) = line.split_once(':') else {
            continue;
        };
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        if name.is_empty() || !name.chars().all(is_name) || after.starts_with(['=', ':']) {
            continue;
        }
        let recipe = lines[number + 1..]
            .iter()
            .take_while(|line| line.starts_with('\t'));
        let recipe: Vec<&str> = recipe.map(|line| line.trim()).collect();
        let defined_once = lines
            .iter()
            .filter(|other| {
                other
                    .split_once(':')
                    .is_some_and(|(other, _)| other == name)
            })
            .count()
            == 1;
        if recipe.is_empty() || recipe.len() > 12 || !defined_once {
            continue;
        }
        let last = number + recipe.len();
        tasks.push(Task {
            name: format!("the target `{name}`"),
            commands: recipe.join("\n"),
            language: "makefile",
            invocation: (name_of(&file.path) == &*file.path).then(|| format!("make {name}")),
            lines: LineRange {
                first: number as u32,
                last: last as u32,
            },
        });
    }
    tasks
}

fn is_workflow(path: &str) -> bool {
    path.starts_with(".github/workflows/") && (path.ends_with(".yml") || path.ends_with(".yaml"))
}

/// Reads named steps with a `run` key, which is on one line or a block.
fn workflow_steps(file: &SourceFile) -> Vec<Task> {
    let lines: Vec<&str> = file.text.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut tasks: Vec<Task> = Vec::new();
    let mut name: Option<(String, usize)> = None;
    for (number, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        if let Some(step) = code.strip_prefix("- name:") {
            name = Some((step.trim().trim_matches(['"', '\'']).to_owned(), number));
        } else if code.starts_with("- ") {
            name = None;
        }
        let (Some((name, first)), Some(run)) = (&name, code.strip_prefix("run:")) else {
            continue;
        };
        let (commands, last) = match run.trim() {
            "|" | "|-" | ">" | ">-" => {
                let within = indent(line);
                let block = lines[number + 1..]
                    .iter()
                    .take_while(|line| line.trim().is_empty() || indent(line) > within);
                let block: Vec<&str> = block.copied().collect();
                let code = block
                    .iter()
                    .map(|line| line.trim())
                    .collect::<Vec<_>>()
                    .join("\n");
                (code.trim().to_owned(), number + block.len())
            }
            command => (command.to_owned(), number),
        };
        if !commands.is_empty() && commands.lines().count() <= 12 {
            let lines = LineRange {
                first: *first as u32,
                last: last as u32,
            };
            tasks.push(Task {
                name: format!("the step \"{name}\""),
                commands,
                language: "sh",
                invocation: None,
                lines,
            });
        }
    }
    let all: Vec<String> = tasks.iter().map(|task| task.name.clone()).collect();
    tasks.retain(|task| all.iter().filter(|name| **name == task.name).count() == 1);
    tasks
}

/// Reads `[project.scripts]`: the programs that an installation brings along.
fn project_scripts(file: &SourceFile) -> Vec<Task> {
    let inside = file
        .text
        .lines()
        .enumerate()
        .skip_while(|(_, line)| line.trim() != "[project.scripts]");
    inside
        .skip(1)
        .take_while(|(_, line)| !line.trim_start().starts_with('['))
        .filter_map(|(number, line)| {
            let (name, target) = line.split_once('=')?;
            let (name, target) = (
                name.trim().trim_matches('"'),
                target.trim().trim_matches('"'),
            );
            (!name.is_empty() && !name.starts_with('#')).then(|| Task {
                name: format!("the program `{name}`"),
                commands: target.to_owned(),
                language: "sh",
                invocation: None,
                lines: one_line(number as u32),
            })
        })
        .collect()
}
