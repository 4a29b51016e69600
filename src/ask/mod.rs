//! Task to question: fills the rubric's templates and names each question by its hash. Pure.

mod again;
mod commentary;
pub mod key;
mod lint;
mod schema;
mod template;

use std::sync::{Arc, Mutex};

use crate::domain::{
    Context, Form, Keyed, Model, Occupation, Provider, Question, Rubric, Settings, Source, Task,
};

pub use again::{again, first_key};
pub use commentary::{Commentator, author, fact_sheet};
pub use lint::{Problem, lint};
pub use schema::schema;
use template::Template;

/// Why no question can be made.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error("prompts/{place}: {detail}")]
    Template { rubric: String, place: String, detail: String },
    #[error("task {id}: the text has {found} characters, the rubric allows {allowed}")]
    TooLong { id: String, found: usize, allowed: usize },
}

impl AskError {
    /// The next step for the user.
    pub fn hint(&self) -> String {
        match self {
            Self::Template { rubric, .. } if rubric == commentary::NAME => {
                "without the file, what is built in is sent".to_owned()
            }
            Self::Template { rubric, .. } => format!("score-tasks rubrics lint {rubric}"),
            Self::TooLong { .. } => {
                "shorten the text, or raise limits.text_chars in the rubric's rubric.toml".to_owned()
            }
        }
    }
}

/// Makes the questions of one model under one rubric. Several threads may use one asker.
pub struct Asker {
    rubric: Arc<Rubric>,
    system: Template,
    user: Template,
    frame: Frame,
    /// The system text hardly ever depends on the task, so the last context serves again.
    last: Mutex<Option<Arc<Keyed<Context>>>>,
}

/// What all contexts of an asker share.
struct Frame {
    provider: String,
    endpoint: String,
    model: String,
    dialect: String,
    settings: Settings,
    schema: String,
}

impl Asker {
    /// `endpoint` tells servers apart that offer models of the same name.
    pub fn new(rubric: Arc<Rubric>, model: &Model, endpoint: String) -> Result<Self, AskError> {
        let template = |file, source| Template::new(&rubric.name, rubric.place(file), file, source);
        let (system, user) = (template("system.md", &rubric.system)?, template("user.md", &rubric.user)?);
        Ok(Self {
            system,
            user,
            frame: Frame {
                provider: model.provider_name().to_owned(),
                endpoint,
                model: model.model.clone(),
                dialect: dialect(model),
                settings: model.settings.clone(),
                schema: schema_of(&rubric, model),
            },
            rubric,
            last: Mutex::new(None),
        })
    }

    /// The first question about a task, for one sample.
    pub fn question(
        &self,
        occupation: &Occupation,
        task: &Task,
        sample: u32,
    ) -> Result<Keyed<Question>, AskError> {
        self.check_length(task)?;
        let question = Question {
            context: self.context(occupation, task)?,
            user: self.user.render(occupation, task)?,
            sample,
            attempt: 1,
        };
        Ok(Keyed { key: key::question(&question), it: question })
    }

    /// How long the system text is, where it is the same for every question: providers can cache it then.
    pub fn constant_system_bytes(&self) -> Option<usize> {
        self.system.is_constant().then_some(self.rubric.system.len())
    }

    fn check_length(&self, task: &Task) -> Result<(), AskError> {
        let allowed = self.rubric.limits.text_chars;
        // Bytes bound characters from above, so most texts need no count.
        if task.text.len() <= allowed {
            return Ok(());
        }
        match task.text.chars().count() {
            found if found > allowed => Err(AskError::TooLong { id: task.id.clone(), found, allowed }),
            _ => Ok(()),
        }
    }

    fn context(&self, occupation: &Occupation, task: &Task) -> Result<Arc<Keyed<Context>>, AskError> {
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(context) = last.as_ref().filter(|_| self.system.is_constant()) {
            return Ok(Arc::clone(context));
        }
        let system = self.system.render(occupation, task)?;
        if let Some(context) = last.as_ref().filter(|context| context.it.system == system) {
            return Ok(Arc::clone(context));
        }
        let context = Arc::new(self.frame.with(system));
        *last = Some(Arc::clone(&context));
        Ok(context)
    }
}

/// The schema that goes with each question to a model; empty where none does.
pub fn schema_of(rubric: &Rubric, model: &Model) -> String {
    schema(rubric, form(model))
}

/// How the model is made to answer in JSON.
fn form(model: &Model) -> Form {
    match &model.source {
        Source::Asked(Provider::Http(server)) => server.form,
        Source::Asked(Provider::Replay(recording)) => match &*recording.of {
            Provider::Http(server) => server.form,
            _ => Form::Schema,
        },
        _ => Form::Schema,
    }
}

/// The dialect, with the form of answer where it is not the usual one: both change what is sent.
fn dialect(model: &Model) -> String {
    match form(model) {
        Form::Schema => model.provider_name().to_owned(),
        form => format!("{}+{}", model.provider_name(), form.name()),
    }
}

impl Frame {
    fn with(&self, system: String) -> Keyed<Context> {
        let context = Context {
            provider: self.provider.clone(),
            endpoint: self.endpoint.clone(),
            model: self.model.clone(),
            dialect: self.dialect.clone(),
            system,
            settings: self.settings.clone(),
            schema: self.schema.clone(),
        };
        Keyed { key: key::context(&context), it: context }
    }
}
