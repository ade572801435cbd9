//! Pages as lists of placed text and rectangles, and the cursor that fills them. Points, from the upper left corner.

use super::fonts::{Fonts, ShapedText, Weight};

/// ISO A4.
pub(super) const PAGE_WIDTH: f32 = 595.28;
pub(super) const PAGE_HEIGHT: f32 = 841.89;
/// Left edge of the contents: 20 mm, room for a punch.
pub(super) const LEFT: f32 = 56.7;
/// Right edge of the contents.
pub(super) const RIGHT: f32 = PAGE_WIDTH - LEFT;
/// Width of the contents.
pub(super) const WIDTH: f32 = RIGHT - LEFT;
/// Where the contents end and the footer begins.
pub(super) const BOTTOM: f32 = 772.0;
/// Where the contents of a following page begin, below its running head.
pub(super) const CONTINUED_TOP: f32 = 78.0;

/// The colours of the invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// What is read first.
    Text,
    /// Labels and small print.
    Muted,
    /// Title and headings.
    Accent,
    /// Thin lines.
    Rule,
    /// Background of headings.
    Shade,
}

impl Ink {
    /// Red, green and blue.
    pub(super) const fn rgb(self) -> (u8, u8, u8) {
        match self {
            Self::Text => (0x1d, 0x26, 0x30),
            Self::Muted => (0x5e, 0x6b, 0x78),
            Self::Accent => (0x1f, 0x4e, 0x79),
            Self::Rule => (0xd3, 0xda, 0xe1),
            Self::Shade => (0xf1, 0xf4, 0xf8),
        }
    }
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub(super) weight: Weight,
    pub(super) size: f32,
    pub(super) ink: Ink,
}

impl Style {
    pub(super) const fn regular(size: f32, ink: Ink) -> Self {
        Self { weight: Weight::Regular, size, ink }
    }

    pub(super) const fn bold(size: f32, ink: Ink) -> Self {
        Self { weight: Weight::Bold, size, ink }
    }

    /// The same with another size.
    pub(super) const fn sized(self, size: f32) -> Self {
        Self { size, ..self }
    }

    /// Distance between the baselines of a paragraph.
    pub(super) fn leading(self) -> f32 {
        self.size * 1.4
    }
}

/// Something at its place on a page.
pub(super) enum Item {
    /// A line of text that starts at `x` on `baseline`.
    Text { x: f32, baseline: f32, style: Style, text: ShapedText },
    /// A filled rectangle.
    Rectangle { x: f32, y: f32, width: f32, height: f32, ink: Ink },
}

/// What one page shows, in drawing order.
#[derive(Default)]
pub(super) struct Page {
    pub(super) items: Vec<Item>,
}

/// Pages being filled from top to bottom.
pub(super) struct Canvas<'a> {
    pub(super) fonts: &'a Fonts,
    pub(super) pages: Vec<Page>,
    /// Lower edge of what is placed already.
    pub(super) y: f32,
    running_head: (String, String),
}

impl<'a> Canvas<'a> {
    /// One empty page; `running_head` stands left and right at the top of every following one.
    pub(super) fn new(fonts: &'a Fonts, running_head: (String, String)) -> Self {
        Self { fonts, pages: vec![Page::default()], y: 0.0, running_head }
    }

    /// Whether `height` points are left on this page.
    pub(super) fn fits(&self, height: f32) -> bool {
        self.y + height <= BOTTOM
    }

    /// Starts the next page with the running head.
    pub(super) fn break_page(&mut self) {
        self.pages.push(Page::default());
        let (left, right) = self.running_head.clone();
        let (first, second) = (Style::bold(9.0, Ink::Muted), Style::regular(9.0, Ink::Muted));
        let left_width = WIDTH - self.fonts.width(&right, second.weight, second.size) - 20.0;
        let left = self.fonts.wrap(&left, first.weight, first.size, left_width).swap_remove(0);
        self.text(LEFT, 50.0, first, &left);
        self.text_right(RIGHT, 50.0, second, &right);
        self.rule(LEFT, 60.0, WIDTH);
        self.y = CONTINUED_TOP;
    }

    /// Breaks the page unless `height` points are left; says whether it did.
    pub(super) fn reserve(&mut self, height: f32) -> bool {
        let breaks = !self.fits(height);
        if breaks {
            self.break_page();
        }
        breaks
    }

    /// Text from `x` rightwards.
    pub(super) fn text(&mut self, x: f32, baseline: f32, style: Style, text: &str) {
        let text = self.fonts.shape(text, style.weight);
        self.push(Item::Text { x, baseline, style, text });
    }

    /// Text that ends at `right`.
    pub(super) fn text_right(&mut self, right: f32, baseline: f32, style: Style, text: &str) {
        let text = self.fonts.shape(text, style.weight);
        let x = right - text.width(style.size);
        self.push(Item::Text { x, baseline, style, text });
    }

    /// A wrapped paragraph whose upper edge is `top`, at most `max_lines` long; gives its lower edge.
    pub(super) fn paragraph(
        &mut self,
        (x, top, width): (f32, f32, f32),
        style: Style,
        max_lines: usize,
        text: &str,
    ) -> f32 {
        let mut lines = self.fonts.wrap(text, style.weight, style.size, width);
        if lines.len() > max_lines {
            lines.truncate(max_lines);
            if let Some(last) = lines.last_mut() {
                last.push('…');
            }
        }
        let mut y = top;
        for line in lines {
            self.text(x, y + style.size, style, &line);
            y += style.leading();
        }
        y
    }

    /// A thin horizontal line.
    pub(super) fn rule(&mut self, x: f32, y: f32, width: f32) {
        self.rectangle((x, y, width, 0.6), Ink::Rule);
    }

    /// A filled rectangle: left, top, width, height.
    pub(super) fn rectangle(&mut self, (x, y, width, height): (f32, f32, f32, f32), ink: Ink) {
        self.push(Item::Rectangle { x, y, width, height, ink });
    }

    fn push(&mut self, item: Item) {
        if let Some(page) = self.pages.last_mut() {
            page.items.push(item);
        }
    }
}
