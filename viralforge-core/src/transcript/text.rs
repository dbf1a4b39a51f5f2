//! The words of a cue without what tells players how to show them.

/// Without tags (`<i>`, `<v Ann>`, `<00:01.000>`), SubStation codes (`{\an8}`) and control characters; the character
/// references of WebVTT are resolved. A `<` that begins no tag is text: "I <3 this".
pub(super) fn plain(marked: &str) -> String {
    let mut plain = String::with_capacity(marked.len());
    let mut rest = marked;
    while let Some(at) = rest.find(['<', '{', '&']) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let (text, used) = special(rest);
        plain.push_str(text);
        rest = &rest[used..];
    }
    plain.push_str(rest);
    plain.retain(|c| c == '\n' || !c.is_control());
    let lines: Vec<_> = plain.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// Longest tag that is looked for, in bytes, so that a text of nothing but `<` does not take forever.
const MAX_TAG_BYTES: usize = 256;

/// What the special character at the start of `text` stands for, and how many bytes that takes.
fn special(text: &str) -> (&str, usize) {
    let window = &text.as_bytes()[..text.len().min(MAX_TAG_BYTES)];
    let closed_by = |end: u8| {
        let inside = window.iter().skip(1).take_while(|b| **b != b'<').position(|b| *b == end);
        inside.map(|at| at + 2)
    };
    let markup = match window {
        [b'<', b'/' | b'a'..=b'z' | b'A'..=b'Z', ..] | [b'<', b'0'..=b'9', b'0'..=b'9', ..] => closed_by(b'>'),
        [b'{', b'\\', ..] => closed_by(b'}'),
        _ => None,
    };
    if let Some(used) = markup {
        return ("", used);
    }
    let references = [("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&lrm;", ""), ("&rlm;", "")];
    match references.iter().find(|(name, _)| text.starts_with(name)) {
        Some((name, meaning)) => (meaning, name.len()),
        None => (&text[..1], 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_goes_and_text_that_only_looks_like_it_stays() {
        assert_eq!(plain("<b>I <3 you</b> {\\an8}&lt;really&gt; {sic} & so"), "I <3 you <really> {sic} & so");
        assert_eq!(plain("<v Ann Lee>Hi</v>\n\n<00:01.000>there\u{7}"), "Hi\nthere");
        assert_eq!(plain("<i never closed"), "<i never closed");
    }

    #[test]
    fn resolved_references_are_not_resolved_again() {
        assert_eq!(plain("&amp;lt;i&amp;gt;"), "&lt;i&gt;");
    }
}
