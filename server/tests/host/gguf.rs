//! GGUF models, which contain the tokenizer and the chat template in one file.

use std::path::Path;

use checkpoint::Parrot;
use serde_json::json;

use super::home::{Home, question};

/// Writes the checkpoint as a single GGUF file.
fn write_gguf(folder: &Path, parrot: &Parrot) {
    let parts = tempfile::tempdir().unwrap();
    parrot.write(parts.path()).unwrap();
    checkpoint::to_gguf(parts.path(), &folder.join("model.gguf")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gguf_file_answers_as_its_checkpoint_folder() {
    let says = "The index is a folder of segments; é and 索引 are kept whole.\n\n```rust\nfn main() {}\n```";
    let parrot = Parrot::new(says).thinking("Is it? It is.");
    let home = Home::new();
    home.install("folder", |folder| drop(parrot.write(folder).unwrap()));
    home.install("file", |folder| write_gguf(folder, &parrot));
    let host = home.serve();
    for (thinks, thoughts) in [(false, ""), (true, "Is it? It is.")] {
        for name in ["folder", "file"] {
            let mut body = question(name, "What is the index?", true);
            body["enable_thinking"] = json!(thinks);
            let answer = host.ask(body).await;
            let found = (
                answer.by.as_str(),
                answer.error.as_deref(),
                answer.finish.as_str(),
            );
            assert_eq!(found, (format!("{name}@1").as_str(), None, "stop"));
            let found = (answer.thinking.trim(), answer.text.as_str());
            assert_eq!(found, (thoughts, says), "{name}");
        }
    }
    let rows = host.status().await["models"].clone();
    assert_eq!(rows[0]["name"], "file", "{rows}");
}
