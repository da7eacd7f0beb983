//! Which files of a generation mistral.rs is given.
//!
//! It is only ever given paths, never the name of a model: what it cannot find by name it would fetch from a hub.

use std::fs;
use std::path::{Path, PathBuf};

use mistralrs_core::{AdapterPaths, LocalModelPaths, LoraAdapterPaths};
use serde::Deserialize;
use trainer_bridge::Format;

use super::LoadError;
use models::library::Installed;

/// What there is to load.
pub(super) enum Files {
    Safetensors(Folder),
    Gguf(PathBuf),
    /// An adapter, and the folder of what it is laid over.
    Lora {
        base: Folder,
        adapter: PathBuf,
    },
}

/// A folder in the layout of the Hugging Face hub.
pub(super) struct Folder {
    pub directory: PathBuf,
    pub weights: Vec<PathBuf>,
    pub config: ModelConfig,
}

/// What of `config.json` says how much memory a model takes. All of it may be missing: other architectures have other names for it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ModelConfig {
    pub architectures: Vec<String>,
    #[serde(alias = "dtype")]
    pub torch_dtype: Option<String>,
    pub hidden_size: u64,
    pub vocab_size: u64,
    pub num_hidden_layers: u64,
    pub num_attention_heads: u64,
    pub num_key_value_heads: Option<u64>,
    pub head_dim: Option<u64>,
}

impl ModelConfig {
    /// How many numbers one token leaves in the cache of keys and values.
    pub(super) fn cached_numbers_per_token(&self) -> u64 {
        let heads = self.num_key_value_heads.unwrap_or(self.num_attention_heads);
        let width = self.head_dim.unwrap_or_else(|| {
            self.hidden_size
                .checked_div(self.num_attention_heads)
                .unwrap_or(0)
        });
        2 * self.num_hidden_layers * heads * width
    }

    /// The precision in which the weights are stored.
    pub(super) fn stored_bytes_per_number(&self) -> u64 {
        match self.torch_dtype.as_deref() {
            Some("float32") => 4,
            _ => 2,
        }
    }
}

impl Files {
    /// Finds the files of a generation, all of which must be there in full. `base` is what an adapter is laid over.
    pub(super) fn of(installed: &Installed, base: Option<&Installed>) -> Result<Self, LoadError> {
        complete(installed)?;
        match installed.manifest.format {
            Format::Safetensors => Folder::open(installed).map(Files::Safetensors),
            Format::Gguf => {
                let mut files = with_extension(&installed.directory, "gguf")?;
                match (files.pop(), files.is_empty()) {
                    (Some(file), true) => Ok(Files::Gguf(file)),
                    (None, _) => Err(broken(installed, "it has no `.gguf` file")),
                    (Some(_), false) => Err(broken(installed, "it has more than one `.gguf` file")),
                }
            }
            Format::Lora => {
                let base = base.ok_or_else(|| {
                    broken(installed, "it does not say which model it is laid over")
                })?;
                if base.manifest.format != Format::Safetensors {
                    return Err(broken(
                        installed,
                        "an adapter can only be laid over a model of safetensors",
                    ));
                }
                complete(base)?;
                Ok(Files::Lora {
                    base: Folder::open(base)?,
                    adapter: installed.directory.clone(),
                })
            }
        }
    }

    /// Bytes on disk.
    pub(super) fn bytes(&self) -> u64 {
        let size = |path: &PathBuf| fs::metadata(path).map_or(0, |metadata| metadata.len());
        match self {
            Files::Safetensors(folder) => folder.weights.iter().map(size).sum(),
            Files::Gguf(file) => size(file),
            Files::Lora { base, .. } => base.weights.iter().map(size).sum(),
        }
    }

    pub(super) fn config(&self) -> Option<&ModelConfig> {
        match self {
            Files::Safetensors(folder) | Files::Lora { base: folder, .. } => Some(&folder.config),
            Files::Gguf(_) => None,
        }
    }

    /// The same in the words of mistral.rs.
    pub(super) fn paths(&self) -> Result<LocalModelPaths<PathBuf>, LoadError> {
        match self {
            Files::Safetensors(folder) => Ok(folder.paths(AdapterPaths::None)),
            Files::Lora { base, adapter } => {
                let config = adapter.join("adapter_config.json");
                let text = fs::read(&config).map_err(|error| unreadable(&config, &error))?;
                let lora_config = serde_json::from_slice(&text).map_err(|error| {
                    LoadError::Broken(format!("{} is damaged: {error}", config.display()))
                })?;
                let adapter_path = adapter.join("adapter_model.safetensors");
                Ok(base.paths(AdapterPaths::Lora(vec![LoraAdapterPaths {
                    lora_config,
                    adapter_path,
                }])))
            }
            Files::Gguf(file) => Ok(LocalModelPaths {
                // It brings its tokenizer and its chat template itself.
                tokenizer_filename: PathBuf::new(),
                config_filename: PathBuf::new(),
                template_filename: None,
                filenames: vec![file.clone()],
                adapter_paths: AdapterPaths::None,
                gen_conf: None,
                preprocessor_config: None,
                processor_config: None,
                chat_template_json_filename: None,
            }),
        }
    }
}

impl Folder {
    fn open(installed: &Installed) -> Result<Self, LoadError> {
        let directory = installed.directory.clone();
        let path = directory.join("config.json");
        let text = fs::read(&path).map_err(|error| unreadable(&path, &error))?;
        let config: ModelConfig = serde_json::from_slice(&text).map_err(|error| {
            LoadError::Broken(format!("{} is damaged: {error}", path.display()))
        })?;
        // mistral.rs would fetch the vocabulary of its format from the network.
        if config
            .architectures
            .iter()
            .any(|name| name.starts_with("GptOss"))
        {
            return Err(broken(
                installed,
                "gpt-oss models cannot be served without a connection to the internet",
            ));
        }
        let weights = with_extension(&directory, "safetensors")?;
        if weights.is_empty() {
            return Err(broken(installed, "it has no `.safetensors` file"));
        }
        if !directory.join("tokenizer.json").is_file() {
            return Err(broken(installed, "it has no `tokenizer.json`"));
        }
        Ok(Folder {
            directory,
            weights,
            config,
        })
    }

    fn paths(&self, adapter_paths: AdapterPaths) -> LocalModelPaths<PathBuf> {
        let present = |name: &str| Some(self.directory.join(name)).filter(|path| path.is_file());
        LocalModelPaths {
            tokenizer_filename: self.directory.join("tokenizer.json"),
            config_filename: self.directory.join("config.json"),
            template_filename: present("chat_template.jinja")
                .or_else(|| present("tokenizer_config.json")),
            filenames: self.weights.clone(),
            adapter_paths,
            gen_conf: present("generation_config.json"),
            preprocessor_config: None,
            processor_config: None,
            chat_template_json_filename: present("chat_template.json"),
        }
    }
}

/// Whether every file is there with the size that the manifest says. A file cut short would otherwise be found out by mistral.rs, in its
/// own words, or by the operating system, with a signal.
fn complete(installed: &Installed) -> Result<(), LoadError> {
    for file in &installed.manifest.files {
        let path = installed.directory.join(&file.path);
        let found = fs::metadata(&path)
            .map_err(|error| unreadable(&path, &error))?
            .len();
        if found != file.bytes {
            let name = &file.path;
            let expected = file.bytes;
            return Err(broken(
                installed,
                &format!("`{name}` has {found} bytes instead of {expected}"),
            ));
        }
    }
    Ok(())
}

fn with_extension(directory: &Path, extension: &str) -> Result<Vec<PathBuf>, LoadError> {
    let entries = fs::read_dir(directory).map_err(|error| unreadable(directory, &error))?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    found.sort();
    Ok(found)
}

fn unreadable(path: &Path, error: &std::io::Error) -> LoadError {
    LoadError::Broken(format!(
        "cannot read {}: {}",
        path.display(),
        settings::paths::plain(error)
    ))
}

fn broken(installed: &Installed, why: &str) -> LoadError {
    LoadError::Broken(format!(
        "{} cannot be used: {why}; add the model again with `repo-lsp model`",
        installed.label()
    ))
}
