//! The documents of a small repository.

use expect_test::expect;

use super::*;
use crate::facts::tests::snapshot_of;

#[test]
fn every_document_has_an_outline_and_every_file_left_out_a_reason() {
    let long_section = "Text about the storage of records. ".repeat(10);
    let fixture = format!(
        "//- /README.md\n# Demo\n\n{long_section}\n\n## Use\n\n{long_section}\n\
         //- /src/store.py\n\"\"\"Stores records.\"\"\"\n\ndef put(record):\n    \"\"\"Writes one record to the disk.\"\"\"\n    {}\n    return record\n\
         //- /vendor/lib.py\ndef copied(): pass\n\
         //- /LICENSE\nYou may use this.\n\
         //- /tests/test_store.py\ndef test_put(): put(1)\n",
        "record = check(record)\n    ".repeat(6).trim_end()
    );
    let (_folder, snapshot) = snapshot_of(&fixture);
    let found = documents(&snapshot, &DocumentSources::default(), &Cancel::new()).unwrap();
    let shown: Vec<String> = found
        .documents
        .iter()
        .map(|document| format!("{}\n{}\n", document.id, document.outline))
        .chain(
            found
                .excluded
                .iter()
                .map(|(path, reason)| format!("{path}: {}\n", reason.describe())),
        )
        .collect();
    expect![[r#"
        code:src/store.py#L1-L11
        `src/store.py`, Python code of the module `src`: Stores records.
        - function `put`: Writes one record to the disk

        module:demo
        The module `demo` of this repository, with its public items. It imports no other module and is imported by no other module.

        module:src
        The module `src` of this repository, with its public items. It imports no other module and is imported by no other module.

        section:README.md#L1-L7
        A part of the documentation `README.md` of this repository, with the headings "Demo", "Use". This part is about: Demo.

        LICENSE: a licence

        vendor/lib.py: copied from another project
    "#]].assert_eq(&shown.join("\n"));
    let rows = flow_rows(&found.documents, "demo");
    assert_eq!(rows.len(), found.documents.len());
    assert!(
        rows.iter()
            .all(|row| row.len() == 8 && row["document_outline"].as_str().unwrap().len() > 20)
    );
}

#[test]
fn long_files_are_cut_between_definitions() {
    let fixture = (0..40)
        .map(|number| {
            format!(
                "def f_{number}():\n{}",
                "    use(\"some text in a call\")\n".repeat(20)
            )
        })
        .collect::<String>();
    let (_folder, snapshot) = snapshot_of(&format!("//- /long.py\n{fixture}"));
    let found = documents(&snapshot, &DocumentSources::default(), &Cancel::new()).unwrap();
    let code: Vec<_> = found
        .documents
        .iter()
        .filter(|document| document.kind == DocumentKind::Code)
        .collect();
    assert!(code.len() > 3);
    let mut next = 1;
    let mut in_order = code.clone();
    in_order.sort_by_key(|document| document.lines.first);
    for document in in_order {
        assert!(document.text.len() <= MAX_DOCUMENT && document.text.starts_with("def "));
        assert_eq!(document.lines.first, next);
        next = document.lines.last + 1;
    }
    assert_eq!(next, 40 * 21 + 1);
}
