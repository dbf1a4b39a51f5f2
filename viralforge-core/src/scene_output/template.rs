//! Names and titles made of a pattern.

use crate::error::{Error, Result};

/// A pattern such as `Scene {number:03}`.
#[derive(Debug)]
pub(super) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug)]
enum Piece {
    Text(String),
    /// The number, with zeros before it up to so many digits.
    Number(usize),
    Word(String),
}

/// Most digits that a pattern may ask for.
const MAX_DIGITS: usize = 9;

impl Template {
    /// Reads the pattern of `option`, which may hold the number and these words.
    ///
    /// # Errors
    /// `invalid_option` where a brace has no other or holds something else.
    pub(super) fn parse(option: &'static str, pattern: &str, words: &[&str]) -> Result<Self> {
        let fail = |problem: String| Error::invalid_option(option, problem);
        let (mut pieces, mut text) = (Vec::new(), String::new());
        let mut rest = pattern;
        while let Some(at) = rest.find(['{', '}']) {
            text.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            let after = &rest[at + 1..];
            if let Some(after) = after.strip_prefix(brace) {
                text.push_str(brace);
                rest = after;
                continue;
            }
            let (name, after) = after
                .split_once('}')
                .filter(|_| brace == "{")
                .ok_or_else(|| fail(format!("{pattern:?} has a brace without its other; write two for one")))?;
            if !text.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
            }
            pieces.push(Piece::parse(name, words).ok_or_else(|| {
                let known: Vec<_> =
                    ["number", "number:03"].iter().chain(words).map(|word| format!("{{{word}}}")).collect();
                fail(format!("{{{name}}} is not one of {}", known.join(", ")))
            })?);
            rest = after;
        }
        text.push_str(rest);
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        Ok(Self { pieces })
    }

    /// Whether it says the number.
    pub(super) fn has_number(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Number(_)))
    }

    /// The text for that number; `word` says what the words stand for.
    pub(super) fn fill(&self, number: usize, word: impl Fn(&str) -> String) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Number(digits) => format!("{number:0digits$}"),
            Piece::Word(name) => word(name),
        };
        self.pieces.iter().map(piece).collect()
    }
}

impl Piece {
    fn parse(name: &str, words: &[&str]) -> Option<Self> {
        match name.split_once(':') {
            None if name == "number" => Some(Self::Number(1)),
            None => words.contains(&name).then(|| Self::Word(name.to_owned())),
            Some(("number", digits)) => {
                let digits = digits.parse().ok().filter(|digits| (1..=MAX_DIGITS).contains(digits))?;
                Some(Self::Number(digits))
            }
            Some(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fill(pattern: &str) -> Result<String> {
        Ok(Template::parse("p", pattern, &["name"])?.fill(7, |_| "a{b}".to_owned()))
    }

    #[test]
    fn numbers_and_words_are_put_in() {
        assert_eq!(fill("{name}-{number:03}.mp4").unwrap(), "a{b}-007.mp4");
        assert_eq!(fill("{{{number}}}").unwrap(), "{7}");
        assert!(!Template::parse("p", "{{number}}", &[]).unwrap().has_number());
    }

    #[test]
    fn mistakes_are_named() {
        let text = |pattern: &str| fill(pattern).unwrap_err().to_string();
        assert_eq!(text("{numbr}"), "p {numbr} is not one of {number}, {number:03}, {name}");
        assert_eq!(text("a{number"), "p \"a{number\" has a brace without its other; write two for one");
        assert!(fill("a}b").is_err() && fill("{number:99}").is_err() && fill("{name:3}").is_err());
    }

    proptest! {
        #[test]
        fn doubled_braces_keep_any_text(text in "\\PC{0,20}") {
            prop_assert_eq!(fill(&text.replace('{', "{{").replace('}', "}}")).unwrap(), text);
        }
    }
}
