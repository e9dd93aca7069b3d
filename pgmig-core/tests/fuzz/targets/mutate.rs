//! Text that was right, changed at random.

use std::ops::Range;

use super::random::Random;

/// What changes the meaning of what is around it.
const PIECES: [&str; 58] = [
    "'",
    "''",
    "\"",
    "\"\"",
    "$$",
    "$a$",
    "$1",
    "$",
    "E'",
    "e'\\'",
    "U&'",
    "U&\"",
    "B'",
    "X'",
    "N'",
    "\\",
    "\\'",
    "--",
    "-- pgmig: ",
    "/*",
    "*/",
    "/",
    "*",
    ";",
    ";;",
    "(",
    ")",
    "[",
    "]",
    ",",
    ".",
    "..",
    ":",
    "::",
    ":=",
    "+",
    "-",
    "@-",
    "<=",
    "!",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "\u{b}",
    "\u{c}",
    "\u{a0}",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "ß",
    "${schema}",
    " begin atomic ",
    " end ",
    " case ",
    " as ",
    "\0",
    "0x1_0e",
];

/// Some of the text taken out, doubled, moved, or a piece put in, once or a few times.
pub(crate) fn mutated(text: &str, random: &mut Random) -> String {
    let mut text = text.to_owned();
    for _ in 0..=random.below(4) {
        text = once(&text, random);
    }
    text
}

fn once(text: &str, random: &mut Random) -> String {
    let cut = range(text, random);
    let (before, inside, after) = (&text[..cut.start], &text[cut.clone()], &text[cut.end..]);
    match random.below(6) {
        0 => format!("{before}{after}"),
        1 => format!("{before}{inside}{inside}{after}"),
        2 => {
            let other = place(after, random);
            format!("{before}{}{inside}{}", &after[..other], &after[other..])
        }
        3 => format!("{before}{}{after}", random.pick(&PIECES)),
        _ => format!("{before}{}{inside}{after}", random.pick(&PIECES)),
    }
}

/// A place in the text, between two characters.
pub(crate) fn place(text: &str, random: &mut Random) -> usize {
    let mut at = random.below(text.len() + 1);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A part of the text, mostly a short one.
fn range(text: &str, random: &mut Random) -> Range<usize> {
    let start = place(text, random);
    let longest = if random.once_in(8) { text.len() } else { 8 };
    let mut end = (start + random.below(longest + 1)).min(text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

/// The text as bytes, one of them changed.
pub(crate) fn garbled(text: &str, random: &mut Random) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    if !bytes.is_empty() {
        let at = random.below(bytes.len());
        bytes[at] ^= 1 << random.below(8);
    }
    bytes
}
