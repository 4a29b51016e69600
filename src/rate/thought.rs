//! The tags between which models think aloud. What stands there is no answer.

/// How thoughts begin and end, at the vendors and in open weights. Case does not matter.
const TAGS: [(&str, &str); 5] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<reasoning>", "</reasoning>"),
    ("<thought>", "</thought>"),
    ("[THINK]", "[/THINK]"),
];

/// What a tag means for the reader of answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tag {
    /// Thoughts up to this place; to the end of the text if nothing closes them.
    Thoughts { until: usize },
    /// Thoughts end here without having begun: with some models the opening tag is part of the
    /// prompt. All that stands before was thought.
    Closes { until: usize },
}

/// Whether a character can begin a tag.
pub fn may_begin(byte: u8) -> bool {
    matches!(byte, b'<' | b'[')
}

/// The tag that stands at a place, if there is one.
pub fn tag(text: &str, at: usize) -> Option<Tag> {
    TAGS.iter().find_map(|(open, close)| {
        if begins(text, at, open) {
            let until = find(text, at + open.len(), close).map_or(text.len(), |at| at + close.len());
            return Some(Tag::Thoughts { until });
        }
        begins(text, at, close).then(|| Tag::Closes { until: at + close.len() })
    })
}

fn begins(text: &str, at: usize, tag: &str) -> bool {
    text.get(at..at + tag.len()).is_some_and(|found| found.eq_ignore_ascii_case(tag))
}

fn find(text: &str, from: usize, tag: &str) -> Option<usize> {
    let windows = text.as_bytes().get(from..)?.windows(tag.len());
    windows.enumerate().find(|(_, found)| found.eq_ignore_ascii_case(tag.as_bytes())).map(|(at, _)| from + at)
}
