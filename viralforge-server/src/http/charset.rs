//! Text is UTF-8, and says so: in an answer without its charset, browsers guess (OWASP ASVS 5.0, 4.1.1).

use std::borrow::Cow;

const CHARSET: &str = "; charset=utf-8";

/// A media type with its charset, where it is one of text that names none. JSON has no such parameter (RFC 8259).
pub(super) fn told(media_type: &str) -> Cow<'_, str> {
    let (name, parameters) = media_type.split_once(';').unwrap_or((media_type, ""));
    let name = name.trim().to_ascii_lowercase();
    let is_text = name.starts_with("text/") || name.ends_with("+xml") || name.ends_with("/xml");
    if is_text && !parameters.to_ascii_lowercase().contains("charset=") {
        return Cow::Owned(format!("{}{CHARSET}", media_type.trim_end_matches([';', ' '])));
    }
    Cow::Borrowed(media_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_names_its_charset_once_and_nothing_else_does() {
        for (media_type, expected) in [
            ("text/vtt", "text/vtt; charset=utf-8"),
            ("Text/Plain; format=flowed", "Text/Plain; format=flowed; charset=utf-8"),
            ("image/svg+xml", "image/svg+xml; charset=utf-8"),
            ("application/xml;", "application/xml; charset=utf-8"),
            ("text/plain; Charset=iso-8859-1", "text/plain; Charset=iso-8859-1"),
            ("application/json", "application/json"),
            ("video/mp4", "video/mp4"),
            ("", ""),
        ] {
            assert_eq!(told(media_type), expected);
        }
    }
}
