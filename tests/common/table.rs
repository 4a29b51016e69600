//! A made-up table of items, all different.
#![expect(clippy::indexing_slicing, reason = "a panic is how a test fails")]

use super::dice::Dice;

const WORDS: [&str; 24] = [
    "plan", "review", "inspect", "write", "repair", "train", "select", "measure", "record", "deliver",
    "collect", "prepare", "answer", "assemble", "budget", "lesson", "engine", "report", "patient",
    "contract", "machine", "garden", "menu", "circuit",
];

/// CSV with the columns id and text.
pub fn table(rows: usize) -> String {
    let mut dice = Dice::new(0x5eed);
    let mut csv = String::from("id,text\n");
    for row in 0..rows {
        let words: Vec<&str> = (0..8).map(|_| WORDS[dice.below(WORDS.len())]).collect();
        csv.push_str(&format!("{row},{} number {row}.\n", words.join(" ")));
    }
    csv
}
