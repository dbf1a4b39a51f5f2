//! What the measures of one frame say about how it looks: kernels, numbers in and numbers out.

use crate::quality::FrameQuality;

/// 0 up to `from`, 1 from `to` on, and a smooth rise between; falls where `to < from`.
pub(crate) fn rise(value: f64, from: f64, to: f64) -> f64 {
    let x = ((value - from) / (to - from)).clamp(0.0, 1.0);
    if x.is_nan() { 0.0 } else { x * x * (3.0 - 2.0 * x) }
}

/// How well a frame is exposed, 0 (black, night, or washed out) to 1.
pub(crate) fn exposure(frame: &FrameQuality) -> f64 {
    let (brightness, white) = (f64::from(frame.brightness), f64::from(frame.bright_share));
    let lit = rise(brightness, 0.08, 0.2) * rise(f64::from(frame.dark_share), 0.92, 0.6);
    // White walls and snow are bright too; what washes out has clipped highlights as well.
    let washed_out = (rise(brightness, 0.66, 0.76) * rise(white, 0.06, 0.18)).max(rise(white, 0.45, 0.7));
    lit * (1.0 - washed_out)
}

/// Whether there is nothing to see: black, white or one flat color.
pub(crate) fn is_blank(frame: &FrameQuality) -> bool {
    let (dark, bright) = (frame.dark_share, frame.bright_share);
    frame.contrast < 0.02 || frame.brightness < 0.03 || dark > 0.97 || bright > 0.97
}

/// How much a frame looks like a title card, 0 to 1: a dark picture in which a few bright strokes make the contrast
/// and nothing moves, not even noise.
pub(crate) fn titledness(frame: &FrameQuality) -> f64 {
    let (brightness, contrast) = (f64::from(frame.brightness), f64::from(frame.contrast));
    let dark = rise(brightness, 0.35, 0.2);
    let strokes = rise(contrast / brightness.max(0.01), 0.6, 0.85) * rise(f64::from(frame.bright_share), 0.25, 0.12);
    let frozen = rise(f64::from(frame.motion), 0.002, 0.0004);
    dark * strokes * frozen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::good_frame;

    #[test]
    fn a_well_lit_frame_is_well_exposed_and_night_and_glare_are_not() {
        assert!(exposure(&good_frame(0.0)) > 0.95);
        let night = FrameQuality { brightness: 0.06, dark_share: 0.95, ..good_frame(0.0) };
        let glare = FrameQuality { brightness: 0.85, bright_share: 0.5, ..good_frame(0.0) };
        let snow = FrameQuality { brightness: 0.78, bright_share: 0.01, ..good_frame(0.0) };
        assert!(exposure(&night) < 0.01 && exposure(&glare) < 0.1 && exposure(&snow) > 0.9);
    }

    #[test]
    fn a_still_card_with_a_few_bright_letters_is_a_title_and_a_dim_room_is_not() {
        let card =
            FrameQuality { brightness: 0.14, contrast: 0.136, bright_share: 0.02, motion: 0.0, ..good_frame(0.0) };
        let room =
            FrameQuality { brightness: 0.22, contrast: 0.13, bright_share: 0.0, motion: 0.003, ..good_frame(0.0) };
        assert!(titledness(&card) > 0.9 && titledness(&room) < 0.01);
    }

    #[test]
    fn one_flat_color_is_blank() {
        assert!(is_blank(&FrameQuality { contrast: 0.005, ..good_frame(0.0) }));
        assert!(!is_blank(&good_frame(0.0)));
    }
}
