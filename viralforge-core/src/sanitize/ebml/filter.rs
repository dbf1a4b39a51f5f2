//! The elements that are kept (RFC 9559), as a tree.

use super::super::Job;
use super::write;
use crate::error::Result;
use crate::validate::ebml::element::Element;

/// What becomes of an element.
pub(super) enum Rule {
    /// Its content is copied.
    Copy,
    /// It is built of those of its children that are listed.
    Nest(&'static [(u32, Rule)]),
    /// A random number that names something, and could name a recording, becomes one of a series.
    Number,
}

use Rule::{Copy, Nest, Number};

/// Bytes of one element that is copied; decoders are set up with some thousands.
const MAX_BYTES: u64 = 4 << 20;

/// The EBML header: versions, limits and the type of the document.
pub(super) const HEADER: &[(u32, Rule)] =
    &[(0x4286, Copy), (0x42f7, Copy), (0x42f2, Copy), (0x42f3, Copy), (0x4282, Copy), (0x4287, Copy), (0x4285, Copy)];

/// `Info`: unit of time and duration.
pub(super) const INFO: &[(u32, Rule)] = &[(0x2a_d7b1, Copy), (0x4489, Copy)];

/// `TrackEntry`: number, kind, flags, language, codec and how to show or play it; no name, no statistics.
pub(super) const TRACK: &[(u32, Rule)] = &[
    (0xd7, Copy),
    (0x73c5, Number),
    (0x83, Copy),
    (0xb9, Copy),
    (0x88, Copy),
    (0x55aa, Copy),
    (0x55ab, Copy),
    (0x55ac, Copy),
    (0x55ad, Copy),
    (0x55ae, Copy),
    (0x55af, Copy),
    (0x9c, Copy),
    (0x6de7, Copy),
    (0x6df8, Copy),
    (0x23_e383, Copy),
    (0x23_4e7a, Copy),
    (0x23_314f, Copy),
    (0x55ee, Copy),
    (0x22_b59c, Copy),
    (0x22_b59d, Copy),
    (0x86, Copy),
    (0x63a2, Copy),
    (0x56aa, Copy),
    (0x56bb, Copy),
    // Block additions: Dolby Vision, transparency.
    (0x41e4, Nest(&[(0x41f0, Copy), (0x41e7, Copy), (0x41ed, Copy)])),
    (0xe0, Nest(VIDEO)),
    (0xe1, Nest(&[(0xb5, Copy), (0x78b5, Copy), (0x9f, Copy), (0x6264, Copy), (0x52f1, Copy)])),
    // How blocks are packed.
    (
        0x6d80,
        Nest(&[(
            0x6240,
            Nest(&[(0x5031, Copy), (0x5032, Copy), (0x5033, Copy), (0x5034, Nest(&[(0x4254, Copy), (0x4255, Copy)]))]),
        )]),
    ),
];

/// `Video`: fields, stereo, transparency, size, crop, shape, `Colour` and `Projection`.
const VIDEO: &[(u32, Rule)] = &[
    (0x9a, Copy),
    (0x9d, Copy),
    (0x53b8, Copy),
    (0x53c0, Copy),
    (0xb0, Copy),
    (0xba, Copy),
    (0x54aa, Copy),
    (0x54bb, Copy),
    (0x54cc, Copy),
    (0x54dd, Copy),
    (0x54b0, Copy),
    (0x54ba, Copy),
    (0x54b2, Copy),
    (0x54b3, Copy),
    (0x2e_b524, Copy),
    (
        0x55b0,
        Nest(&[
            (0x55b1, Copy),
            (0x55b2, Copy),
            (0x55b3, Copy),
            (0x55b4, Copy),
            (0x55b5, Copy),
            (0x55b6, Copy),
            (0x55b7, Copy),
            (0x55b8, Copy),
            (0x55b9, Copy),
            (0x55ba, Copy),
            (0x55bb, Copy),
            (0x55bc, Copy),
            (0x55bd, Copy),
            (
                0x55d0,
                Nest(&[
                    (0x55d1, Copy),
                    (0x55d2, Copy),
                    (0x55d3, Copy),
                    (0x55d4, Copy),
                    (0x55d5, Copy),
                    (0x55d6, Copy),
                    (0x55d7, Copy),
                    (0x55d8, Copy),
                    (0x55d9, Copy),
                    (0x55da, Copy),
                ]),
            ),
        ]),
    ),
    (0x7670, Nest(&[(0x7671, Copy), (0x7672, Copy), (0x7673, Copy), (0x7674, Copy), (0x7675, Copy)])),
];

/// `Chapters`: editions, and chapters with their times and titles, one inside another at most.
pub(super) const CHAPTERS: &[(u32, Rule)] =
    &[(0x45b9, Nest(&[(0x45bc, Number), (0x45bd, Copy), (0x45db, Copy), (0x45dd, Copy), (0xb6, Nest(CHAPTER))]))];

const CHAPTER: &[(u32, Rule)] = &[
    (0x73c4, Number),
    (0x91, Copy),
    (0x92, Copy),
    (0x98, Copy),
    (0x4598, Copy),
    (0x80, Nest(TITLE)),
    (0xb6, Nest(&[(0x73c4, Number), (0x91, Copy), (0x92, Copy), (0x98, Copy), (0x4598, Copy), (0x80, Nest(TITLE))])),
];

const TITLE: &[(u32, Rule)] = &[(0x85, Copy), (0x437c, Copy), (0x437d, Copy), (0x437e, Copy)];

/// The elements from `from` to `end`, as far as they are listed; `number` is the last of the series of numbers.
pub(super) fn build(
    job: &mut Job<'_>,
    from: u64,
    end: u64,
    rules: &[(u32, Rule)],
    number: &mut u64,
) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    for child in job.source.elements(from, end)? {
        let child_end = child.end(end);
        match rules.iter().find(|(id, _)| *id == child.id).map(|(_, rule)| rule) {
            Some(Copy) if child_end - child.body <= MAX_BYTES => {
                out.extend(write::element(child.id, &job.source.bytes(child.body, child_end)?));
            }
            Some(Nest(inner)) => {
                let body = build(job, child.body, child_end, inner, number)?;
                out.extend(write::element(child.id, &body));
            }
            Some(Number) => {
                *number += 1;
                out.extend(write::unsigned(child.id, *number));
            }
            Some(Copy) | None => {}
        }
    }
    Ok(out)
}

/// The content of a master element, as far as it is listed.
pub(super) fn content(job: &mut Job<'_>, master: &Element, rules: &[(u32, Rule)]) -> Result<Vec<u8>> {
    build(job, master.body, master.end(job.source.len()), rules, &mut 0)
}
