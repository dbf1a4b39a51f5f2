//! Small pictures in the color spaces that the classic methods compare in.

use crate::picture::SmallPicture;

/// Bits behind the point of a coefficient.
const COLOR_BITS: u32 = 16;
const RED_OF_CR: i32 = 91_881;
const GREEN_OF_CB: i32 = -22_554;
const GREEN_OF_CR: i32 = -46_802;
const BLUE_OF_CB: i32 = 116_130;

/// Red, green and blue of each pixel, 0 to 255, by the matrix of ITU-R BT.601, whatever the video says: it is what
/// PySceneDetect's decoder uses.
pub(super) fn rgb(picture: &SmallPicture) -> impl Iterator<Item = [i32; 3]> {
    let pixels = picture.luma.iter().zip(&picture.cb).zip(&picture.cr);
    pixels.map(|((y, cb), cr)| {
        let luma = (i32::from(*y) << COLOR_BITS) + (1 << (COLOR_BITS - 1));
        let (cb, cr) = (i32::from(*cb) - 128, i32::from(*cr) - 128);
        let channel = |value: i32| (value >> COLOR_BITS).clamp(0, 255);
        [
            channel(luma + RED_OF_CR * cr),
            channel(luma + GREEN_OF_CB * cb + GREEN_OF_CR * cr),
            channel(luma + BLUE_OF_CB * cb),
        ]
    })
}

/// Hue, saturation and value of a picture, in the 8-bit form of OpenCV (`COLOR_BGR2HSV`): hue in steps of 2 degrees, 0
/// to 179; saturation 0 to 255; value, the largest of red, green and blue, 0 to 255.
#[derive(Debug, Default)]
pub(super) struct HsvPlanes {
    pub(super) hue: Vec<u8>,
    pub(super) sat: Vec<u8>,
    pub(super) lum: Vec<u8>,
}

/// Turns pictures into hue, saturation and value. Divides by looking up.
#[derive(Debug)]
pub(super) struct HsvConverter {
    /// 255 and 30 divided by each number.
    saturation: [i32; 256],
    hue: [i32; 256],
}

/// Bits behind the point of a quotient.
const QUOTIENT_BITS: u32 = 12;
/// A sixth of the circle, in steps of 2 degrees.
const SIXTH: i32 = 30;

impl HsvConverter {
    pub(super) fn new() -> Self {
        let quotients = |dividend: i32| {
            let dividend = dividend << QUOTIENT_BITS;
            std::array::from_fn(|by| if by == 0 { 0 } else { (dividend + by as i32 / 2) / by as i32 })
        };
        Self { saturation: quotients(255), hue: quotients(SIXTH) }
    }

    /// Overwrites `planes`.
    pub(super) fn convert(&self, picture: &SmallPicture, planes: &mut HsvPlanes) {
        const HALF: i32 = 1 << (QUOTIENT_BITS - 1);
        let HsvPlanes { hue, sat, lum } = planes;
        for plane in [&mut *hue, &mut *sat, &mut *lum] {
            plane.resize(picture.luma.len(), 0);
        }
        let to = hue.iter_mut().zip(sat).zip(lum);
        for ([red, green, blue], ((hue, sat), lum)) in rgb(picture).zip(to) {
            let largest = red.max(green).max(blue);
            let spread = largest - red.min(green).min(blue);
            // Which sixths of the circle the hue lies in depends on the largest channel.
            let angle = if largest == red {
                green - blue
            } else if largest == green {
                blue - red + 2 * spread
            } else {
                red - green + 4 * spread
            };
            let turned = (angle * self.hue[spread as usize & 255] + HALF) >> QUOTIENT_BITS;
            *hue = (turned + if turned < 0 { 6 * SIXTH } else { 0 }) as u8;
            *sat = ((spread * self.saturation[largest as usize & 255] + HALF) >> QUOTIENT_BITS) as u8;
            *lum = largest as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    fn pixel(luma: u8, cb: u8, cr: u8) -> SmallPicture {
        SmallPicture { size: Size::new(1, 1), luma: vec![luma], cb: vec![cb], cr: vec![cr] }
    }

    #[test]
    fn primaries_have_the_values_that_opencv_gives_them() {
        // Y, Cb, Cr of full-range BT.601; red, green, blue; hue, saturation, value.
        let known = [
            ([76, 85, 255], [254, 0, 0], [0, 255, 254]),
            ([150, 44, 21], [0, 255, 1], [60, 255, 255]),
            ([29, 255, 107], [0, 0, 254], [120, 255, 254]),
            ([128, 128, 128], [128, 128, 128], [0, 0, 128]),
            ([0, 128, 128], [0, 0, 0], [0, 0, 0]),
            ([105, 212, 235], [255, 0, 254], [150, 255, 255]),
        ];
        let converter = HsvConverter::new();
        let mut planes = HsvPlanes::default();
        for ([y, cb, cr], color, expected) in known {
            let picture = pixel(y, cb, cr);
            assert_eq!(rgb(&picture).next(), Some(color));
            converter.convert(&picture, &mut planes);
            assert_eq!([planes.hue[0], planes.sat[0], planes.lum[0]], expected, "{color:?}");
        }
    }

    #[test]
    fn hue_stays_on_the_circle() {
        let converter = HsvConverter::new();
        let mut planes = HsvPlanes::default();
        for (cb, cr) in (0..=255).step_by(5).flat_map(|cb| (0..=255).step_by(5).map(move |cr| (cb, cr))) {
            converter.convert(&pixel(120, cb, cr), &mut planes);
            assert!(planes.hue[0] < 180);
        }
    }
}
