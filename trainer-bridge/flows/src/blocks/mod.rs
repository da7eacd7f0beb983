//! The blocks of a flow: what each block type of sdg_hub does to a table, and the list of those that exist.

mod chat;
mod extract;
mod filter;
mod pairing;
mod prompt;
mod python_regex;
mod regex;
mod reshape;
mod tags;
mod template;
mod transform;

use std::{path::Path, sync::Arc};

use crate::{
    config::{ColumnRef, Config, did_you_mean},
    drops::Drops,
    table::Table,
    yaml::{LoadError, Location, Node},
};
pub(crate) use chat::Chat;
pub(crate) use prompt::Prompt;

/// A block that needs no teacher.
pub(crate) trait Block: Send + Sync {
    /// The columns that `input_cols` names.
    fn reads(&self) -> Vec<&ColumnRef>;

    /// The columns that it adds.
    fn writes(&self) -> Vec<&ColumnRef>;

    /// Whether the columns it reads are gone afterwards.
    fn consumes_input(&self) -> bool {
        false
    }

    /// The table has rows, and has the columns that the block reads.
    fn run(&self, table: Table, cx: &mut Context) -> Result<Table, String>;

    /// How many rows one row may become, as far as a plan has to assume.
    fn expected_rows(&self) -> usize {
        1
    }

    /// The column whose value decides whether a row is kept.
    fn decides_by(&self) -> Option<&str> {
        None
    }

    /// Learns which of its columns decide later whether a row is kept.
    fn set_deciding_columns(&mut self, _columns: &[&str]) {}
}

/// What a block knows of the run.
#[derive(Debug, Default)]
pub(crate) struct Context {
    /// Do as sdg_hub does.
    pub compat: bool,
    /// The block's place in the flow, and its name.
    pub position: usize,
    pub block: Arc<str>,
    pub drops: Drops,
    /// Overrides `max_rows` of the block.
    pub max_rows: Option<usize>,
}

impl Context {
    /// Reports something that is left out.
    pub fn drop(&mut self, origin: usize, reason: impl Into<String>, sample: &str) {
        self.drops
            .add((self.position, &self.block), origin, reason, sample);
    }
}

pub(crate) enum Kind {
    Prompt(Prompt),
    Chat(Chat),
    Other(Box<dyn Block>),
}

/// One entry of a flow's `blocks`.
pub(crate) struct Step {
    pub name: Arc<str>,
    pub at: Location,
    pub kind: Kind,
}

impl Step {
    pub fn reads(&self) -> Vec<&ColumnRef> {
        match &self.kind {
            Kind::Prompt(prompt) => prompt.reads(),
            Kind::Chat(chat) => vec![&chat.input],
            Kind::Other(block) => block.reads(),
        }
    }

    pub fn writes(&self) -> Vec<&ColumnRef> {
        match &self.kind {
            Kind::Prompt(prompt) => vec![&prompt.output],
            Kind::Chat(chat) => vec![&chat.output],
            Kind::Other(block) => block.writes(),
        }
    }

    pub fn consumes_input(&self) -> bool {
        matches!(&self.kind, Kind::Other(block) if block.consumes_input())
    }
}

/// Reads the files that a flow refers to.
pub(crate) type ReadFile<'a> = &'a dyn Fn(&Path) -> std::io::Result<String>;

struct BlockType {
    name: &'static str,
    /// The keys of its `block_config` beside those that all blocks have.
    keys: &'static [&'static str],
    load: fn(&Config<'_>, ReadFile<'_>) -> Result<Kind, LoadError>,
}

/// Every block type, in alphabetical order.
const BLOCK_TYPES: &[BlockType] = &[
    BlockType {
        name: "ColumnValueFilterBlock",
        keys: &["filter_value", "operation", "convert_dtype"],
        load: |config, _| other(filter::Filter::load(config)),
    },
    BlockType {
        name: "DuplicateColumnsBlock",
        keys: &[],
        load: |config, _| other(transform::Duplicate::load(config)),
    },
    BlockType {
        name: "IndexBasedMapperBlock",
        keys: &["choice_map", "choice_cols"],
        load: |config, _| other(reshape::Choose::load(config)),
    },
    BlockType {
        name: "JSONStructureBlock",
        keys: &["ensure_json_serializable", "pretty_print"],
        load: |config, _| other(transform::Structure::load(config)),
    },
    BlockType {
        name: "LLMChatBlock",
        keys: chat::KEYS,
        load: |config, _| Chat::load(config).map(Kind::Chat),
    },
    BlockType {
        name: "LLMResponseExtractorBlock",
        keys: extract::KEYS,
        load: |config, _| other(extract::Extract::load(config)),
    },
    BlockType {
        name: "MeltColumnsBlock",
        keys: &[],
        load: |config, _| other(reshape::Melt::load(config)),
    },
    BlockType {
        name: "PromptBuilderBlock",
        keys: &["prompt_config_path", "format_as_messages"],
        load: |config, read| Prompt::load(config, read).map(Kind::Prompt),
    },
    BlockType {
        name: "RegexParserBlock",
        keys: &["parsing_pattern", "parser_cleanup_tags", "max_rows"],
        load: |config, _| other(regex::RegexParser::load(config)),
    },
    BlockType {
        name: "RenameColumnsBlock",
        keys: &[],
        load: |config, _| other(transform::Rename::load(config)),
    },
    BlockType {
        name: "RowMultiplierBlock",
        keys: &["num_samples", "shuffle", "random_seed"],
        load: |config, _| other(reshape::Multiply::load(config)),
    },
    BlockType {
        name: "TagParserBlock",
        keys: tags::KEYS,
        load: |config, _| other(tags::TagParser::load(config)),
    },
    BlockType {
        name: "TextConcatBlock",
        keys: &["separator"],
        load: |config, _| other(transform::Concat::load(config)),
    },
];

/// Block types of sdg_hub that are left out, and why.
const UNSUPPORTED: &[(&str, &str)] = &[
    ("AgentBlock", "it calls an agent"),
    ("AgentResponseExtractorBlock", "it calls an agent"),
    ("JSONParserBlock", "its columns depend on the replies"),
    ("MCPAgentBlock", "it calls an agent"),
    ("PythonInterpreterBlock", "it runs code"),
    ("SamplerBlock", "it draws random values"),
    ("UniformColumnValueSetter", "it needs all rows at once"),
];

fn other<B: Block + 'static>(block: Result<B, LoadError>) -> Result<Kind, LoadError> {
    Ok(Kind::Other(Box::new(block?)))
}

/// Loads one entry of `blocks`.
pub(crate) fn load(file: &Arc<Path>, node: &Node, read: ReadFile<'_>) -> Result<Step, LoadError> {
    let invalid = |line, problem| LoadError::Invalid {
        at: Location {
            file: Arc::clone(file),
            line,
        },
        problem,
    };
    for entry in node.entries().unwrap_or_default() {
        // `runtime_overrides` says which keys a caller of sdg_hub may override; here any may be.
        let known = ["block_type", "block_config", "runtime_overrides"];
        if !known.contains(&entry.key.as_str()) {
            let hint = did_you_mean(&entry.key, known);
            return Err(invalid(
                entry.line,
                format!("a block has no key `{}`{hint}", entry.key),
            ));
        }
    }
    let Some((type_line, type_name)) = node
        .get("block_type")
        .and_then(|entry| Some((entry.line, entry.value.text()?)))
    else {
        return Err(invalid(
            node.line,
            "a block needs the key `block_type`".to_owned(),
        ));
    };
    let Some(block_type) = BLOCK_TYPES.iter().find(|known| known.name == type_name) else {
        let problem = match UNSUPPORTED.iter().find(|(name, _)| *name == type_name) {
            Some((_, why)) => format!("the block type {type_name} is not supported: {why}"),
            None => format!(
                "there is no block type `{type_name}`{}",
                did_you_mean(type_name, BLOCK_TYPES.iter().map(|known| known.name))
            ),
        };
        return Err(invalid(type_line, problem));
    };
    let Some(block_config) = node.get("block_config") else {
        return Err(invalid(
            type_line,
            format!("{type_name} needs the key `block_config`"),
        ));
    };
    let config = Config::new(file, block_type.name, &block_config.value, block_type.keys)?;
    Ok(Step {
        name: config.block_name.into(),
        at: Location {
            file: Arc::clone(file),
            line: type_line,
        },
        kind: (block_type.load)(&config, read)?,
    })
}

/// The place of a column that was checked to exist.
fn place_of(table: &Table, column: &ColumnRef) -> Result<usize, String> {
    table
        .place(&column.name)
        .ok_or_else(|| format!("there is no column `{}`", column.name))
}
