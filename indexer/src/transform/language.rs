//! What the changes need to know of a language: one row for each language, in the words of its grammar.

use crate::language::Language;

/// How the grammar of a language names what the changes need.
pub(super) struct Row {
    pub languages: &'static [&'static str],
    /// The text that makes a method alone a file, if the grammar knows methods only inside of classes.
    pub around_methods: Option<(&'static str, &'static str)>,
    pub variables: Variables,
    pub condition: Condition,
    pub while_loop: Loop,
    pub assignment: Assignment,
    /// The node of a class, and those of its methods.
    pub members: Option<(&'static str, &'static [&'static str])>,
}

pub(super) struct Variables {
    /// Nodes that declare local variables, with the field that holds the name.
    pub declarations: &'static [(&'static str, &'static str)],
    /// Whether a variable belongs to the whole function, and not to the block that declares it.
    pub function_scope: bool,
    /// The kind of node that uses of a variable have.
    pub identifier: &'static str,
    /// Parents in which an identifier is not a variable, with the field; an empty field means any.
    pub not_variables: &'static [(&'static str, &'static str)],
    /// Texts with which names may be used that cannot be seen.
    pub hidden_uses: &'static [&'static str],
    /// Strings in which a variable may be named.
    pub strings: &'static [&'static str],
}

/// A condition with two branches.
pub(super) struct Condition {
    /// All grammars name its fields `condition`, `consequence` and `alternative`.
    pub node: &'static str,
    /// How a condition is negated: before and after it.
    pub negation: (&'static str, &'static str),
}

/// A loop with a condition at its beginning and without a step.
pub(super) struct Loop {
    pub node: &'static str,
    /// The field of the condition; without one it is the first child.
    pub condition: Option<&'static str>,
    /// The words of a loop without an end, instead of those up to the end of the condition.
    pub endless: &'static str,
    /// What leaves the loop: before and after the condition.
    pub guard: (&'static str, &'static str),
}

/// A statement that gives one variable a value.
pub(super) struct Assignment {
    pub statements: &'static [&'static str],
    /// The child of the statement that has the two fields, if it is not the statement itself.
    pub inner: Option<&'static str>,
    pub target: &'static str,
    pub value: &'static str,
    /// Nodes of values whose evaluation has no effect.
    pub pure: &'static [&'static str],
}

/// Nodes in the place of a condition that are no expression, so they cannot be negated.
pub(super) const NO_EXPRESSIONS: [&str; 4] =
    ["let_condition", "let_chain", "for_clause", "range_clause"];

/// Returns the row of a language, if it has one.
pub(super) fn row(language: Language) -> Option<&'static Row> {
    ROWS.iter()
        .find(|row| row.languages.contains(&language.id()))
}

/// One row for each language that is certain; other languages have no changes.
const ROWS: [Row; 5] = [PYTHON, JAVASCRIPT, JAVA, GO, RUST];

const PYTHON: Row = Row {
    languages: &["python"],
    around_methods: None,
    variables: Variables {
        declarations: &[("assignment", "left")],
        function_scope: true,
        identifier: "identifier",
        not_variables: &[
            ("attribute", "attribute"),
            ("keyword_argument", "name"),
            ("class_definition", "name"),
            ("function_definition", "name"),
        ],
        hidden_uses: &[
            "locals(",
            "globals(",
            "eval(",
            "exec(",
            "global ",
            "nonlocal ",
            "vars(",
            "=}",
            "match ",
            "import ",
            "class ",
        ],
        strings: &[],
    },
    condition: Condition {
        node: "if_statement",
        negation: ("not (", ")"),
    },
    while_loop: Loop {
        node: "while_statement",
        condition: Some("condition"),
        endless: "while True",
        guard: ("if not (", "): break"),
    },
    assignment: Assignment {
        statements: &["expression_statement"],
        inner: Some("assignment"),
        target: "left",
        value: "right",
        pure: &[
            "identifier",
            "integer",
            "float",
            "string",
            "string_start",
            "string_content",
            "string_end",
            "escape_sequence",
            "true",
            "false",
            "none",
            "list",
            "tuple",
            "dictionary",
            "pair",
        ],
    },
    members: Some(("class_definition", &["function_definition"])),
};

const JAVASCRIPT: Row = Row {
    languages: &[
        "javascript",
        "typescript",
        "javascriptreact",
        "typescriptreact",
    ],
    around_methods: Some(("class A {\n", "\n}")),
    variables: Variables {
        declarations: &[("variable_declarator", "name")],
        function_scope: false,
        identifier: "identifier",
        not_variables: &[
            ("function_declaration", "name"),
            ("class_declaration", "name"),
        ],
        hidden_uses: &["eval(", "with (", "arguments", "</", "/>"],
        strings: &[],
    },
    condition: Condition {
        node: "if_statement",
        negation: ("(!", ")"),
    },
    while_loop: Loop {
        node: "while_statement",
        condition: Some("condition"),
        endless: "while (true)",
        guard: ("if (!", ") break;"),
    },
    assignment: Assignment {
        statements: &["lexical_declaration", "variable_declaration"],
        inner: Some("variable_declarator"),
        target: "name",
        value: "value",
        pure: &[
            "identifier",
            "number",
            "string",
            "string_fragment",
            "escape_sequence",
            "true",
            "false",
            "null",
            "undefined",
            "array",
            "object",
            "pair",
            "property_identifier",
        ],
    },
    members: Some(("class_declaration", &["method_definition"])),
};

const JAVA: Row = Row {
    languages: &["java"],
    around_methods: None,
    variables: Variables {
        declarations: &[("variable_declarator", "name")],
        function_scope: false,
        identifier: "identifier",
        not_variables: &[
            ("field_access", "field"),
            ("method_invocation", "name"),
            ("method_declaration", "name"),
            ("labeled_statement", ""),
        ],
        hidden_uses: &["::", "new "],
        strings: &[],
    },
    condition: Condition {
        node: "if_statement",
        negation: ("(!", ")"),
    },
    while_loop: Loop {
        node: "while_statement",
        condition: Some("condition"),
        endless: "while (true)",
        guard: ("if (!", ") break;"),
    },
    assignment: Assignment {
        statements: &["local_variable_declaration"],
        inner: Some("variable_declarator"),
        target: "name",
        value: "value",
        pure: &[
            "identifier",
            "decimal_integer_literal",
            "decimal_floating_point_literal",
            "string_literal",
            "string_fragment",
            "escape_sequence",
            "character_literal",
            "true",
            "false",
            "null_literal",
        ],
    },
    members: Some(("class_declaration", &["method_declaration"])),
};

const GO: Row = Row {
    languages: &["go"],
    around_methods: None,
    variables: Variables {
        declarations: &[("short_var_declaration", "left"), ("var_spec", "name")],
        function_scope: false,
        identifier: "identifier",
        // The keys of a literal are fields of a type or variables; only the compiler knows.
        not_variables: &[
            ("literal_element", ""),
            ("function_declaration", "name"),
            ("labeled_statement", ""),
        ],
        hidden_uses: &[],
        strings: &[],
    },
    condition: Condition {
        node: "if_statement",
        negation: ("!(", ")"),
    },
    while_loop: Loop {
        node: "for_statement",
        condition: None,
        endless: "for",
        guard: ("if !(", ") { break }"),
    },
    assignment: Assignment {
        statements: &["short_var_declaration"],
        inner: None,
        target: "left",
        value: "right",
        pure: &[
            "expression_list",
            "identifier",
            "int_literal",
            "float_literal",
            "interpreted_string_literal",
            "interpreted_string_literal_content",
            "escape_sequence",
            "raw_string_literal",
            "raw_string_literal_content",
            "rune_literal",
            "true",
            "false",
        ],
    },
    // Methods are declared beside their type, so their order is that of the whole file.
    members: None,
};

const RUST: Row = Row {
    languages: &["rust"],
    around_methods: None,
    variables: Variables {
        declarations: &[("let_declaration", "pattern")],
        function_scope: false,
        identifier: "identifier",
        // In the tokens of a macro the same word may be a field, a function or another macro.
        not_variables: &[
            ("token_tree", ""),
            ("scoped_identifier", ""),
            ("function_item", "name"),
            ("macro_invocation", "macro"),
        ],
        hidden_uses: &["macro_rules!"],
        // `format!("{name}")`
        strings: &["string_literal", "raw_string_literal"],
    },
    condition: Condition {
        node: "if_expression",
        negation: ("!(", ")"),
    },
    while_loop: Loop {
        node: "while_expression",
        condition: Some("condition"),
        endless: "loop",
        guard: ("if !(", ") { break; }"),
    },
    assignment: Assignment {
        statements: &["let_declaration"],
        inner: None,
        target: "pattern",
        value: "value",
        // No names: a value that is moved would be dropped in another order.
        pure: &[
            "integer_literal",
            "float_literal",
            "string_literal",
            "raw_string_literal",
            "string_content",
            "escape_sequence",
            "char_literal",
            "boolean_literal",
        ],
    },
    members: Some(("impl_item", &["function_item"])),
};
