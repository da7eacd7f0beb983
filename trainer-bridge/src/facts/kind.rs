//! The kinds of facts.

use serde::{Deserialize, Serialize};

/// What a fact says. The name in a sample's metadata is that of serde.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactKind {
    /// The parameters of a function.
    Signature,
    /// What the documentation of a definition says.
    Purpose,
    /// Which definition has a documented purpose.
    Find,
    /// The file, lines and module of a definition.
    Location,
    /// Who calls a function, and with which arguments.
    Callers,
    Callees,
    /// The tests that use a definition.
    Tests,
    /// A use of a definition in a test.
    Example,
    /// The errors that a function raises.
    Errors,
    /// The value of a constant.
    Value,
    /// The value of a key in a configuration file.
    Configuration,
    /// A command-line option with its default.
    Flag,
    /// A script, target or step of a manifest or of continuous integration.
    Command,
    /// How the repository is built or tested.
    Build,
    /// What a module is for.
    Module,
    /// Which modules a module imports, and which import it.
    Dependencies,
    /// A name that does not exist here.
    Absent,
    /// Joins a call with the documentation of the callee.
    CalleeByPurpose,
    /// Joins two calls.
    CallChain,
    /// Joins calls with the errors of the callees.
    ErrorsOfCallee,
    /// Joins a call with the tests of the caller.
    TestsOfCaller,
    /// Joins calls with the modules of the callees.
    ModuleOfCallees,
    /// A commit, with the files that it changed.
    Change,
    /// The module that a requirement belongs to.
    Requirement,
}

impl FactKind {
    pub const ALL: [FactKind; 24] = [
        FactKind::Signature,
        FactKind::Purpose,
        FactKind::Find,
        FactKind::Location,
        FactKind::Callers,
        FactKind::Callees,
        FactKind::Tests,
        FactKind::Example,
        FactKind::Errors,
        FactKind::Value,
        FactKind::Configuration,
        FactKind::Flag,
        FactKind::Command,
        FactKind::Build,
        FactKind::Module,
        FactKind::Dependencies,
        FactKind::Absent,
        FactKind::CalleeByPurpose,
        FactKind::CallChain,
        FactKind::ErrorsOfCallee,
        FactKind::TestsOfCaller,
        FactKind::ModuleOfCallees,
        FactKind::Change,
        FactKind::Requirement,
    ];

    /// The name in a sample's metadata and in `phrasings.toml`.
    pub fn name(self) -> &'static str {
        match self {
            FactKind::Signature => "signature",
            FactKind::Purpose => "purpose",
            FactKind::Find => "find",
            FactKind::Location => "location",
            FactKind::Callers => "callers",
            FactKind::Callees => "callees",
            FactKind::Tests => "tests",
            FactKind::Example => "example",
            FactKind::Errors => "errors",
            FactKind::Value => "value",
            FactKind::Configuration => "configuration",
            FactKind::Flag => "flag",
            FactKind::Command => "command",
            FactKind::Build => "build",
            FactKind::Module => "module",
            FactKind::Dependencies => "dependencies",
            FactKind::Absent => "absent",
            FactKind::CalleeByPurpose => "callee_by_purpose",
            FactKind::CallChain => "call_chain",
            FactKind::ErrorsOfCallee => "errors_of_callee",
            FactKind::TestsOfCaller => "tests_of_caller",
            FactKind::ModuleOfCallees => "module_of_callees",
            FactKind::Change => "change",
            FactKind::Requirement => "requirement",
        }
    }

    /// Whether the fact is about one definition, and not about the repository, a module or a file as a whole.
    pub fn is_of_definition(self) -> bool {
        use FactKind::*;
        !matches!(
            self,
            Module
                | Dependencies
                | Command
                | Build
                | Flag
                | Configuration
                | Absent
                | Requirement
                | Change
        )
    }

    /// Whether the fact joins several others along calls or imports.
    pub fn is_compositional(self) -> bool {
        matches!(
            self,
            FactKind::CalleeByPurpose
                | FactKind::CallChain
                | FactKind::ErrorsOfCallee
                | FactKind::TestsOfCaller
                | FactKind::ModuleOfCallees
        )
    }
}
