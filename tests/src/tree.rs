//! A generated, deterministic workspace of many files whose definitions use each other across files.

use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Writes and changes a generated workspace.
pub struct Tree {
    pub files: usize,
}

impl Tree {
    /// Writes version 0 of all files.
    pub fn write(&self, root: &Path) {
        for number in 0..self.files {
            self.write_file(root, number, 0);
        }
    }

    /// Writes one file. Its text depends on the version.
    pub fn write_file(&self, root: &Path, number: usize, version: usize) {
        let path = root.join(self.path(number));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, self.text(number, version)).unwrap();
    }

    pub fn path(&self, number: usize) -> String {
        let extension = ["py", "rs", "go", "md"][number % 4];
        format!(
            "area_{}/part_{}/unit_{number}.{extension}",
            number / 400,
            number / 40
        )
    }

    fn text(&self, number: usize, version: usize) -> String {
        let other = (number * 7 + 4) % self.files / 4 * 4 + number % 4;
        let mut text = String::new();
        let _ = match number % 4 {
            0 => write!(
                text,
                "\"\"\"Unit {number}: keeps ledgers of kind {version}.\"\"\"\nfrom area.unit_{other} import settle_{other}\n\n\n\
                 class Ledger{number}:\n    \"\"\"A ledger with revision {version}.\"\"\"\n\n    def total(self, entries):\n        \
                 return settle_{other}(entries) + {version}\n\n\ndef settle_{number}(entries):\n    \"\"\"Settles the entries.\"\"\"\n    \
                 return sum(entry.amount for entry in entries)\n"
            ),
            1 => write!(
                text,
                "//! Unit {number}, version {version}.\n\n/// Routes parcels.\npub struct Router{number} {{\n    hops: u32,\n}}\n\n\
                 impl Router{number} {{\n    /// Finds the next hop.\n    pub fn next_hop(&self) -> u32 {{\n        \
                 weigh_{other}(self.hops) + {version}\n    }}\n}}\n\npub fn weigh_{number}(hops: u32) -> u32 {{\n    hops * 2\n}}\n"
            ),
            2 => write!(
                text,
                "// Package unit holds version {version}.\npackage unit\n\n// Mixer{number} mixes signals.\ntype Mixer{number} struct {{ gain int }}\n\n\
                 // Apply runs the mixer.\nfunc (m Mixer{number}) Apply(x int) int {{ return blend{other}(x) + {version} }}\n\n\
                 func blend{number}(x int) int {{ return x * {number} }}\n"
            ),
            _ => write!(
                text,
                "# Unit {number}\n\nHow unit {number} settles its ledgers in version {version}.\n\n## Routing\n\nSee unit {other}.\n"
            ),
        };
        text
    }
}
