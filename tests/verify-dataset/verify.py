#!/usr/bin/env python3
"""Verifies the answers of a dataset with another parser than the one that made them: Python's `ast`, `tomllib` and `configparser`.

usage: verify.py DATASET_FOLDER REPOSITORY [NUMBER_OF_SAMPLES]

Draws samples by the hash of their id, reads each claim of an answer out of its text, and looks it up in the repository's files. Only claims
about Python files, TOML and INI files and plain text can be verified this way; others are counted as not verifiable. Exits with 1 if an
answer is wrong. Needs Python 3.11 and no packages.
"""

import ast
import collections
import configparser
import functools
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tomllib

PLACE = re.compile(r"`([^`#\n]+)#L(\d+)(?:-L(\d+))?`")
CODE_SPAN = re.compile(r"`([^`\n]+)`")
DEFINITION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Repository:
    def __init__(self, root):
        self.root = pathlib.Path(root)

    @functools.lru_cache(maxsize=None)
    def text(self, path):
        return (self.root / path).read_bytes().decode("utf-8-sig").replace("\r\n", "\n")

    @functools.lru_cache(maxsize=400)
    def tree(self, path):
        return ast.parse(self.text(path))

    def lines(self, path, first, last):
        return self.text(path).split("\n")[first - 1 : last]

    @functools.lru_cache(maxsize=400)
    def definitions(self, path):
        """All definitions of a file: (qualified name, node, first line with decorators)."""
        found = []

        def visit(node, names):
            for child in ast.iter_child_nodes(node):
                inner = names
                if isinstance(child, DEFINITION):
                    inner = names + [child.name]
                    first = min([child.lineno] + [d.lineno for d in child.decorator_list])
                    found.append((".".join(inner), child, first))
                visit(child, inner)

        visit(self.tree(path), [])
        return found

    def definition(self, path, first, last, name=None):
        for qualified, node, start in self.definitions(path):
            # Decorators belong to a definition, and so does a comment at the end of its block.
            same = first in (start, node.lineno) and node.end_lineno <= last
            if same and (name is None or qualified == name or qualified.endswith("." + name)):
                return node
        raise Wrong(f"no definition {name or ''} at {path}#L{first}-L{last}")

    @functools.lru_cache(maxsize=1)
    def words(self):
        words = set()
        for path in self.root.rglob("*"):
            if path.is_file() and ".git" not in path.parts and path.stat().st_size < 3_000_000:
                words.update(re.findall(rb"\w+", path.read_bytes()))
        return words


class Wrong(Exception):
    pass


class NotVerifiable(Exception):
    pass


def need(condition, message):
    if not condition:
        raise Wrong(message)


def places(answer):
    found = [(m[1], int(m[2]), int(m[3] or m[2])) for m in PLACE.finditer(answer)]
    need(found, "no citation")
    return found


def subject(question_or_answer):
    """The last part of the first name that is not a path."""
    for span in CODE_SPAN.findall(question_or_answer):
        if "#L" not in span and "/" not in span:
            return span
    raise NotVerifiable("no name")


def last(name):
    return re.split(r"[.:]+", name)[-1]


def called_names(node):
    names = set()
    for call in ast.walk(node):
        if isinstance(call, ast.Call):
            function = call.func
            names.add(getattr(function, "id", getattr(function, "attr", None)))
        # A decorator without a bracket is a call, too.
        for decorator in getattr(call, "decorator_list", []):
            names.add(getattr(decorator, "id", getattr(decorator, "attr", None)))
    return names


def calls_on(repository, path, first, last_line, name):
    for node in ast.walk(repository.tree(path)):
        if isinstance(node, ast.Call) and node.end_lineno >= first and node.lineno <= last_line:
            if name in (getattr(node.func, "id", None), getattr(node.func, "attr", None)):
                return True
    return False


def one_line(text):
    return " ".join(text.split())


def python(path):
    if not path.endswith((".py", ".pyi")):
        raise NotVerifiable("not Python")


def parameter_names(node):
    a = node.args
    names = [x.arg for x in a.posonlyargs + a.args]
    if names and names[0] in ("self", "cls"):
        names = names[1:]
    names += [a.vararg.arg] if a.vararg else []
    names += [x.arg for x in a.kwonlyargs]
    return names + ([a.kwarg.arg] if a.kwarg else [])


def check_signature(r, q, answer):
    path, first, end = places(answer)[0]
    python(path)
    name = subject(answer)
    nodes = [n for qn, n, _ in r.definitions(path) if n.lineno == first and n.name == last(name)]
    need(nodes, f"no function {name} in line {first}")
    listed = answer.rsplit("It takes", 1)[1]
    spans = CODE_SPAN.findall(listed)
    names = [re.split(r"[:=]", span.lstrip("*"))[0].strip() for span in spans]
    need(names == parameter_names(nodes[0]), f"{names} instead of {parameter_names(nodes[0])}")


def definition_in(r, answer, index=0):
    path, first, end = places(answer)[index]
    python(path)
    return r.definition(path, first, end)


def check_purpose(r, q, answer):
    text, tail = answer.rsplit("Source: the documentation of", 1)
    node = definition_in(r, tail)
    doc = ast.get_docstring(node) or ""
    need(one_line(text) in one_line(doc), "the documentation says something else")


def check_find(r, q, answer):
    node = definition_in(r, answer)
    doc = one_line(ast.get_docstring(node) or "")
    need(any(doc[:n] and doc[:n] in q for n in range(len(doc), 12, -1)), "the question quotes something else")


def check_location(r, q, answer):
    path, first, end = places(answer)[0]
    python(path)
    name = last(subject(answer))
    for node in ast.walk(r.tree(path)):
        # A comment may follow inside the definition's last block.
        if isinstance(node, DEFINITION) and node.name == name and first <= node.lineno and node.end_lineno <= end:
            return
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and first <= node.lineno <= end:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(getattr(t, "id", getattr(t, "attr", None)) == name for top in targets for t in ast.walk(top)):
                return
    raise Wrong(f"{name} is not defined at {path}#L{first}-L{end}")


def check_value(r, q, answer):
    check_location(r, q, answer)
    check_blocks(r, answer)


def check_blocks(r, answer):
    cited = [line.strip() for path, first, end in places(answer) for line in r.lines(path, first, end)]
    for block in re.findall(r"```\w*\n(.*?)```", answer, re.S):
        for line in filter(None, (line.strip() for line in block.split("\n"))):
            need(line in cited, f"not in the cited lines: {line}")


def check_callers(r, q, answer):
    name = last(subject(answer))
    for line in answer.split("\n"):
        if line.startswith("- "):
            path, first, end = places(line)[0]
            python(path)
            need(calls_on(r, path, first, end, name), f"no call of {name} at {path}#L{first}")
            by = re.match(r"- `([^`]+)` in ", line)
            if by:
                inside = [n for qn, n, s in r.definitions(path) if qn == by[1] and s <= end and first <= n.end_lineno]
                need(inside, f"{path}#L{first} is not in {by[1]}")
            code = line.split(": `", 1)[1].rstrip("`").strip("`")
            source = one_line("\n".join(r.lines(path, first, end)))
            need(one_line(code) in source, f"not the code of {path}#L{first}: {code}")


def check_callees(r, q, answer):
    node = definition_in(r, answer.split("\n")[0])
    names = called_names(node)
    for line in answer.split("\n"):
        if line.startswith("- "):
            path, first, end = places(line)[0]
            python(path)
            callee = re.match(r"- `([^`]+)`", line)[1]
            r.definition(path, first, end, callee)
            parts = callee.split(".")
            need(parts[-1] in names, f"{callee} is not called")


def check_tests(r, q, answer):
    name = last(subject(answer.split("call", 1)[1] if "call" in answer else answer))
    for line in answer.split("\n"):
        if line.startswith("- "):
            path, first, end = places(line)[0]
            python(path)
            node = r.definition(path, first, end, re.match(r"- `([^`]+)`", line)[1])
            need(name in called_names(node), f"{path}#L{first} does not call {name}")


def check_example(r, q, answer):
    check_blocks(r, answer)
    name = last(subject(answer.rsplit("```", 1)[1]))
    path, first, end = places(answer)[0]
    python(path)
    need(calls_on(r, path, first, end, name), f"no call of {name}")


def raised_names(node):
    names = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Raise) and inner.exc is not None:
            exc = inner.exc
            # `raise Error(…).with_traceback(…)` raises an Error.
            while isinstance(exc, ast.Call):
                traced = getattr(exc.func, "attr", None) == "with_traceback"
                exc = exc.func.value if traced else exc.func
            names.add(ast.unparse(exc))
    return names


def check_errors(r, q, answer):
    node = definition_in(r, answer)
    claimed = CODE_SPAN.findall(answer.split(" raises ", 1)[1].split(" itself", 1)[0])
    need(set(claimed) <= raised_names(node), f"{claimed} but raises {raised_names(node)}")


def check_errors_of_callee(r, q, answer):
    caller = definition_in(r, answer.split("\n")[0])
    for line in answer.split("\n"):
        if line.startswith("- "):
            path, first, end = places(line)[0]
            python(path)
            errors, callee = line.rsplit(" by ", 1)
            name = subject(callee)
            node = r.definition(path, first, end, name)
            need(last(name) in called_names(caller), f"{name} is not called")
            need(set(CODE_SPAN.findall(errors)) <= raised_names(node), f"{errors}: {raised_names(node)}")


def check_module_of_callees(r, q, answer):
    caller = definition_in(r, answer.split("\n")[0])
    for line in answer.split("\n"):
        if line.startswith("- "):
            path, first, end = places(line)[0]
            python(path)
            name = subject(line)
            r.definition(path, first, end, name)
            need(last(name) in called_names(caller), f"{name} is not called")


def check_tests_of_caller(r, q, answer):
    head, tests = answer.split("\n", 1)
    path, first, end = places(head)[0]
    python(path)
    spans = [s for s in CODE_SPAN.findall(head) if "#L" not in s]
    caller, callee = spans[0], next(s for s in spans[1:])
    need(calls_on(r, path, first, end, last(callee)), f"{callee} is not called in line {first}")
    for line in tests.split("\n"):
        if line.startswith("- "):
            test_path, test_first, test_end = places(line)[0]
            node = r.definition(test_path, test_first, test_end)
            need(last(caller) in called_names(node), f"{line} does not call {caller}")


def check_callee_by_purpose(r, q, answer):
    found = places(answer)
    python(found[0][0])
    callee = re.search(r"calls `([^`]+)`", answer)[1]
    need(calls_on(r, *found[0], last(callee)), f"{callee} is not called")
    r.definition(*found[1], callee)


def check_call_chain(r, q, answer):
    first, second, target = places(answer)[:3]
    python(first[0])
    between = re.search(r"calls `([^`]+)`", answer)[1]
    name = last(re.search(r"that calls `([^`]+)`", answer)[1])
    need(calls_on(r, *first, last(between)), f"{between} is not called")
    need(calls_on(r, *second, name), f"{name} is not called")
    r.definition(*target, name)


def check_configuration(r, q, answer):
    path, first, end = places(answer)[0]
    check_blocks(r, answer)
    name = CODE_SPAN.findall(answer)[0]
    if path.endswith(".toml"):
        value = tomllib.loads(r.text(path))
        quoted = re.findall(r'"[^"]*"|[^.]+', name)
        for part in quoted:
            value = value[part.strip('"')]
        written = tomllib.loads("x = " + re.search(r"is set to (`+)(.*?)\1 in `", answer)[2].strip())["x"]
        need(value == written, f"{value!r} instead of {written!r}")
    elif path.endswith((".cfg", ".ini")):
        parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
        parser.read_string(r.text(path) if r.text(path).lstrip().startswith(("[", "#", ";")) else "[x]\n" + r.text(path))
        section, key = name.rsplit(".", 1) if "." in name else ("x", name)
        value = re.search(r"is set to (`+)(.*?)\1 in `", answer)[2].strip()
        need(one_line(parser.get(section, key)) == one_line(value), "another value")
    else:
        raise NotVerifiable("YAML")


def check_flag(r, q, answer):
    path, first, end = places(answer)[0]
    python(path)
    flag = CODE_SPAN.findall(answer)[0]
    for node in ast.walk(r.tree(path)):
        if isinstance(node, ast.Call) and node.lineno == first and node.end_lineno == end:
            values = [a.value for a in node.args if isinstance(a, ast.Constant)]
            if flag in values:
                default = next((k.value for k in node.keywords if k.arg == "default"), None)
                claimed = re.search(r"Its default is `(.*?)`", answer)
                need((default is not None) == bool(claimed) or default is not None, "default")
                if claimed:
                    need(one_line(ast.get_source_segment(r.text(path), default)) == claimed[1], "another default")
                return
    raise Wrong(f"{flag} is not declared at {path}#L{first}")


def check_text(r, q, answer):
    for path, first, end in places(answer):
        need(end <= len(r.lines(path, 1, 10**9)), "lines that do not exist")


def check_command(r, q, answer):
    path, first, end = places(answer)[0]
    cited = "\n".join(r.lines(path, first, end))
    if path.endswith(".json"):
        cited = cited.replace('\\"', '"').replace("\\\\", "\\")
    for line in re.search(r"```(?:sh|makefile)\n(.*?)```", answer, re.S)[1].strip().split("\n"):
        need(line.strip() in cited, f"not in the cited lines: {line}")


def check_module(r, q, answer):
    for line in answer.split("\n"):
        if line.startswith("- "):
            path, first, end = places(line)[0]
            python(path)
            r.definition(path, first, end, CODE_SPAN.findall(line)[0])


def check_absent(r, q, answer):
    name = subject(answer)
    need(name.encode() not in r.words(), f"{name} exists")
    for path, first, end in places(answer):
        need(end <= len(r.lines(path, 1, 10**9)), "lines that do not exist")


def check_change(r, q, answer):
    commit = re.search(r"The commit `([0-9a-f]+)` did that", answer)[1]
    command = ["git", "-C", str(r.root), "show", "--first-parent", "--no-renames", "--format=%s%x00", "--name-only", commit]
    subject, files = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")
    changed = set(files.split("\n"))
    for path in re.findall(r"^- `([^`]+)`$", answer, re.M):
        need(path in changed, f"{commit} did not change {path}")
    # Issue numbers are taken out of a subject.
    words = [word for word in re.findall(r"\w+", subject) if not word.isdigit()][:3]
    need(all(word in q for word in words), f"another subject: {subject}")


def check_requirement(r, q, answer, reasoning):
    need(answer.lower() not in q.lower(), "the question contains the id")
    if "A change like this was made in" in reasoning:
        for path in re.findall(r"`([^`]+)`", reasoning.split(", which belongs")[0]):
            need((r.root / path).is_file(), f"no file {path}")
        return
    path, first, end = places(reasoning)[0]
    if path.endswith(".py"):
        r.definition(path, first, end)


def main():
    folder, root = sys.argv[1:3]
    number = int(sys.argv[3]) if len(sys.argv) > 3 else 5000
    repository = Repository(root)
    rows = []
    for name in ("train.jsonl", "valid.jsonl", "test.jsonl"):
        path = pathlib.Path(folder, name)
        if path.exists():
            rows += [json.loads(line) for line in path.open()]
    rows.sort(key=lambda row: hashlib.sha256(row["metadata"]["id"].encode()).digest())
    right, wrong, other = collections.Counter(), collections.Counter(), collections.Counter()
    seen = set()
    checked = 0
    for row in rows:
        kind = row["metadata"]["kind"]
        message = row["messages"][-1]
        key = (kind, message["content"])
        if key in seen and kind not in ("find", "requirement"):
            continue
        seen.add(key)
        check = globals().get("check_" + kind, check_text)
        arguments = [repository, row["messages"][0]["content"], message["content"]]
        if kind == "requirement":
            arguments.append(message["reasoning_content"])
        try:
            check(*arguments)
            right[kind] += 1
            checked += 1
        except NotVerifiable:
            other[kind] += 1
        except (Wrong, SyntaxError, KeyError, IndexError, TypeError, AttributeError, StopIteration, ValueError, configparser.Error) as error:
            wrong[kind] += 1
            checked += 1
            if wrong[kind] <= 3:
                print(f"WRONG {kind}: {type(error).__name__}: {error}\n    {row['messages'][0]['content']}\n    {message['content'][:300]!r}")
        if checked == number:
            break
    for kind in sorted(set(right) | set(wrong) | set(other)):
        print(f"{kind:20} right {right[kind]:6} wrong {wrong[kind]:5} not verifiable {other[kind]:5}")
    total = sum(right.values()) + sum(wrong.values())
    print(f"{sum(right.values())} of {total} answers verified ({100 * sum(right.values()) / max(total, 1):.2f} %)")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
