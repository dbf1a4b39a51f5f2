//! An upload that is looked at while it comes.

use napi::Result;
use napi_derive::napi;
use viralforge_core as core;

use crate::error::rejection;
use crate::json;
use crate::request::Request;

/// See `UploadInspector` of the package.
#[napi]
pub struct UploadInspector(core::UploadInspector);

#[napi]
impl UploadInspector {
    /// `options` are those of `validateUpload`.
    #[napi(constructor)]
    pub fn new(options: String, byte_len: Option<f64>) -> Result<Self> {
        let inspector = Request::parse(&options)
            .and_then(|request| crate::policy::from_options(&request))
            .and_then(|policy| core::UploadInspector::new(&policy, byte_len.map(|len| len as u64)));
        inspector.map(Self).map_err(|error| rejection(&error))
    }

    /// The verdict so far, as JSON.
    #[napi]
    pub fn push(&mut self, bytes: &[u8]) -> Result<String> {
        json::to_js(&self.0.push(bytes)).map_err(|error| rejection(&error))
    }

    /// The report so far, as JSON.
    #[napi]
    pub fn report(&self) -> Result<String> {
        json::to_js(&self.0.report()).map_err(|error| rejection(&error))
    }

    /// How many bytes have come.
    #[napi(getter)]
    pub fn seen_bytes(&self) -> f64 {
        self.0.seen_bytes() as f64
    }
}
