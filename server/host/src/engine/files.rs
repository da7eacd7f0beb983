//! Selects the files of a generation for mistral.rs.
//!
//! mistral.rs is given paths only, never model names, because it would download a name that it does not find.

use std::fs;
use std::path::{Path, PathBuf};

use mistralrs_core::{AdapterPaths, LocalModelPaths, LoraAdapterPaths};
use serde::Deserialize;
use trainer_bridge::Format;

use super::LoadError;
use models::library::Installed;

/// The files to load.
pub(super) enum Files {
    Safetensors(Folder),
    Gguf(PathBuf),
    /// An adapter and the directory of its base model.
    Lora {
        base: Folder,
        adapter: PathBuf,
    },
}

/// A directory in the layout of the Hugging Face hub.
pub(super) struct Folder {
    pub directory: PathBuf,
    pub weights: Vec<PathBuf>,
    pub config: ModelConfig,
}

/// The values of `config.json` that determine the memory of a model. All are optional, because other architectures use other keys.
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
    /// Returns the number of KV cache values per token.
    pub(super) fn cached_numbers_per_token(&self) -> u64 {
        let heads = self.num_key_value_heads.unwrap_or(self.num_attention_heads);
        let width = self.head_dim.unwrap_or_else(|| {
            self.hidden_size
                .checked_div(self.num_attention_heads)
                .unwrap_or(0)
        });
        2 * self.num_hidden_layers * heads * width
    }

    /// Returns the size of a stored parameter, in bytes.
    pub(super) fn stored_bytes_per_number(&self) -> u64 {
        match self.torch_dtype.as_deref() {
            Some("float32") => 4,
            _ => 2,
        }
    }
}

impl Files {
    /// Finds the files of a generation and checks that they are complete. `base` is the base model of an adapter.
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
                let base =
                    base.ok_or_else(|| broken(installed, "it does not name its base model"))?;
                if base.manifest.format != Format::Safetensors {
                    return Err(broken(
                        installed,
                        "the base of an adapter must be a model in safetensors format",
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

    /// Returns the size of the weights on disk, in bytes.
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

    /// Converts to the type of mistral.rs.
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
                // A GGUF file contains its tokenizer and chat template.
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
        // mistral.rs would download the vocabulary of this format.
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

/// Checks that every file exists with the size in the manifest. A truncated file would otherwise cause an obscure error of mistral.rs,
/// or a signal when it is memory-mapped.
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
