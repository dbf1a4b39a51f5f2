//! Files that were asked for a moment ago: a player reads one in many parts, and each need not ask the database.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hashlink::LruCache;

use super::StoredFile;

/// How long what was read is good. A file never changes; one that another server removes is gone here after this.
const FRESH: Duration = Duration::from_secs(1);
/// How many are remembered: half a mebibyte of them.
const MOST: usize = 2048;

/// What was read lately.
#[derive(Debug)]
pub(super) struct Recent(Mutex<Read>);

#[derive(Debug)]
struct Read {
    files: LruCache<String, (Instant, StoredFile)>,
    /// How often everything was forgotten.
    forgotten: u64,
}

/// A look into the database that is about to begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    began: Instant,
    forgotten: u64,
}

impl Default for Recent {
    fn default() -> Self {
        Self(Mutex::new(Read { files: LruCache::new(MOST), forgotten: 0 }))
    }
}

impl Recent {
    /// The file, or leave to look for it.
    pub(super) fn get(&self, id: &str) -> Result<StoredFile, Look> {
        let began = Instant::now();
        let mut read = self.read();
        match read.files.get(id) {
            Some((read_at, file)) if began.duration_since(*read_at) < FRESH => Ok(file.clone()),
            _ => Err(Look { began, forgotten: read.forgotten }),
        }
    }

    /// Remembers what a look found, unless files were removed since it began.
    pub(super) fn keep(&self, look: Look, file: &StoredFile) {
        let mut read = self.read();
        if read.forgotten == look.forgotten {
            read.files.insert(file.id.clone(), (look.began, file.clone()));
        }
    }

    /// Forgets everything: files were removed.
    pub(super) fn forget(&self) {
        let mut read = self.read();
        read.files.clear();
        read.forgotten += 1;
    }

    fn read(&self) -> MutexGuard<'_, Read> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(id: &str) -> StoredFile {
        let text = || id.to_owned();
        StoredFile { id: text(), name: text(), content_type: text(), storage_key: text(), byte_len: 1 }
    }

    #[test]
    fn a_file_is_remembered_for_a_while() {
        let recent = Recent::default();
        let look = recent.get("a").unwrap_err();
        recent.keep(look, &file("a"));
        assert_eq!(recent.get("a").unwrap().name, "a");
        assert!(recent.get("b").is_err());
        let long_ago = Look { began: look.began.checked_sub(FRESH).unwrap(), ..look };
        recent.keep(long_ago, &file("a"));
        assert!(recent.get("a").is_err());
    }

    #[test]
    fn what_was_found_before_files_were_removed_is_not_remembered() {
        let recent = Recent::default();
        let look = recent.get("a").unwrap_err();
        recent.keep(look, &file("a"));
        recent.forget();
        assert!(recent.get("a").is_err());
        recent.keep(look, &file("a"));
        assert!(recent.get("a").is_err());
    }

    #[test]
    fn no_more_are_remembered_than_there_is_room_for() {
        let recent = Recent::default();
        for i in 0..MOST + 10 {
            let id = i.to_string();
            let look = recent.get(&id).unwrap_err();
            recent.keep(look, &file(&id));
        }
        assert!(recent.get("0").is_err() && recent.get("2000").is_ok());
        assert_eq!(recent.read().files.len(), MOST);
    }
}
