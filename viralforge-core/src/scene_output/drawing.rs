//! Simple drawings, as pixels and as SVG: lines, rectangles and text.
//!
//! The text in pixels is the public-domain font that X11 came with, in embedded-graphics: no file of the system is
//! asked for.

use std::convert::Infallible;
use std::io;

use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point};
use embedded_graphics::mono_font::{MonoTextStyle, ascii::FONT_7X13};
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::{Drawable as _, Primitive as _, RgbColor as _};
use embedded_graphics::primitives::{Polyline, PrimitiveStyle, Rectangle};
use embedded_graphics::text::{Alignment, Baseline, Text, TextStyleBuilder};
use quick_xml::Writer;
use quick_xml::events::BytesText;

use crate::geometry::{Rect, Size};
use crate::media::RgbPicture;

/// Red, green and blue.
pub(super) type Color = [u8; 3];

/// Pixels from one character to the next, and from one line of text to the next.
pub(super) const CHAR_WIDTH: i32 = 7;
pub(super) const LINE_HEIGHT: i32 = 13;

/// Shapes on a background, in pixels from the top left; later ones cover earlier ones.
pub(super) struct Drawing {
    pub(super) size: Size,
    pub(super) background: Color,
    pub(super) shapes: Vec<Shape>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    Rectangle {
        place: Rect,
        color: Color,
    },
    /// A line one pixel wide through these points.
    Line {
        points: Vec<(i32, i32)>,
        color: Color,
    },
    /// One line of text, of which that point is at the top.
    Text {
        x: i32,
        y: i32,
        text: String,
        anchor: Anchor,
        color: Color,
    },
}

/// Which part of a text stands at its point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Drawing {
    pub(super) fn to_rgb(&self) -> RgbPicture {
        let pixels = self.size.width as usize * self.size.height as usize;
        let mut picture = RgbPicture { size: self.size, data: self.background.repeat(pixels) };
        draw(&mut picture, &self.shapes);
        picture
    }

    /// # Errors
    /// None in practice: it writes to memory.
    pub(super) fn to_svg(&self, label: &str) -> io::Result<Vec<u8>> {
        let [width, height] = [self.size.width, self.size.height].map(|side| side.to_string());
        let view_box = format!("0 0 {width} {height}");
        let mut svg = Writer::new(Vec::new());
        let attributes = [
            ("xmlns", "http://www.w3.org/2000/svg"),
            ("width", &width),
            ("height", &height),
            ("viewBox", &view_box),
            ("role", "img"),
            ("aria-label", label),
            ("font-family", "monospace"),
            ("font-size", "12"),
        ];
        svg.create_element("svg").with_attributes(attributes).write_inner_content(|svg| {
            let background = [("width", "100%"), ("height", "100%"), ("fill", &hex(self.background))];
            svg.create_element("rect").with_attributes(background).write_empty()?;
            self.shapes.iter().try_for_each(|shape| shape.write(svg))
        })?;
        let mut bytes = svg.into_inner();
        bytes.push(b'\n');
        Ok(bytes)
    }
}

impl Shape {
    fn write(&self, svg: &mut Writer<Vec<u8>>) -> io::Result<()> {
        match self {
            Self::Rectangle { place, color } => {
                let [x, y, width, height] = [place.x, place.y, place.width, place.height].map(|n| n.to_string());
                let attributes = [("x", &x), ("y", &y), ("width", &width), ("height", &height), ("fill", &hex(*color))];
                svg.create_element("rect").with_attributes(attributes.map(|(k, v)| (k, v.as_str()))).write_empty()?;
            }
            Self::Line { points, color } => {
                // Through the middle of pixels, so that upright and level lines are sharp.
                let points: Vec<_> = points.iter().map(|(x, y)| format!("{x}.5,{y}.5")).collect();
                let attributes = [("points", points.join(" ")), ("stroke", hex(*color)), ("fill", "none".to_owned())];
                svg.create_element("polyline")
                    .with_attributes(attributes.iter().map(|(k, v)| (*k, v.as_str())))
                    .write_empty()?;
            }
            Self::Text { x, y, text, anchor, color } => {
                let anchor = match anchor {
                    Anchor::Start => "start",
                    Anchor::Middle => "middle",
                    Anchor::End => "end",
                };
                let [x, baseline] = [*x, *y + 10].map(|n| n.to_string());
                let attributes = [("x", &*x), ("y", &*baseline), ("text-anchor", anchor), ("fill", &hex(*color))];
                svg.create_element("text").with_attributes(attributes).write_text_content(BytesText::new(text))?;
            }
        }
        Ok(())
    }

    fn draw(&self, canvas: &mut Canvas<'_>) -> Result<(), Infallible> {
        match self {
            Self::Rectangle { place, color } => {
                let top_left = Point::new(place.x as i32, place.y as i32);
                let size = embedded_graphics::geometry::Size::new(place.width, place.height);
                Rectangle::new(top_left, size).into_styled(PrimitiveStyle::with_fill(rgb(*color))).draw(canvas)
            }
            Self::Line { points, color } => {
                let points: Vec<_> = points.iter().map(|(x, y)| Point::new(*x, *y)).collect();
                Polyline::new(&points).into_styled(PrimitiveStyle::with_stroke(rgb(*color), 1)).draw(canvas)
            }
            Self::Text { x, y, text, anchor, color } => {
                let alignment = match anchor {
                    Anchor::Start => Alignment::Left,
                    Anchor::Middle => Alignment::Center,
                    Anchor::End => Alignment::Right,
                };
                let style = TextStyleBuilder::new().alignment(alignment).baseline(Baseline::Top).build();
                let font = MonoTextStyle::new(&FONT_7X13, rgb(*color));
                Text::with_text_style(text, Point::new(*x, *y), font, style).draw(canvas).map(|_| ())
            }
        }
    }
}

/// Draws shapes over a picture; what lies outside of it is left out.
pub(super) fn draw(picture: &mut RgbPicture, shapes: &[Shape]) {
    let mut canvas = Canvas(picture);
    for shape in shapes {
        let Ok(()) = shape.draw(&mut canvas);
    }
}

struct Canvas<'a>(&'a mut RgbPicture);

impl OriginDimensions for Canvas<'_> {
    fn size(&self) -> embedded_graphics::geometry::Size {
        embedded_graphics::geometry::Size::new(self.0.size.width, self.0.size.height)
    }
}

impl DrawTarget for Canvas<'_> {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        let Size { width, height } = self.0.size;
        for Pixel(Point { x, y }, color) in pixels {
            let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { continue };
            if x < width && y < height {
                let at = (y as usize * width as usize + x as usize) * 3;
                self.0.data[at..at + 3].copy_from_slice(&[color.r(), color.g(), color.b()]);
            }
        }
        Ok(())
    }
}

fn rgb([r, g, b]: Color) -> Rgb888 {
    Rgb888::new(r, g, b)
}

fn hex([r, g, b]: Color) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawing() -> Drawing {
        let place = Rect { x: 4, y: 0, width: 2, height: 30 };
        let shapes = vec![
            Shape::Rectangle { place, color: [255, 0, 0] },
            Shape::Line { points: vec![(0, 20), (39, 20), (90, 20)], color: [0, 255, 0] },
            Shape::Text { x: 38, y: 2, text: "<1&\u{1}é>".into(), anchor: Anchor::End, color: [0, 0, 255] },
        ];
        Drawing { size: Size::new(40, 30), background: [9, 9, 9], shapes }
    }

    #[test]
    fn shapes_cover_what_they_say_and_no_more() {
        let picture = drawing().to_rgb();
        let at = |x: usize, y: usize| <[u8; 3]>::try_from(&picture.data[(y * 40 + x) * 3..][..3]).unwrap();
        assert_eq!([at(3, 17), at(4, 17), at(5, 29), at(6, 17)], [[9; 3], [255, 0, 0], [255, 0, 0], [9; 3]]);
        assert_eq!([at(5, 20), at(39, 20), at(39, 21)], [[0, 255, 0], [0, 255, 0], [9; 3]]);
        let ink = (0..30).flat_map(|y| (0..40).map(move |x| (x, y))).filter(|(x, y)| at(*x, *y) == [0, 0, 255]);
        let (left, bottom) = ink.fold((40, 0), |(left, bottom), (x, y)| (x.min(left), y.max(bottom)));
        assert!(left < 10 && (10..15).contains(&bottom), "{left} {bottom}");
    }

    #[test]
    fn text_cannot_leave_its_place_in_the_svg() {
        let svg = String::from_utf8(drawing().to_svg("a \"b\"").unwrap()).unwrap();
        assert!(svg.contains(r#"aria-label="a &quot;b&quot;""#), "{svg}");
        assert!(svg.contains("&lt;1&amp;"), "{svg}");
        assert!(svg.contains(r##"<polyline points="0.5,20.5 39.5,20.5 90.5,20.5" stroke="#00ff00" fill="none"/>"##));
    }
}
