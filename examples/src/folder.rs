//! An output folder whose files appear all together, once every one of them is complete.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::failure::Failure;

/// Files gather in a hidden folder inside the output folder, so that publishing them is a rename each. Dropped
/// without [`publish`](Self::publish), it leaves nothing, not even the folders that it made.
pub(crate) struct Folder {
    // Fields drop in this order: the hidden folder must be gone before its parents can be.
    staging: TempDir,
    made: MadeFolders,
    path: PathBuf,
}

impl Folder {
    /// Makes the folder at `path` and those above it, where they are not there yet.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        let fail = |error| Failure::File(path.display().to_string(), error);
        if path.exists() && !path.is_dir() {
            return Err(fail(io::Error::new(io::ErrorKind::NotADirectory, "is a file, not a folder")));
        }
        let made = MadeFolders::create(path).map_err(fail)?;
        let staging =
            tempfile::Builder::new().prefix(".viralforge-").suffix(".partial").tempdir_in(path).map_err(fail)?;
        Ok(Self { staging, made, path: path.to_path_buf() })
    }

    /// The folder itself, for what writes complete files on its own.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where files gather until they are published, for what names them on its own.
    pub(crate) fn drafts(&self) -> &Path {
        self.staging.path()
    }

    /// Where to write the file that will be called `name`.
    pub(crate) fn draft(&self, name: &str) -> PathBuf {
        self.staging.path().join(name)
    }

    /// Where the file called `name` will be.
    pub(crate) fn final_path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a small file.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        fs::write(self.draft(name), bytes)
            .map_err(|error| Failure::File(self.final_path(name).display().to_string(), error))
    }

    /// Moves every file to its place; what had its name before is replaced.
    pub(crate) fn publish(mut self) -> Result<(), Failure> {
        let fail = |path: &Path, error| Failure::File(path.display().to_string(), error);
        let list = |error| fail(&self.path, error);
        let names: Vec<_> = fs::read_dir(self.staging.path())
            .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect())
            .map_err(list)?;
        for name in names {
            let target = self.path.join(&name);
            fs::rename(self.staging.path().join(&name), &target).map_err(|error| fail(&target, error))?;
        }
        self.made.keep();
        Ok(())
    }
}

/// Folders that this run made, the outermost first.
struct MadeFolders(Vec<PathBuf>);

impl MadeFolders {
    fn create(path: &Path) -> io::Result<Self> {
        let mut missing: Vec<&Path> =
            path.ancestors().take_while(|p| !p.as_os_str().is_empty() && !p.exists()).collect();
        missing.reverse();
        let mut made = Self(Vec::new());
        for folder in missing {
            fs::create_dir(folder)?;
            made.0.push(folder.to_path_buf());
        }
        Ok(made)
    }

    fn keep(&mut self) {
        self.0.clear();
    }
}

impl Drop for MadeFolders {
    fn drop(&mut self) {
        for folder in self.0.iter().rev() {
            // It may hold files of somebody else by now; then it stays.
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_publishing_nothing_is_left() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::create(&root.path().join("a/b")).unwrap();
        folder.write("x.txt", b"half").unwrap();
        drop(folder);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn publishing_replaces_old_files_and_keeps_others() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("x.txt"), "old").unwrap();
        fs::write(root.path().join("mine.txt"), "mine").unwrap();
        let folder = Folder::create(root.path()).unwrap();
        folder.write("x.txt", b"new").unwrap();
        assert_eq!(fs::read(root.path().join("x.txt")).unwrap(), b"old");
        folder.publish().unwrap();
        assert_eq!(fs::read(root.path().join("x.txt")).unwrap(), b"new");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_file_in_the_folders_place_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("x");
        fs::write(&path, "").unwrap();
        assert_eq!(Folder::create(&path).err().unwrap().exit_status(), 4);
    }
}
