//! What a repository has at one revision: its files, their sizes and their checksums.

use reqwest::header::{CONTENT_LENGTH, ETAG};
use serde::Deserialize;

use super::checksum::Checksum;
use super::{Hub, HubError, RepoId};

/// A repository at one commit. What is fetched by it cannot change underneath.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    pub repo: RepoId,
    pub commit: String,
    pub files: Vec<Remote>,
}

/// A file of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    pub name: String,
    /// With its checksum; not every mirror lists them.
    pub(super) known: Option<(u64, Checksum)>,
}

impl Remote {
    /// 0 where the listing does not say.
    pub fn size(&self) -> u64 {
        self.known.as_ref().map_or(0, |(size, _)| *size)
    }
}

#[derive(Deserialize)]
struct Info {
    sha: String,
    #[serde(default)]
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sibling {
    rfilename: String,
    size: Option<u64>,
    blob_id: Option<String>,
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    sha256: Option<String>,
    /// Older mirrors call it so.
    oid: Option<String>,
    size: Option<u64>,
}

impl Sibling {
    fn known(&self) -> Option<(u64, Checksum)> {
        let (size, sum) = match &self.lfs {
            Some(lfs) => (
                lfs.size.or(self.size),
                lfs.sha256.as_ref().or(lfs.oid.as_ref()),
            ),
            None => (self.size, self.blob_id.as_ref()),
        };
        Some((size?, Checksum::parse(sum?.trim_start_matches("sha256:"))?))
    }
}

impl Listing {
    pub fn names(&self) -> Vec<String> {
        self.files.iter().map(|file| file.name.clone()).collect()
    }

    /// `Org/Repo@commit`.
    pub fn source(&self) -> String {
        format!("{}@{}", self.repo, self.commit)
    }

    pub fn file(&self, name: &str) -> Option<&Remote> {
        self.files.iter().find(|file| file.name == name)
    }
}

impl Hub {
    /// Asks what a repository has. Only files at its top are of interest.
    pub fn list(&self, repo: &RepoId, revision: &str) -> Result<Listing, HubError> {
        self.run(async { super::download::patiently(|| self.listing(repo, revision)).await })
    }

    async fn listing(&self, repo: &RepoId, revision: &str) -> Result<Listing, HubError> {
        let url = self.url([
            "api",
            "models",
            &repo.organisation,
            &repo.name,
            "revision",
            revision,
        ]);
        let request = self
            .signed(self.client.get(url))
            .query(&[("blobs", "true")]);
        let response = request
            .send()
            .await
            .map_err(|error| self.unreachable(&error))?;
        if !response.status().is_success() {
            let what = format!("repository {repo} with a revision {revision}");
            return Err(self.refusal(repo, &what, &response));
        }
        let text = response
            .bytes()
            .await
            .map_err(|error| self.unreachable(&error))?;
        let info: Info =
            serde_json::from_slice(&text).map_err(|error| self.odd(error.to_string()))?;
        if info.sha.is_empty() || !info.sha.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(self.odd("its commit has no name"));
        }
        // A name becomes the name of a file here, so nothing that could lead elsewhere is one.
        let plain = |name: &str| !name.starts_with('.') && !name.contains(['/', '\\', ':', '\0']);
        let siblings = info.siblings.iter().filter(|file| plain(&file.rfilename));
        Ok(Listing {
            repo: repo.clone(),
            commit: info.sha,
            files: siblings
                .map(|file| Remote {
                    name: file.rfilename.clone(),
                    known: file.known(),
                })
                .collect(),
        })
    }

    /// The size and the checksum of a file, by asking for it alone where the listing has not said.
    pub(super) async fn describe(
        &self,
        listing: &Listing,
        name: &str,
    ) -> Result<(u64, Checksum), HubError> {
        if let Some(known) = listing.file(name).and_then(|file| file.known.clone()) {
            return Ok(known);
        }
        let request = self.signed(self.straight.head(self.file_url(listing, name)));
        let response = request
            .send()
            .await
            .map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        if !status.is_success() && !status.is_redirection() {
            return Err(self.refusal(
                &listing.repo,
                &format!("file {name} in {}", listing.repo),
                &response,
            ));
        }
        let header = |name: &str| {
            response
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let sum = header("x-linked-etag").or_else(|| header(ETAG.as_str()));
        let size = header("x-linked-size").or_else(|| header(CONTENT_LENGTH.as_str()));
        let size = size.and_then(|size| size.parse().ok());
        match (size, sum.and_then(Checksum::parse)) {
            (Some(size), Some(sum)) => Ok((size, sum)),
            _ => Err(self.odd(format!("it announces no size and checksum for {name}"))),
        }
    }

    pub(super) fn file_url(&self, listing: &Listing, name: &str) -> reqwest::Url {
        let repo = &listing.repo;
        let (organisation, model) = (repo.organisation.as_str(), repo.name.as_str());
        self.url([organisation, model, "resolve", &listing.commit, name])
    }
}
