//! Answers on disk, so that no request is paid for twice.
//!
//! One append-only file. A process that is killed leaves at most one incomplete last line, which the next one cuts off. Only positions are kept
//! in memory.

use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use crate::teacher::{Reply, TeacherRequest};
use parking_lot::Mutex;

#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    #[error("cannot use the cache of answers {}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("another run uses the cache of answers {}; wait for it to end", path.display())]
    InUse { path: PathBuf },
}

/// Identifies a request and the number of the choice among several to the same request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key([u8; 32]);

impl Key {
    pub fn new(model: &str, request: &TeacherRequest, choice: u32) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&(model.len() as u64).to_le_bytes());
        hasher.update(model.as_bytes());
        hasher.update(&choice.to_le_bytes());
        // A request consists of texts and numbers; writing it to a hasher cannot fail.
        let _ = serde_json::to_writer(&mut hasher, request);
        Self(hasher.finalize().into())
    }

    /// A number between 0 and 1 that is always the same for the same key and `attempt`.
    pub fn fraction(&self, attempt: u32) -> f64 {
        let hash = blake3::keyed_hash(&self.0, &attempt.to_le_bytes());
        f64::from(u16::from_le_bytes([hash.as_bytes()[0], hash.as_bytes()[1]]))
            / f64::from(u16::MAX)
    }

    fn hex(&self) -> impl std::fmt::Display {
        blake3::Hash::from_bytes(self.0).to_hex()
    }
}

#[derive(Debug)]
pub struct AnswerCache {
    path: PathBuf,
    file: Mutex<Answers>,
}

/// Where the JSON of each answer begins, and its length in bytes.
type Places = HashMap<Key, (u64, usize)>;

#[derive(Debug)]
struct Answers {
    file: File,
    places: Places,
    end: u64,
}

/// A line is a key, a checksum of the JSON, and the JSON.
const KEY_LEN: usize = 64;
const SUM_LEN: usize = 16;
const JSON_START: usize = KEY_LEN + 1 + SUM_LEN + 1;

impl AnswerCache {
    /// Opens the cache in `folder`, which is made if it does not exist. One process at a time can use it.
    pub fn open(folder: &Path) -> Result<Self, CacheError> {
        let path = folder.join("answers.log");
        let failed = |source| CacheError::Io {
            path: path.clone(),
            source,
        };
        fs::create_dir_all(folder).map_err(failed)?;
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&path)
            .map_err(failed)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => CacheError::InUse { path: path.clone() },
            TryLockError::Error(source) => failed(source),
        })?;
        let (places, end) = read_places(&mut file).map_err(failed)?;
        file.set_len(end).map_err(failed)?;
        Ok(Self {
            path,
            file: Mutex::new(Answers { file, places, end }),
        })
    }

    /// The number of answers.
    pub fn len(&self) -> usize {
        self.lock().places.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn get(&self, key: &Key) -> Result<Option<Vec<Reply>>, CacheError> {
        let mut answers = self.lock();
        let Some(&(start, len)) = answers.places.get(key) else {
            return Ok(None);
        };
        let mut json = vec![0; len];
        answers
            .file
            .seek(SeekFrom::Start(start))
            .and_then(|_| answers.file.read_exact(&mut json))
            .map_err(|source| self.failed(source))?;
        drop(answers);
        // The checksum was right when the file was opened; what does not parse is asked again.
        Ok(serde_json::from_slice(&json).ok())
    }

    pub(crate) fn put(&self, key: &Key, replies: &[Reply]) -> Result<(), CacheError> {
        let json = serde_json::to_string(replies).map_err(|error| self.failed(error.into()))?;
        let line = format!("{} {} {json}\n", key.hex(), checksum(json.as_bytes()));
        let mut answers = self.lock();
        answers
            .file
            .write_all(line.as_bytes())
            .map_err(|source| self.failed(source))?;
        let start = answers.end + JSON_START as u64;
        answers.places.insert(*key, (start, json.len()));
        answers.end += line.len() as u64;
        Ok(())
    }

    fn lock(&self) -> parking_lot::MutexGuard<'_, Answers> {
        self.file.lock()
    }

    fn failed(&self, source: io::Error) -> CacheError {
        CacheError::Io {
            path: self.path.clone(),
            source,
        }
    }
}

/// Returns where each intact answer is, and where the last complete line ends.
fn read_places(file: &mut File) -> io::Result<(Places, u64)> {
    file.seek(SeekFrom::Start(0))?;
    let mut reader = BufReader::new(file);
    let (mut places, mut start, mut line) = (HashMap::new(), 0, Vec::new());
    loop {
        line.clear();
        let len = reader.read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            return Ok((places, start));
        }
        if let Some((key, json)) = parse_line(&line[..len - 1]) {
            places.insert(key, (start + JSON_START as u64, json.len()));
        }
        start += len as u64;
    }
}

/// A line whose checksum is wrong, after a power failure for instance, is no answer.
fn parse_line(line: &[u8]) -> Option<(Key, &[u8])> {
    let (head, json) = line.split_at_checked(JSON_START)?;
    let key = blake3::Hash::from_hex(&head[..KEY_LEN]).ok()?;
    (head[KEY_LEN + 1..JSON_START - 1] == *checksum(json).as_bytes())
        .then_some((Key(key.into()), json))
}

fn checksum(json: &[u8]) -> String {
    blake3::hash(json).to_hex()[..SUM_LEN].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u32) -> Key {
        let request = TeacherRequest {
            messages: Vec::new(),
            sampling: Default::default(),
            n: 1,
        };
        Key::new("model", &request, n)
    }

    fn replies(text: &str) -> Vec<Reply> {
        vec![Reply {
            content: text.to_owned(),
            reasoning: None,
            truncated: false,
        }]
    }

    #[test]
    fn keeps_complete_answers_wherever_the_process_was_killed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.log");
        let cache = AnswerCache::open(folder.path()).unwrap();
        cache.put(&key(0), &replies("first\nline")).unwrap();
        let first_len = cache.lock().end as usize;
        cache.put(&key(1), &replies("second")).unwrap();
        drop(cache);
        let whole = fs::read(&path).unwrap();
        for len in 0..=whole.len() {
            fs::write(&path, &whole[..len]).unwrap();
            let cache = AnswerCache::open(folder.path()).unwrap();
            let expected = usize::from(len >= first_len) + usize::from(len == whole.len());
            assert_eq!(cache.len(), expected, "cut at byte {len}");
            cache.put(&key(2), &replies("after the restart")).unwrap();
            drop(cache);
            let cache = AnswerCache::open(folder.path()).unwrap();
            assert_eq!(
                cache.get(&key(2)).unwrap(),
                Some(replies("after the restart"))
            );
            if len >= first_len {
                assert_eq!(cache.get(&key(0)).unwrap(), Some(replies("first\nline")));
            }
        }
    }

    #[test]
    fn a_damaged_line_is_no_answer_and_hides_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.log");
        let cache = AnswerCache::open(folder.path()).unwrap();
        cache.put(&key(0), &replies("first")).unwrap();
        cache.put(&key(1), &replies("second")).unwrap();
        drop(cache);
        let mut bytes = fs::read(&path).unwrap();
        bytes[JSON_START + 3] = 0;
        fs::write(&path, bytes).unwrap();
        let cache = AnswerCache::open(folder.path()).unwrap();
        assert_eq!(cache.get(&key(0)).unwrap(), None);
        assert_eq!(cache.get(&key(1)).unwrap(), Some(replies("second")));
    }

    #[test]
    fn two_runs_do_not_share_a_cache_at_the_same_time() {
        let folder = tempfile::tempdir().unwrap();
        let _first = AnswerCache::open(folder.path()).unwrap();
        assert!(matches!(
            AnswerCache::open(folder.path()),
            Err(CacheError::InUse { .. })
        ));
    }
}
