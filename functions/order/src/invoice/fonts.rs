//! The embedded typeface: shaping, measuring and wrapping text with it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Read as _;
use std::rc::Rc;
use std::sync::LazyLock;

use flate2::read::GzDecoder;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, Face, Script, ShapePlan, UnicodeBuffer};

use super::render::RenderError;

static REGULAR: LazyLock<Vec<u8>> =
    LazyLock::new(|| unpack(include_bytes!(concat!(env!("OUT_DIR"), "/NotoSans-Regular.ttf.gz"))));
static BOLD: LazyLock<Vec<u8>> =
    LazyLock::new(|| unpack(include_bytes!(concat!(env!("OUT_DIR"), "/NotoSans-Bold.ttf.gz"))));

/// The build packs the files: half a megabyte of a program that shows them rarely. What does not unpack is no font.
fn unpack(packed: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    match GzDecoder::new(packed).read_to_end(&mut bytes) {
        Ok(_) => bytes,
        Err(_) => Vec::new(),
    }
}

/// Which cut of the typeface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// The typeface in both weights.
pub(super) struct Fonts {
    regular: FontFace,
    bold: FontFace,
}

struct FontFace {
    font: Font,
    shaper: Face<'static>,
    /// A plan is dear to make and serves all text of one script.
    plans: RefCell<HashMap<Script, Rc<ShapePlan>>>,
}

/// A line of text as glyphs; advances are in em.
pub(super) struct ShapedText {
    pub(super) text: String,
    pub(super) glyphs: Vec<KrillaGlyph>,
}

impl ShapedText {
    /// Width in points.
    pub(super) fn width(&self, size: f32) -> f32 {
        self.glyphs.iter().map(|glyph| glyph.x_advance).sum::<f32>() * size
    }
}

impl Fonts {
    /// Reads the embedded files.
    pub(super) fn load() -> Result<Self, RenderError> {
        Ok(Self { regular: FontFace::load(&REGULAR)?, bold: FontFace::load(&BOLD)? })
    }

    /// The font as the PDF writer takes it.
    pub(super) fn font(&self, weight: Weight) -> Font {
        self.face(weight).font.clone()
    }

    fn face(&self, weight: Weight) -> &FontFace {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }

    /// One line of text as glyphs. A character that the typeface lacks becomes its empty box and keeps its place in
    /// the text; a control character becomes a space. Always from left to right, as are all scripts of the typeface.
    pub(super) fn shape(&self, text: &str, weight: Weight) -> ShapedText {
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let face = self.face(weight);
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(&text);
        buffer.guess_segment_properties();
        buffer.set_direction(Direction::LeftToRight);
        let plan = face.plan(buffer.script());
        let shaped = rustybuzz::shape_with_plan(&face.shaper, &plan, buffer);

        let (infos, positions) = (shaped.glyph_infos(), shaped.glyph_positions());
        let em = f64::from(face.shaper.units_per_em());
        let in_em = |units: i32| narrow(f64::from(units) / em);
        let glyphs = infos
            .iter()
            .zip(positions)
            .enumerate()
            .map(|(index, (info, position))| {
                let start = info.cluster as usize;
                let next = infos.iter().skip(index + 1).find(|later| later.cluster != info.cluster);
                let end = next.map_or(text.len(), |later| later.cluster as usize);
                KrillaGlyph::new(
                    GlyphId::new(info.glyph_id),
                    in_em(position.x_advance),
                    in_em(position.x_offset),
                    in_em(position.y_offset),
                    in_em(position.y_advance),
                    start..end,
                    None,
                )
            })
            .collect();
        ShapedText { text, glyphs }
    }

    /// Width of one line of text in points.
    pub(super) fn width(&self, text: &str, weight: Weight, size: f32) -> f32 {
        self.shape(text, weight).width(size)
    }

    /// Breaks text into lines of at most `width` points: at white space, and inside a word that is wider than a line.
    /// Never empty.
    pub(super) fn wrap(&self, text: &str, weight: Weight, size: f32, width: f32) -> Vec<String> {
        let space = self.width(" ", weight, size);
        let mut lines = Vec::new();
        let (mut line, mut used) = (String::new(), 0.0);
        for word in text.split(|c: char| c.is_whitespace() && c != '\u{a0}').filter(|word| !word.is_empty()) {
            let word_width = self.width(word, weight, size);
            if !line.is_empty() && used + space + word_width <= width {
                line.push(' ');
                line.push_str(word);
                used += space + word_width;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            if word_width <= width {
                (line, used) = (word.to_owned(), word_width);
                continue;
            }
            let mut pieces = self.split_word(word, weight, size, width);
            line = pieces.pop().unwrap_or_default();
            used = self.width(&line, weight, size);
            lines.append(&mut pieces);
        }
        if !line.is_empty() || lines.is_empty() {
            lines.push(line);
        }
        lines
    }

    /// Pieces of a word that fit into `width`, cut between clusters so that a letter keeps its accents.
    fn split_word(&self, word: &str, weight: Weight, size: f32, width: f32) -> Vec<String> {
        let mut pieces = Vec::new();
        let (mut piece_start, mut used) = (0, 0.0);
        for glyph in &self.shape(word, weight).glyphs {
            let advance = glyph.x_advance * size;
            let cut = glyph.text_range.start;
            if used + advance > width && cut > piece_start {
                pieces.extend(word.get(piece_start..cut).map(str::to_owned));
                (piece_start, used) = (cut, 0.0);
            }
            used += advance;
        }
        pieces.extend(word.get(piece_start..).map(str::to_owned));
        pieces
    }
}

impl FontFace {
    fn load(data: &'static [u8]) -> Result<Self, RenderError> {
        let font = Font::new(data.into(), 0).ok_or(RenderError::Font)?;
        let shaper = Face::from_slice(data, 0).ok_or(RenderError::Font)?;
        Ok(Self { font, shaper, plans: RefCell::default() })
    }

    fn plan(&self, script: Script) -> Rc<ShapePlan> {
        let new = || Rc::new(ShapePlan::new(&self.shaper, Direction::LeftToRight, Some(script), None, &[]));
        Rc::clone(self.plans.borrow_mut().entry(script).or_insert_with(new))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a glyph's metrics need no more than single precision")]
fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrap(text: &str, width: f32) -> Vec<String> {
        Fonts::load().unwrap().wrap(text, Weight::Regular, 10.0, width)
    }

    #[test]
    fn text_is_broken_at_spaces_and_nothing_is_lost() {
        let text = "A rather long name of a product that does not fit into one line of the table";
        let lines = wrap(text, 120.0);
        assert!(lines.len() > 2);
        assert_eq!(lines.join(" "), text);
    }

    #[test]
    fn no_line_is_wider_than_asked_even_without_spaces() {
        let fonts = Fonts::load().unwrap();
        let word = "Donaudampfschifffahrtsgesellschaftskapitänsmütze".repeat(3);
        let lines = wrap(&word, 100.0);
        assert_eq!(lines.concat(), word);
        for line in lines {
            assert!(fonts.width(&line, Weight::Regular, 10.0) <= 101.0, "{line}");
        }
    }

    #[test]
    fn a_letter_keeps_its_combining_marks_at_a_break() {
        let word = "e\u{301}".repeat(60);
        for line in wrap(&word, 50.0) {
            assert!(line.starts_with('e'), "{line:?}");
        }
    }

    #[test]
    fn a_width_of_nothing_still_gives_every_character() {
        assert_eq!(wrap("abc", 0.0), ["a", "b", "c"]);
        assert_eq!(wrap("", 0.0), [""]);
    }

    #[test]
    fn the_digits_are_equally_wide_so_that_columns_line_up() {
        let fonts = Fonts::load().unwrap();
        for weight in [Weight::Regular, Weight::Bold] {
            let width = fonts.width("0", weight, 10.0);
            for digit in '1'..='9' {
                assert!((fonts.width(&digit.to_string(), weight, 10.0) - width).abs() < 0.001);
            }
        }
    }

    #[test]
    fn latin_greek_and_cyrillic_have_glyphs() {
        let fonts = Fonts::load().unwrap();
        for text in ["Größe Łódź Çelik Åse", "Ελληνικά άέήίόύώ", "Українська Ђорђе Ёлка", "€ £ $ ¥ – № … ·"]
        {
            for weight in [Weight::Regular, Weight::Bold] {
                assert!(
                    fonts.shape(text, weight).glyphs.iter().all(|glyph| glyph.glyph_id.to_u32() != 0),
                    "{text}"
                );
            }
        }
    }
}
