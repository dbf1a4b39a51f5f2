//! Numbers as people read them.

use viralforge_core::Timestamp;

/// A clock with milliseconds, or a dash.
pub(crate) fn clock(time: Option<Timestamp>) -> String {
    time.map_or_else(dash, |t| t.to_string())
}

/// A clock with tenths: short enough for a label.
pub(crate) fn short_clock(time: Timestamp) -> String {
    let tenths = time.to_units(1, 10).max(0);
    let (h, m, s) = (tenths / 36_000, tenths / 600 % 60, tenths / 10 % 60);
    match (h, tenths % 10) {
        (0, t) => format!("{m}:{s:02}.{t}"),
        (h, t) => format!("{h}:{m:02}:{s:02}.{t}"),
    }
}

/// Seconds with one digit.
pub(crate) fn seconds(time: Timestamp) -> String {
    format!("{:.1} s", time.as_seconds_f64())
}

/// Decimal units, as disks and networks count.
pub(crate) fn bytes(count: u64) -> String {
    scaled(count, &["B", "kB", "MB", "GB", "TB"])
}

/// Decimal units a second.
pub(crate) fn bit_rate(bps: Option<u64>) -> String {
    bps.map_or_else(dash, |bps| scaled(bps, &["b/s", "kb/s", "Mb/s", "Gb/s"]))
}

fn scaled(value: u64, units: &[&str]) -> String {
    let mut value = value as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = usize::from(unit > 0 && value < 99.95);
    format!("{value:.digits$} {}", units[unit])
}

/// A figure with its unit, or a dash where there is none.
pub(crate) fn decibels(value: Option<f64>, unit: &str) -> String {
    value.map_or_else(dash, |v| format!("{v:.1} {unit}"))
}

/// What stands where a file does not tell.
pub(crate) fn dash() -> String {
    "–".to_owned()
}

/// `1 clip`, `2 clips`.
pub(crate) fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_keep_two_or_three_digits() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(7_608_204), "7.6 MB");
        assert_eq!(bytes(123_456_789), "123 MB");
        assert_eq!(bytes(999_999), "1.0 MB");
        assert_eq!(bit_rate(Some(1_166_000)), "1.2 Mb/s");
    }

    #[test]
    fn clocks_round_to_tenths() {
        assert_eq!(short_clock(Timestamp::from_millis(83_460)), "1:23.5");
        assert_eq!(short_clock(Timestamp::from_millis(3_600_000)), "1:00:00.0");
    }
}
