//! LOLWUT: the version of the server, and, asked for the version that had it, a picture drawn by chance.
//!
//! `LOLWUT` of 7.0 has no picture of its own. `VERSION 5` has squares that lose their order towards the lower end, after
//! a plotter drawing by Georg Nees (Schotter, 1968), in braille dots; `VERSION 6` has a skyline in terminal colours.
//! The pictures are drawn by our own code, so they differ from Redis's; size, arguments and the last line are the same.

use crate::commands::{Args, CommandError, Ctx, Flow};
use crate::numbers::integer;
use crate::structures::Rng;

const LAST_LINE: &str = "Redis ver. 7.0.15\n";

/// `LOLWUT [VERSION version [argument …]]`. O(size of the picture). Errors: NotInteger.
pub fn lolwut(ctx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let mut text = String::new();
    if args.len() >= 3 && args.is(1, "VERSION") {
        let version = integer::parse_i64(args.at(2)).ok_or(CommandError::NotInteger)?;
        // The original prints the number as an unsigned 32-bit one and looks at the digits.
        match version as u32 {
            5 => {
                let [columns, across, down] = numbers(args, [66, 8, 12])?;
                let size = [columns.clamp(1, 1000), across.clamp(1, 200), down.clamp(1, 200)];
                squares(&mut text, ctx.db.rng(), size);
                text.push_str("\nAfter Georg Nees, Schotter, drawn by a plotter in 1968. ");
            }
            6 => {
                let [columns, rows] = numbers(args, [80, 20])?;
                skyline(&mut text, ctx.db.rng(), columns.clamp(1, 1000) as usize, rows.clamp(1, 1000) as usize);
                text.push_str("A city by night, for those who made games for 8 bits. ");
            }
            _ => {}
        }
    }
    text.push_str(LAST_LINE);
    ctx.reply.verbatim("txt", text.as_bytes());
    Ok(Flow::Done)
}

/// The arguments behind the version, or what they are by default.
fn numbers<const N: usize>(args: Args<'_>, mut defaults: [i64; N]) -> Result<[i64; N], CommandError> {
    for (value, text) in defaults.iter_mut().zip(args.from(3).iter()) {
        *value = integer::parse_i64(text).ok_or(CommandError::NotInteger)?;
    }
    Ok(defaults)
}

/// Dots, two by four of them in a character.
struct Canvas {
    width: usize,
    height: usize,
    dots: Vec<bool>,
}

impl Canvas {
    fn new(width: usize, height: usize) -> Canvas {
        Canvas { width, height, dots: vec![false; width * height] }
    }

    fn dot(&mut self, x: f64, y: f64) {
        let (x, y) = (x.round(), y.round());
        if (0.0..self.width as f64).contains(&x) && (0.0..self.height as f64).contains(&y) {
            self.dots[y as usize * self.width + x as usize] = true;
        }
    }

    fn line(&mut self, from: (f64, f64), to: (f64, f64)) {
        let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).ceil().max(1.0);
        for step in 0..=steps as usize {
            let t = step as f64 / steps;
            self.dot(from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t);
        }
    }

    /// The dots as braille characters, a line a row.
    fn append_text(&self, text: &mut String) {
        const DOT_BITS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        for top in (0..self.height).step_by(4) {
            for left in (0..self.width).step_by(2) {
                let mut bits = 0;
                for (y, row) in DOT_BITS.iter().enumerate() {
                    for (x, bit) in row.iter().enumerate() {
                        let inside = top + y < self.height && left + x < self.width;
                        if inside && self.dots[(top + y) * self.width + left + x] {
                            bits |= bit;
                        }
                    }
                }
                text.push(char::from_u32(0x2800 + bits).expect("a braille pattern is a character"));
            }
            text.push('\n');
        }
    }
}

/// Rows of squares; the lower the row, the more each is turned and pushed away.
fn squares(text: &mut String, rng: &mut Rng, [columns, across, down]: [i64; 3]) {
    let width = columns as usize * 2;
    let margin = if columns > 4 { 2 } else { 0 };
    let side = (width - 2 * margin) as f64 / across as f64;
    let height = (side * down as f64) as usize + 2 * margin;
    let mut canvas = Canvas::new(width, height.max(1));
    let mut chance = || rng.below(2001) as f64 / 1000.0 - 1.0;
    for row in 0..down {
        let disorder = row as f64 / down as f64;
        for column in 0..across {
            let turn = chance() * disorder * 0.8;
            let x = margin as f64 + (column as f64 + 0.5 + chance() * disorder * 0.3) * side;
            let y = margin as f64 + (row as f64 + 0.5 + chance() * disorder * 0.3) * side;
            let corner = |quarter: usize| {
                let angle = turn + (quarter as f64 + 0.5) * std::f64::consts::FRAC_PI_2;
                let radius = side * std::f64::consts::FRAC_1_SQRT_2;
                (x + radius * angle.cos(), y + radius * angle.sin())
            };
            (0..4).for_each(|quarter| canvas.line(corner(quarter), corner(quarter + 1)));
        }
    }
    canvas.append_text(text);
}

/// Houses of random heights against a dark sky, some of their windows lit.
fn skyline(text: &mut String, rng: &mut Rng, columns: usize, rows: usize) {
    #[derive(Clone, Copy, PartialEq)]
    enum Cell {
        Sky,
        Wall,
        Shade,
        Window,
    }
    let mut cells = vec![Cell::Sky; columns * rows];
    let mut left = 0;
    while left < columns {
        let width = 3 + rng.below(9) as usize;
        let height = rng.below(rows as u64) as usize;
        let wall = if rng.below(2) == 0 { Cell::Wall } else { Cell::Shade };
        for y in rows - height..rows {
            for x in left..(left + width).min(columns) {
                let inner = (x - left) % 2 == 1 && (rows - y).is_multiple_of(2);
                cells[y * columns + x] = if inner && rng.below(4) == 0 { Cell::Window } else { wall };
            }
        }
        left += width + rng.below(3) as usize;
    }
    for row in cells.chunks(columns) {
        for cell in row {
            text.push_str(match cell {
                Cell::Sky => "\x1b[0;30;40m \x1b[0m",
                Cell::Wall => "\x1b[0;37;47m \x1b[0m",
                Cell::Shade => "\x1b[0;90;100m \x1b[0m",
                Cell::Window => "\x1b[0;97;107m \x1b[0m",
            });
        }
        text.push('\n');
    }
}
