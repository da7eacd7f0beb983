//! `PromptBuilderBlock`: fills the messages of a prompt file with the columns of a row.

use std::{path::Path, sync::Arc};

use minijinja::{Environment, value::Value as Variable};
use serde_json::{Value, json};

use super::{Context, ReadFile, place_of, template};
use crate::{
    config::{ColumnRef, ColumnSpec, Config, did_you_mean},
    pandas, python,
    table::{Record, Table, cell},
    teacher::{Role, TeacherMessage},
    yaml::{self, LoadError, Location, Node},
};

pub(crate) struct Prompt {
    /// Columns, and the names that the templates know them by.
    inputs: Vec<(ColumnRef, Arc<str>)>,
    pub output: ColumnRef,
    as_messages: bool,
    /// The templates are named by their place in `roles`.
    environment: Environment<'static>,
    roles: Vec<Role>,
}

impl Prompt {
    pub fn load(config: &Config<'_>, read: ReadFile<'_>) -> Result<Self, LoadError> {
        let inputs: Vec<(ColumnRef, Arc<str>)> = match config.column_spec("input_cols")? {
            ColumnSpec::List(columns) => columns
                .into_iter()
                .map(|column| (column.clone(), column.name))
                .collect(),
            ColumnSpec::Map(map) => map
                .into_iter()
                .map(|(column, variable)| (column, variable.name))
                .collect(),
        };
        let output = config.column("output_cols")?;
        let as_messages = config.flag("format_as_messages", true)?;
        let relative = config.required_text("prompt_config_path")?;
        let file: Arc<Path> = config
            .file
            .parent()
            .unwrap_or(Path::new(""))
            .join(relative)
            .into();
        let text = read(&file).map_err(|error| {
            config.invalid(
                config.line_of("prompt_config_path"),
                format!("cannot read the prompt file {}: {error}", file.display()),
            )
        })?;
        let mut prompt = Self {
            inputs,
            output,
            as_messages,
            environment: template::environment(),
            roles: Vec::new(),
        };
        prompt.load_messages(&file, &text)?;
        Ok(prompt)
    }

    fn load_messages(&mut self, file: &Arc<Path>, text: &str) -> Result<(), LoadError> {
        let invalid = |line, problem: String| LoadError::Invalid {
            at: Location {
                file: Arc::clone(file),
                line,
            },
            problem,
        };
        let document = yaml::parse(file, text)?;
        let messages = document.items().unwrap_or_default();
        for message in messages {
            let part = |key| {
                message
                    .get(key)
                    .map(|entry| &entry.value)
                    .filter(|node| node.text().is_some())
                    .ok_or_else(|| invalid(message.line, format!("a message needs a text `{key}`")))
            };
            let role = part("role")?;
            let name = role.text().unwrap_or_default();
            self.roles.push(match name {
                "system" => Role::System,
                "user" => Role::User,
                "assistant" => Role::Assistant,
                other => {
                    let hint = did_you_mean(other, ["system", "user", "assistant"]);
                    return Err(invalid(
                        role.line,
                        format!("there is no role `{other}`{hint}"),
                    ));
                }
            });
            self.load_template(part("content")?, text, &invalid)?;
        }
        match self.roles.last() {
            Some(Role::User) => Ok(()),
            Some(_) => Err(invalid(
                messages.last().map_or(document.line, |node| node.line),
                "the last message must have the role `user`".to_owned(),
            )),
            None => Err(invalid(
                document.line,
                "a prompt file is a list of messages with `role` and `content`".to_owned(),
            )),
        }
    }

    fn load_template(
        &mut self,
        content: &Node,
        file_text: &str,
        invalid: &dyn Fn(usize, String) -> LoadError,
    ) -> Result<(), LoadError> {
        let source = content.text().unwrap_or_default().to_owned();
        // The line above that of the template's first one.
        let above = content_start(file_text, content.line, &source) - 1;
        let name = (self.roles.len() - 1).to_string();
        self.environment
            .add_template_owned(name.clone(), source.clone())
            .map_err(|error| {
                let problem = error.detail().map_or_else(
                    || error.kind().to_string(),
                    |detail| format!("{}: {detail}", error.kind()),
                );
                invalid(above + error.line().unwrap_or(1), problem)
            })?;
        let used = self
            .environment
            .get_template(&name)
            .map(|template| template.undeclared_variables(false))
            .unwrap_or_default();
        let globals: Vec<&str> = self.environment.globals().map(|(name, _)| name).collect();
        let mut missing: Vec<(usize, &str)> = used
            .iter()
            .filter(|name| !globals.contains(&name.as_str()))
            .filter(|name| {
                !self
                    .inputs
                    .iter()
                    .any(|(_, known)| known.as_ref() == name.as_str())
            })
            .map(|name| {
                let line = source.lines().position(|line| line.contains(name.as_str()));
                (above + 1 + line.unwrap_or(0), name.as_str())
            })
            .collect();
        missing.sort_unstable();
        match missing.first() {
            None => Ok(()),
            Some((line, name)) => Err(invalid(
                *line,
                format!(
                    "`input_cols` of the block gives no variable `{name}`{}",
                    did_you_mean(name, self.inputs.iter().map(|(_, known)| &**known))
                ),
            )),
        }
    }

    pub fn reads(&self) -> Vec<&ColumnRef> {
        self.inputs.iter().map(|(column, _)| column).collect()
    }

    pub fn run(&self, mut table: Table, cx: &mut Context) -> Result<Table, String> {
        let places = self.places(&table)?;
        let records = std::mem::take(&mut table.records);
        for mut record in records {
            let messages = match self.render(&record, &places, cx.compat) {
                Ok(messages) => messages,
                Err(problem) => {
                    cx.drop(record.origin, "the prompt cannot be rendered", &problem);
                    continue;
                }
            };
            if messages.is_empty() && !cx.compat {
                cx.drop(record.origin, "the prompt is empty", "");
                continue;
            }
            record.cells.push(if self.as_messages {
                cell(messages.iter().map(as_value).collect::<Vec<_>>())
            } else {
                let texts: Vec<String> = messages
                    .iter()
                    .map(|message| format!("{}: {}", role_name(message.role), message.content))
                    .collect();
                cell(texts.join("\n\n"))
            });
            table.records.push(record);
        }
        table.push_column(&self.output.name);
        if cx.compat {
            pandas::infer(&mut table);
        }
        Ok(table)
    }

    pub fn places(&self, table: &Table) -> Result<Vec<usize>, String> {
        self.inputs
            .iter()
            .map(|(column, _)| place_of(table, column))
            .collect()
    }

    /// Fills the templates. A message that is empty is left out.
    pub fn render(
        &self,
        record: &Record,
        places: &[usize],
        compat: bool,
    ) -> Result<Vec<TeacherMessage>, String> {
        let variables: Variable = self
            .inputs
            .iter()
            .zip(places)
            .map(|((_, name), place)| {
                (
                    Arc::clone(name),
                    template::variable(&record.cells[*place], compat),
                )
            })
            .collect();
        let mut messages = Vec::with_capacity(self.roles.len());
        for (i, role) in self.roles.iter().enumerate() {
            let rendered = self
                .environment
                .get_template(&i.to_string())
                .and_then(|template| template.render(&variables));
            match rendered {
                Ok(text) => {
                    let content = python::strip(&text);
                    if !content.is_empty() {
                        messages.push(TeacherMessage {
                            role: *role,
                            content: content.to_owned(),
                        });
                    }
                }
                // sdg_hub leaves such a message out.
                Err(_) if compat => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        Ok(messages)
    }
}

/// The line on which the text of a scalar begins: the node's own, or the next one for a block scalar.
fn content_start(file_text: &str, line: usize, source: &str) -> usize {
    let first = source.lines().next().unwrap_or_default().trim();
    let holds_it = file_text
        .lines()
        .nth(line - 1)
        .is_some_and(|text| text.contains(first));
    if holds_it { line } else { line + 1 }
}

fn as_value(message: &TeacherMessage) -> Value {
    json!({ "role": role_name(message.role), "content": message.content })
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}
