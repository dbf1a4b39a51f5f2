use super::*;
use sha2::{Digest, Sha256};

fn analysis() -> Analysis {
    serde_json::from_str(include_str!("fixture.json")).unwrap()
}

fn suggestions() -> Vec<ClipSuggestion> {
    serde_json::from_str(
        r#"[{"start_seconds": 12.5, "end_seconds": 24.5, "score": 0.82, "reasons": [
               {"signal": "loudness", "value": 0.9, "text": "the loudest passage of the video"},
               {"signal": "motion", "value": 0.4, "text": "<b>much</b> moves"}]},
            {"start_seconds": 14, "end_seconds": 30, "score": 0.5, "reasons": []}]"#,
    )
    .unwrap()
}

fn clip(suggestion: usize, platform: &str, size: Size) -> PageClip {
    let stem = format!("clip-{}-{}", suggestion + 1, platform.to_lowercase());
    PageClip {
        suggestion,
        platform: platform.to_owned(),
        video: format!("{stem}.mp4"),
        cover: format!("{stem}.jpg"),
        size,
        duration: Timestamp::from_millis(12_000),
        byte_len: 3_400_000,
    }
}

fn shown(name: &str) -> String {
    let suggestions = suggestions();
    let clips = [clip(0, "TikTok", Size::new(1080, 1920)), clip(0, "YouTube", Size::new(1920, 1080))];
    let scenes = [ScenePicture { scene: 0, file: "scene-01.jpg".to_owned() }];
    html(&Page { name, analysis: &analysis(), suggestions: &suggestions, clips: &clips, scenes: &scenes })
}

#[test]
fn the_policy_allows_our_script_and_only_it() {
    let digest = Sha256::digest(SCRIPT);
    assert_eq!(SCRIPT_HASH, base64(&digest));
    let page = shown("talk.mp4");
    assert!(page.contains(&format!("script-src 'sha256-{SCRIPT_HASH}'")));
    assert_eq!(page.matches("<script").count(), 1);
}

#[test]
fn names_and_tags_cannot_become_markup() {
    let page = shown("<script>alert(1)</script>\"'.mp4");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;.mp4"));
    assert_eq!(page.matches("<script").count(), 1);
    assert!(page.contains("&lt;b&gt;much&lt;/b&gt; moves"));
    assert!(page.contains("&lt;svg onload=alert(2)&gt;"), "the title tag of the fixture");
    assert!(!page.contains("<svg onload"));
}

#[test]
fn it_needs_no_network() {
    let page = shown("talk.mp4");
    assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("url("));
    for link in page.split("src=\"").skip(1).chain(page.split("href=\"").skip(1)) {
        let link = link.split('"').next().unwrap_or_default();
        assert!(!link.starts_with('/') && !link.contains(':'), "{link}");
    }
}

#[test]
fn each_clip_is_marked_on_the_timeline_and_has_its_players() {
    let page = shown("talk.mp4");
    for number in [1, 2] {
        assert!(page.contains(&format!("href=\"#clip-{number}\"")));
        assert!(page.contains(&format!("id=\"clip-{number}\"")));
    }
    assert!(page.contains("src=\"clip-1-tiktok.mp4\" poster=\"clip-1-tiktok.jpg\""));
    assert!(page.contains("src=\"clip-1-youtube.mp4\""));
    // 12.5 of 50 seconds.
    assert!(page.contains("<rect class=\"band\" x=\"25.000%\""));
}

#[test]
fn clips_that_begin_near_each_other_are_labelled_one_above_the_other() {
    let page = shown("talk.mp4");
    assert!(page.contains("y=\"0\" dx=\"7\" dy=\"14\">Clip 1<"));
    assert!(page.contains("y=\"22\" dx=\"7\" dy=\"14\">Clip 2<"));
}

#[test]
fn a_video_without_sound_and_scenes_still_has_a_page() {
    let mut analysis = analysis();
    (analysis.scenes, analysis.waveform, analysis.loudness, analysis.silence) = (None, None, None, None);
    let page = html(&Page { name: "mute.mp4", analysis: &analysis, suggestions: &[], clips: &[], scenes: &[] });
    assert!(page.contains("This video has no sound."));
    assert!(page.contains("Nothing in this video stands out"));
    assert!(!page.contains("LUFS"));
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |group: &[u8]| {
        let n = group.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - group.len()));
        (0..4usize)
            .map(|i| if i <= group.len() { char::from(DIGITS[(n >> (18 - 6 * i) & 63) as usize]) } else { '=' })
            .collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}
