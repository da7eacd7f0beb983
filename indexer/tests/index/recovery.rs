//! Tests of damaged and outdated indexes and of unusual file names.

use repo_indexer::{Index, IndexError, RefreshScope};

use crate::support::{Workspace, dump, refresh};

const FIXTURE: &str =
    "\n//- /a.py\ndef alpha():\n    return beta()\n//- /b.py\ndef beta():\n    return 1\n";

/// Returns the files of the index on disk, except lock files.
fn index_files(workspace: &Workspace) -> Vec<std::path::PathBuf> {
    let folder = std::fs::read_dir(workspace.index_folder())
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.is_dir())
        .unwrap();
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    files.retain(|path| {
        path.metadata().unwrap().len() > 0
            && path.extension().is_none_or(|extension| extension != "lock")
    });
    files.sort();
    files
}

#[test]
fn damage_to_any_file_is_reported_and_the_index_is_rebuilt() {
    let pristine = Workspace::new(FIXTURE);
    drop(pristine.indexed());
    let expected = pristine.fresh_dump();
    let names: Vec<_> = index_files(&pristine)
        .into_iter()
        .map(|path| path.file_name().unwrap().to_owned())
        .collect();
    assert!(names.len() > 5, "{names:?}");
    for nth in 0..names.len() {
        for damage in ["cut", "flip", "remove"] {
            let workspace = Workspace::new(FIXTURE);
            drop(workspace.indexed());
            let path = index_files(&workspace).swap_remove(nth);
            let kind = format!(
                "{damage} {}",
                path.extension()
                    .unwrap_or(path.file_name().unwrap())
                    .display()
            );
            let mut bytes = std::fs::read(&path).unwrap();
            match damage {
                "cut" => bytes.truncate(bytes.len() / 2),
                "flip" => {
                    let middle = bytes.len() / 2;
                    bytes[middle] ^= 0xff;
                }
                _ => {}
            }
            if damage == "remove" {
                std::fs::remove_file(&path).unwrap()
            } else {
                std::fs::write(&path, bytes).unwrap()
            }
            let index = workspace.open();
            let notice = index.take_notice();
            refresh(&index, RefreshScope::All);
            assert_eq!(dump(&index.snapshot()), expected, "{kind}: {notice:?}");
            let bookkeeping = path.file_name().unwrap() == ".managed.json"
                || path.file_name().unwrap() == "meta.json" && damage == "remove";
            assert!(notice.is_some() || bookkeeping, "{kind} was not reported");
        }
    }
}

/// The files are intact but were written by another program: the documents contain no valid record.
#[test]
fn an_index_with_undecodable_records_is_rebuilt() {
    let workspace = Workspace::new(FIXTURE);
    drop(workspace.indexed());
    let folder = index_files(&workspace)[0].parent().unwrap().to_owned();
    let foreign = tantivy::Index::open_in_dir(&folder).unwrap();
    let words = tantivy::tokenizer::SimpleTokenizer::default();
    foreign
        .tokenizers()
        .register("code", tantivy::tokenizer::TextAnalyzer::from(words));
    let mut writer = foreign
        .writer_with_num_threads::<tantivy::TantivyDocument>(1, 15_000_000)
        .unwrap();
    let mut document = tantivy::TantivyDocument::new();
    for field in ["file", "version"] {
        document.add_u64(foreign.schema().get_field(field).unwrap(), 7);
    }
    document.add_bytes(foreign.schema().get_field("record").unwrap(), &[1, 2, 3]);
    writer.add_document(document).unwrap();
    writer.commit().unwrap();
    drop(writer);
    let index = workspace.open();
    let notice = index.take_notice().unwrap();
    assert!(notice.contains("cannot be decoded"), "{notice}");
    refresh(&index, RefreshScope::All);
    assert_eq!(dump(&index.snapshot()), workspace.fresh_dump());
}

#[test]
fn an_index_of_another_version_is_replaced() {
    let workspace = Workspace::new(FIXTURE);
    let older = workspace.index_folder().join("v0");
    std::fs::create_dir_all(&older).unwrap();
    std::fs::write(older.join("meta.json"), "{}").unwrap();
    let index = workspace.indexed();
    assert!(!older.exists());
    assert_eq!(dump(&index.snapshot()), workspace.fresh_dump());
}

#[test]
fn a_missing_root_or_a_bad_glob_is_an_error_that_names_it() {
    let workspace = Workspace::new(FIXTURE);
    let gone = workspace.path("gone");
    let error = Index::open(&gone, workspace.options()).err().unwrap();
    assert!(matches!(error, IndexError::NoSuchFolder(_)) && error.to_string().contains("gone"));
    let mut options = workspace.options();
    options.exclude = vec!["a[".to_owned()];
    let error = Index::open(&workspace.root(), options).err().unwrap();
    assert!(
        error.to_string().starts_with("not a valid glob: a[:"),
        "{error}"
    );
}

#[test]
fn non_unicode_names_and_links_are_ignored() {
    let workspace = Workspace::new(FIXTURE);
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        std::fs::write(
            workspace
                .root()
                .join(std::ffi::OsStr::from_bytes(b"bad\xff.py")),
            "x = 1\n",
        )
        .unwrap();
        std::os::unix::fs::symlink(workspace.root(), workspace.path("loop")).unwrap();
    }
    let index = workspace.indexed();
    assert_eq!(index.snapshot().status().files, 2);
}
