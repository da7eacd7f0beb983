//! A model in one GGUF file, which brings its words and its template along.

use std::path::Path;

use checkpoint::Parrot;
use serde_json::json;

use super::home::{Home, question};

/// Writes one file instead of the folder's many.
fn one_file(folder: &Path, parrot: &Parrot) {
    let parts = tempfile::tempdir().unwrap();
    parrot.write(parts.path()).unwrap();
    checkpoint::to_gguf(parts.path(), &folder.join("model.gguf")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_what_the_folder_it_was_made_of_says() {
    let says = "The index is a folder of segments; é and 索引 are kept whole.\n\n```rust\nfn main() {}\n```";
    let parrot = Parrot::new(says).thinking("Is it? It is.");
    let home = Home::new();
    home.install("folder", |folder| drop(parrot.write(folder).unwrap()));
    home.install("file", |folder| one_file(folder, &parrot));
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
