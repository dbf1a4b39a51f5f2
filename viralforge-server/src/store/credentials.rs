//! Keys of S3 that end: read from a file that something else keeps fresh, again and again.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use object_store::CredentialProvider;
use object_store::aws::AwsCredential;
use serde::Deserialize;

/// How long what was read is good, before the file is read again.
const FRESH: Duration = Duration::from_secs(1);

/// What the file holds: the form in which programs hand out keys of AWS (`credential_process` of its tools). More
/// fields may be there.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Written {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

/// The file, and what was last read of it.
#[derive(Debug)]
pub(super) struct CredentialsFile {
    path: PathBuf,
    read: Mutex<(Instant, Arc<AwsCredential>)>,
}

impl CredentialsFile {
    /// Reads it a first time.
    pub(super) fn open(path: &Path) -> object_store::Result<Self> {
        let read = parse(path, std::fs::read(path))?;
        Ok(Self { path: path.to_path_buf(), read: Mutex::new((Instant::now(), Arc::new(read))) })
    }

    async fn credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let (read_at, known) = self.read.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if read_at.elapsed() < FRESH {
            return Ok(known);
        }
        let read = match parse(&self.path, tokio::fs::read(&self.path).await) {
            Ok(read) => Arc::new(read),
            // It may be in the middle of being written; what was there before is good until the storage says otherwise.
            Err(error) => {
                tracing::warn!(%error, "the keys of S3 cannot be read again");
                known
            }
        };
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = (Instant::now(), Arc::clone(&read));
        Ok(read)
    }
}

fn parse(path: &Path, text: std::io::Result<Vec<u8>>) -> object_store::Result<AwsCredential> {
    let fail = |why: String| object_store::Error::Generic {
        store: "S3",
        source: format!("S3_CREDENTIALS_FILE {}: {why}", path.display()).into(),
    };
    let text = text.map_err(|error| fail(error.to_string()))?;
    // What is wrong with it is not told by serde: that would tell of the keys.
    let written: Written = serde_json::from_slice(&text).map_err(|_| {
        fail("is no JSON with AccessKeyId, SecretAccessKey and, where there is one, SessionToken".to_owned())
    })?;
    let Written { access_key_id: key_id, secret_access_key: secret_key, session_token: token } = written;
    Ok(AwsCredential { key_id, secret_key, token })
}

impl CredentialProvider for CredentialsFile {
    type Credential = AwsCredential;

    fn get_credential<'s, 'f>(
        &'s self,
    ) -> Pin<Box<dyn Future<Output = object_store::Result<Arc<AwsCredential>>> + Send + 'f>>
    where
        's: 'f,
        Self: 'f,
    {
        Box::pin(self.credential())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn keys_are_read_again_and_half_a_file_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        let write = |text: &str| std::fs::write(&path, text).unwrap();
        assert!(CredentialsFile::open(&path).unwrap_err().to_string().contains("keys.json"));
        write(
            r#"{"Version":1,"AccessKeyId":"a","SecretAccessKey":"geheim","SessionToken":"t","Expiration":"2026-01-01"}"#,
        );
        let file = CredentialsFile::open(&path).unwrap();
        let now = async || {
            // As if it had been read some time ago.
            file.read.lock().unwrap().0 -= FRESH;
            let read = file.credential().await.unwrap();
            (read.key_id.clone(), read.token.clone())
        };
        assert_eq!(now().await, ("a".to_owned(), Some("t".to_owned())));
        write(r#"{"AccessKeyId":"b","SecretAccessKey":"geheim"}"#);
        assert_eq!(now().await, ("b".to_owned(), None));
        write(r#"{"AccessKeyId":"c","SecretAcc"#);
        assert_eq!(now().await.0, "b");
        let told =
            parse(&path, Ok(br#"{"AccessKeyId":"geheim","SecretAccessKey":7}"#.to_vec())).unwrap_err().to_string();
        assert!(told.contains("SessionToken") && !told.contains("geheim"), "{told}");
    }
}
