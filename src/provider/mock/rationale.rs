//! Rationales: what a careful rater writes next to a score, from banks of sentences per band.

use super::draw::Draw;

/// Sentences that go together: what AI does, what it does not do, and what sets the limit.
struct Bank {
    does: [&'static str; 6],
    leaves: [&'static str; 6],
    limit: [&'static str; 6],
}

/// What is written next to a score.
pub struct Rationale {
    /// 30 to 70 words.
    pub whole: String,
    /// A sentence of it, for shorter fields and drafts.
    pub remark: &'static str,
}

impl Rationale {
    /// For a score of so many points. `rated` is the item, of which a few words may be quoted.
    pub fn new(points: f64, rated: &str, draw: &mut Draw) -> Self {
        let bank = bank(points);
        let remark = draw.pick(&bank.leaves);
        let [does, limit] = [&bank.does, &bank.limit].map(|sentences| draw.pick(sentences));
        let whole = match opening_words(rated).filter(|_| draw.chance(0.2)) {
            Some(words) => {
                format!("Taking \"{words}\" in its usual sense: {does} {remark} {limit}")
            }
            None => [does, remark, limit].join(" "),
        };
        Self { whole, remark }
    }
}

fn bank(points: f64) -> &'static Bank {
    match points {
        ..20.0 => &LOW,
        ..40.0 => &LOWER_MIDDLE,
        ..60.0 => &MIDDLE,
        ..80.0 => &UPPER_MIDDLE,
        _ => &HIGH,
    }
}

/// The first four words, if they are plain enough to stand in quotes within a JSON text.
fn opening_words(rated: &str) -> Option<String> {
    let words: Vec<&str> = rated.splitn(5, ' ').take(4).collect();
    let quote = words.join(" ");
    let quote = quote.trim_end_matches([',', '.', ';']);
    let plain = |c: char| c.is_ascii_alphabetic() || " ,-".contains(c);
    (words.len() == 4 && quote.len() < 60 && quote.chars().all(plain)).then(|| quote.to_owned())
}

static LOW: Bank = Bank {
    does: [
        "Almost none of the working time goes into anything that could be handed over as text, tables or images.",
        "AI reaches only the edges of this work, such as a short note or a lookup before it begins.",
        "At most the little paperwork around this task can be drafted by AI, and it takes only minutes.",
        "Open to AI is only the bit of reading and writing that comes before or after the real work.",
        "Some background could be gathered by AI beforehand, but that saves the worker hardly any time.",
        "Beyond a brief record or a checklist, there is nothing here that AI could finish alone.",
    ],
    leaves: [
        "The core is done by hand and on the spot, with the material in front of the worker.",
        "What fills the hours is moving, handling and watching real things as they change.",
        "It is carried out with people or objects present, and each step answers to how they behave.",
        "Nearly every minute depends on touch, on sight and on a quick response in the place itself.",
        "Somebody has to be there, notice small differences and act on them at once.",
        "The main effort lies in bodily care and attention, for which no document can stand in.",
    ],
    limit: [
        "Presence at the place of work sets the limit and keeps the score near the bottom.",
        "Without a body at the site, the rest cannot be taken over.",
        "What could be handed over is too small a share to lift the score further.",
        "The limit is physical, since the result exists only once somebody has made it.",
        "Better texts would not change who has to carry out the work.",
        "Only the notes around it count toward the score, and they are few.",
    ],
};

static LOWER_MIDDLE: Bank = Bank {
    does: [
        "AI can prepare and document this work: it looks up requirements, drafts forms and writes the closing record.",
        "A minor share, chiefly planning on paper and writing up results, can be done by AI from supplied files.",
        "Searching for guidance, filling in standard documents and simple calculations are within reach of AI.",
        "About a quarter of the time goes into reading and record keeping that AI finishes well.",
        "AI takes over drafting and sorting of written material, which is a side of this task but not its center.",
        "Schedules, summaries and routine messages around this task can be produced by AI without much help.",
    ],
    leaves: [
        "The larger part happens on site or face to face and answers to what is found there.",
        "Inspecting, adjusting and talking with those involved take most of the time and stay with a person.",
        "Most hours go into direct contact, where trust and a sense of the moment decide the outcome.",
        "Equipment has to be operated and watched by someone who can step in.",
        "What remains is the practical side, in which observation and action follow each other closely.",
        "The people concerned must be heard, persuaded or guided in person, and that is the longer part.",
    ],
    limit: [
        "The written share is real but smaller, so the score stays well below half.",
        "The limit is set by steps that need a person present.",
        "Since those steps cannot be moved to a desk, only the paperwork counts.",
        "How much is won depends on the record keeping, which is the lesser part here.",
        "More than this would need hands and eyes at the place of work.",
        "The score reflects preparation and follow-up, with the middle of the task left out.",
    ],
};

static MIDDLE: Bank = Bank {
    does: [
        "AI handles the desk half of this task: it reads the sources, compares figures and drafts the written result.",
        "Collecting information, structuring it and putting a first full version on paper are done well by AI.",
        "Roughly half of the time is analysis and writing that AI completes from the files handed over.",
        "Where the task works on text, tables or code, AI reaches a quality that needs one reading only.",
        "The review of documents and the preparation of proposals can be left to AI with little loss.",
        "AI can sort the cases, propose an outcome for the plain ones and write up the reasons.",
    ],
    leaves: [
        "The other half consists of talks, checks on the spot and decisions that draw on local knowledge.",
        "Agreeing on goals with those involved and settling conflicts between them stay with a person.",
        "Facts that nobody has written down must first be found out by asking and looking.",
        "Unusual cases need somebody who knows the history and can weigh what is at stake.",
        "Putting the result into practice takes meetings and supervision, which no draft replaces.",
        "Entering results in internal systems and following them up in person is left to the worker.",
    ],
    limit: [
        "Both halves take similar time, which places the task near the middle.",
        "The limit lies in how much must be learned from people first.",
        "Neither side clearly outweighs the other in a usual week.",
        "With everything on file it would rank higher, but that is not the usual case.",
        "The share of live exchange sets the limit and holds the score at this level.",
        "A point more or less depends on how much of the material is in writing.",
    ],
};

static UPPER_MIDDLE: Bank = Bank {
    does: [
        "Most of this task is work on documents and data, and AI carries it from the raw material to a usable draft.",
        "AI can do the research, the calculations and the writing, which together take the greater part of the time.",
        "Given the records, AI finds the relevant passages, applies the rules and sets out the result in full.",
        "The analysis follows known methods, so AI can run it, test it and explain what it shows.",
        "Drafting, revising and formatting fill most of the hours here, and all three are done by AI.",
        "AI produces nearly every written part, including tables and plans, at a quality that is usually accepted.",
    ],
    leaves: [
        "A person still has to settle open questions with the parties and choose between close options.",
        "What stays is a round of consultation and the judgment on cases that the rules do not cover.",
        "Some facts have to be confirmed by telephone or on site before the result holds.",
        "The worker presents the outcome, answers objections and agrees on changes with others.",
        "Left over are the first conversation about what is wanted and a few checks against reality.",
        "Release into the systems of the employer and contact with those affected remain manual steps.",
    ],
    limit: [
        "These remaining steps are short but necessary, and they set the limit.",
        "The limit is information that exists only in people's heads.",
        "About a quarter of the time is bound to such contact.",
        "That part is smaller than the desk work, so the score lies clearly above half.",
        "Without them the result would be sent back in many cases.",
        "The score leaves room for this, and not for doubts about the writing itself.",
    ],
};

static HIGH: Bank = Bank {
    does: [
        "The whole task turns written input into written output under clear rules, and AI does that from start to finish.",
        "AI can read the material, carry out every step and deliver a result that a supervisor would accept.",
        "Nearly all of the time goes into text, figures or code, where AI works reliably and without steering.",
        "The input is on file, the method is standard and the product is a document, so AI covers it.",
        "Compiling, checking and rewriting of this kind is routine for AI, including the final form.",
        "All main parts, from search to finished version, can be handed over with a single instruction.",
    ],
    leaves: [
        "A person only starts the work and reads the result once before it is used.",
        "What remains is a question now and then about an entry that is missing or contradicts another.",
        "No step depends on being present, on handling things or on personal trust.",
        "Left to the worker are the rare cases in which the sources themselves are in doubt.",
        "Only passing the result on, and a short word with whoever asked for it, stay outside.",
        "The worker keeps the choice of what is wanted, which takes little time in the usual case.",
    ],
    limit: [
        "The limit is the completeness of the material, seldom the skill needed.",
        "So little is left over that the score lies near the top.",
        "Nothing in the usual case forces a second round of work.",
        "Gaps in the sources are all that keeps a few points back.",
        "The remainder is measured in minutes and hardly weighs against the rest.",
        "Only exceptions set a limit here, and they are uncommon.",
    ],
};

#[cfg(test)]
mod tests {
    use super::super::draw::Stream;
    use super::*;

    const BANKS: [&Bank; 5] = [&LOW, &LOWER_MIDDLE, &MIDDLE, &UPPER_MIDDLE, &HIGH];

    fn lengths(sentences: &[&str]) -> (usize, usize) {
        let counts = || sentences.iter().map(|sentence| sentence.split_whitespace().count());
        (counts().min().unwrap(), counts().max().unwrap())
    }

    #[test]
    fn every_combination_has_30_to_70_words() {
        for bank in BANKS {
            let parts = [lengths(&bank.does), lengths(&bank.leaves), lengths(&bank.limit)];
            let (least, most) = parts.iter().fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
            let quoting = "Taking \"one two three four\" in its usual sense:".split(' ').count();
            assert!(least >= 30 && most + quoting <= 70, "{least} to {most}: {}", bank.does[0]);
        }
    }

    #[test]
    fn every_sentence_is_plain_whole_and_said_once() {
        let all: Vec<&str> =
            BANKS.iter().flat_map(|bank| [bank.does, bank.leaves, bank.limit]).flatten().collect();
        for (place, sentence) in all.iter().enumerate() {
            assert!(sentence.is_ascii() && sentence.ends_with('.'), "{sentence}");
            assert!(sentence.starts_with(|c: char| c.is_ascii_uppercase()), "{sentence}");
            assert_eq!(sentence.matches(". ").count(), 0, "{sentence}");
            assert!(!all[..place].contains(sentence), "{sentence}");
        }
    }

    #[test]
    fn some_quote_the_item() {
        let rationale =
            |seed| Rationale::new(50.0, "Knead the dough, then wait.", &mut Draw::new(Stream::Words, seed));
        let quoting =
            (0..200).filter(|seed| rationale(*seed).whole.contains("\"Knead the dough, then\"")).count();
        assert!((20..80).contains(&quoting), "{quoting}");
    }

    #[test]
    fn only_plain_words_are_quoted() {
        assert_eq!(opening_words("Bake the bread daily, or not."), Some("Bake the bread daily".to_owned()));
        for text in
            ["", "Bake bread", "Bake the bread\\n now", "Backe t\u{e4}glich frisches Brot", "{\"a\" b c d"]
        {
            assert_eq!(opening_words(text), None, "{text}");
        }
    }
}
