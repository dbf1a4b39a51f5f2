//! What each platform wants, as data.

use std::fmt;
use std::str::FromStr;

use crate::geometry::{AspectRatio, Size};

/// A platform that clips are made for.
///
/// Sources of the figures (read in November 2026): TikTok's Content Posting API media guide, Instagram's IG User Media
/// reference for Reels, YouTube Help 1722171 (encoding) and 15424877 (Shorts). All accept MP4 with the index in front,
/// H.264 High 4:2:0 progressive with closed GOPs of at most two seconds, square pixels, AAC-LC at 48 kHz in stereo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Preset {
    /// TikTok: 9:16.
    TikTok,
    /// Instagram Reels: 9:16.
    Reels,
    /// YouTube Shorts: 9:16.
    Shorts,
    /// YouTube: 16:9.
    YouTube,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 4] = [Self::TikTok, Self::Reels, Self::Shorts, Self::YouTube];

    /// Its name in JSON, on the command line and in file names.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TikTok => "tiktok",
            Self::Reels => "reels",
            Self::Shorts => "shorts",
            Self::YouTube => "youtube",
        }
    }

    /// Its name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::TikTok => "TikTok",
            Self::Reels => "Instagram Reels",
            Self::Shorts => "YouTube Shorts",
            Self::YouTube => "YouTube",
        }
    }

    /// The shape that the platform shows.
    pub const fn aspect(self) -> AspectRatio {
        match self {
            Self::TikTok | Self::Reels | Self::Shorts => AspectRatio::PORTRAIT_9_16,
            Self::YouTube => AspectRatio::LANDSCAPE_16_9,
        }
    }

    /// The size that is written. Phones show portrait video at 1080 by 1920, so those are scaled up to it where the
    /// source is smaller: the platforms encode again, and treat a small upload worse.
    pub const fn size(self) -> Size {
        match self {
            Self::TikTok | Self::Reels | Self::Shorts => Size::new(1080, 1920),
            Self::YouTube => Size::new(1920, 1080),
        }
    }

    /// Constant rate factor of x264: good enough to survive the platform's own encoding.
    pub const fn crf(self) -> u8 {
        20
    }

    /// Bits a second of the sound.
    pub const fn audio_bit_rate_bps(self) -> u64 {
        match self {
            Self::TikTok | Self::Reels | Self::Shorts => 128_000,
            Self::YouTube => 384_000,
        }
    }

    /// The longest clip that the platform takes, in seconds, for every account; `None` where it is hours.
    pub const fn max_seconds(self) -> Option<u32> {
        match self {
            Self::TikTok => Some(600),
            Self::Reels => Some(900),
            Self::Shorts => Some(180),
            Self::YouTube => None,
        }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Preset {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|p| p.name().eq_ignore_ascii_case(text)).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|p| p.name()).collect();
            format!("{text:?} is not one of {}", names.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_back_and_sizes_have_their_shape() {
        for preset in Preset::ALL {
            assert_eq!(preset.name().parse(), Ok(preset));
            let size = preset.size();
            assert_eq!(AspectRatio::new(size.width, size.height), Some(preset.aspect()));
        }
        assert!("myspace".parse::<Preset>().is_err());
    }
}
