//! The files of an export, listed before the archive begins: in a file of this machine, however many there are.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::fs::File;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, BufWriter, Lines};

use super::lines::{BATCH, FILES, Listed, listed};
use super::name::Names;
use crate::app::App;
use crate::problem::{Problem, Result};

/// A list that is complete.
#[derive(Debug)]
pub(super) struct List {
    path: PathBuf,
    pub(super) files: i64,
    /// Of all files together.
    pub(super) bytes: u64,
}

/// A file of the list, and where it is in the archive.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Item {
    pub(super) path: String,
    pub(super) file: Listed,
}

/// A file as the archive tells of it.
#[derive(Serialize)]
struct Told<'a> {
    name: &'a str,
    content_type: &'a str,
    path: &'a str,
    bytes: i64,
}

impl List {
    /// Lists all files of a user in a folder that goes with the export.
    pub(super) async fn write(app: &App, user_id: &str, folder: &Path) -> Result<Self> {
        let mut list = Self { path: folder.join("files"), files: 0, bytes: 0 };
        let mut target = BufWriter::new(File::create_new(&list.path).await?);
        let mut names = Names::default();
        for part in FILES {
            let mut after = String::new();
            loop {
                let files = listed(app, user_id, *part, &after).await?;
                let is_last = files.len() < BATCH;
                for file in files {
                    after.clone_from(&file.id);
                    list.files += 1;
                    list.bytes += file.byte_len.unsigned_abs();
                    let item = Item { path: names.path(&file), file };
                    let mut text = serde_json::to_vec(&item).map_err(|_| Problem::internal())?;
                    text.push(b'\n');
                    target.write_all(&text).await?;
                }
                if is_last {
                    break;
                }
            }
        }
        target.flush().await?;
        Ok(list)
    }

    /// The list from its beginning.
    pub(super) async fn read(&self) -> Result<Items> {
        Ok(Items(BufReader::new(File::open(&self.path).await?).lines()))
    }
}

/// A list that is read.
pub(super) struct Items(Lines<BufReader<File>>);

impl Items {
    pub(super) async fn next(&mut self) -> Result<Option<Item>> {
        let Some(text) = self.0.next_line().await? else { return Ok(None) };
        serde_json::from_str(&text).map(Some).map_err(|_| Problem::internal())
    }
}

impl Item {
    /// The line of the archive about the file.
    pub(super) fn line(&self) -> String {
        let (Listed { name, content_type, byte_len, .. }, path) = (&self.file, &self.path);
        super::line("file", &Told { name, content_type, path, bytes: *byte_len })
    }
}
