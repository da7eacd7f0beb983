//! `RegexParserBlock`: a row for each match of a pattern.

use super::{Block, Context, place_of, python_regex::PythonRegex, tags};
use crate::{
    config::{ColumnRef, Config},
    python,
    table::{Cell, Table, cell},
    yaml::LoadError,
};

pub(super) struct RegexParser {
    input: ColumnRef,
    outputs: Vec<ColumnRef>,
    pattern: PythonRegex,
    cleanup: Vec<String>,
    max_rows: Option<usize>,
}

impl RegexParser {
    pub fn load(config: &Config<'_>) -> Result<Self, LoadError> {
        let outputs = config.columns("output_cols")?;
        let line = config.line_of("parsing_pattern");
        let pattern = PythonRegex::new(config.required_text("parsing_pattern")?)
            .map_err(|problem| config.invalid(line, format!("bad pattern: {problem}")))?;
        let groups = pattern.groups().max(1);
        if outputs.is_empty() || groups < outputs.len() {
            return Err(config.invalid(
                line,
                format!(
                    "the pattern has {groups} groups for {} output columns",
                    outputs.len()
                ),
            ));
        }
        Ok(Self {
            input: config.column("input_cols")?,
            outputs,
            pattern,
            cleanup: config.texts("parser_cleanup_tags")?.unwrap_or_default(),
            max_rows: tags::max_rows(config)?,
        })
    }
}

impl Block for RegexParser {
    fn reads(&self) -> Vec<&ColumnRef> {
        vec![&self.input]
    }

    fn writes(&self) -> Vec<&ColumnRef> {
        self.outputs.iter().collect()
    }

    fn expected_rows(&self) -> usize {
        self.max_rows.unwrap_or(tags::EXPECTED_ROWS)
    }

    fn run(&self, table: Table, cx: &mut Context) -> Result<Table, String> {
        let place = place_of(&table, &self.input)?;
        let max_rows = cx.max_rows.or(self.max_rows);
        tags::parse(
            table,
            place,
            &self.outputs,
            max_rows,
            cx,
            |text, origin, cx| {
                let found = match self.pattern.find_all(text) {
                    Ok(found) => found,
                    Err(problem) if cx.compat => return Err(problem),
                    Err(problem) => {
                        cx.drop(origin, "the pattern takes too long on this text", &problem);
                        return Ok(Vec::new());
                    }
                };
                if found.is_empty() && !cx.compat {
                    cx.drop(origin, "the text does not match the pattern", text);
                }
                let mut rows: Vec<Vec<Cell>> = Vec::with_capacity(found.len());
                for parts in found {
                    let texts: Vec<String> = parts
                        .iter()
                        .take(self.outputs.len())
                        .map(|part| tags::clean(python::strip(part), &self.cleanup))
                        .collect();
                    if !cx.compat && texts.iter().all(String::is_empty) {
                        cx.drop(origin, "the match is empty", text);
                        continue;
                    }
                    rows.push(texts.into_iter().map(cell).collect());
                }
                Ok(rows)
            },
        )
    }
}
