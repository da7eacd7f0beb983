//! Which interaction went into which sample, dataset and generation: ids only, kept when the interaction itself is forgotten.

use std::collections::BTreeSet;

use rusqlite::{Connection, TransactionBehavior, params};

use super::Store;
use super::error::StoreError;
use crate::sample::Sample;

/// A sample of a generation, and what it was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleOrigin {
    pub sample: String,
    pub interactions: Vec<String>,
    /// Something it was made of has been forgotten since.
    pub tainted: bool,
}

/// A generation that has seen something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenerationUse {
    pub label: String,
    pub dataset: String,
    /// Something it has seen has been forgotten since.
    pub tainted: bool,
}

/// A generation has seen what its dataset holds, and all that the generation it was trained from has seen.
const ANCESTORS: &str = "WITH RECURSIVE seen(label, dataset, parent) AS (
        SELECT label, dataset, parent FROM generation WHERE label = ?1
        UNION SELECT generation.label, generation.dataset, generation.parent FROM generation JOIN seen ON generation.label = seen.parent
    ) ";

impl Store {
    /// Notes which interactions samples were made of, as their metadata says.
    pub fn link_samples(&mut self, samples: &[Sample]) -> Result<(), StoreError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        for sample in samples {
            for interaction in &sample.metadata.interactions {
                transaction
                    .prepare_cached(
                        "INSERT OR IGNORE INTO sample_of (sample, interaction) VALUES (?, ?)",
                    )?
                    .execute([&sample.metadata.id, interaction])?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// Notes which samples a dataset holds.
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

    /// Notes which dataset a generation was trained on, and from which generation; labels are as `repo@7`.
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

    /// Which samples made a model, those of the generations it was trained from included. Sorted by id.
    pub fn which_samples_made(&self, generation: &str) -> Result<Vec<SampleOrigin>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "{ANCESTORS} SELECT DISTINCT sample, EXISTS (SELECT 1 FROM tainted WHERE tainted.sample = dataset_sample.sample)
             FROM seen JOIN dataset_sample USING (dataset) ORDER BY sample"
        ))?;
        let found: Vec<(String, bool)> = statement
            .query_map([generation], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        found
            .into_iter()
            .map(|(sample, tainted)| self.origin(sample, tainted))
            .collect()
    }

    /// What given samples were made of, in their order; nothing of a sample that is not known here.
    pub fn origins(&self, samples: &[String]) -> Result<Vec<SampleOrigin>, StoreError> {
        samples
            .iter()
            .map(|sample| self.origin(sample.clone(), self.is_tainted(sample)?))
            .collect()
    }

    /// Those of the samples of which something that they were made of has been forgotten since, in their order.
    pub fn tainted(&self, samples: &[String]) -> Result<Vec<String>, StoreError> {
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
            interactions: strings(
                &self.connection,
                "SELECT interaction FROM sample_of WHERE sample = ? ORDER BY interaction",
                &sample,
            )?,
            sample,
            tainted,
        })
    }

    /// Which models have seen an interaction, sorted by label.
    pub fn which_generations_used(
        &self,
        interaction: &str,
    ) -> Result<Vec<GenerationUse>, StoreError> {
        let samples = samples_of(&self.connection, &[interaction.to_owned()])?;
        let (_, labels) = users_of(&self.connection, &samples)?;
        labels
            .into_iter()
            .map(|label| {
                let sql = format!(
                    "{ANCESTORS} SELECT EXISTS (SELECT 1 FROM seen JOIN dataset_sample USING (dataset) JOIN tainted USING (sample))"
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

    /// Datasets that hold a sample of something that was forgotten since, sorted.
    pub fn tainted_datasets(&self) -> Result<Vec<String>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT DISTINCT dataset FROM dataset_sample JOIN tainted USING (sample) ORDER BY dataset")?;
        Ok(statement
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?)
    }
}

/// Samples that were made of any of the interactions, sorted.
pub(super) fn samples_of(
    connection: &Connection,
    interactions: &[String],
) -> Result<Vec<String>, StoreError> {
    each(
        connection,
        interactions,
        "SELECT sample FROM sample_of WHERE interaction = ?",
    )
}

/// Datasets and generations that have seen any of the samples, each sorted.
pub(super) fn users_of(
    connection: &Connection,
    samples: &[String],
) -> Result<(Vec<String>, Vec<String>), StoreError> {
    let datasets = each(
        connection,
        samples,
        "SELECT dataset FROM dataset_sample WHERE sample = ?",
    )?;
    let generations = each(
        connection,
        &datasets,
        "WITH RECURSIVE heir(label) AS (
             SELECT label FROM generation WHERE dataset = ?1
             UNION SELECT generation.label FROM generation JOIN heir ON generation.parent = heir.label
         ) SELECT label FROM heir",
    )?;
    Ok((datasets, generations))
}

fn each(connection: &Connection, keys: &[String], sql: &str) -> Result<Vec<String>, StoreError> {
    let mut found = BTreeSet::new();
    for key in keys {
        found.extend(strings(connection, sql, key)?);
    }
    Ok(found.into_iter().collect())
}

fn strings(connection: &Connection, sql: &str, key: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement
        .query_map([key], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}
