//! What the catalogue is put together from.

/// A category with what is sold in it.
#[derive(Debug)]
pub(super) struct Shelf {
    /// The category above it.
    pub department: &'static str,
    /// The category.
    pub name: &'static str,
    /// Things, with a base price in minor units and a weight in grams.
    pub things: [(&'static str, i64, u32); 5],
    /// What they are made of.
    pub materials: [&'static str; 5],
    /// A sentence about the kind of thing; `{}` is the material.
    pub sentence: &'static str,
    /// The values of its `size` attribute.
    pub sizes: &'static [&'static str],
}

/// The categories of the upper level, in their order.
pub(super) const DEPARTMENTS: [&str; 3] = ["Home", "Outdoors", "Clothing"];

/// The shelves: five things of five materials each.
pub(super) const SHELVES: [Shelf; 8] = [
    Shelf {
        department: "Home",
        name: "Kitchen",
        things: [
            ("Mixing Bowl", 2490, 900),
            ("Salt Cellar", 1290, 250),
            ("Teapot", 3990, 1100),
            ("Bread Box", 5490, 2300),
            ("Mug", 1490, 380),
        ],
        materials: ["Stoneware", "Enamel", "Beech", "Copper", "Porcelain"],
        sentence: "Made of {} that forgives a busy kitchen and looks better for being used.",
        sizes: &["Small", "Large"],
    },
    Shelf {
        department: "Home",
        name: "Lighting",
        things: [
            ("Table Lamp", 7900, 1600),
            ("Pendant Light", 11900, 2100),
            ("Reading Light", 5900, 900),
            ("Lantern", 4490, 1200),
            ("Floor Lamp", 18900, 5200),
        ],
        materials: ["Brass", "Paper", "Oak", "Smoked Glass", "Steel"],
        sentence: "A warm, even light behind {}, with a cord long enough for real rooms.",
        sizes: &["E14", "E27"],
    },
    Shelf {
        department: "Home",
        name: "Textiles",
        things: [
            ("Blanket", 6900, 1400),
            ("Cushion", 3490, 600),
            ("Tea Towel", 1190, 120),
            ("Table Runner", 2990, 300),
            ("Bath Towel", 2790, 550),
        ],
        materials: ["Linen", "Wool", "Cotton", "Hemp", "Waffle Cotton"],
        sentence: "Woven of {} in a small mill, washed once so that it is soft from the first day.",
        sizes: &["50 cm", "90 cm", "140 cm"],
    },
    Shelf {
        department: "Home",
        name: "Stationery",
        things: [
            ("Notebook", 1590, 310),
            ("Desk Tray", 2990, 700),
            ("Pen Case", 2190, 160),
            ("Letter Opener", 1890, 90),
            ("Wall Calendar", 2390, 400),
        ],
        materials: ["Cork", "Walnut", "Recycled Paper", "Felt", "Leather"],
        sentence: "Plain and well cut, of {}, for desks on which something is still written by hand.",
        sizes: &["A5", "A4"],
    },
    Shelf {
        department: "Outdoors",
        name: "Camping",
        things: [
            ("Cook Pot", 4290, 650),
            ("Folding Stool", 3890, 1300),
            ("Water Bottle", 2690, 350),
            ("Sleeping Mat", 7490, 780),
            ("Fire Steel", 1690, 80),
        ],
        materials: ["Titanium", "Canvas", "Bamboo", "Aluminium", "Ripstop Nylon"],
        sentence: "Light in the pack and hard to break: {}, riveted where it matters.",
        sizes: &["Solo", "Duo"],
    },
    Shelf {
        department: "Outdoors",
        name: "Garden",
        things: [
            ("Hand Trowel", 1990, 320),
            ("Watering Can", 3690, 1150),
            ("Plant Pot", 1790, 1400),
            ("Kneeling Pad", 2290, 450),
            ("Seed Box", 2890, 800),
        ],
        materials: ["Terracotta", "Zinc", "Ash", "Galvanised Steel", "Larch"],
        sentence: "Weather does {} no harm; leave it outside and it will tell the years.",
        sizes: &["Small", "Medium", "Large"],
    },
    Shelf {
        department: "Clothing",
        name: "Knitwear",
        things: [
            ("Jumper", 8900, 520),
            ("Cardigan", 9900, 560),
            ("Beanie", 2990, 90),
            ("Scarf", 3990, 180),
            ("Socks", 1490, 70),
        ],
        materials: ["Merino", "Lambswool", "Alpaca", "Cashmere Blend", "Organic Cotton"],
        sentence: "Knitted from {} without side seams, to be mended rather than replaced.",
        sizes: &["S", "M", "L", "XL"],
    },
    Shelf {
        department: "Clothing",
        name: "Workwear",
        things: [
            ("Chore Jacket", 12900, 980),
            ("Apron", 4490, 340),
            ("Overshirt", 8490, 610),
            ("Trousers", 9490, 720),
            ("Tote Bag", 2490, 210),
        ],
        materials: ["Denim", "Waxed Cotton", "Herringbone Wool", "Duck Canvas", "Corduroy"],
        sentence: "Cut wide, of {}, with pockets where hands look for them and bar tacks at every corner.",
        sizes: &["S", "M", "L"],
    },
];

/// Colours, with their red, green and blue.
pub(super) const COLOURS: [(&str, [u8; 3]); 8] = [
    ("Moss", [96, 118, 72]),
    ("Clay", [184, 104, 74]),
    ("Slate", [88, 100, 116]),
    ("Ochre", [204, 154, 62]),
    ("Ink", [44, 58, 96]),
    ("Chalk", [222, 216, 204]),
    ("Plum", [112, 62, 92]),
    ("Teal", [50, 122, 124]),
];

/// Closing sentences.
pub(super) const CLOSINGS: [&str; 7] = [
    "Spare parts are kept for ten years.",
    "Packed without plastic.",
    "Each piece differs a little from the next.",
    "Made in batches of a few hundred.",
    "A good present for somebody who has everything but this.",
    "Comes with a note on how to look after it.",
    "Our own favourite of the season.",
];
