//! Records which interaction is in which sample, dataset and generation. These are ids only, and are kept when interactions are forgotten.

use std::collections::BTreeSet;

use rusqlite::{Connection, TransactionBehavior, params};

use super::Store;
use super::error::StoreError;
use crate::sample::Metadata;

/// A sample and the interactions that it was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleOrigin {
    pub sample: String,
    pub interactions: Vec<String>,
    /// Whether one of the interactions was forgotten since.
    pub tainted: bool,
}

/// A generation that has learned from an interaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenerationUse {
    pub label: String,
    pub dataset: String,
    /// Whether any interaction that it has learned from was forgotten since.
    pub tainted: bool,
}

/// A generation has learned from its dataset and from the datasets of all its ancestors.
const ANCESTORS: &str = "WITH RECURSIVE learned(label, dataset, parent) AS (
        SELECT label, dataset, parent FROM generation WHERE label = ?1
        UNION SELECT generation.label, generation.dataset, generation.parent FROM generation JOIN learned ON generation.label = learned.parent
    ) ";

impl Store {
    /// Records which interactions samples were made of, as tdescendant metadata says.
    pub fn link_samples<'m>(
        &mut self,
        samples: impl IntoIterator<Item = &'m Metadata>,
    ) -> Result<(), StoreError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        for sample in samples {
            for interaction in &sample.interactions {
                transaction
                    .prepare_cached(
                        "INSERT OR IGNORE INTO sample_of (sample, interaction) VALUES (?, ?)",
                    )?
                    .execute([&sample.id, interaction])?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// Records which samples a dataset contains.
    pub fn link_dataset(&mut self, dataset: &str, samples: &[String]) -> Result<(), StoreError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        for sample in samples {
            transaction
                .prepare_cached(
                    "INSERT OR IGNORE INTO dataset_sample (dataset, sample) VALUES (?, ?)",
                )?
                .execute([dataset, sample])?;
        }
        Ok(transaction.commit()?)
    }

    /// Records which dataset and which parent a generation was trained from. Labels have the form `repo@7`.
    pub fn link_generation(
        &mut self,
        label: &str,
        dataset: &str,
        parent: Option<&str>,
    ) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT OR REPLACE INTO generation (label, dataset, parent) VALUES (?, ?, ?)",
            params![label, dataset, parent],
        )?;
        Ok(())
    }

    /// Returns the samples that a generation and its ancestors were trained on, sorted by id.
    pub fn samples_of_generation(&self, generation: &str) -> Result<Vec<SampleOrigin>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "{ANCESTORS} SELECT DISTINCT sample, EXISTS (SELECT 1 FROM tainted WHERE tainted.sample = dataset_sample.sample)
             FROM learned JOIN dataset_sample USING (dataset) ORDER BY sample"
        ))?;
        let found: Vec<(String, bool)> = statement
            .query_map([generation], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        found
            .into_iter()
            .map(|(sample, tainted)| self.origin(sample, tainted))
            .collect()
    }

    /// Returns the origins of samples, in the same order. The origin of an unknown sample has no interactions.
    pub fn sample_origins(&self, samples: &[String]) -> Result<Vec<SampleOrigin>, StoreError> {
        samples
            .iter()
            .map(|sample| self.origin(sample.clone(), self.is_tainted(sample)?))
            .collect()
    }

    /// Returns those of `samples` that were made of an interaction that was forgotten since, in the same order.
    pub fn tainted_samples(&self, samples: &[String]) -> Result<Vec<String>, StoreError> {
        let mut found = Vec::new();
        for sample in samples {
            if self.is_tainted(sample)? {
                found.push(sample.clone());
            }
        }
        Ok(found)
    }

    fn is_tainted(&self, sample: &str) -> Result<bool, StoreError> {
        Ok(self
            .connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM tainted WHERE sample = ?)")?
            .query_row([sample], |row| row.get(0))?)
    }

    fn origin(&self, sample: String, tainted: bool) -> Result<SampleOrigin, StoreError> {
        Ok(SampleOrigin {
            interactions: query_strings(
                &self.connection,
                "SELECT interaction FROM sample_of WHERE sample = ? ORDER BY interaction",
                &sample,
            )?,
            sample,
            tainted,
        })
    }

    /// Returns the generations that have learned from an interaction, sorted by label.
    pub fn generations_using(&self, interaction: &str) -> Result<Vec<GenerationUse>, StoreError> {
        let samples = samples_of(&self.connection, &[interaction.to_owned()])?;
        let (_, labels) = users_of(&self.connection, &samples)?;
        labels
            .into_iter()
            .map(|label| {
                let sql = format!(
                    "{ANCESTORS} SELECT EXISTS (SELECT 1 FROM learned JOIN dataset_sample USING (dataset) JOIN tainted USING (sample))"
                );
                let tainted = self.connection.prepare_cached(&sql)?.query_row([&label], |row| row.get(0))?;
                let dataset = self
                    .connection
                    .prepare_cached("SELECT dataset FROM generation WHERE label = ?")?
                    .query_row([&label], |row| row.get(0))?;
                Ok(GenerationUse {
                    label,
                    dataset,
                    tainted,
                })
            })
            .collect()
    }

    /// Returns the datasets that contain a sample of a forgotten interaction, sorted.
    pub fn tainted_datasets(&self) -> Result<Vec<String>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT DISTINCT dataset FROM dataset_sample JOIN tainted USING (sample) ORDER BY dataset")?;
        Ok(statement
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?)
    }
}

/// Returns the samples that were made of any of the interactions, sorted.
pub(super) fn samples_of(
    connection: &Connection,
    interactions: &[String],
) -> Result<Vec<String>, StoreError> {
    collect_sorted(
        connection,
        interactions,
        "SELECT sample FROM sample_of WHERE interaction = ?",
    )
}

/// Returns the datasets that contain any of the samples and the generations that have learned from them, each sorted.
pub(super) fn users_of(
    connection: &Connection,
    samples: &[String],
) -> Result<(Vec<String>, Vec<String>), StoreError> {
    let datasets = collect_sorted(
        connection,
        samples,
        "SELECT dataset FROM dataset_sample WHERE sample = ?",
    )?;
    let generations = collect_sorted(
        connection,
        &datasets,
        "WITH RECURSIVE descendant(label) AS (
             SELECT label FROM generation WHERE dataset = ?1
             UNION SELECT generation.label FROM generation JOIN descendant ON generation.parent = descendant.label
         ) SELECT label FROM descendant",
    )?;
    Ok((datasets, generations))
}

fn collect_sorted(
    connection: &Connection,
    keys: &[String],
    sql: &str,
) -> Result<Vec<String>, StoreError> {
    let mut found = BTreeSet::new();
    for key in keys {
        found.extend(query_strings(connection, sql, key)?);
    }
    Ok(found.into_iter().collect())
}

fn query_strings(connection: &Connection, sql: &str, key: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement
        .query_map([key], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}
