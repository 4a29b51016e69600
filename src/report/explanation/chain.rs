//! From a number back to what was said: hashes, one inside the other, down to the answers.

use super::{Page, figures};
use crate::domain::explanation::{Link, Term};
use crate::domain::scored::Origin;
use crate::domain::{Answer, RunModel, Sample};
use crate::report::text::plain;

/// What is in each hash, by the names of its fields.
pub(super) const HASHED: [(&str, &str); 3] = [
    (
        "context",
        "provider, endpoint, model, dialect, system, temperature_hundredths, max_output_tokens, effort, schema, \
         extra",
    ),
    ("question", "context, user, sample, attempt"),
    (
        "answer",
        "key of the question, at, served, finish, text, tokens, cost, latency, priced, request_id, wire (the reply)",
    ),
];

impl Page<'_> {
    /// The answers of one task: the target's with their text, or those of the heaviest.
    pub(super) fn chain(&self) -> String {
        let Some(term) = self.of.tasks.get(self.of.followed) else { return String::new() };
        let (which, with_text) = match &self.of.target {
            Some(_) => ("", true),
            None => (", the heaviest", false),
        };
        let mut text = format!("  Back to the answers: task {}{which}\n", plain(&term.scored.task.id));
        text += &format!("  rubric     {}\n", self.run.rubric.sha256);
        text += &format!("  catalogue  {}\n", self.run.catalogue.sha256);
        let models = self.run.models.iter().zip(&term.scored.models).zip(&term.links);
        for ((model, of), links) in models {
            for (sample, link) in of.samples.iter().zip(links) {
                text += &self.sample(term, model, sample, link.as_ref(), with_text);
            }
        }
        text + "\n" + &how_to_check()
    }

    fn sample(
        &self,
        term: &Term,
        model: &RunModel,
        sample: &Sample,
        link: Option<&Link>,
        with_text: bool,
    ) -> String {
        let outcome = match &sample.outcome {
            Ok(rating) => figures::score(rating.score.value()),
            Err(gap) => format!("{} ({})", gap.reason.name(), plain(&gap.detail)),
        };
        let mut text = format!("  {}, sample {}: {outcome}\n", plain(&model.id), sample.number);
        match (link, &sample.origin) {
            (Some(link), _) => text += &linked(link, with_text),
            (None, Origin::Label { column }) => {
                let cell = term.scored.task.column(column).unwrap_or_default();
                text += &format!("    cell       `{}`, column {} of the table\n", plain(cell), plain(column));
            }
            (None, _) => {}
        }
        text
    }
}

fn linked(link: &Link, with_text: bool) -> String {
    let Link { context, question, attempt, answer, digest } = link;
    let again = if *attempt > 1 { format!("  attempt {attempt}") } else { String::new() };
    let mut text = format!("    context    {context}\n    question   {question}{again}\n");
    let Some(answer) = answer else { return text };
    let digest = digest.map_or_else(|| "-".to_owned(), |digest| digest.to_string());
    text += &format!("    answer     {digest}\n");
    text += &format!(
        "               {}, by {}, {}, {} tokens in, {} out, {}\n",
        answer.finish.name(),
        plain(&answer.served),
        answer.at,
        answer.usage.input,
        answer.usage.output,
        cost(answer)
    );
    if with_text {
        // A line of its own for each, as none of them can break out of the margin.
        text +=
            &answer.text.lines().map(|line| format!("             | {}\n", plain(line))).collect::<String>();
    }
    text
}

fn cost(answer: &Answer) -> String {
    match answer.cost_nano_usd {
        Some(nano) => format!("USD {}", figures::sum(nano as f64 / 1e9)),
        None => "cost not known".to_owned(),
    }
}

fn how_to_check() -> String {
    let mut text =
        "  To check: `score-tasks cache verify` makes every context, question and answer hash again.\n"
            .to_owned();
    text += "  SHA-256 over these fields, each with its name and its length in front (docs/ARCHITECTURE.md, ask/key.rs):\n";
    for (name, fields) in HASHED {
        text += &format!("    {name:<9} {fields}\n");
    }
    text
}
