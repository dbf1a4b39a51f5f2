//! Where inputs and results lie while they are worked on.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::id;

/// A folder of this process, in a folder that all processes share. A lock on a file beside it tells the others that its
/// owner lives; what a dead one left is removed by whoever comes next.
#[derive(Debug)]
pub(crate) struct Scratch {
    folder: PathBuf,
    _lives: File,
}

impl Scratch {
    pub(crate) fn open(shared: &Path) -> io::Result<Self> {
        fs::create_dir_all(shared)?;
        let shared = fs::canonicalize(shared)?;
        let folder = shared.join(id::fresh());
        let lives = File::create_new(lock_of(&folder))?;
        lives.lock()?;
        fs::create_dir(&folder)?;
        remove_left(&shared)?;
        Ok(Self { folder, _lives: lives })
    }

    /// A folder for one job, which goes with the value.
    pub(crate) fn job_folder(&self) -> io::Result<TempDir> {
        tempfile::Builder::new().prefix("job-").tempdir_in(&self.folder)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next process.
        let _ = fs::remove_dir_all(&self.folder);
        let _ = fs::remove_file(lock_of(&self.folder));
    }
}

fn lock_of(folder: &Path) -> PathBuf {
    folder.with_extension("lock")
}

fn remove_left(shared: &Path) -> io::Result<()> {
    for entry in fs::read_dir(shared)? {
        let lock = entry?.path();
        if lock.extension().is_none_or(|extension| extension != "lock") {
            continue;
        }
        // It may have gone in between, with its owner.
        let Ok(file) = File::open(&lock) else { continue };
        if file.try_lock().is_ok() {
            let folder = lock.with_extension("");
            if folder.exists() {
                fs::remove_dir_all(folder)?;
            }
            fs::remove_file(lock)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dead_process_left_is_removed_and_what_a_living_one_uses_is_not() {
        let shared = tempfile::tempdir().unwrap();
        let living = Scratch::open(shared.path()).unwrap();
        let job = living.job_folder().unwrap();
        fs::create_dir_all(shared.path().join("dead/job-1")).unwrap();
        fs::write(shared.path().join("dead.lock"), "").unwrap();
        let another = Scratch::open(shared.path()).unwrap();
        assert!(job.path().exists() && !shared.path().join("dead").exists());
        drop((job, living, another));
        assert_eq!(fs::read_dir(shared.path()).unwrap().count(), 0);
    }
}
