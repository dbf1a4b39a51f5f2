//! Lanes: jobs of one lane compete with each other only, so that long ones do not hold up short ones.

/// A group of kinds of jobs, with a queue in Redis and a limit of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Everything else, validation among it.
    Other,
    Thumbnail,
    Clip,
    Video,
}

impl Lane {
    /// In the order in which a free worker looks: what takes the least time first.
    pub(crate) const ALL: [Self; 4] = [Self::Other, Self::Thumbnail, Self::Clip, Self::Video];

    /// The lane of a kind of job.
    pub(crate) fn of(kind: &str) -> Self {
        Self::ALL.into_iter().find(|lane| lane.kinds().contains(&kind)).unwrap_or(Self::Other)
    }

    /// The queue in Redis.
    pub(crate) const fn queue(self) -> &'static str {
        match self {
            Self::Other => "viralforge-other",
            Self::Thumbnail => "viralforge-thumbnail",
            Self::Clip => "viralforge-clip",
            Self::Video => "viralforge-video",
        }
    }

    /// The kinds that belong to it by name.
    const fn kinds(self) -> &'static [&'static str] {
        match self {
            Self::Other => &[],
            Self::Thumbnail => {
                &["thumbnail-generation", "extract-thumbnails", "extract-frames", "make-storyboard", "make-scene-sheet"]
            }
            Self::Clip => &["clip-generation"],
            Self::Video => &["video-processing", "render", "transcode", "split-scenes"],
        }
    }

    /// A condition of SQL on `kind`: it belongs to one of `open`.
    pub(crate) fn condition(open: &[Self]) -> String {
        let closed = Self::ALL.into_iter().filter(|lane| !open.contains(lane));
        let list = |lanes: &mut dyn Iterator<Item = Self>| {
            let kinds: Vec<String> = lanes.flat_map(Self::kinds).map(|kind| format!("'{kind}'")).collect();
            if kinds.is_empty() { "''".to_owned() } else { kinds.join(", ") }
        };
        if open.contains(&Self::Other) {
            format!("kind NOT IN ({})", list(&mut closed.into_iter()))
        } else {
            format!("kind IN ({})", list(&mut open.iter().copied()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_one_lane_and_a_condition_takes_the_open_ones() {
        assert_eq!((Lane::of("clip-generation"), Lane::of("validation")), (Lane::Clip, Lane::Other));
        assert_eq!(Lane::condition(&Lane::ALL), "kind NOT IN ('')");
        assert_eq!(Lane::condition(&[Lane::Other, Lane::Thumbnail, Lane::Video]), "kind NOT IN ('clip-generation')");
        assert_eq!(Lane::condition(&[Lane::Clip]), "kind IN ('clip-generation')");
        assert_eq!(Lane::condition(&[]), "kind IN ('')");
    }
}
