#!/usr/bin/env bash
# saphyr 0.3.4 (saphyr-parser 0.3.4, crates.io): the span of a quoted YAML scalar takes the comment behind it along.
#
# Expected: the span of a scalar ends where its text ends. So it is for a plain scalar, and for a quoted one without a comment.
# Seen: with a comment on the same line, the span of a quoted scalar reaches to the end of the line. Who shows or edits the value by its span
# shows or replaces the comment, too.
#
# usage: findings/saphyr-quoted-scalar-span.sh; needs cargo and the crate registry; fails if the behaviour is another one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cargo init --quiet --name span --vcs none .
printf '%s\n' 'saphyr = "=0.3.4"' 'saphyr-parser = "=0.3.4"' >> Cargo.toml
cat > src/main.rs <<'RUST'
use saphyr::{LoadableYamlNode, MarkedYaml, YamlData};

fn main() {
    for text in [
        "a: x # note\nb: y\n",
        "a: 'x' # note\nb: y\n",
        "a: \"x\"   # note\nb: y\n",
        "a: 'x'\nb: y\n",
        "a: 'x' # note\n",
    ] {
        let documents = MarkedYaml::load_from_str(text).unwrap();
        let YamlData::Mapping(entries) = &documents[0].data else { unreachable!() };
        let (_, value) = entries.iter().next().unwrap();
        let (start, end) = (value.span.start.index(), value.span.end.index());
        println!("{:?}", text.chars().skip(start).take(end - start).collect::<String>());
    }
}
RUST
cargo run --quiet > seen.txt 2> errors.txt || { cat errors.txt; exit 1; }
cat seen.txt
diff seen.txt - <<'EXPECTED'
"x"
"'x' # note"
"\"x\"   # note"
"'x'"
"'x' # note"
EXPECTED
echo "as described"
