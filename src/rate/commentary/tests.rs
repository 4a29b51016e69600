//! Every kind of fault, and what is none.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::commentary::{BriefLimits, Statement};
use crate::domain::{Instant, Usage};

fn brief() -> Brief {
    let listed = |phrases: &[&str]| phrases.iter().map(|phrase| (*phrase).to_owned()).collect();
    Brief {
        id: "c".into(),
        version: "1".into(),
        system: String::new(),
        user: String::new(),
        limits: BriefLimits { remark_chars: 80, remarks: 2, questions: 1, output_tokens: 100 },
        words: listed(&["obsolete", "replace all"]),
        quantities: listed(&["half", "# in #"]),
        forecasts: listed(&["by ####", "will be replaced", "in the next *"]),
    }
}

fn sheet() -> FactSheet {
    let statement = |(id, text): (&str, &str)| Statement { id: id.into(), text: text.into() };
    let statements = [
        ("F1", "Score of the occupation: 58, band Partial"),
        ("F2", "Median pay USD 239,200 or more a year (BLS, May 2024)"),
        ("F3", "Projected change of employment: +5.6 %, from 2024 to 2034"),
        ("T9", "Task: Scrap obsolete parts. (weight 7.1 %, score 74, lowest model 70; a 70, b 78)"),
    ];
    FactSheet { code: "1".into(), title: "Clerks".into(), statements: statements.map(statement).to_vec() }
}

fn with(part: &str, text: &str, cites: &[&str]) -> Value {
    let mut object = json!({
        "overview": [{"text": "The score is 58.", "cites": ["F1"]}],
        "pressure": [], "holds": [], "tools": [], "questions": [],
    });
    let remark = json!({"text": text, "cites": cites});
    object[part].as_array_mut().unwrap().push(remark);
    object
}

fn judged(text: &str) -> Result<Parts, Vec<String>> {
    let faults = |faults: Vec<Fault>| faults.iter().map(ToString::to_string).collect();
    commentary(&brief(), &sheet(), text).map_err(faults)
}

#[test]
fn what_a_remark_may_say() {
    for (text, cites) in [
        ("It scores 74 at a weight of 7.1%.", &["T9"][..]),
        ("Models say 70 and 78; two models, three tasks.", &["T9"]),
        ("Pay is $239,200 or more, as of 2024.", &["F2"]),
        ("The source projects 5.60 % for 2024 to 2034.", &["F3"]),
        ("The 58th place is no place, says F1.", &["F1", "F1"]),
        ("Obsolete parts are scrapped.", &["T9"]),
    ] {
        let parts = judged(&with("holds", text, cites).to_string());
        let remark = parts.unwrap_or_else(|faults| panic!("{text}: {faults:?}")).holds.remove(0);
        assert_eq!((remark.text.as_str(), remark.cites.len()), (text, 1));
    }
}

#[test]
fn every_fault_is_named_with_its_place() {
    let long = "x".repeat(81);
    for (text, cites, expected) in [
        ("Fine.", &[][..], "it cites nothing"),
        ("Fine.", &["F9"], "`F9` is no statement of the sheet"),
        ("Fine.", &["F1", "58"], "`58` is no statement of the sheet"),
        ("It scores 57.", &["T9"], "57 stands in no statement"),
        ("It weighs 7 %.", &["T9"], "7 stands in no statement"),
        ("USD 239k? USD 239,201!", &["F2"], "239k stands in no statement"),
        ("The 3rd of them.", &["F1"], "3 stands in no statement"),
        ("Some ½ of it.", &["F1"], "½ stands in no statement"),
        ("Some fifty percent.", &["F1"], "`fifty` is a number in words"),
        ("Half of it.", &["F1"], "`half` is a number in words"),
        ("See a.example.com.", &["F1"], "`a.example.com.` is an address"),
        ("In 2029 it falls.", &["F3"], "the year 2029 stands in no statement"),
        ("It grows by 2034.", &["F3"], "`by 2034` is a forecast"),
        ("They WILL be replaced.", &["F1"], "`will be replaced` is a forecast"),
        ("More in the next decade.", &["F1"], "`in the next decade` is a forecast"),
        ("The work is obsolete.", &["F1"], "`obsolete` is not to be said"),
        ("Tools replace all of it.", &["T9"], "`replace all` is not to be said"),
        ("", &["F1"], "it is empty"),
        (&long, &["F1"], "81 characters, 80 are allowed"),
        ("Ab\u{202e}cd.", &["F1"], "it has characters that do not show"),
    ] {
        let faults = judged(&with("pressure", text, cites).to_string()).unwrap_err();
        assert_eq!(faults.first(), Some(&format!("remark 1 of pressure: {expected}")), "{text}");
    }
}

/// A sheet as a whole release makes it, with what is refused by default.
fn with_default_lists(text: &str, cites: &[&str]) -> Result<(), Vec<String>> {
    let statement = |(id, text): (&str, &str)| Statement { id: id.into(), text: text.into() };
    let statements = [
        ("F1", "What is scored: Exposure. Scores run from 0 to 100 and are judgements of language models."),
        ("F2", "Score of the occupation: 40, band Partial"),
        ("F3", "By model: gpt-5 100, beta 31, lowest model 31, highest model 46; bands: Low to Partial"),
        ("F4", "12 tasks, weighted by core"),
        ("F5", "Skill: Active Listening, importance 78 of 100 (O*NET)"),
        ("F6", "Tool: Microsoft ASP.NET, used in this occupation (O*NET)"),
        ("F7", "Median pay USD 239,200 or more a year (BLS, May 2024)"),
        ("F8", "Employment: 3,282,010 jobs, self-employed left out (BLS, May 2024)"),
        ("F9", "Projected change of employment: +5.6 %, faster than average (BLS, 2024-34)"),
        (
            "T1",
            "Task: Double-check half of the orders twice in the future. (weight 7.1 %, score 40, lowest model 31)",
        ),
        ("T2", "Task: Cut loads of 40 000 pounds by a third. (weight 4.0 %, score 9, lowest model 9)"),
    ];
    let sheet = FactSheet {
        code: "1".into(),
        title: "Clerks".into(),
        statements: statements.map(statement).to_vec(),
    };
    let brief = crate::read::brief(None).unwrap();
    let text = with("holds", text, cites).to_string().replace("The score is 58.", "The score is 40.");
    let faults = |faults: Vec<Fault>| faults.iter().map(ToString::to_string).collect();
    commentary(&brief, &sheet, &text).map(|_| ()).map_err(faults)
}

#[test]
fn honest_remarks_hold_as_models_write_them() {
    for (text, cites) in [
        ("The models disagree most on this task, from 31 to 46.", &["F3"][..]),
        ("One of the tasks stands out, with a score of 40 at a weight of 7.1 %.", &["T1"]),
        ("On the one hand the work is seen as exposed, on the other hand the models differ.", &["F2", "F3"]),
        ("Two of the three models place it in the same band; the third is lower.", &["F3"]),
        ("The third task weighs little.", &["T2"]),
        ("The score of 40 out of 100 lies in the band Partial.", &["F1", "F2"]),
        ("At 78 of 100, active listening is a skill of importance.", &["F5"]),
        ("Pay is USD 239,200 or more a year, as of May 2024.", &["F7"]),
        ("Median pay is at least $239,200.", &["F7"]),
        ("BLS counts 3,282,010 jobs, the self-employed left out.", &["F8"]),
        ("The source projects a change of 5.6 % for 2024-34, faster than average.", &["F9"]),
        ("Employment is projected to change by +5.6 percent.", &["F9"]),
        ("Microsoft ASP.NET is among the tools, e.g. for reports.", &["F6"]),
        ("ASP.NET is used in this occupation.", &["F6"]),
        ("Double-checking orders twice stays near the score of 40.", &["T1"]),
        ("It takes half of the orders, as the task says, and has a score of 40.", &["T1"]),
        ("Loads of 40 000 pounds are cut by a third; that is 40,000 pounds.", &["T2"]),
        ("gpt-5 gives 100 and beta 31, so the score is uncertain.", &["F3"]),
        ("gpt-5 100, beta 31: far apart.", &["F3"]),
        ("A low score does not mean that a task cannot change; it says what models judge.", &["F1", "T2"]),
        ("People's judgement still counts where the score is 9.", &["T2"]),
        ("The 12 tasks are weighted by core, so the heaviest ones move the score.", &["F4"]),
        ("It is a mean of judgements, not a count of jobs; nobody has measured adoption.", &["F1"]),
        ("Tasks T1 and T2 are far apart in score.", &["T1", "T2"]),
        ("Most of the weight lies on a few core tasks, and the rest is spread thinly.", &["F4"]),
        ("Will AI replace clerks? The score says nothing of that: it is about tasks.", &["F1"]),
        ("It says how the work is seen at this time, not what will happen.", &["F1"]),
        ("The models see five points between them as little.", &["F3"]),
        ("Every quarter-hour counts less here than listening.", &["F5"]),
    ] {
        let judged = with_default_lists(text, cites);
        // Known: a quarter of an hour is refused like any other.
        assert_eq!(judged.is_err(), text.contains("quarter-hour"), "{text}: {judged:?}");
    }
}

#[test]
fn what_was_made_up_is_refused_however_it_is_put() {
    for text in [
        "Pay is $4 bn and there are 40 jobs.",
        "There are 78 k jobs.",
        "There are 40 trillion in all.",
        "There are 40\u{a0}million.",
        "There are 40-million of them.",
        "It is 40 lakh or 40 crore.",
        "It is 40\u{2009}001 jobs.",
        "It is 40\u{202f}100 jobs.",
        "It is 40 100 jobs.",
        "It is 40'100 jobs.",
        "It is 4,00,000 jobs.",
        "Nine in ten of these tasks are exposed.",
        "Nine out of ten are exposed.",
        "9 in 10 are exposed.",
        "Half of the work is exposed.",
        "A third of the pay is lost.",
        "Two-thirds of the pay are lost.",
        "Three quarters of it are exposed.",
        "A tenth of it is exposed.",
        "Tools double output.",
        "Output rises tenfold.",
        "Output rises ten-fold.",
        "Output rises 40-fold.",
        "Output rises 40x.",
        "Output is 40 times as high.",
        "Output is twice as high, and triples.",
        "It is three times that.",
        "There are a dozen tasks.",
        "Ten percent of jobs are exposed.",
        "It comes in MMXXX.",
        "It comes in mmxl.",
        "All shall be automated.",
        "It comes shortly.",
        "Machines take over.",
        "It ends by the decade's end.",
        "Your job is going away for good.",
        "AI takes it all.",
        "Workers lose jobs tomorrow.",
        "Workers lose their jobs.",
        "They'll be replaced.",
        "The work won’t last.",
        "This changes before long.",
        "Visit evil.example.com",
        "Visit evil.example.com/path.",
        "Mail a@b.example",
        "See www and http.",
        "See ftp://40.",
    ] {
        assert!(with_default_lists(text, &["F2"]).is_err(), "{text}");
    }
}

#[test]
fn questions_are_held_to_the_same() {
    let asked = |question: &str, answer: &str| {
        let mut object = with("holds", "Fine.", &["F1"]);
        object["questions"] = json!([{"question": question, "answer": answer, "cites": ["F1"]}]);
        judged(&object.to_string())
    };
    let parts = asked("What is the score?", "58.").unwrap();
    assert_eq!(parts.questions[0].question, "What is the score?");
    assert_eq!(asked("Why 57?", "58.").unwrap_err(), ["question 1 of questions: 57 stands in no statement"]);
    assert_eq!(asked("Why?", "57.").unwrap_err(), ["answer 1 of questions: 57 stands in no statement"]);
}

#[test]
fn there_is_an_overview_and_no_part_is_too_long() {
    let mut object = with("holds", "Fine.", &["F1"]);
    object["overview"] = json!([]);
    assert_eq!(judged(&object.to_string()).unwrap_err(), ["overview: it is empty"]);
    let remark = json!({"text": "Fine.", "cites": ["F1"]});
    object["overview"] = json!([remark, remark, remark]);
    assert_eq!(judged(&object.to_string()).unwrap_err(), ["overview: 3 of them, 2 are allowed"]);
}

#[test]
fn one_object_however_it_is_wrapped() {
    let good = with("holds", "Fine.", &["F1"]);
    let bad = with("holds", "It is 57.", &["F1"]);
    for text in [
        format!("{good}"),
        format!("{good:#}"),
        format!("```json\n{good}\n```"),
        format!("Here {{it}} is:\n\n{good}\n\nAnything {{else}}?"),
        format!("<think>{bad} or {{\"</think>{good}"),
        format!("a draft {bad}</think>\n{good}"),
        format!("{bad}\n\nCorrected:\n{good}"),
        format!("{good}\n\nOr else:\n{bad}"),
        format!("{{\"result\": {good}}}"),
    ] {
        assert_eq!(judged(&text).unwrap().holds[0].text, "Fine.", "{text}");
    }
}

#[test]
fn what_is_no_commentary_at_all() {
    let good = with("holds", "Fine.", &["F1"]).to_string();
    let twice = good.replacen('{', "{\"overview\":[],", 1);
    let cut: String = good.chars().take(good.len() - 9).collect();
    let deep = "{\"a\":".repeat(50_000);
    for (text, part) in [
        ("", "the answer: it is empty"),
        (" \n", "the answer: it is empty"),
        ("I'd rather not.", "the answer: no JSON object: `I'd rather not.`"),
        ("{\"score\": 42}", "missing field `overview`"),
        (&good.replace("[\"F1\"]", "\"F1\""), "invalid type: string"),
        (&twice, "duplicate field"),
        (&cut, "EOF while parsing"),
        (&deep, "the answer:"),
        (&"x".repeat(300_000), "too long to be commentary"),
    ] {
        let faults = judged(text).unwrap_err();
        assert!(faults.len() == 1 && faults[0].contains(part), "{part}: {faults:?}");
    }
}

#[test]
fn how_the_call_ended_comes_first() {
    let answer = |finish, text: &str| Answer {
        at: Instant::BEGINNING,
        served: "a".into(),
        finish,
        text: text.into(),
        usage: Usage::default(),
        cost_nano_usd: None,
        priced: "".into(),
        latency_ms: 1,
        request_id: String::new(),
    };
    let good = with("holds", "Fine.", &["F1"]).to_string();
    let reason =
        |finish, text: &str| commented(&brief(), &sheet(), &answer(finish, text)).map_err(|gap| gap.reason);
    assert!(reason(Finish::Complete, &good).is_ok() && reason(Finish::Truncated, &good).is_ok());
    assert_eq!(reason(Finish::Truncated, "{\"overview\""), Err(GapReason::Truncated));
    assert_eq!(reason(Finish::Complete, "No."), Err(GapReason::Unreadable));
    assert_eq!(reason(Finish::Refused, &good), Err(GapReason::Refused));
    assert_eq!(reason(Finish::Failed, &good), Err(GapReason::Failed));
    let bad = with("holds", "1, 2, 3, 4 and 5.", &["F1"]).to_string();
    let gap = commented(&brief(), &sheet(), &answer(Finish::Complete, &bad)).unwrap_err();
    assert!(gap.detail.ends_with("; and 2 more"), "{}", gap.detail);
}

proptest! {
    #[test]
    fn any_answer_is_commentary_or_has_faults(text in "\\PC*|[{}\\[\\]\",:a-z0-9<>/ \\\\]*") {
        let faults = commentary(&brief(), &sheet(), &text).unwrap_err();
        prop_assert!(!faults.is_empty());
    }

    /// Whatever digits are put into a remark, it holds only with those of the sheet.
    #[test]
    fn no_number_gets_through_that_the_sheet_does_not_have(number in 0_u32..4_000, around in "[a-z%$. ]{0,8}") {
        let text = format!("It is {around}{number}, they say.");
        let holds = judged(&with("holds", &text, &["T9"]).to_string()).is_ok();
        let is_known = [58, 2024, 5, 2034, 74, 70, 78, 71].contains(&number);
        // `5.6` and `7.1` are no 5 and no 71; what stands before it may make it another number.
        prop_assert!(!holds || is_known || around.contains('.'), "{text}");
    }

    #[test]
    fn any_text_can_be_looked_through(text in "\\PC{0,80}") {
        let _ = judged(&with("holds", &text, &["T9"]).to_string());
    }
}
