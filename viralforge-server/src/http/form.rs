//! `multipart/form-data` (RFC 7578) as browsers write it, read strictly: a field at a time, the file as a stream.

use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, Stream};

use crate::problem::{Problem, Result};
use crate::upload::next_bytes;

/// Longest header of a field, and longest text, in bytes.
const MAX_HEADER_BYTES: usize = 8 << 10;
const MAX_TEXT_BYTES: usize = 1 << 10;

/// A form that is being read.
pub(super) struct Form {
    body: BodyDataStream,
    buffer: BytesMut,
    /// What stands before each field and after the last.
    delimiter: Vec<u8>,
}

/// What a field says of itself.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) file_name: Option<String>,
}

impl Form {
    pub(super) async fn open(headers: &HeaderMap, body: Body) -> Result<Self> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let boundary = kind.strip_prefix("multipart/form-data").and_then(|rest| rest.split_once("boundary="));
        let boundary = boundary.map_or("", |(_, rest)| rest.split(';').next().unwrap_or_default().trim_matches('"'));
        // No longer than the standard has it (RFC 2046, 5.1.1).
        if !(1..=70).contains(&boundary.len()) {
            return Err(Problem::new("unsupported_type", "Content-Type must be multipart/form-data with its boundary"));
        }
        // Only the first delimiter may do without a new line.
        let buffer = BytesMut::from(&b"\r\n"[..]);
        let delimiter = format!("\r\n--{boundary}").into_bytes();
        let mut form = Self { body: body.into_data_stream(), buffer, delimiter };
        form.take_content(0).await?;
        Ok(form)
    }

    /// The next field; its content has to be taken before the one after it.
    pub(super) async fn next(&mut self) -> Result<Option<Field>> {
        while self.buffer.len() < 2 {
            self.fill().await?;
        }
        match &*self.buffer.split_to(2) {
            b"--" => return Ok(None),
            b"\r\n" => {}
            _ => return Err(malformed()),
        }
        let head = self.take_until(b"\r\n\r\n", MAX_HEADER_BYTES).await?;
        let head = std::str::from_utf8(&head).map_err(|_| malformed())?;
        let value = head.split("\r\n").find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-disposition").then_some(value.trim())
        });
        let value = value.filter(|value| value.starts_with("form-data;")).ok_or_else(malformed)?;
        let name = parameter(value, "name").ok_or_else(malformed)?;
        Ok(Some(Field { name, file_name: parameter(value, "filename") }))
    }

    /// The content of a field that is a short text.
    pub(super) async fn text(&mut self) -> Result<String> {
        String::from_utf8(self.take_content(MAX_TEXT_BYTES).await?.into()).map_err(|_| malformed())
    }

    /// The content of a field, however long; nothing is read behind it.
    pub(super) fn into_content(self) -> impl Stream<Item = Result<Bytes, &'static str>> + Send {
        stream::try_unfold(Some(self), async |form| {
            let Some(mut form) = form else { return Ok(None) };
            loop {
                if let Some(end) = position(&form.buffer, &form.delimiter) {
                    return Ok(Some((form.buffer.split_to(end).freeze(), None)));
                }
                // The last bytes may be the beginning of the delimiter.
                let sure = form.buffer.len().saturating_sub(form.delimiter.len() - 1);
                if sure > 0 {
                    return Ok(Some((form.buffer.split_to(sure).freeze(), Some(form))));
                }
                form.fill().await.map_err(|_| "the form broke off")?;
            }
        })
    }

    async fn take_content(&mut self, max: usize) -> Result<BytesMut> {
        let delimiter = self.delimiter.clone();
        self.take_until(&delimiter, max).await
    }

    /// At most `max` bytes before `mark`, which is taken as well.
    async fn take_until(&mut self, mark: &[u8], max: usize) -> Result<BytesMut> {
        loop {
            match position(&self.buffer, mark) {
                Some(end) if end <= max => {
                    let bytes = self.buffer.split_to(end);
                    let _ = self.buffer.split_to(mark.len());
                    return Ok(bytes);
                }
                None if self.buffer.len() < max + mark.len() => self.fill().await?,
                _ => return Err(malformed()),
            }
        }
    }

    async fn fill(&mut self) -> Result<()> {
        let bytes = next_bytes(&mut self.body).await?;
        self.buffer.extend_from_slice(&bytes.ok_or_else(|| Problem::bad_request("the form broke off"))?);
        Ok(())
    }
}

fn malformed() -> Problem {
    Problem::bad_request("the form is malformed: fields are `slot`, where needed, and then `file`")
}

fn position(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).position(|window| window == mark)
}

/// A parameter of Content-Disposition. Quotes and new lines inside come escaped (HTML, 4.10.21.8), so the first quote
/// ends it.
fn parameter(header: &str, name: &str) -> Option<String> {
    let (_, rest) = header.split_once(&format!("; {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(value.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n"))
}

#[cfg(test)]
mod tests;
