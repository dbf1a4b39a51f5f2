//! What clients send to the storage by themselves, in parts, by addresses that are signed for one part each.

use std::time::Duration;

use axum::http::Method;
use object_store::ObjectStoreExt as _;
use object_store::aws::AmazonS3;
use object_store::multipart::{MultipartStore as _, PartId};
use object_store::signer::{SignedUrlOptions, Signer as _};

use super::{Key, Place, Store, found};
use crate::problem::{Problem, Result};

impl Store {
    /// Who signs and puts together; a folder cannot.
    fn bucket(&self) -> Result<&AmazonS3> {
        match &self.place {
            Place::S3(s3) => Ok(s3),
            Place::Folder(_) => Err(Problem::new(
                "unsupported",
                "media is kept in a folder here, so nothing can be sent past this server; use POST /v1/uploads",
            )),
        }
    }

    /// Begins an object that comes in parts; the identifier that S3 gives it.
    pub(crate) async fn begin_parts(&self, key: &Key) -> Result<String> {
        Ok(self.timed("begin_parts", self.bucket()?.create_multipart(&self.at(key))).await?)
    }

    /// The address that a part may be sent to, with `PUT`.
    pub(crate) async fn part_url(&self, key: &Key, parts: &str, number: usize, lifetime: Duration) -> Result<String> {
        let query = [("partNumber", number.to_string()), ("uploadId", parts.to_owned())];
        let options = SignedUrlOptions::new().with_query(query);
        Ok(self.bucket()?.signed_url_opts(Method::PUT, &self.at(key), lifetime, &options).await?.into())
    }

    /// Puts the parts together; `tags` are what the storage answered to each.
    pub(crate) async fn join_parts(&self, key: &Key, parts: &str, tags: Vec<String>) -> Result<()> {
        let tags = tags.into_iter().map(|content_id| PartId { content_id }).collect();
        let (location, id) = (self.at(key), parts.to_owned());
        let joined = self.bucket()?.complete_multipart(&location, &id, tags);
        let Err(error) = self.timed("join_parts", joined).await else { return Ok(()) };
        let text = error.to_string();
        if ["InvalidPart", "EntityTooSmall", "NoSuchUpload"].iter().any(|code| text.contains(code)) {
            return Err(Problem::conflict("the storage does not have these parts; send those that are missing again"));
        }
        Err(error.into())
    }

    /// Throws the parts away; they may be gone already.
    pub(crate) async fn drop_parts(&self, key: &Key, parts: &str) -> Result<()> {
        found(self.timed("drop_parts", self.bucket()?.abort_multipart(&self.at(key), &parts.to_owned())).await)?;
        Ok(())
    }

    /// How many bytes a file has; `None` where it is not there.
    pub(crate) async fn byte_len(&self, key: &Key) -> Result<Option<u64>> {
        Ok(found(self.timed("head", self.objects.head(&self.at(key))).await)?.map(|object| object.size))
    }
}
