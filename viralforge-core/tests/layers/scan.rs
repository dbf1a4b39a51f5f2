//! Just enough of Rust's grammar to see what a module imports: comments, literals and test-only items are gone.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// `["scene", "kernel"]` for `src/scene/kernel.rs`; empty for `src/lib.rs`.
pub(crate) type ModulePath = Vec<String>;

/// A word or a mark (`::`, `{`, `;` …) and the line it stands on.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

/// One file of the library.
pub(crate) struct Module {
    pub(crate) path: ModulePath,
    pub(crate) file: String,
    pub(crate) tokens: Vec<Token>,
    pub(crate) lines: usize,
}

/// A path into this crate that a module names, resolved from the crate's root.
#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) path: Vec<String>,
    pub(crate) line: usize,
}

/// Every module under `src`, without those that exist for tests only.
pub(crate) fn read(src: &Path) -> Vec<Module> {
    let mut modules: Vec<_> = rust_files(src)
        .into_iter()
        .map(|file| {
            let name = file.strip_prefix(src).unwrap().display().to_string();
            parse(&name, &fs::read_to_string(&file).unwrap())
        })
        .collect();
    let test_only: BTreeSet<_> = rust_files(src)
        .into_iter()
        .flat_map(|file| {
            let parent = module_path(&file.strip_prefix(src).unwrap().display().to_string());
            let names = test_modules(&tokenize(&fs::read_to_string(&file).unwrap()));
            names.into_iter().map(move |name| [parent.clone(), vec![name]].concat())
        })
        .collect();
    modules.retain(|module| !test_only.iter().any(|test| module.path.starts_with(test)));
    modules
}

pub(crate) fn parse(file: &str, text: &str) -> Module {
    let tokens = without_test_items(tokenize(text));
    let lines = tokens.iter().map(|token| token.line).collect::<BTreeSet<_>>().len();
    Module { path: module_path(file), file: file.to_owned(), tokens, lines }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn module_path(file: &str) -> ModulePath {
    let mut path: Vec<_> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if path.last().is_some_and(|last| last == "mod" || last == "lib") {
        path.pop();
    }
    path
}

impl Module {
    /// Paths of this crate that the code names: `crate::…`, `super::…`, `self::…`, and those that start with a module
    /// inside this one.
    pub(crate) fn imports(&self, is_module: impl Fn(&[String]) -> bool) -> Vec<Import> {
        let mut found = Vec::new();
        let mut here = self.path.clone();
        let mut inline = Vec::new(); // brace depth at which each inline module ends
        let mut depth = 0;
        for at in 0..self.tokens.len() {
            match self.text(at) {
                "{" => depth += 1,
                "}" => {
                    depth -= 1;
                    if inline.last() == Some(&depth) {
                        inline.pop();
                        here.pop();
                    }
                }
                "mod" if self.text(at + 2) == "{" => {
                    inline.push(depth);
                    here.push(self.text(at + 1).to_owned());
                }
                first if self.text(at + 1) == "::" && (at == 0 || self.text(at - 1) != "::") => {
                    let mut base = here.clone();
                    match first {
                        "crate" => base.clear(),
                        "self" => {}
                        "super" => drop(base.pop()),
                        name => {
                            base.push(name.to_owned());
                            if !is_module(&base) {
                                continue;
                            }
                        }
                    }
                    self.tree(at + 2, base, &mut found);
                }
                _ => {}
            }
        }
        found
    }

    /// Reads what follows a `::`; returns the index after it.
    fn tree(&self, mut at: usize, mut path: Vec<String>, found: &mut Vec<Import>) -> usize {
        let (start, line) = (at, self.tokens.get(at).map_or(0, |token| token.line));
        loop {
            match self.text(at) {
                "{" => {
                    at += 1;
                    while !matches!(self.text(at), "}" | "") {
                        at = match self.text(at) {
                            "," => at + 1,
                            _ => self.tree(at, path.clone(), found),
                        };
                    }
                    return at + 1;
                }
                "super" => drop(path.pop()),
                "self" => {}
                "*" => path.push("*".to_owned()),
                name if is_word(name) => path.push(name.to_owned()),
                _ => break,
            }
            at += 1;
            if self.text(at) == "as" {
                at += 2;
            }
            if self.text(at) != "::" {
                break;
            }
            at += 1;
        }
        found.push(Import { path, line });
        at.max(start + 1)
    }

    /// Text of the token at `at`, empty past the end.
    pub(crate) fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| &token.text)
    }
}

pub(crate) fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn tokenize(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let get = |at: usize| chars.get(at).copied().unwrap_or('\0');
    let (mut at, mut line) = (0, 1);
    let mut tokens = Vec::new();
    while at < chars.len() {
        let start = at;
        match get(at) {
            '/' if get(at + 1) == '/' => {
                while at < chars.len() && get(at) != '\n' {
                    at += 1;
                }
            }
            '/' if get(at + 1) == '*' => {
                let mut depth = 0;
                loop {
                    match (get(at), get(at + 1)) {
                        ('/', '*') => (depth, at) = (depth + 1, at + 2),
                        ('*', '/') => (depth, at) = (depth - 1, at + 2),
                        _ => at += 1,
                    }
                    if depth == 0 || at >= chars.len() {
                        break;
                    }
                }
            }
            '"' => at = after_quoted(&chars, at),
            'r' if get(at + 1) == '"' || (get(at + 1) == '#' && matches!(get(at + 2), '"' | '#')) => {
                let hashes = (at + 1..).take_while(|&i| get(i) == '#').count();
                at += 2 + hashes;
                while at < chars.len() && !(get(at) == '"' && (1..=hashes).all(|i| get(at + i) == '#')) {
                    at += 1;
                }
                at += 1 + hashes;
            }
            // A lifetime has no closing mark.
            '\'' if get(at + 1) == '\\' => {
                at += 3;
                while at < chars.len() && get(at) != '\'' {
                    at += 1;
                }
                at += 1;
            }
            '\'' if get(at + 2) == '\'' => at += 3,
            c if c.is_alphanumeric() || c == '_' => {
                while get(at).is_alphanumeric() || get(at) == '_' {
                    at += 1;
                }
                tokens.push(Token { text: chars[start..at].iter().collect(), line });
            }
            c if c.is_whitespace() => at += 1,
            ':' if get(at + 1) == ':' => {
                at += 2;
                tokens.push(Token { text: "::".to_owned(), line });
            }
            c => {
                at += 1;
                tokens.push(Token { text: c.to_string(), line });
            }
        }
        line += chars[start..at.min(chars.len())].iter().filter(|&&c| c == '\n').count();
    }
    tokens
}

fn after_quoted(chars: &[char], mut at: usize) -> usize {
    at += 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// Length of `#[cfg(test)]` or `#[cfg(all(test, …))]` at `at`.
fn test_attribute(tokens: &[Token], at: usize) -> Option<usize> {
    let text = |at: usize| tokens.get(at).map_or("", |token: &Token| token.text.as_str());
    if !(text(at) == "#" && text(at + 1) == "[" && text(at + 2) == "cfg") {
        return None;
    }
    let end = (at..tokens.len()).find(|&i| text(i) == "]")?;
    let words: Vec<_> = (at..end).map(text).collect();
    (words.contains(&"test") && !words.contains(&"not") && !words.contains(&"any")).then_some(end + 1 - at)
}

/// Names of modules in files of their own that are compiled for tests only.
fn test_modules(tokens: &[Token]) -> Vec<String> {
    (0..tokens.len())
        .filter_map(|at| {
            let after = at + test_attribute(tokens, at)?;
            // `mod`, `pub mod` or `pub(crate) mod`.
            let word = (after..after + 5).find(|&i| tokens.get(i).is_some_and(|token| token.text == "mod"))?;
            let [name, end] = tokens.get(word + 1..word + 3)? else { return None };
            (end.text == ";").then(|| name.text.clone())
        })
        .collect()
}

fn without_test_items(tokens: Vec<Token>) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let Some(length) = test_attribute(&tokens, at) else {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        };
        at += length;
        let mut depth = 0;
        while at < tokens.len() {
            match tokens[at].text.as_str() {
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" => depth -= 1,
                _ => {}
            }
            at += 1;
            let last = tokens[at - 1].text.as_str();
            if depth == 0 && matches!(last, ";" | "}") {
                break;
            }
        }
    }
    kept
}
