use futures_util::TryStreamExt as _;
use proptest::prelude::*;

use super::*;

const KIND: &str = "multipart/form-data; boundary=\"xy\"";

/// The slot, the name of the file, and the file.
type Read = (Option<String>, Option<String>, Vec<u8>);

/// Reads a form that comes in pieces of `size` bytes.
fn read(text: &[u8], size: usize) -> Result<Read, String> {
    let pieces: Vec<_> = text.chunks(size).map(|piece| Ok::<_, String>(Bytes::copy_from_slice(piece))).collect();
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, KIND.parse().unwrap())]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let text = |problem: Problem| format!("{problem:?}");
        let mut form = Form::open(&headers, Body::from_stream(stream::iter(pieces))).await.map_err(text)?;
        let mut slot = None;
        while let Some(field) = form.next().await.map_err(text)? {
            if field.name != "slot" {
                let content: Vec<Bytes> = form.into_content().try_collect().await.map_err(str::to_owned)?;
                return Ok((slot, field.file_name, content.concat()));
            }
            slot = Some(form.text().await.map_err(text)?);
        }
        Err("no file".to_owned())
    })
}

fn written(slot: &str, content: &[u8]) -> Vec<u8> {
    let mut text = format!(
        "--xy\r\nContent-Disposition: form-data; name=\"slot\"\r\n\r\n{slot}\r\n--xy\r\ncontent-disposition: form-data; \
         name=\"file\"; filename=\"a%22b;.mp4\"\r\nContent-Type: video/mp4\r\n\r\n"
    )
    .into_bytes();
    text.extend_from_slice(content);
    text.extend_from_slice(b"\r\n--xy--\r\n");
    text
}

proptest! {
    #[test]
    fn what_a_browser_writes_is_read_however_it_is_cut(
        content in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            // Full of what nearly is the delimiter.
            prop::collection::vec(prop::sample::select(&b"\r\n-x"[..]), 0..200),
        ],
        size in 1..50_usize,
    ) {
        let (slot, name, file) = read(&written("image", &content), size).unwrap();
        prop_assert_eq!((slot.as_deref(), name.as_deref()), (Some("image"), Some("a\"b;.mp4")));
        prop_assert_eq!(file, content);
    }

    #[test]
    fn nonsense_and_forms_that_break_off_are_refused(
        cut in 0..250_usize,
        noise in prop::collection::vec(any::<u8>(), 0..300),
        size in 1..50_usize,
    ) {
        let whole = written("image", b"0123456789");
        // The file is there as soon as the delimiter behind it is.
        let enough = whole.len() - "--\r\n".len();
        prop_assert!(read(&whole[..cut.min(enough - 1)], size).is_err());
        prop_assert!(read(&noise, size).is_err());
    }
}

#[test]
fn a_text_without_end_is_not_waited_for() {
    assert!(read(&written(&"x".repeat(5000), b"y"), 100).is_err());
    assert!(read(&[b"--xy\r\nA: ", "x".repeat(20_000).as_bytes()].concat(), 100).is_err());
}
