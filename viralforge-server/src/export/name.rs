//! What files are called in an archive, whatever they were called before.

use std::collections::HashSet;

use super::lines::Listed;

/// Longest name, in bytes: with what comes before it, a file system takes it.
const MAX_BYTES: usize = 150;

/// Gives each file a path that no other has, on file systems that do not tell `A` from `a` as well.
#[derive(Debug, Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    pub(super) fn path(&mut self, file: &Listed) -> String {
        let name = safe(&file.name);
        let (folder, name) = match &file.job_id {
            Some(job) => (format!("files/{}/{job}", file.asset_id), name),
            None => (format!("files/{}", file.asset_id), format!("original-{name}")),
        };
        let path = format!("{folder}/{name}");
        if self.0.insert(path.to_lowercase()) {
            return path;
        }
        // The identifier is nobody else's.
        let path = format!("{folder}/{}-{name}", file.id);
        self.0.insert(path.to_lowercase());
        path
    }
}

/// Letters and digits of any script, and dots, dashes and spaces inside; anything else becomes a dash.
fn safe(name: &str) -> String {
    let is_mark = |c: char| ('\u{300}'..='\u{36f}').contains(&c);
    let is_kept = |c: char| c.is_alphanumeric() || is_mark(c) || "._- ".contains(c);
    let kept: String = name.chars().map(|c| if is_kept(c) { c } else { '-' }).collect();
    let kept = kept.replace("..", "-");
    let kept = shortened(kept.trim_matches(['.', '-', ' ']));
    if kept.is_empty() { "file".to_owned() } else { kept }
}

/// As much of a name as there is room for, with what it ends in.
fn shortened(name: &str) -> String {
    if name.len() <= MAX_BYTES {
        return name.to_owned();
    }
    let extension = name.rfind('.').map_or("", |dot| &name[dot..]);
    let extension = if extension.len() <= 16 { extension } else { "" };
    let end = name.floor_char_boundary(MAX_BYTES - extension.len());
    format!("{}{extension}", name[..end].trim_end_matches(['.', '-', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(id: &str, job: Option<&str>, name: &str) -> Listed {
        Listed {
            id: id.to_owned(),
            asset_id: "a1".to_owned(),
            job_id: job.map(str::to_owned),
            name: name.to_owned(),
            content_type: String::new(),
            storage_key: String::new(),
            byte_len: 0,
            created_at: 0,
        }
    }

    #[test]
    fn no_name_leaves_its_folder_and_none_is_there_twice() {
        let mut names = Names::default();
        let mut given = HashSet::new();
        let long = format!("{}.mp4", "é".repeat(200));
        let hostile = [
            "../../etc/passwd",
            "..",
            ".",
            "",
            "/",
            "/abs",
            "C:\\x",
            "a\0b",
            "....",
            ". . .",
            "a/../b",
            "\u{202e}gpj.exe",
            "\n",
            "~",
            "-rf",
            "x.",
            "x ",
            "x",
            "X",
            "nul\u{0}",
            &long,
        ];
        for (n, name) in hostile.iter().chain(&hostile).enumerate() {
            let path = names.path(&file(&format!("f{n}"), Some("j1"), name));
            let last = path.strip_prefix("files/a1/j1/").unwrap();
            let is_safe = last.chars().all(|c| !c.is_control() && !"/\\:\u{202e}".contains(c));
            assert!(is_safe && !last.contains("..") && !last.starts_with(['.', ' ']), "{name:?}: {path}");
            assert!(!last.ends_with(['.', ' ']) && !last.is_empty() && last.len() < 200, "{name:?}: {path}");
            assert!(given.insert(path.to_lowercase()), "{path} is there twice");
        }
    }

    #[test]
    fn a_name_that_is_fit_stays_as_it_is() {
        let path = |job, name: &str| Names::default().path(&file("f1", job, name));
        assert_eq!(path(Some("j1"), "clip-1-tiktok.mp4"), "files/a1/j1/clip-1-tiktok.mp4");
        assert_eq!(path(None, "Übung macht den Meister.mov"), "files/a1/original-Übung macht den Meister.mov");
        assert_eq!(path(None, "東京 2026.mp4"), "files/a1/original-東京 2026.mp4");
        assert!(path(None, &format!("{}.mp4", "a".repeat(300))).ends_with("aaa.mp4"));
    }
}
