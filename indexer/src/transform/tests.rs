//! Changes that keep the meaning, and texts that must stay as they are.

use expect_test::{Expect, expect};

use super::*;

#[track_caller]
fn check(language: &str, text: &str, expected: Expect) {
    let language = Language::from_id(language).unwrap();
    let found: Vec<String> = transforms(language, text)
        .into_iter()
        .map(|one| format!("{:?}\n{}", one.kind, one.text))
        .collect();
    expected.assert_eq(&found.join("\n"));
}

#[test]
fn python_keeps_its_meaning() {
    check(
        "python",
        "def f(path, mode=\"r\"):\n    data = read(path, mode=mode)\n    if data.mode:\n        return f\"{data}\"\n    else:\n        data = None\n    return data\n",
        expect![[r#"
                RenamedVariables
                def f(path, mode="r"):
                    value = read(path, mode=mode)
                    if value.mode:
                        return f"{value}"
                    else:
                        value = None
                    return value

                SwappedBranches
                def f(path, mode="r"):
                    data = read(path, mode=mode)
                    if not (data.mode):
                        data = None
                    else:
                        return f"{data}"
                    return data
            "#]],
    );
    // Names that are used in a way that cannot be seen, chains of conditions, and overloads stay.
    check(
        "python",
        "def f():\n    total = 1\n    return locals()\n",
        expect![[""]],
    );
    check(
        "python",
        "def f(a):\n    if a:\n        return 1\n    elif b:\n        return 2\n    else:\n        return 3\n",
        expect![[""]],
    );
    check(
        "python",
        "class A:\n    def one(self):\n        return 1\n\n    def two(self):\n        return 2\n",
        expect![[r#"
                ReorderedMethods
                class A:
                    def two(self):
                        return 2

                    def one(self):
                        return 1
            "#]],
    );
}

#[test]
fn javascript_and_java_keep_their_meaning() {
    check(
        "javascript",
        "function f(path) {\n  const data = read(path);\n  if (data.ok) { return data.value; } else { return { data: 1 }; }\n}\n",
        expect![[r#"
                RenamedVariables
                function f(path) {
                  const item = read(path);
                  if (item.ok) { return item.value; } else { return { data: 1 }; }
                }

                SwappedBranches
                function f(path) {
                  const data = read(path);
                  if (!(data.ok)) { return { data: 1 }; } else { return data.value; }
                }
            "#]],
    );
    check(
        "javascript",
        "function f() {\n  const data = 1;\n  return { data };\n}\n",
        expect![[""]],
    );
    check(
        "java",
        "class A { int f(int x) { int total = x + this.total; if (total > 1) { return total; } else { return 0; } } }\n",
        expect![[r#"
                SwappedBranches
                class A { int f(int x) { int total = x + this.total; if (!(total > 1)) { return 0; } else { return total; } } }
            "#]],
    );
}
