//! Figures of the sound.

use viralforge_core::LoudnessReport;

use crate::units::decibels;

/// One figure each, with its name and what it means.
pub(super) fn figures(loudness: &LoudnessReport) -> String {
    let figures = [
        ("Loudness", decibels(loudness.integrated_lufs, "LUFS"), "Integrated, ITU-R BS.1770"),
        ("Range", decibels(loudness.loudness_range_lu, "LU"), "Loudness range, EBU Tech 3342"),
        ("Loudest 3 s", decibels(loudness.max_short_term_lufs, "LUFS"), "Maximum short-term loudness"),
        ("Loudest 0.4 s", decibels(loudness.max_momentary_lufs, "LUFS"), "Maximum momentary loudness"),
        ("True peak", decibels(loudness.true_peak_dbtp, "dBTP"), "Peak of the continuous signal"),
    ];
    let items: String = figures
        .iter()
        .map(|(name, value, what)| {
            let (number, unit) = value.split_once(' ').unwrap_or((value, ""));
            // A minus is as wide as a plus and never breaks a line, unlike a hyphen.
            let number = number.replace('-', "\u{2212}");
            format!("<div title=\"{what}\"><dt>{name}</dt><dd>{number} <small>{unit}</small></dd></div>\n")
        })
        .collect();
    format!("<dl class=\"figures\">\n{items}</dl>\n")
}
