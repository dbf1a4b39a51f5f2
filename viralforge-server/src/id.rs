//! Identifiers and the clock.

use std::time::{SystemTime, UNIX_EPOCH};

use uuid::Uuid;

use crate::problem::{Problem, Result};

/// A fresh identifier; later ones sort behind earlier ones (UUID version 7, RFC 9562).
pub(crate) fn fresh() -> String {
    Uuid::now_v7().simple().to_string()
}

/// The identifier in a path, where it has the form of one: nothing else gets near a file name or a query.
pub(crate) fn checked(text: &str, what: &str) -> Result<String> {
    let is_ours = text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if is_ours { Ok(text.to_owned()) } else { Err(Problem::not_found(what)) }
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_sort_by_age_and_nothing_else_passes() {
        let (a, b) = (fresh(), fresh());
        assert!(a < b);
        assert_eq!(checked(&a, "job").unwrap(), a);
        for bad in ["", "..", "../../etc/passwd", "A0000000000000000000000000000000", "0%00", &format!("{a}0")] {
            assert_eq!(checked(bad, "job").unwrap_err().status(), 404, "{bad}");
        }
    }
}
