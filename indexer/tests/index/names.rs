//! Tests of name resolution, in particular of names that must not be resolved.

use crate::support::{Workspace, search};

/// Returns the best candidate for the name at `$0` if it is probable.
fn resolve(fixture: &str) -> Option<String> {
    let workspace = Workspace::new(fixture);
    let index = workspace.indexed();
    let snapshot = index.snapshot();
    let (path, offset) = workspace.mark.clone().unwrap();
    let found = snapshot.resolve_at(&path, offset).unwrap();
    let best = found
        .candidates
        .first()
        .filter(|best| best.confidence >= 0.5)?;
    Some(snapshot.symbol(best.symbol).unwrap().qualified)
}

const LIBRARY: &str = "
//- /src/lib.rs
pub mod usage;
pub mod run;
//- /src/usage.rs
pub struct Usage;
impl Usage {
    pub fn now() -> Usage { Usage.again() }
    pub fn again(self) -> Usage { self }
    pub fn iter(&self) {}
}
pub struct Other;
impl Other {
    pub fn now() -> Other { Other }
}
pub enum Outcome { Some, None }
pub fn format() {}
pub struct Pair { map: u32 }
";

#[test]
fn names_outside_the_workspace_are_not_resolved() {
    for body in [
        "use std::time::Instant;\nfn run() { Instant::n$0ow(); }",
        "fn run(list: Vec<u8>) { list.it$0er(); }",
        "fn run() -> Option<u8> { So$0me(1) }",
        "fn run() { form$0at!(\"x\"); }",
        "fn run(list: Vec<u8>) { list.into_iter().m$0ap(f); }",
        "fn run() { let f$0ormat = 1; }",
    ] {
        assert_eq!(
            resolve(&format!("{LIBRARY}//- /src/run.rs\n{body}\n")),
            None,
            "{body}"
        );
    }
}

#[test]
fn a_member_is_found_by_its_owner() {
    for (body, expected) in [
        (
            "use crate::usage::Usage;\nfn run() { Usage::n$0ow(); }",
            "Usage::now",
        ),
        (
            "use crate::usage::Other;\nfn run() { Other::n$0ow(); }",
            "Other::now",
        ),
        (
            "use crate::usage::Usage;\nfn run(u: Usage) { u.ag$0ain(); }",
            "Usage::again",
        ),
        (
            "use crate::usage;\nfn run() { usage::Oth$0er::now(); }",
            "Other",
        ),
    ] {
        let found = resolve(&format!("{LIBRARY}//- /src/run.rs\n{body}\n"));
        assert_eq!(found.as_deref(), Some(expected), "{body}");
    }
}

/// A use that matches two definitions equally well is counted as possible for both.
#[test]
fn an_ambiguous_use_is_only_possible() {
    let workspace = Workspace::new(
        "
//- /a.py
class First:
    def register_thing(self): pass

class Second:
    def register_thing(self): pass
//- /b.py
from a import First, Second

def run(unknown):
    unknown.register_thing()
    First.register_thing()
",
    );
    let index = workspace.indexed();
    let snapshot = index.snapshot();
    let users = snapshot
        .definitions("register_thing")
        .into_iter()
        .map(|id| snapshot.usages(id));
    let counts: Vec<(u32, u32)> = users.map(|users| (users.total, users.possible)).collect();
    assert_eq!(counts, [(1, 1), (0, 1)]);
}

#[test]
fn links_and_parent_paths_cannot_read_other_files() {
    let workspace = Workspace::new("\n//- /.env\nTOKEN = 1\n//- /a.py\nx = 1\n");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(workspace.path(".env"), workspace.path("link.py")).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", workspace.path("out.py")).unwrap();
    }
    let index = workspace.indexed();
    let snapshot = index.snapshot();
    for path in ["link.py", "out.py", "../../../etc/hostname"] {
        assert_eq!(snapshot.text(path), None, "{path}");
    }
    assert!(snapshot.text("a.py").is_some());
}

#[test]
fn a_query_with_a_single_name_ranks_its_definition_first() {
    let workspace = Workspace::new(
        "
//- /a.py
class Blueprint:
    pass
//- /b.py
def register_blueprint(blueprint):
    # Register a blueprint: blueprint, blueprint, blueprint.
    blueprint.register(blueprint)
",
    );
    assert_eq!(
        search(&workspace.indexed().snapshot(), "Blueprint")[0],
        "a.py"
    );
}
