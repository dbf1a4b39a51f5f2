//! Core's JSON with the names of JavaScript, straight from text to text: reports of an hour have millions of keys, and
//! a tree of them would cost more than the probe of a small file.

/// `min_duration_seconds` as `minDurationSeconds`.
pub(crate) fn camel_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    push_camel_case(&mut out, name);
    out
}

fn push_camel_case(out: &mut String, name: &str) {
    let mut words = name.split('_');
    out.push_str(words.next().unwrap_or_default());
    for word in words {
        let mut letters = word.chars();
        out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
}

/// The keys of a stretch of time, as core writes them.
const RANGE: [&str; 4] = ["start", "end", "start_seconds", "end_seconds"];

/// Renames every key of a document without white space. What lies in a stretch of time also gets a `range`, to be
/// handed on as it is.
pub(crate) fn to_camel_case(json: &str) -> String {
    let mut writer =
        Writer { out: String::with_capacity(json.len() + json.len() / 4), open: Vec::new(), range_next: false };
    let mut rest = json;
    while let Some(first) = rest.chars().next() {
        let len = match first {
            '"' => string_len(rest),
            '{' | '}' | '[' | ']' | ',' | ':' => 1,
            _ => rest.find(['"', '{', '}', '[', ']', ',', ':']).unwrap_or(rest.len()),
        };
        let (token, behind) = rest.split_at(len);
        writer.put(token);
        rest = behind;
    }
    writer.out
}

/// The length of the string that a text begins with, quotes included.
fn string_len(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |at| at + 2)
}

struct Writer {
    out: String,
    open: Vec<Open>,
    /// The value that comes next stands under the key `range`.
    range_next: bool,
}

/// An object or array that has begun and not ended.
struct Open {
    object: bool,
    key_next: bool,
    is_range: bool,
    /// Where the values of [`RANGE`] are in the output.
    spans: [Option<(usize, usize)>; 4],
    /// Which of them is being written, and from where.
    current: Option<(usize, usize)>,
}

impl Writer {
    fn put(&mut self, token: &str) {
        match token {
            "{" | "[" => {
                let (object, is_range) = (token == "{", std::mem::take(&mut self.range_next));
                self.out.push_str(token);
                self.open.push(Open { object, key_next: object, is_range, spans: [None; 4], current: None });
            }
            "}" | "]" => {
                self.end_value();
                self.close();
                self.out.push_str(token);
            }
            "," => {
                self.end_value();
                self.out.push_str(token);
            }
            ":" => {
                self.out.push_str(token);
                let at = self.out.len();
                if let Some((_, from)) = self.open.last_mut().and_then(|open| open.current.as_mut()) {
                    *from = at;
                }
            }
            _ if self.open.last().is_some_and(|open| open.key_next) => self.put_key(token),
            _ => {
                self.range_next = false;
                self.out.push_str(token);
            }
        }
    }

    fn put_key(&mut self, quoted: &str) {
        let name = quoted.trim_matches('"');
        self.range_next = name == "range";
        if let Some(open) = self.open.last_mut() {
            open.key_next = false;
            open.current = RANGE.iter().position(|key| *key == name).map(|which| (which, 0));
        }
        self.out.push('"');
        push_camel_case(&mut self.out, name);
        self.out.push('"');
    }

    fn end_value(&mut self) {
        let to = self.out.len();
        if let Some(open) = self.open.last_mut() {
            if let Some((which, from)) = open.current.take() {
                open.spans[which] = Some((from, to));
            }
            open.key_next = open.object;
        }
    }

    /// Adds the range where there is one.
    fn close(&mut self) {
        let Some(Open {
            is_range: false, spans: [Some(start), Some(end), Some(start_seconds), Some(end_seconds)], ..
        }) = self.open.pop()
        else {
            return;
        };
        self.out.push_str(",\"range\":{");
        for (i, (from, to)) in [start, end, start_seconds, end_seconds].into_iter().enumerate() {
            self.out.push_str(["\"start\":", ",\"end\":", ",\"startSeconds\":", ",\"endSeconds\":"][i]);
            self.out.extend_from_within(from..to);
        }
        self.out.push('}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_renamed_and_values_are_not() {
        let report = r#"{"safe_name":"a_b.mp4","findings":[{"operator_message":"x","offset":null},[]],"a":{}}"#;
        let expected = r#"{"safeName":"a_b.mp4","findings":[{"operatorMessage":"x","offset":null},[]],"a":{}}"#;
        assert_eq!(to_camel_case(report), expected);
        assert_eq!(to_camel_case(r#"["a_b",1.5,true]"#), r#"["a_b",1.5,true]"#);
        assert_eq!(to_camel_case("null"), "null");
    }

    #[test]
    fn text_may_hold_anything() {
        for text in [r#"{"k_e":"a\"b_c\":{\\"}"#, r#"{"k_e":"\\","m_n":"é_ü}"}"#] {
            let renamed = to_camel_case(text);
            assert_eq!(renamed, text.replace("k_e", "kE").replace("m_n", "mN"));
            assert!(serde_json::from_str::<serde_json::Value>(&renamed).is_ok());
        }
    }

    #[test]
    fn a_thing_in_time_gets_a_range_and_a_range_does_not() {
        let range = r#"{"start_seconds":0.5,"end_seconds":1.0,"start":{"num":1,"den":2},"end":{"num":1,"den":1}}"#;
        let named = r#"{"startSeconds":0.5,"endSeconds":1.0,"start":{"num":1,"den":2},"end":{"num":1,"den":1}}"#;
        let copy = r#"{"start":{"num":1,"den":2},"end":{"num":1,"den":1},"startSeconds":0.5,"endSeconds":1.0}"#;
        let scene = format!("{},\"range\":{copy}}}", &named[..named.len() - 1]);
        let report = format!(r#"{{"scenes":[{range},{range}],"range":{range},"time":{{"start":1}}}}"#);
        let expected = format!(r#"{{"scenes":[{scene},{scene}],"range":{named},"time":{{"start":1}}}}"#);
        assert_eq!(to_camel_case(&report), expected);
    }
}
