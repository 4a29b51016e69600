//! Reports in JSON compared by their bytes.
#![expect(clippy::unwrap_used, clippy::panic, clippy::string_slice, reason = "a panic is how a test fails")]

/// The report with some values of `run` struck out: `answers`, `offline`, `cost_usd`. Works on the
/// text, so that all other bytes are compared as they are.
pub fn without(report: &[u8], keys: &[&str]) -> String {
    let report = std::str::from_utf8(report).unwrap();
    // The run stands on the second line; no key of it can be met in the data below.
    let (head, body) = report.split_once("\n\"occupations\":").unwrap();
    let mut head = head.to_owned();
    for key in keys {
        let start = head.find(&format!("\"{key}\":")).unwrap() + key.len() + 3;
        let value = &head[start..];
        let length = if value.starts_with('{') {
            value.find('}').unwrap() + 1
        } else {
            value.find([',', '}']).unwrap()
        };
        head.replace_range(start..start + length, "_");
    }
    format!("{head}\n\"occupations\":{body}")
}

/// Equal but for these values of `run`; says where they part instead of printing megabytes.
pub fn assert_same(one: &[u8], other: &[u8], but_for: &[&str], what: &str) {
    let (one, other) = (without(one, but_for), without(other, but_for));
    if one == other {
        return;
    }
    let part = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let around = |text: &str| {
        let from = text.floor_char_boundary(part.saturating_sub(100));
        let to = text.floor_char_boundary((part + 200).min(text.len()));
        text[from..to].to_owned()
    };
    panic!("{what}: the reports part at byte {part}:\n{}\n---\n{}", around(&one), around(&other));
}
