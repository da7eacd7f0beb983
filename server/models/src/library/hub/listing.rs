//! Lists the files of a repository at one revision, with sizes and checksums.

use reqwest::header::{CONTENT_LENGTH, ETAG};
use serde::Deserialize;

use super::checksum::Checksum;
use super::{Hub, HubError, RepoId};

/// The files of a repository at one commit. Files are downloaded from that commit, so they cannot change meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    pub repo: RepoId,
    pub commit: String,
    pub files: Vec<RemoteFile>,
}

/// A file of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteFile {
    pub name: String,
    /// Size and checksum; some mirrors do not list them.
    pub(super) known: Option<(u64, Checksum)>,
}

impl RemoteFile {
    /// Returns the size in bytes, or 0 if the listing does not include it.
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
    /// The name of `sha256` in older mirrors.
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

    pub fn file(&self, name: &str) -> Option<&RemoteFile> {
        self.files.iter().find(|file| file.name == name)
    }
}

impl Hub {
    /// Lists the files in the root directory of a repository.
    pub fn list(&self, repo: &RepoId, revision: &str) -> Result<Listing, HubError> {
        self.run(async { super::download::with_retries(|| self.listing(repo, revision)).await })
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
            .authorized(self.client.get(url))
            .query(&[("blobs", "true")]);
        let response = request
            .send()
            .await
            .map_err(|error| self.unreachable(&error))?;
        if !response.status().is_success() {
            let what = format!("repository {repo} with a revision {revision}");
            return Err(self.error_for(repo, &what, &response));
        }
        let text = response
            .bytes()
            .await
            .map_err(|error| self.unreachable(&error))?;
        let info: Info =
            serde_json::from_slice(&text).map_err(|error| self.unexpected(error.to_string()))?;
        if info.sha.is_empty() || !info.sha.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(self.unexpected("the commit hash is missing or invalid"));
        }
        // The name becomes a local file name, so names that could escape the directory are ignored.
        let plain = |name: &str| !name.starts_with('.') && !name.contains(['/', '\\', ':', '\0']);
        let siblings = info.siblings.iter().filter(|file| plain(&file.rfilename));
        Ok(Listing {
            repo: repo.clone(),
            commit: info.sha,
            files: siblings
                .map(|file| RemoteFile {
                    name: file.rfilename.clone(),
                    known: file.known(),
                })
                .collect(),
        })
    }

    /// Returns size and checksum of a file, with an extra request if the listing did not include them.
    pub(super) async fn describe(
        &self,
        listing: &Listing,
        name: &str,
    ) -> Result<(u64, Checksum), HubError> {
        if let Some(known) = listing.file(name).and_then(|file| file.known.clone()) {
            return Ok(known);
        }
        let request = self.authorized(self.no_redirect_client.head(self.file_url(listing, name)));
        let response = request
            .send()
            .await
            .map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        if !status.is_success() && !status.is_redirection() {
            return Err(self.error_for(
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
            _ => Err(self.unexpected(format!("no size and checksum for {name}"))),
        }
    }

    pub(super) fn file_url(&self, listing: &Listing, name: &str) -> reqwest::Url {
        let repo = &listing.repo;
        let (organisation, model) = (repo.organisation.as_str(), repo.name.as_str());
        self.url([organisation, model, "resolve", &listing.commit, name])
    }
}
