//! Distinguishes unmarked lines of code from lines of prose.
//!
//! A single line is often ambiguous: `return total` may begin a sentence. Its neighbours decide, and a doubtful line counts as code,
//! since in this mode recording code is worse than losing a line of prose.

use std::sync::LazyLock;

use regex::RegexSet;

/// What a line looks like without its neighbours.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Blank,
    Prose,
    /// A list item or its continuation: prose, although it may be indented.
    Item,
    /// Indented without a reason in Markdown.
    Indented,
    /// Code if a neighbour is code.
    Ambiguous,
    Code,
}

/// Returns for each line whether it is code.
pub(super) fn code_lines(lines: &[&str]) -> Vec<bool> {
    let kinds = kinds(lines);
    let mut code: Vec<bool> = kinds.iter().map(|kind| *kind == Kind::Code).collect();
    let non_blank: Vec<usize> = (0..lines.len())
        .filter(|at| kinds[*at] != Kind::Blank)
        .collect();
    // Two adjacent ambiguous lines are code. A line that is only indented takes the kind of its neighbour.
    for pair in non_blank.windows(2) {
        let possible =
            |at: usize| matches!(kinds[at], Kind::Ambiguous | Kind::Indented | Kind::Code);
        let likely = pair
            .iter()
            .any(|at| matches!(kinds[*at], Kind::Ambiguous | Kind::Code));
        if likely && possible(pair[0]) && possible(pair[1]) {
            code[pair[0]] = true;
            code[pair[1]] = true;
        }
    }
    let forward = non_blank.windows(2).map(|pair| (pair[0], pair[1]));
    let backward = non_blank.windows(2).rev().map(|pair| (pair[1], pair[0]));
    for (from, to) in forward.chain(backward) {
        let belongs = match kinds[to] {
            Kind::Ambiguous | Kind::Indented => true,
            Kind::Item => {
                indent(lines[to]) > indent(lines[from])
                    && !is_item(lines[from])
                    && !is_item(lines[to])
            }
            _ => false,
        };
        code[to] |= code[from] && belongs;
    }
    code
}

fn kinds(lines: &[&str]) -> Vec<Kind> {
    let mut in_list = false;
    let mut kinds = Vec::with_capacity(lines.len());
    for (at, line) in lines.iter().enumerate() {
        let indented = indent(line) > 0;
        if is_item(line) {
            in_list = true;
        } else if !indented && !bare(line).is_empty() {
            in_list = false;
        }
        kinds.push(match bare(line) {
            "" => Kind::Blank,
            super::PLACEHOLDER => Kind::Prose,
            text if PLACES.is_match(text) || is_heading(lines, at) => Kind::Prose,
            _ if is_code(line) => Kind::Code,
            _ if is_item(line) => Kind::Item,
            text if IS_AMBIGUOUS.is_match(text) => Kind::Ambiguous,
            _ if indented && in_list => Kind::Item,
            text if indented && !is_sentence(text) => Kind::Indented,
            _ => Kind::Prose,
        });
    }
    kinds
}

/// Removes the indentation and the quotation mark of a line.
fn bare(line: &str) -> &str {
    line.trim().trim_start_matches(['>', ' ']).trim()
}

fn indent(line: &str) -> usize {
    let line = line
        .trim_start()
        .strip_prefix('>')
        .map_or(line, |quoted| quoted.strip_prefix(' ').unwrap_or(quoted));
    line.len() - line.trim_start().len()
}

/// Returns whether a line starts with a list marker, such as `- item` or `1. item`.
pub(super) fn is_item(line: &str) -> bool {
    let text = bare(line);
    let number = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = number.len() < text.len() && number.starts_with([')', '.']);
    let rest = if numbered {
        &number[1..]
    } else {
        text.strip_prefix(['-', '*', '+']).unwrap_or(text)
    };
    rest.len() < text.len() && rest.starts_with(' ')
}

/// Returns whether a line is a Markdown heading between empty lines. A comment usually has code next to it.
fn is_heading(lines: &[&str], at: usize) -> bool {
    let apart = |line: Option<&&str>| line.is_none_or(|line| bare(line).is_empty());
    let title = lines[at].trim_start_matches('#');
    lines[at].len() - title.len() <= 6
        && title.len() < lines[at].len()
        && title.starts_with(' ')
        && apart(at.checked_sub(1).and_then(|before| lines.get(before)))
        && apart(lines.get(at + 1))
        && !is_code(lines[at])
        && !is_code(title)
}

/// Returns whether a text contains function words of sentences, and nothing that only statements contain.
fn is_wordy(text: &str) -> bool {
    let words = || text.split_whitespace();
    let plain = |word: &str| {
        let word = word.trim_end_matches([',', '.', ':', ';', '?', '!']);
        word == "="
            || (word.contains(char::is_alphanumeric)
                && word
                    .chars()
                    .all(|c| c.is_alphanumeric() || "./'-".contains(c)))
    };
    let function_word =
        |word: &str| matches!(word, "the" | "an" | "are" | "was" | "were" | "our" | "your");
    let declares = |word: &str| {
        matches!(
            word,
            "val" | "var" | "let" | "const" | "type" | "data" | "return"
        )
    };
    words().count() > 3
        && words().any(function_word)
        && words().all(plain)
        && !words().next().is_some_and(declares)
}

/// Returns whether a text ends like a sentence or a clause.
fn is_sentence(text: &str) -> bool {
    text.ends_with(['.', '?', '!', ',']) && text.split_whitespace().count() > 2
}

/// Patterns of statements that do not match sentences.
const CODE_PATTERNS: &[&str] = &[
    // Conditions with an operator, loops, and other block headers.
    r#"^(?:\}\s*)?(?:if|elif|else if|elsif|unless|while|until|for|switch|match|when|catch|with)\b.*(?:[=!<>]=|&&|\|\||\w [<>] [\w"'(-]| in \S+:$)"#,
    r"^(?:\}\s*)?(?:if|elif|else if|elseif|while|for|foreach|switch|catch|using|synchronized)\s*\((?:[^)\s]+|.*(?:[=<>!&|+*/%.:]| of | in ).*)\)\s*[{:]?$",
    r"^(?:elif|elsif)\b|^except(?: [\w.]+| \([\w., ]+\))?(?: as \w+)?:$",
    r"^(?:if|while|with|unless|case|match|for)\b.*[\w)](?:[(\[_]\w|\.[A-Za-z_]).*:$",
    r"^(?:if|while) not \w+:$|^with \S+ as \w+:$|^while \w+:$|^case \S+:$|^for \w+(?:, ?\w+)* in \S+:?$",
    r"^if (?:\[|test )|^\$ \S|^#!",
    // Definitions.
    r"^(?:(?:async|export|public|private|protected|static|abstract|final|override|pub) )*(?:def|fn|func|fun) \w",
    r"^(?:(?:export|public|private|protected|static|abstract|final) )*(?:class|struct|interface|enum|trait|module|namespace|function|data|type) \w*[A-Z_]\w*(?:\s*[({:<=].*| (?:extends|implements|where) .*)?$",
    r"^(?:val|var|let|const|final|auto|static|int|long|float|double|bool|boolean|char|string|String)\s+(?:mut )?\w+\s*(?::\s*\S+\s*)?(?:=|;)",
    r"^#!?\[|^pub(?:\(\w+\))? \w|^impl(?:<[^>]*>)? [A-Z]\S* for [A-Z]|^# ?(?:define|undef|if|ifdef|ifndef|endif|pragma)\b [\w(]",
    // Assignments, returns, exceptions, calls, output.
    r#"^[$@]?[\w.]+(?:\[[^\]]*\])*(?:\.\w+)*(?:, ?[\w.]+)* ?(?:[-+*/%|&^]|\*\*|//|<<|>>|:|\|\||&&|\?\?)?= ?[^=\s].*[^.?!]$"#,
    r"^[$@]?[\w.]+(?:\[[^\]]*\])* ?(?:[-+*/%|&^:])?= ?[^=\s]$",
    r"^\w+ (?:\w+ |\([^)]*\) )*= .*[-+*/(\[]",
    r"^(?:return|yield|await)(?: not| new| await| await)? [^\s,]*[^\s.,?!:];?$",
    r#"^(?:return|yield|await)\b.* (?:[-+*/%&|<>^]|[=!<>]=|&&|\|\|) "#,
    r#"^(?:return|yield|await) (?:\S+, \S+$|[\w.]*[(\[{"'].*[^.,?!]$)"#,
    r"^(?:throw|raise) (?:new )?\w*[A-Z_.(]\S*|^throw new\b",
    r"^[\w.]+(?:\.|::|->)?\w*\(.*\)[;,]?$",
    r#"^(?:print|puts|echo|printf|die) ["']"#,
    r#"^["']\w+["']\s*:\s*\S.*,$"#,
    // Queries.
    r"^SELECT\b.*\bFROM\b|^INSERT INTO\b|^DELETE FROM\b|^UPDATE \w+ SET\b|^(?i:select) \* (?i:from) ",
];

/// Patterns of statements that may also be a sentence or the beginning of one.
const AMBIGUOUS_PATTERNS: &[&str] = &[
    r"^(?:else|try|finally|do|begin|loop|then):?$|^(?:if|unless|else if|class|switch|match|case|while|until) \S+:?$",
    r"^(?:unless|if|when|until) \S+[.?]\S*$|^(?:unless|if) \S+\?$",
    r"^(?:return|break|continue|pass|end|fi|done|esac|exit|raise|yield)(?: \d+)?;?$",
    r"^(?:raise|throw|yield|await|del|delete|import|require|use|using|include|extends?) [\w.:]+$",
    r"^[\])}]+[;,]?$",
    r"^(?:WHERE|FROM|JOIN|LEFT|RIGHT|INNER|OUTER|GROUP BY|ORDER BY|HAVING|VALUES|SET|LIMIT|AND|OR|ON)\b",
    r"^[\w.]+ (?:[-+*/%<>]|[=!<>]=|&&|\|\|) [\w.]+$",
    // Table rows, fields with their types.
    r#"^[({][\w\s.,:'"&*-]*[)}],$|^["']\S*["'],?$|^(?:mut )?\w+: \S+(?: \S+)?,$|^0x\w+\b"#,
    r"^[A-Za-z_$][\w.]*[.(\[_]\w[^ ]*$",
    r"^@\w+(?:\(.*\))?$|^\w+ :\w+|^//|^#\s?\w+$",
];

/// Matches lines of citations: a path with a line number, or a path with a folder and a known extension.
static PLACES: LazyLock<RegexSet> = LazyLock::new(|| {
    set(&[
        r"^(?:(?:[-*+] )?(?:[\w.@+-]+/)*[\w.@+-]+(?:#L\d+(?:-L?\d+)?|\.[a-z]{1,5}:\d+(?:[:-]\d+)?|/[\w.@+-]*\.(?:rs|py|js|ts|tsx|jsx|go|java|kt|cc|cpp|hpp|rb|php|swift|scala|sh|lua|sql|md|rst|txt|toml|ya?ml|json|html|css))(?:[,.] ?|$))+$",
    ])
});

static IS_CODE: LazyLock<RegexSet> = LazyLock::new(|| set(CODE_PATTERNS));
static IS_AMBIGUOUS: LazyLock<RegexSet> = LazyLock::new(|| set(AMBIGUOUS_PATTERNS));

fn set(expressions: &[&str]) -> RegexSet {
    #[expect(
        clippy::expect_used,
        reason = "the patterns are constants, and a test compiles them"
    )]
    RegexSet::new(expressions).expect("the patterns of code are valid")
}

/// Returns whether a line looks like code whatever its neighbours are.
fn is_code(line: &str) -> bool {
    let trimmed = bare(line);
    let starts = [
        "fn ", "pub ", "def ", "class ", "import ", "from ", "#include", "let ", "const ", "var ",
        "func ", "package ", "use ", "impl ", "struct ", "enum ", "return ", "@", "//", "/*",
        "* @", "#[", "<?", "</", "SELECT ", "INSERT ", "UPDATE ",
    ];
    let marks = [
        "::", "->", "=>", "==", "!=", "&&", "||", "+=", "()", "</", "/>", ":=", "();", " = ",
    ];
    let ends = trimmed.ends_with([';', '{', '}'])
        || (trimmed.ends_with("):") && !trimmed.contains("]("))
        || trimmed.ends_with(") {");
    let marks = marks.iter().filter(|mark| trimmed.contains(**mark)).count();
    let begins = starts.iter().any(|start| trimmed.starts_with(start));
    let deep = line.starts_with("    ") || line.starts_with('\t');
    // In a sentence there is a space before an opening parenthesis.
    let call = trimmed
        .match_indices('(')
        .any(|(at, _)| trimmed[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'));
    ends || marks > 1
        || (begins && (marks > 0 || call || trimmed.contains([';', '{', '"', '<'])))
        || (deep && marks > 0)
        || (IS_CODE.is_match(trimmed) && !is_wordy(trimmed))
}
