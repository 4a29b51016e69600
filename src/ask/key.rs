//! The key of a question: SHA-256 over everything that can change the answer, and nothing else.
//!
//! The structs are taken apart field by field, so that a new field does not compile until somebody
//! has decided whether it belongs in the key. Text goes in with its length in front and is never
//! re-serialised, so no library can change a key.

use crate::domain::hash::Fields;
use crate::domain::{Context, Hash, Question, Settings};

/// The key of what many questions share.
pub fn context(context: &Context) -> Hash {
    let Context { provider, endpoint, model, dialect, system, settings, schema } = context;
    let Settings { temperature_hundredths, max_output_tokens, effort, extra } = settings;
    let temperature = temperature_hundredths.map(u32::to_le_bytes);
    let fields = Fields::new("score-tasks/context/1")
        .text("provider", provider)
        .text("endpoint", endpoint)
        .text("model", model)
        .text("dialect", dialect)
        .text("system", system)
        .maybe("temperature_hundredths", temperature.as_ref().map(<[u8; 4]>::as_slice))
        .number("max_output_tokens", u64::from(*max_output_tokens))
        .maybe("effort", effort.as_deref().map(str::as_bytes))
        .text("schema", schema);
    // Without it the key is what it was before there was such a setting.
    let fields = if extra.is_empty() { fields } else { fields.text("extra", extra) };
    fields.finish()
}

/// The key under which a question's answers are kept.
pub fn question(question: &Question) -> Hash {
    let Question { context, user, sample, attempt } = question;
    Fields::new("score-tasks/question/1")
        .bytes("context", &context.key.0)
        .text("user", user)
        .number("sample", u64::from(*sample))
        .number("attempt", u64::from(*attempt))
        .finish()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::*;
    use crate::domain::Keyed;

    fn sample_context() -> Context {
        Context {
            provider: "mock".into(),
            endpoint: "mock".into(),
            model: "mock-a".into(),
            dialect: "mock".into(),
            system: "Rate the task.".into(),
            settings: Settings {
                temperature_hundredths: Some(0),
                max_output_tokens: 400,
                effort: None,
                extra: String::new(),
            },
            schema: "{}".into(),
        }
    }

    fn sample_question(asked: Context) -> Question {
        let context = Arc::new(Keyed { key: context(&asked), it: asked });
        Question { context, user: "Write code.".into(), sample: 1, attempt: 1 }
    }

    #[test]
    fn golden_key() {
        assert_eq!(
            question(&sample_question(sample_context())).to_string(),
            "311e632906f784248158b1701ffcbb2fff3e35b6a378b1a3b6e322fc188223b2",
            "every user's cache is about to be thrown away. Was that meant?"
        );
    }

    #[test]
    fn every_field_changes_the_key() {
        type Change = fn(&mut Context);
        let changes: [Change; 12] = [
            |_| (),
            |c| c.provider = "openai".into(),
            |c| c.endpoint = "example.org".into(),
            |c| c.model = "mock-b".into(),
            |c| c.dialect = "chat".into(),
            |c| c.system.push(' '),
            |c| c.settings.temperature_hundredths = None,
            |c| c.settings.temperature_hundredths = Some(1),
            |c| c.settings.max_output_tokens = 401,
            |c| c.settings.effort = Some(String::new()),
            |c| c.settings.extra = "{}".into(),
            |c| c.schema = "{ }".into(),
        ];
        let mut keys = BTreeSet::new();
        for change in changes {
            let mut context = sample_context();
            change(&mut context);
            keys.insert(question(&sample_question(context)));
        }
        let changes: [fn(&mut Question); 3] = [|q| q.user.push('!'), |q| q.sample = 2, |q| q.attempt = 2];
        for change in changes {
            let mut changed = sample_question(sample_context());
            change(&mut changed);
            keys.insert(question(&changed));
        }
        assert_eq!(keys.len(), 15);
    }
}
