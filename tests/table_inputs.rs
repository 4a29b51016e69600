//! 300,000 random and mutated inputs go through every parser of `read`: none may panic, and what is
//! accepted must hold together.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]

use std::io::Write;

use score_tasks::domain::Selection;
use score_tasks::read::{Catalogue, Columns, OwnOccupation};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Marsaglia's xorshift: small, fixed, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

/// Pieces on which parsers trip.
const PIECES: &[&[u8]] = &[
    b"\"",
    b"\"\"",
    b",",
    b";",
    b"\t",
    b"\n",
    b"\r\n",
    b"\r",
    b"\n\n",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xc3",
    b"\0",
    b"n/a",
    b"1e999",
    b"-0.0",
    b"8823.0",
    b"15-1252",
    b"Core",
    b"{",
    b"}",
    b"null",
    b"[1]",
    b"\\ud800",
    b": ",
    b"id",
    b"text",
    b"group",
    b"\x1d\x1e end of the table \x1e\x1d\n",
    "é—…".as_bytes(),
];

const TABLES: &[(&str, &str)] = &[
    (
        "t.csv",
        "id,text,group,title,type,weight,note\n1,Write.,x,The X,Core,1.5,\n2,\"a, \"\"b\"\"\nc\",y,,n/a,,z\n",
    ),
    (
        "t.csv",
        "\u{feff}code;Task ID;Task\r\n15-1252;8823.0;Write.\r\n15-1252.00;2;Test.\r\n11-1011;2;Lead.\r\n",
    ),
    (
        "t.tsv",
        "\tO*NET-SOC Code\tTask ID\tTask\tTask Type\n0\t11-1011.00\t8823.0\t\"say \"\"hi\"\"\"\tCore\n",
    ),
    ("t.csv", "text\nfirst\nsecond"),
    (
        "t.jsonl",
        "{\"id\": 1, \"text\": \"a\\nb\", \"weight\": 2}\n\n{\"text\": \"c\", \"id\": \"2\", \"new\": true}\n",
    ),
    (
        "t.ndjson",
        "{\"text\": \"a\", \"group\": \"x\"}\r\n{\"group\": \"y\", \"text\": \"b\"}\r\n{\"text\": \"c\", \"group\": \"x\"}",
    ),
];

const RELEASE: &[(&str, &str)] = &[
    (
        "Occupation Data.txt",
        "O*NET-SOC Code\tTitle\tDescription\r\n15-1252.00\tDevelopers\tThey \"write\".\r\n11-1011\tChiefs\tn/a\r\n",
    ),
    (
        "Task Statements.txt",
        "O*NET-SOC Code\tTask ID\tTask\tTask Type\n15-1252.00\t1\tWrite.\tCore\n15-1252.00\t2\tTest.\tn/a\n11-1011.00\t1\tLead.\t\n",
    ),
    (
        "Task Ratings.txt",
        "O*NET-SOC Code\tTask ID\tScale ID\tCategory\tData Value\tRecommend Suppress\n15-1252.00\t1\tIM\tn/a\t4.2\tN\n15-1252.00\t1\tFT\t1\t20\tN\n15-1252.00\t2\tRT\tn/a\t95.0\tY\n",
    ),
    (
        "Alternate Titles.txt",
        "O*NET-SOC Code\tAlternate Title\tShort Title\n15-1252.00\tCoder (Programmer)\tn/a\n",
    ),
    ("Read Me.txt", "O*NET 30.1 Database\n"),
];

const OWN: &str = "title = \"A\"\nslug = \"a\"\nonet = \"15-1252\"\n[[tasks]]\ntext = \"x\"\nid = 1\ntype = \"core\"\nweight = 1\n";

fn mutated(dice: &mut Dice, seed: &[u8]) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() + 1);
        let to = at + dice.below(bytes.len() + 1 - at).min(12);
        match dice.below(6) {
            0 => drop(bytes.drain(at..to)),
            1 => drop(bytes.splice(at..at, bytes[at..to].to_vec())),
            2 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            3 => bytes.truncate(at.max(to)),
            _ => drop(bytes.splice(at..at, dice.pick(PIECES).iter().copied())),
        }
    }
    bytes
}

fn random(dice: &mut Dice) -> Vec<u8> {
    let pieces = dice.below(40);
    (0..pieces).flat_map(|_| dice.pick(PIECES).iter().copied()).collect()
}

fn input(dice: &mut Dice, seed: &[u8]) -> Vec<u8> {
    if dice.below(5) == 0 { random(dice) } else { mutated(dice, seed) }
}

/// Whatever was accepted can be walked to its end, and is what it says it is.
fn check(catalogue: &Catalogue) {
    let all = Selection::default();
    let mut last = 0;
    let mut count = 0;
    for step in catalogue.walk(&all).unwrap() {
        let (at, task) = step.unwrap();
        assert!(at >= last && at < catalogue.occupations.len());
        assert!(!task.id.is_empty() && !task.text.is_empty());
        assert!(task.weight.is_none_or(|weight| weight.is_finite() && weight >= 0.0));
        assert!(task.importance.is_none_or(|importance| (1.0..=5.0).contains(&importance)));
        last = at;
        count += 1;
    }
    assert_eq!(catalogue.count(&all).unwrap(), count);
}

#[test]
fn tables() {
    let mut dice = Dice(0x5EED_0001);
    let mut accepted = 0;
    for _ in 0..190_000 {
        let (name, seed) = TABLES[dice.below(TABLES.len())];
        let bytes = input(&mut dice, seed.as_bytes());
        if let Ok(catalogue) = Catalogue::table_from_bytes(name, bytes, &Columns::default()) {
            check(&catalogue);
            accepted += 1;
        }
    }
    assert!(accepted > 10_000, "{accepted}");
}

#[test]
fn releases() {
    let mut dice = Dice(0x5EED_0002);
    let mut accepted = 0;
    for _ in 0..45_000 {
        let changed = dice.below(RELEASE.len());
        let files = RELEASE.iter().enumerate().map(|(at, (name, text))| {
            let bytes =
                if at == changed { input(&mut dice, text.as_bytes()) } else { text.as_bytes().to_vec() };
            ((*name).to_owned(), bytes)
        });
        let files = files.collect();
        if let Ok(catalogue) = Catalogue::from_files("t", files) {
            check(&catalogue);
            // Reads the alternate titles, which may be the part that is damaged.
            if let Ok(found) = catalogue.find("coder") {
                assert!(found.iter().all(|one| one.index < catalogue.occupations.len()));
            }
            accepted += 1;
        }
    }
    assert!(accepted > 10_000, "{accepted}");
}

#[test]
fn archives() {
    let mut dice = Dice(0x5EED_0003);
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in RELEASE {
        zip.start_file(format!("db_30_1_text/{name}"), SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    let seed = zip.finish().unwrap().into_inner();
    assert!(Catalogue::from_zip("t.zip", seed.clone()).is_ok());
    for _ in 0..25_000 {
        if let Ok(catalogue) = Catalogue::from_zip("t.zip", mutated(&mut dice, &seed)) {
            check(&catalogue);
        }
    }
}

#[test]
fn own_occupations() {
    let mut dice = Dice(0x5EED_0004);
    let mut accepted = 0;
    for _ in 0..40_000 {
        let text = String::from_utf8_lossy(&mutated(&mut dice, OWN.as_bytes())).into_owned();
        if let Ok(own) = OwnOccupation::parse("a.toml", &text) {
            assert!(!own.slug.is_empty() && !own.tasks.is_empty());
            accepted += 1;
        }
    }
    assert!(accepted > 1_000, "{accepted}");
}
