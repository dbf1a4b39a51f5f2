//! Names of stored files.

use std::fmt;

/// The place of one stored file. Made of identifiers and of names from a fixed alphabet, so that it cannot leave the
/// storage, whatever the storage makes of dots and slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key(String);

impl Key {
    /// Where an asset and all that was made of it are.
    pub(super) fn all(asset: &str) -> Self {
        Self(format!("assets/{asset}"))
    }

    /// The upload itself.
    pub(crate) fn original(asset: &str) -> Self {
        Self(format!("assets/{asset}/original"))
    }

    /// A result of a job. The fence makes it a name that no other start of the job ever writes.
    pub(crate) fn output(asset: &str, job: &str, fence: i64, name: &str) -> Self {
        Self(format!("{}/{fence}/{}", Self::outputs(asset, job), plain(name)))
    }

    /// Whether a name stays as it is in a key.
    pub(crate) fn is_plain(name: &str) -> bool {
        !name.is_empty() && plain(name) == name
    }

    /// Where the results of all starts of a job are.
    pub(crate) fn outputs(asset: &str, job: &str) -> Self {
        Self(format!("assets/{asset}/jobs/{job}"))
    }

    /// Where the archives of all starts of an export are.
    pub(crate) fn export(export: &str) -> Self {
        Self(format!("exports/{export}"))
    }

    /// An archive. The fence makes it a name that no other start of the export ever writes.
    pub(crate) fn archive(export: &str, fence: i64) -> Self {
        Self(format!("{}/{fence}/archive.zip", Self::export(export)))
    }

    /// A key that was stored.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Letters, digits, and dots and dashes inside; anything else becomes a dash.
fn plain(name: &str) -> String {
    let safe: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '-' }).collect();
    safe.trim_matches(['.', '-']).replace("..", "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_its_folder() {
        for name in ["../../etc/x", "..", "a/b", "a\\b", "\0", "clip..mp4", "%2e%2e/x", "\u{202e}gpj.exe"] {
            let key = Key::output("a1", "j1", 3, name).to_string();
            let last = key.strip_prefix("assets/a1/jobs/j1/3/").unwrap();
            assert!(!last.contains('/') && !last.contains("..") && !last.starts_with('.'), "{name:?}: {key}");
        }
        assert!(Key::output("a", "j", 1, "clip-1-tiktok.mp4").to_string().ends_with("/clip-1-tiktok.mp4"));
    }
}
