//! What a mock writes about the scores of an occupation: true of its sheet, and made up of nothing else.

use serde_json::{Value, json};

use super::draw::Draw;
use crate::domain::{AnswerFault, Finish};

/// Remarks of a part, at most.
const REMARKS: usize = 3;

/// Whether a schema asks for commentary.
pub(super) fn is_asked(schema: &str) -> bool {
    schema.contains("\"overview\"") && schema.contains("\"cites\"")
}

/// A statement of the sheet as it stands in the prompt.
struct Statement {
    id: String,
    text: String,
}

impl Statement {
    fn of(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line.trim()).ok()?;
        let word = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        Some(Self { id: word("id")?, text: word("text")? })
    }

    /// The number behind a word, as it is written; `None` where there is none.
    fn figure(&self, before: &str) -> Option<&str> {
        let (_, behind) = self.text.rsplit_once(before)?;
        let is_part = |c: char| c.is_ascii_digit() || c == '.' || c == ',';
        let end = behind.find(|c| !is_part(c)).unwrap_or(behind.len());
        let figure = behind.get(..end)?.trim_end_matches(['.', ',']);
        (!figure.is_empty()).then_some(figure)
    }

    fn score(&self) -> Option<f64> {
        self.figure(", score ")?.parse().ok()
    }

    /// How far the models are apart.
    fn apart(&self) -> f64 {
        let ends = [self.figure("lowest model "), self.figure("highest model ")];
        let [low, high] = ends.map(|end| end.and_then(|end| end.parse::<f64>().ok()));
        low.zip(high).map_or(0.0, |(low, high)| high - low)
    }

    /// What stands between a word in front and the comma behind it.
    fn named(&self, front: &str) -> Option<&str> {
        self.text.strip_prefix(front)?.split(',').next()
    }
}

/// The answer, and how the call ends.
pub(super) fn answer(user: &str, fault: Option<AnswerFault>, draw: &mut Draw) -> (Finish, String) {
    let sheet = Sheet(user.lines().filter_map(Statement::of).collect());
    let good = sheet.commentary(draw);
    let finish = match fault {
        Some(AnswerFault::Truncated) => Finish::Truncated,
        Some(AnswerFault::Refusal) => Finish::Refused,
        _ => Finish::Complete,
    };
    (finish, fault.map_or_else(|| good.to_string(), |fault| spoiled(&good, fault, draw)))
}

struct Sheet(Vec<Statement>);

impl Sheet {
    fn commentary(&self, draw: &mut Draw) -> Value {
        let mut tasks: Vec<&Statement> =
            self.0.iter().filter(|one| one.id.starts_with('T') && one.score().is_some()).collect();
        tasks.sort_by(|one, two| {
            let by = |task: &Statement| task.score().unwrap_or_default();
            by(two).total_cmp(&by(one)).then_with(|| one.id.cmp(&two.id))
        });
        let (high, low) = tasks.split_at(tasks.len().div_ceil(2));
        json!({
            "overview": self.overview(&tasks, draw),
            "pressure": high.iter().take(REMARKS).map(|task| pressure(task, draw)).collect::<Vec<_>>(),
            "holds": self.holds(low, draw),
            "tools": self.tools(draw),
            "questions": self.questions(&tasks),
        })
    }

    fn beginning(&self, front: &str) -> Option<&Statement> {
        self.0.iter().find(|one| one.text.starts_with(front))
    }

    fn overview(&self, tasks: &[&Statement], draw: &mut Draw) -> Vec<Value> {
        let mut remarks = Vec::new();
        if let Some(headline) = self.beginning("Score of the occupation: ")
            && let Some(score) = headline.figure("occupation: ")
        {
            let said = draw.pick(&[
                "Taken together, the tasks of this occupation come to a score of",
                "Weighed by their share of the work, the tasks give a score of",
                "The combined score of this occupation is",
            ]);
            remarks.push(remark(format!("{said} {score}."), &[headline]));
        }
        if let Some(models) = self.beginning("By model: ")
            && let (Some(low), Some(high)) = (models.figure("lowest model "), models.figure("highest model "))
        {
            let text = match models.apart() < 15.0 {
                true => format!("The models are near to each other, from {low} to {high}."),
                false => {
                    format!("The models are far apart, from {low} to {high}, so the score is uncertain.")
                }
            };
            remarks.push(remark(text, &[models]));
        }
        if let (Some(first), Some(last)) = (tasks.first(), tasks.last())
            && let (Some(high), Some(low)) = (first.figure(", score "), last.figure(", score "))
        {
            let text = format!("Scores of single tasks run from {low} to {high}.");
            remarks.push(remark(text, &[first, last]));
        }
        remarks
    }

    fn holds(&self, low: &[&Statement], draw: &mut Draw) -> Vec<Value> {
        let task = |task: &&Statement| {
            let score = task.figure(", score ").unwrap_or_default();
            let said = draw.pick(&[
                "Here most of the work is seen as people's own",
                "The models leave most of this task to people",
                "This is among the tasks that are least exposed",
            ]);
            remark(format!("{said}: it scores {score}."), &[task])
        };
        let mut remarks: Vec<Value> = low.iter().rev().take(REMARKS).map(task).collect();
        if let Some(skill) = self.beginning("Skill: ")
            && let (Some(name), Some(importance)) = (skill.named("Skill: "), skill.figure("importance "))
        {
            let text = format!("{name} is a skill of weight here, at an importance of {importance}.");
            remarks.push(remark(text, &[skill]));
        }
        remarks
    }

    fn tools(&self, draw: &mut Draw) -> Vec<Value> {
        let tools = self.0.iter().filter(|one| one.text.starts_with("Tool: "));
        let one = |tool: &Statement| {
            let said =
                draw.pick(&["is among the tools of this work", "is a tool that the work is done with"]);
            Some(remark(format!("{} {said}.", tool.named("Tool: ")?), &[tool]))
        };
        tools.filter_map(one).take(REMARKS).collect()
    }

    fn questions(&self, tasks: &[&Statement]) -> Vec<Value> {
        let mut asked = Vec::new();
        if let Some(measured) = self.beginning("What is scored: ") {
            asked.push(json!({
                "question": "What does the score say?",
                "answer": "It says how models judge the tasks of this occupation. It is not a count of jobs.",
                "cites": [measured.id],
            }));
        }
        let widest = tasks.iter().max_by(|one, two| one.apart().total_cmp(&two.apart()));
        if let Some(widest) = widest.filter(|task| task.apart() > 0.0)
            && let (Some(low), Some(high)) = (widest.figure("lowest model "), widest.figure("highest model "))
        {
            asked.push(json!({
                "question": "On which task do the models differ most?",
                "answer": format!("On the one cited here, which they put between {low} and {high}."),
                "cites": [widest.id],
            }));
        }
        asked
    }
}

fn pressure(task: &Statement, draw: &mut Draw) -> Value {
    let score = task.figure(", score ").unwrap_or_default();
    let weight = task.figure("(weight ").unwrap_or_default();
    let text = match draw.between(0, 2) {
        0 => format!("This task scores {score} and has {weight} % of the weight."),
        1 => format!("With {weight} % of the weight and a score of {score}, this task adds to the exposure."),
        _ => format!("The models see much of this task as exposed: it scores {score}."),
    };
    remark(text, &[task])
}

fn remark(text: String, cited: &[&Statement]) -> Value {
    let mut cites: Vec<&str> = cited.iter().map(|one| one.id.as_str()).collect();
    cites.dedup();
    json!({ "text": text, "cites": cites })
}

/// Good commentary in one of the bad shapes in which models answer.
fn spoiled(good: &Value, fault: AnswerFault, draw: &mut Draw) -> String {
    let whole = good.to_string();
    let with = |text: String| {
        let mut bad = good.clone();
        let cites = bad.pointer("/overview/0/cites").cloned().unwrap_or_default();
        if let Some(overview) = bad.pointer_mut("/overview") {
            *overview = json!([{ "text": text, "cites": cites }]);
        }
        bad.to_string()
    };
    match fault {
        AnswerFault::Fenced => format!("```json\n{whole}\n```"),
        AnswerFault::Prose => {
            format!("Here is the commentary, with {{ids}} as asked:\n\n{whole}\n\nTell me what to change.")
        }
        AnswerFault::Think => {
            format!(
                "<think>\nA first try: {}\nIt has no source.\n</think>\n{whole}",
                with("About 4711.".into())
            )
        }
        AnswerFault::TwoObjects => {
            format!(
                "{}\n\nThat number is not in the sheet. Corrected:\n\n{whole}",
                with("About 4711.".into())
            )
        }
        // Ids as one string, where there should be a list of them.
        AnswerFault::ScoreAsString => whole.replace("\"cites\":[\"", "\"cites\":\"").replace("\"]", "\""),
        AnswerFault::DuplicateKeys => whole.replacen('{', "{\"overview\":[],", 1),
        AnswerFault::Truncated => {
            let end = draw.between(1, whole.len().saturating_sub(8) as u64) as usize;
            whole.get(..whole.floor_char_boundary(end)).unwrap_or_default().to_owned()
        }
        AnswerFault::Refusal => "I'm sorry, but I can't comment on this occupation.".to_owned(),
        AnswerFault::OutOfRange => with("A score of 4711 is far from usual.".to_owned()),
        AnswerFault::SixteenDigits => {
            with(format!("Some {} jobs.", draw.between(1_000_000_000_000_000, 9_999_999_999_999_999)))
        }
        AnswerFault::Empty => String::new(),
        AnswerFault::FreeProse => "Much of this work is done at a desk, and models see that.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::draw::Stream;
    use super::*;

    const USER: &str = "Write.\n<data>\n{\"occupation\": \"Clerks\"}\n\
        {\"id\": \"F1\", \"text\": \"What is scored: Exposure.\"}\n\
        {\"id\": \"F2\", \"text\": \"Score of the occupation: 58, band Partial\"}\n\
        {\"id\": \"F3\", \"text\": \"By model: a 40, b 71, lowest model 40, highest model 71\"}\n\
        {\"id\": \"F4\", \"text\": \"Skill: Listening, importance 78 of 100 (O*NET)\"}\n\
        {\"id\": \"F5\", \"text\": \"Tool: Ledger 3000, used in this occupation (O*NET)\"}\n\
        {\"id\": \"T1\", \"text\": \"Task: Sort. (weight 7.1 %, score 74, lowest model 70, highest model 77; a 70, b 77)\"}\n\
        {\"id\": \"T2\", \"text\": \"Task: Lift, score 9. (weight 92.9 %, score 12, lowest model 3, highest model 21; a 3, b 21)\"}\n\
        {\"id\": \"T3\", \"text\": \"Task: Wait. (weight 1.0 %, score none; a none, b none)\"}\n</data>\n";

    fn asked(seed: u64, fault: Option<AnswerFault>) -> (Finish, String) {
        answer(USER, fault, &mut Draw::new(Stream::Words, seed))
    }

    #[test]
    fn remarks_say_what_the_sheet_says() {
        let text = asked(1, None).1;
        let value: Value = serde_json::from_str(&text).unwrap();
        let said = |place: &str| value.pointer(place).unwrap().to_string();
        assert!(said("/overview/0/text").ends_with("58.\""), "{text}");
        assert!(said("/overview/1/text").contains("far apart, from 40 to 71"), "{text}");
        assert_eq!(value["overview"][2]["cites"], json!(["T1", "T2"]));
        assert!(said("/pressure").contains("74") && !said("/pressure").contains("T2"), "{text}");
        assert!(said("/holds/0/text").contains("12") && said("/holds/1/text").contains("78"), "{text}");
        assert!(said("/tools/0/text").starts_with("\"Ledger 3000 is"), "{text}");
        assert_eq!(value["questions"][1]["cites"], json!(["T2"]));
    }

    #[test]
    fn the_same_seed_says_the_same_and_others_say_it_in_other_words() {
        assert_eq!(asked(1, None), asked(1, None));
        let texts: std::collections::HashSet<String> = (0..20).map(|seed| asked(seed, None).1).collect();
        assert!(texts.len() > 5, "{}", texts.len());
    }

    #[test]
    fn bad_shapes_hold_the_good_one_or_nothing_of_use() {
        for fault in AnswerFault::ALL {
            let (_, text) = asked(3, Some(fault));
            let good = asked(3, None).1;
            let holds = matches!(
                fault,
                AnswerFault::Fenced | AnswerFault::Prose | AnswerFault::Think | AnswerFault::TwoObjects
            );
            assert_eq!(text.contains(&good), holds, "{fault:?}: {text}");
        }
    }
}
