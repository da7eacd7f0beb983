//! After `forget` and `edit`, no byte of the previous text is in any file.

use std::path::Path;

use super::*;

/// Byte sequences that identify an interaction wherever they are found.
fn traces(connection: &Connection, id: &str) -> Vec<Vec<u8>> {
    let (content, files): (Vec<u8>, String) = connection
        .query_row(
            "SELECT content, group_concat(path) FROM interaction JOIN body USING (seq)
             LEFT JOIN interaction_file USING (seq) LEFT JOIN file ON file.id = file WHERE interaction.id = ?",
            [id],
            |row| Ok((row.get(0)?, row.get::<_, Option<String>>(1)?.unwrap_or_default())),
        )
        .unwrap();
    // The header of the frame is the same for all interactions.
    let mut traces: Vec<Vec<u8>> = content[12..]
        .chunks(24)
        .filter(|part| part.len() == 24)
        .map(<[u8]>::to_vec)
        .collect();
    traces.extend(
        files
            .split(',')
            .filter(|path| path.contains("only"))
            .map(|path| path.as_bytes().to_vec()),
    );
    traces.push(id.as_bytes().to_vec());
    traces
}

/// The contents of the remaining rows. The end of a compressed text describes its structure, which two texts may share.
fn kept(connection: &Connection) -> Vec<Vec<u8>> {
    let mut bodies = connection.prepare("SELECT content FROM body").unwrap();
    let contents = bodies.query_map([], |row| row.get(0)).unwrap();
    contents.map(Result::unwrap).collect()
}

fn found_in(folder: &Path, trace: &[u8]) -> Option<std::path::PathBuf> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .find(|path| memmem(&std::fs::read(path).unwrap(), trace))
}

/// Text that does not compress, so that its bytes are unique.
fn unique(seed: usize, length: usize) -> String {
    let mut random = blake3::Hasher::new()
        .update(&seed.to_le_bytes())
        .finalize_xof();
    let mut bytes = vec![0; length];
    random.fill(&mut bytes);
    bytes
        .iter()
        .map(|byte| char::from(b'a' + byte % 26))
        .collect()
}

fn private(seed: usize, length: usize) -> Interaction {
    Interaction {
        id: format!("private-{}", unique(seed, 20)),
        time: seed as u64,
        answer: unique(seed + 1_000_000, length),
        citations: vec![citation(&format!("src/only-{seed}.rs"))],
        ..Interaction::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn nothing_is_left_of_what_is_forgotten(
        lengths in prop::collection::vec(60..3_000_usize, 20..80),
        forgotten in prop::collection::vec(any::<prop::sample::Index>(), 1..30),
        longer in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let (folder, mut store) = store();
        let rows: Vec<_> = lengths.iter().enumerate().map(|(at, length)| private(at, *length)).collect();
        for row in &rows {
            store.insert(&[admitted(row.clone())]).unwrap();
        }
        // Rows that grow are moved between pages, and leave copies behind.
        for (at, index) in longer.iter().enumerate() {
            let answer = unique(2_000_000 + at, 2_500);
            store.add_feedback(&feedback(&index.get(&rows).id, 1, FeedbackEvent::Corrected { answer })).unwrap();
        }
        let mut gone = Vec::new();
        for index in &forgotten {
            let id = &index.get(&rows).id;
            if store.get(id).unwrap().is_none() {
                continue;
            }
            let traces = traces(&store.connection, id);
            prop_assert!(found_in(folder.path(), &traces[0]).is_some(), "it is found before");
            gone.extend(traces);
            let filter = Filter { id: Some(id.clone()), ..Filter::default() };
            store.forget(&filter).unwrap();
        }
        let kept = kept(&store.connection);
        gone.retain(|trace| !kept.iter().any(|body| memmem(body, trace)));
        for trace in gone {
            prop_assert_eq!(found_in(folder.path(), &trace), None);
        }
    }
}

#[test]
fn nothing_is_left_of_what_is_edited() {
    let (folder, mut store) = store();
    let row = private(7, 900);
    store
        .insert(&[admitted(row.clone()), admitted(private(8, 900))])
        .unwrap();
    let content: Vec<u8> = store
        .connection
        .query_row("SELECT content FROM body WHERE seq = 1", [], |row| {
            row.get(0)
        })
        .unwrap();
    // The id and the files stay, and are at both ends of the compressed content.
    let middle = &content[content.len() / 3..content.len() * 2 / 3];
    let before: Vec<Vec<u8>> = middle.chunks_exact(24).map(<[u8]>::to_vec).collect();
    assert!(
        found_in(folder.path(), &before[0]).is_some(),
        "it is found before"
    );
    store
        .edit(&Intake::default(), &row.id, |interaction| {
            interaction.answer.clear()
        })
        .unwrap();
    for trace in before {
        assert_eq!(found_in(folder.path(), &trace), None);
    }
}

#[test]
fn a_secret_never_reaches_the_disk() {
    let (folder, mut store) = store();
    let secret = format!("gh{}_{}", "p", unique(3, 36));
    let mut row = interaction("i", 1);
    row.question = format!("why is {secret} refused?");
    store.insert(&[admitted(row)]).unwrap();
    let correction = FeedbackEvent::Corrected {
        answer: secret.clone(),
    };
    store.add_feedback(&feedback("i", 2, correction)).unwrap();
    assert_eq!(found_in(folder.path(), secret.as_bytes()), None);
    let mut lines = Vec::new();
    store.export(&Filter::default(), &mut lines).unwrap();
    assert!(!String::from_utf8(lines).unwrap().contains(&secret));
}

/// There are enough rows that pages split and merge: a reordered page keeps old bytes between its rows, even with `secure_delete`.
#[test]
fn nothing_is_left_between_the_rows_of_pages() {
    let (folder, mut store) = store();
    let rows: Vec<_> = (0..1_500).map(|at| admitted(private(at, 40))).collect();
    for some in rows.chunks(50) {
        store.insert(some).unwrap();
    }
    for part in 0..4_u64 {
        let filter = Filter {
            since: Some(part * 300),
            until: Some(part * 300 + 200),
            ..Filter::default()
        };
        let gone = store.forget(&filter).unwrap().interactions;
        assert_eq!(gone.len(), 200);
        let files: Vec<Vec<u8>> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|file| std::fs::read(file.unwrap().path()).unwrap())
            .collect();
        for id in gone {
            let left = files.iter().any(|file| memmem(file, id.as_bytes()));
            assert!(!left, "{id} is still there");
        }
    }
}

fn memmem(bytes: &[u8], wanted: &[u8]) -> bool {
    aho_corasick::AhoCorasick::new([wanted])
        .unwrap()
        .is_match(bytes)
}
