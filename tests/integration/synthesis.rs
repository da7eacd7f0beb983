//! `repo-lsp synth`: dry runs ask nothing, a scripted teacher's answers become rows, and a run that is killed goes on where it was.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use integration::Sandbox;
use serde_json::{Value, json};

/// An OpenAI-compatible engine whose reply depends on the prompt only.
struct Teacher {
    url: String,
    requests: Arc<AtomicUsize>,
    /// One message for each answer.
    answered: mpsc::Receiver<()>,
}

impl Teacher {
    fn start(reply: fn(&str) -> Result<String, u16>) -> Teacher {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let (sender, answered) = mpsc::channel();
        let counter = requests.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (counter, sender) = (counter.clone(), sender.clone());
                std::thread::spawn(move || serve(&stream, reply, &counter, &sender));
            }
        });
        Teacher {
            url,
            requests,
            answered,
        }
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

/// Answers requests on one connection until it is closed.
fn serve(
    stream: &TcpStream,
    reply: fn(&str) -> Result<String, u16>,
    counter: &AtomicUsize,
    sender: &mpsc::Sender<()>,
) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if !matches!(reader.read_line(&mut line), Ok(read) if read > 0) {
                return;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        counter.fetch_add(1, Ordering::SeqCst);
        let request: Value = serde_json::from_slice(&body).unwrap();
        let prompt = request["messages"].as_array().unwrap().last().unwrap()["content"]
            .as_str()
            .unwrap()
            .to_owned();
        let (status, body) = match reply(&prompt) {
            Ok(content) => (
                200,
                json!({ "choices": [{ "index": 0, "message": { "role": "assistant", "content": content } }] }),
            ),
            Err(status) => (
                status,
                json!({ "error": { "message": "scripted failure" } }),
            ),
        };
        let body = body.to_string();
        let head = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let mut out = stream;
        if out.write_all(format!("{head}{body}").as_bytes()).is_err() {
            return;
        }
        let _ = sender.send(());
    }
}

fn fixture() -> String {
    let functions = (0..6).map(|number| {
        format!(
            "//- /src/part_{number}.py\ndef load_{number}(path):\n    \"\"\"Loads part {number} of the records from the disk.\"\"\"\n    data = read_all(path)\n    if not data:\n        raise ValueError(path)\n    return data\n\ndef read_all(path):\n    return path\n"
        )
    });
    functions.collect()
}

/// What a helpful teacher replies to each prompt of the built-in flows and of both scenes.
fn helpful(prompt: &str) -> Result<String, u16> {
    Ok(if prompt.contains("[Start of Answer]YES or NO") {
        "It is so.\n[Start of Answer]Yes.[End of Answer]".to_owned()
    } else if prompt.contains("Write the reasoning") {
        "The text says so. It follows.".to_owned()
    } else if prompt.contains("Now write three questions") {
        let number = prompt.len() % 7;
        format!(
            "[QUESTION]What is loaded, asked {number}?[END]\n[QUESTION]And when does it fail, asked {number}?[END]"
        )
    } else if prompt.contains("Answer from the text only") {
        "The records of one part.".to_owned()
    } else if prompt.contains("entries.") {
        let name = prompt.split('`').nth(3).unwrap_or_default();
        json!([
            { "question": format!("When does `{name}` fail?"), "thinking_trace": "It checks the data.", "answer": format!("`{name}` raises `ValueError` if there is no data.") },
            { "question": "What about `invented_name`?", "thinking_trace": "None.", "answer": "It calls `another_invented_name`." },
        ])
        .to_string()
    } else {
        json!({
            "requirement": "Load parts in parallel", "thinking_trace": "Parts are independent.", "api_changes": "A parameter.",
            "domain_model": "None, as parts stay as they are.", "data_storage": "None.", "workflow": "All parts at once.",
        })
        .to_string()
    })
}

fn arguments<'a>(command: &[&'a str], teacher: &'a Teacher) -> Vec<&'a str> {
    [
        &["synth"],
        command,
        &[
            "--endpoint",
            &teacher.url,
            "--model",
            "scripted",
            "--in-flight",
            "2",
        ],
    ]
    .concat()
}

#[test]
fn a_dry_run_asks_nothing_and_shows_two_whole_prompts() {
    let sandbox = Sandbox::new(&fixture());
    let teacher = Teacher::start(helpful);
    for command in [
        &["scene1", "--limit", "5", "--dry-run"][..],
        &["scene2", "--count", "2", "--dry-run"],
        &["flow", "direct", "--dry-run"],
        &["replay", "--dry-run"],
    ] {
        let output = sandbox.run(&arguments(command, &teacher));
        assert_eq!(output.code, Some(0), "{}", output.stderr);
        assert!(
            output.stdout.contains("nothing was asked"),
            "{}",
            output.stdout
        );
        if command[0] != "replay" {
            assert_eq!(
                output.stdout.matches("\nprompt ").count(),
                2,
                "{}",
                output.stdout
            );
            assert!(output.stdout.contains("load_"), "{}", output.stdout);
        }
    }
    assert_eq!(teacher.requests(), 0);
}

#[test]
fn both_scenes_are_written_under_the_names_of_the_data_factory() {
    let sandbox = Sandbox::new(&fixture());
    let teacher = Teacher::start(helpful);
    let out = sandbox.home().join("data");
    let folder = out.display().to_string();
    let scene1 = sandbox.json(&arguments(&["scene1", "--out", &folder], &teacher));
    assert_eq!(scene1["rows"], 6, "{scene1}");
    assert_eq!(scene1["dropped"]["unknown_name"], 6, "{scene1}");
    let scene2 = sandbox.json(&arguments(
        &["scene2", "--count", "2", "--out", &folder],
        &teacher,
    ));
    // Both proposals have the same requirement.
    assert_eq!(
        (&scene2["rows"], &scene2["dropped"]["duplicate"]),
        (&json!(1), &json!(1)),
        "{scene2}"
    );
    let lines = |name: &str| {
        std::fs::read_to_string(out.join(name))
            .unwrap()
            .lines()
            .count()
    };
    assert_eq!(
        (lines("scene1_raw.jsonl"), lines("scene1_sft.jsonl")),
        (6, 6)
    );
    assert_eq!(
        (lines("scene2_raw.jsonl"), lines("scene2_sft.jsonl")),
        (2, 1)
    );
    assert_eq!(lines("combined_sft.jsonl"), 7);
    for name in [
        "project_skeleton.txt",
        "project_skeleton.json",
        "chunks.json",
    ] {
        assert!(out.join(name).is_file(), "{name}");
    }
    let sample = std::fs::read_to_string(out.join("scene2_sft.jsonl")).unwrap();
    for part in [
        "API changes",
        "Domain model",
        "Data storage",
        "Workflow",
        "reasoning_content",
    ] {
        assert!(sample.contains(part), "{sample}");
    }
}

#[test]
fn without_a_teacher_scene_1_is_derived_and_scene_2_says_what_it_needs() {
    let sandbox = Sandbox::new(&fixture());
    let scene1 = sandbox.run(&["synth", "scene1"]);
    assert_eq!(scene1.code, Some(0), "{}", scene1.stderr);
    assert!(
        scene1.stderr.contains("derived from the index"),
        "{}",
        scene1.stderr
    );
    let scene2 = sandbox.run(&["synth", "scene2"]);
    assert_eq!(scene2.code, Some(2));
    assert!(
        scene2.stderr.contains("scene 2 needs a teacher model"),
        "{}",
        scene2.stderr
    );
}

#[test]
fn a_request_that_keeps_failing_costs_its_own_rows_only() {
    fn sometimes(prompt: &str) -> Result<String, u16> {
        if prompt.contains("Answer from the text only") && prompt.contains("part 3 of the records")
        {
            return Err(400);
        }
        helpful(prompt)
    }
    let sandbox = Sandbox::new(&fixture());
    let teacher = Teacher::start(sometimes);
    let all = arguments(&["flow", "direct", "--attempts", "1"], &teacher);
    let output = sandbox.json(&all);
    assert!(output["rows"].as_u64().unwrap() > 0);
    let dropped = output["dropped"].as_array().unwrap();
    assert!(
        dropped.iter().any(|drop| drop["sample"]
            .as_str()
            .unwrap()
            .contains("scripted failure")
            || drop["reason"]
                .as_str()
                .unwrap()
                .contains("scripted failure")),
        "{output}"
    );
    let base = sandbox.home().parent().unwrap().display().to_string();
    let file = output["output"]
        .as_str()
        .unwrap()
        .replace("$SANDBOX", &base);
    let text = std::fs::read_to_string(file).unwrap();
    assert!(!text.contains("part_3.py") && text.contains("part_2.py"));
}

#[test]
fn killing_a_run_changes_nothing_in_its_output() {
    let run = |sandbox: &Sandbox, teacher: &Teacher, file: &Path| {
        let file = file.display().to_string();
        let output = sandbox.run(&arguments(&["flow", "direct", "--output", &file], teacher));
        assert_eq!(output.code, Some(0), "{}", output.stderr);
        std::fs::read(file).unwrap()
    };
    let calm = Sandbox::new(&fixture());
    let teacher = Teacher::start(helpful);
    let expected = run(&calm, &teacher, &calm.home().join("out.jsonl"));
    let needed = teacher.requests();

    let sandbox = Sandbox::new(&fixture());
    let teacher = Teacher::start(helpful);
    let file = sandbox.home().join("out.jsonl");
    let shown = file.display().to_string();
    for round in 0..20 {
        let mut child = sandbox
            .command(&arguments(
                &["flow", "direct", "--output", &shown],
                &teacher,
            ))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Killed after some more answers, unless it ends before.
        for _ in 0..=round % 4 {
            let waited = loop {
                if let Ok(answer) = teacher
                    .answered
                    .recv_timeout(std::time::Duration::from_millis(20))
                {
                    break Some(answer);
                }
                if child.try_wait().unwrap().is_some() {
                    break None;
                }
            };
            if waited.is_none() {
                break;
            }
        }
        let _ = child.kill();
        child.wait().unwrap();
    }
    assert_eq!(run(&sandbox, &teacher, &file), expected);
    // What was answered is not asked again, but for what was in flight when a run was killed.
    assert!(
        teacher.requests() <= needed + 2 * 20,
        "{} of {needed}",
        teacher.requests()
    );
}
