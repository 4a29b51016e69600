//! Facts sheet to question: what a model is asked that is to write commentary. Pure.

mod schema;
mod sheet;

use std::sync::Arc;

use super::template::{Template, in_quotes};
use super::{AskError, Frame, dialect, form, key};
use crate::domain::{Brief, Context, FactSheet, Keyed, Model, Question};

pub use sheet::fact_sheet;

/// The folder of its texts, by which messages name them.
pub(super) const NAME: &str = "commentary";

/// What the user text may name.
const KNOWN: [&str; 3] = ["occupation.title", "occupation.code", "sheet.statements"];

/// Makes the questions of one author.
pub struct Commentator {
    context: Arc<Keyed<Context>>,
    user: Template,
}

/// A model as it is asked for commentary: at once, with room for a longer answer than a rating.
pub fn author(model: &Model, brief: &Brief) -> Model {
    let mut author = model.clone();
    let most = &mut author.settings.max_output_tokens;
    *most = (*most).max(brief.limits.output_tokens);
    author.in_batches = false;
    author
}

impl Commentator {
    /// `author` has been made one; `endpoint` tells servers apart that offer models of the same name.
    pub fn new(brief: &Brief, author: &Model, endpoint: String) -> Result<Self, AskError> {
        let place = format!("{NAME}/user.md");
        let user = Template::naming((NAME, KNOWN.join(", ")), place, "user.md", &brief.user)?;
        let frame = Frame {
            provider: author.provider_name().to_owned(),
            endpoint,
            model: author.model.clone(),
            dialect: dialect(author),
            settings: author.settings.clone(),
            schema: schema::schema(&brief.limits, form(author)),
        };
        // As it is: the same bytes in every call can be cached by providers.
        Ok(Self { context: Arc::new(frame.with(brief.system.clone())), user })
    }

    /// The first question about an occupation. The sheet is part of it, so other scores are another question.
    pub fn question(&self, sheet: &FactSheet) -> Result<Keyed<Question>, AskError> {
        let line =
            |id: &str, text: &str| format!("{{\"id\": {}, \"text\": {}}}", in_quotes(id), in_quotes(text));
        let lines: Vec<String> = sheet.statements.iter().map(|one| line(&one.id, &one.text)).collect();
        let statements = lines.join("\n");
        let user = self.user.render_with(&[
            ("occupation", "title", &sheet.title),
            ("occupation", "code", &sheet.code),
            ("sheet", "statements", &statements),
        ])?;
        let question = Question { context: Arc::clone(&self.context), user, sample: 1, attempt: 1 };
        Ok(Keyed { key: key::question(&question), it: question })
    }

    /// How long the text is that is the same for every question.
    pub fn system_bytes(&self) -> usize {
        self.context.it.system.len()
    }
}
