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
fn a_name_that_is_another_variable_outside_of_the_body_stays() {
    for text in [
        // A default value is evaluated where the function is defined (found in CPython's `weakref`).
        "def remove(key, refer=ref(owner)):\n    owner = refer()\n    return owner\n",
        "def outer():\n    show(total)\n    def inner():\n        total = 1\n        return total\n    return inner\n",
    ] {
        check("python", text, expect![[""]]);
    }
    check(
        "javascript",
        "class A {\n  one() { const size = 1; return size; }\n\n  other() { return size; }\n}\n",
        expect![[r#"
            ReorderedMethods
            class A {
              other() { return size; }

              one() { const size = 1; return size; }
            }
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

#[test]
fn loops_are_left_from_within() {
    check(
        "python",
        "def f(x):\n    while x > 0:\n        if skip(x):\n            continue\n        x = step(x)\n",
        expect![[r#"
            EndlessLoop
            def f(x):
                while True:
                    if not (x > 0): break
                    if skip(x):
                        continue
                    x = step(x)
        "#]],
    );
    // The second branch of a loop would not run any more, and a loop on one line has no place for it.
    check(
        "python",
        "def f(x):\n    while x > 0:\n        x -= 1\n    else:\n        done()\n",
        expect![[""]],
    );
    check("python", "def f(x):\n    while x: g()\n", expect![[""]]);
    check(
        "python",
        "def f(x):\n    while True:\n        g()\n",
        expect![[""]],
    );
    check(
        "javascript",
        "function f(x) {\n  outer: while (x > 0) {\n    if (skip(x)) continue outer;\n    x = step(x);\n  }\n}\n",
        expect![[r#"
            EndlessLoop
            function f(x) {
              outer: while (true) {
                if (!(x > 0)) break;
                if (skip(x)) continue outer;
                x = step(x);
              }
            }
        "#]],
    );
    check(
        "go",
        "func f(x int) int {\n\tfor x > 0 {\n\t\tx = step(x)\n\t}\n\treturn x\n}\n",
        expect![[r#"
            EndlessLoop
            func f(x int) int {
            	for {
            		if !(x > 0) { break }
            		x = step(x)
            	}
            	return x
            }
        "#]],
    );
    check(
        "go",
        "func f(x []int) {\n\tfor _, one := range x {\n\t\tg(one)\n\t}\n}\n",
        expect![[""]],
    );
    check(
        "rust",
        "fn f(mut x: u32) {\n    'outer: while x > 0 {\n        x = step(x);\n    }\n}\n",
        expect![[r#"
            EndlessLoop
            fn f(mut x: u32) {
                'outer: loop {
                    if !(x > 0) { break; }
                    x = step(x);
                }
            }
        "#]],
    );
    check(
        "rust",
        "fn f(mut x: Vec<u32>) {\n    while let Some(one) = x.pop() {\n        g(one);\n    }\n}\n",
        expect![[""]],
    );
}

#[test]
fn only_independent_assignments_are_reordered() {
    check(
        "python",
        "def f():\n    a = []\n    b = {'x': None}\n    return a, b\n",
        expect![[r#"
            ReorderedAssignments
            def f():
                b = {'x': None}
                a = []
                return a, b
        "#]],
    );
    // One uses the other, one calls something, both set the same variable, a comment belongs to the first.
    for text in [
        "def f():\n    a = 1\n    b = a\n    return locals()\n",
        "def f():\n    a = g()\n    b = 1\n    return locals()\n",
        "def f():\n    a = 1\n    a = 2\n    return locals()\n",
        "def f(x):\n    # The first one.\n    a = 1\n    b = 2\n    return locals()\n",
    ] {
        check("python", text, expect![[""]]);
    }
    check(
        "rust",
        "fn f() -> u32 {\n    let one = 1;\n    let two = 2;\n    g(one, two)\n}\n",
        expect![[r#"
            RenamedVariables
            fn f() -> u32 {
                let value = 1;
                let item = 2;
                g(value, item)
            }

            ReorderedAssignments
            fn f() -> u32 {
                let two = 2;
                let one = 1;
                g(one, two)
            }
        "#]],
    );
    check(
        "go",
        "func f(x int) int {\n\ta := x\n\tb := 2\n\treturn g(a, b)\n}\n",
        expect![[r#"
            ReorderedAssignments
            func f(x int) int {
            	b := 2
            	a := x
            	return g(a, b)
            }
        "#]],
    );
    check(
        "java",
        "class A { int f(int x) { int a = x; String b = \"b\"; return g(a, b); } }\n",
        expect![[r#"
            ReorderedAssignments
            class A { int f(int x) { String b = "b"; int a = x; return g(a, b); } }
        "#]],
    );
}

#[test]
fn rust_and_go_names_that_may_be_something_else_stay() {
    check(
        "rust",
        "impl A {\n    fn f(&self, path: &Path) -> usize {\n        let total = self.total(path);\n        if total > 1 { total } else { 0 }\n    }\n}\n",
        expect![[r#"
            RenamedVariables
            impl A {
                fn f(&self, path: &Path) -> usize {
                    let value = self.total(path);
                    if value > 1 { value } else { 0 }
                }
            }

            SwappedBranches
            impl A {
                fn f(&self, path: &Path) -> usize {
                    let total = self.total(path);
                    if !(total > 1) { 0 } else { total }
                }
            }
        "#]],
    );
    for text in [
        // A function of the same name, a name in a format string, in a macro, and of a field.
        "fn f() -> u32 {\n    let limit = limit();\n    limit\n}\n",
        "fn f() -> String {\n    let name = g();\n    format!(\"{name}\")\n}\n",
        "fn f() {\n    let name = g();\n    assert!(name);\n}\n",
        "fn f() -> A {\n    let name = g();\n    A { name }\n}\n",
    ] {
        check("rust", text, expect![[""]]);
    }
    check(
        "go",
        "func f(r Reader) (int, error) {\n\tsize, err := r.Size()\n\tif err != nil {\n\t\treturn 0, err\n\t}\n\ttotal := size + 1\n\treturn total, nil\n}\n",
        expect![[r#"
            RenamedVariables
            func f(r Reader) (int, error) {
            	size, err := r.Size()
            	if err != nil {
            		return 0, err
            	}
            	value := size + 1
            	return value, nil
            }
        "#]],
    );
    check(
        "go",
        "func f() T {\n\tname := g()\n\treturn T{name: name}\n}\n",
        expect![[""]],
    );
}

#[test]
fn methods_are_changed_without_their_class() {
    check(
        "typescript",
        "load(path: string): number {\n  const size = read(path);\n  return size;\n}",
        expect![[r#"
            RenamedVariables
            load(path: string): number {
              const value = read(path);
              return value;
            }"#]],
    );
    check(
        "java",
        "int load(String path) { int size = read(path); return size; }",
        expect![[r#"
            RenamedVariables
            int load(String path) { int value = read(path); return value; }"#]],
    );
}
