//! How much each channel counts (ITU-R BS.1770-5, table 4).

/// 1.5 dB, for channels at the listener's side.
const SURROUND: f64 = 1.41;

/// The weight of each of `channels` channels in that layout, named as FFmpeg names layouts (`stereo`, `5.1(side)`,
/// `FL+FR+LFE`). A layout that is not known, or has another number of channels, counts as the usual one for that
/// number.
pub(crate) fn channel_weights(layout: Option<&str>, channels: usize) -> Vec<f64> {
    let positions = layout
        .and_then(positions)
        .filter(|p| p.len() == channels)
        .or_else(|| positions(usual_layout(channels)))
        .unwrap_or_default();
    let has_sides = positions.iter().any(|p| *p == "SL" || *p == "SR");
    (0..channels).map(|i| weight(positions.get(i).copied().unwrap_or("FC"), has_sides)).collect()
}

fn weight(position: &str, has_sides: bool) -> f64 {
    match position {
        "LFE" | "LFE2" => 0.0,
        "SL" | "SR" => SURROUND,
        // In layouts with one pair of surrounds it stands at 110 degrees, whatever it is called.
        "BL" | "BR" if !has_sides => SURROUND,
        _ => 1.0,
    }
}

fn usual_layout(channels: usize) -> &'static str {
    match channels {
        1 => "mono",
        2 => "stereo",
        3 => "3.0",
        4 => "4.0",
        5 => "5.0",
        6 => "5.1",
        7 => "6.1",
        8 => "7.1",
        _ => "",
    }
}

fn positions(layout: &str) -> Option<Vec<&str>> {
    let list = match layout {
        "mono" => "FC",
        "stereo" | "downmix" => "FL+FR",
        "2.1" => "FL+FR+LFE",
        "3.0" => "FL+FR+FC",
        "3.0(back)" => "FL+FR+BC",
        "3.1" => "FL+FR+FC+LFE",
        "4.0" => "FL+FR+FC+BC",
        "4.1" => "FL+FR+FC+LFE+BC",
        "quad" => "FL+FR+BL+BR",
        "quad(side)" => "FL+FR+SL+SR",
        "5.0" => "FL+FR+FC+BL+BR",
        "5.0(side)" => "FL+FR+FC+SL+SR",
        "5.1" => "FL+FR+FC+LFE+BL+BR",
        "5.1(side)" => "FL+FR+FC+LFE+SL+SR",
        "6.0" => "FL+FR+FC+BC+SL+SR",
        "6.1" => "FL+FR+FC+LFE+BC+SL+SR",
        "6.1(back)" => "FL+FR+FC+LFE+BL+BR+BC",
        "hexagonal" => "FL+FR+FC+BL+BR+BC",
        "7.0" => "FL+FR+FC+BL+BR+SL+SR",
        "7.1" => "FL+FR+FC+LFE+BL+BR+SL+SR",
        "7.1(wide)" => "FL+FR+FC+LFE+BL+BR+FLC+FRC",
        "7.1(wide-side)" => "FL+FR+FC+LFE+FLC+FRC+SL+SR",
        "octagonal" => "FL+FR+FC+BL+BR+BC+SL+SR",
        other if other.contains('+') => other,
        _ => return None,
    };
    Some(list.split('+').collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surrounds_count_more_and_the_low_effects_not_at_all() {
        assert_eq!(channel_weights(Some("5.1"), 6), [1.0, 1.0, 1.0, 0.0, 1.41, 1.41]);
        assert_eq!(channel_weights(Some("5.1(side)"), 6), [1.0, 1.0, 1.0, 0.0, 1.41, 1.41]);
        assert_eq!(channel_weights(Some("FL+FR+LFE"), 3), [1.0, 1.0, 0.0]);
    }

    #[test]
    fn behind_the_listener_counts_like_the_front_where_there_are_sides_too() {
        assert_eq!(channel_weights(Some("7.1"), 8), [1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.41, 1.41]);
    }

    #[test]
    fn an_unknown_layout_is_the_usual_one_for_its_number() {
        assert_eq!(channel_weights(None, 5), [1.0, 1.0, 1.0, 1.41, 1.41]);
        assert_eq!(channel_weights(Some("5.1"), 2), [1.0, 1.0]);
        assert_eq!(channel_weights(Some("20 channels"), 20), [1.0; 20]);
    }
}
