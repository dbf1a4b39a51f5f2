//! The page that `clips` writes: one HTML file that needs no network and opens from disk.
//!
//! File names, tags and chapter titles come from strangers. Everything that is text goes through [`mod@escape`], and the
//! page's own policy allows no script but ours, no network and no form, should an escape ever be forgotten.

mod clips;
mod escape;
mod facts;
mod scenes;
mod sound;
mod timeline;

use viralforge_core::{Analysis, ClipSuggestion, Size, Timestamp};

use crate::units::count;
use escape::escape;

/// What the page shows.
pub(crate) struct Page<'a> {
    /// Name of the video, as its folder spells it.
    pub(crate) name: &'a str,
    /// Everything measured.
    pub(crate) analysis: &'a Analysis,
    /// What was suggested, the best first.
    pub(crate) suggestions: &'a [ClipSuggestion],
    /// What was rendered.
    pub(crate) clips: &'a [PageClip],
    /// Pictures of scenes, in order of time.
    pub(crate) scenes: &'a [ScenePicture],
}

/// One rendered clip.
pub(crate) struct PageClip {
    /// Index of its suggestion.
    pub(crate) suggestion: usize,
    /// Name of the platform, as it spells itself.
    pub(crate) platform: String,
    /// File name of the clip, beside the page.
    pub(crate) video: String,
    /// File name of its cover, beside the page.
    pub(crate) cover: String,
    /// Size of its picture.
    pub(crate) size: Size,
    /// How long it plays.
    pub(crate) duration: Timestamp,
    /// Size of the file.
    pub(crate) byte_len: u64,
}

/// The picture of one scene.
pub(crate) struct ScenePicture {
    /// Index of the scene in the report.
    pub(crate) scene: usize,
    /// File name of the picture, beside the page.
    pub(crate) file: String,
}

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
/// SHA-256 of [`SCRIPT`] in base64: the only script that the page may run. A test keeps it right.
const SCRIPT_HASH: &str = "lW4jPD/KhftrhoeJcNOU1CroR97sD4OII+QhLyoe0CI=";

/// The whole page.
pub(crate) fn html(page: &Page<'_>) -> String {
    let name = escape(page.name);
    // `file:` beside 'self': a page opened from disk has no origin that 'self' could mean.
    let policy = format!(
        "default-src 'none'; img-src 'self' file:; media-src 'self' file:; style-src 'unsafe-inline'; \
         script-src 'sha256-{SCRIPT_HASH}'; base-uri 'none'; form-action 'none'"
    );
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"generator\" content=\"viralforge {}\">\n\
         <title>{name} – clips</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
        env!("CARGO_PKG_VERSION")
    );
    html.push_str(&header(page));
    html.push_str("<main>\n");
    html.push_str(&timeline::section(page));
    html.push_str(&clips::section(page));
    html.push_str(&scenes::section(page));
    html.push_str(&facts::section(&page.analysis.media));
    html.push_str("</main>\n");
    html.push_str(&format!("<footer>Made by viralforge {}.</footer>\n", env!("CARGO_PKG_VERSION")));
    html.push_str(&format!("<script>{SCRIPT}</script>\n</body>\n</html>\n"));
    html
}

fn header(page: &Page<'_>) -> String {
    let mut platforms: Vec<_> = page.clips.iter().map(|clip| clip.platform.as_str()).collect();
    platforms.sort_unstable();
    platforms.dedup();
    let made = match platforms.as_slice() {
        [] => "No clips".to_owned(),
        [.., last] if platforms.len() == 1 => format!("{} for {last}", count(page.clips.len(), "clip")),
        [first @ .., last] => {
            format!("{} for {} and {last}", count(page.clips.len(), "clip"), first.join(", "))
        }
    };
    let made = escape(&made);
    format!(
        "<header>\n<p class=\"made\">{made}</p>\n<h1>{}</h1>\n{facts}\n\
         <nav><a href=\"#timeline\">Timeline</a><a href=\"#clips\">Clips</a><a href=\"#scenes\">Scenes</a>\
         <a href=\"#facts\">File</a></nav>\n</header>\n",
        escape(page.name),
        facts = facts::headline(&page.analysis.media),
    )
}

/// Class of the color of suggestion `index`; there are as many as people tell apart.
fn hue(index: usize) -> String {
    format!("hue{}", index % 6)
}

#[cfg(test)]
mod tests;
