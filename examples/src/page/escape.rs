//! Text as HTML shows it.

/// Replaces what HTML would read as markup, in text and in quoted attributes. Control characters, which HTML does
/// not allow, and marks that turn the direction of writing, which could disguise a name, become the replacement
/// character.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\t' => safe.push(' '),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => safe.push('\u{fffd}'),
            c if c.is_control() => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_stranger_writes_is_markup() {
        assert_eq!(
            escape("<img src=x onerror=\"alert('1')\"> & \u{0}\u{202e}4pm."),
            "&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; \u{fffd}\u{fffd}4pm."
        );
    }
}
