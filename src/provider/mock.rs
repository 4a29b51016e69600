//! A rater that costs nothing and needs no network: it answers from hashes of the question, with a
//! plausible score and rationale, and can have bad weather.

mod commentary;
mod draw;
mod faults;
mod form;
mod rationale;
mod reading;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use self::draw::{Draw, Stream, mix};
use self::faults::Draft;
use self::form::{Form, MIDDLE, WIDTH};
use self::rationale::Rationale;
use self::reading::Reading;
use super::{ProviderError, Reply};
use crate::domain::{Allowance, AnswerFault, Context, Finish, Hash, Keyed, MockTraits, Question, Usage};

/// A drawn bias lies between this and its opposite, in points.
const BIAS: f64 = 9.0;

/// A mock model. What it says depends on the question alone.
pub struct Mock {
    model: String,
    traits: MockTraits,
    /// The model's name as a seed: its taste.
    rater: u64,
    bias: f64,
    /// The form of the context last seen. A model has one context in a run, and reading its schema
    /// costs more than an answer.
    form: Mutex<Option<(Hash, Arc<Form>)>>,
}

/// Who a mock rater is, as the `endpoint` of its questions: other traits are another rater, other
/// weather is not.
pub(super) fn endpoint(traits: &MockTraits) -> String {
    let bias = traits.bias.map_or_else(|| "auto".to_owned(), |bias| bias.to_string());
    // Left out where it is none, so that questions keep the keys they have always had.
    let wording = if traits.wording > 0.0 { format!(",wording={}", traits.wording) } else { String::new() };
    let wavering = match traits.wavering {
        1.0 => String::new(),
        share => format!(",wavering={share}"),
    };
    format!("mock:bias={bias},spread={},noise={}{wavering}{wording}", traits.spread, traits.noise)
}

impl Mock {
    pub fn new(model: &str, traits: &MockTraits) -> Self {
        let rater = draw::hash(model.as_bytes());
        let drawn = || BIAS * (2.0 * Draw::new(Stream::Bias, rater).share() - 1.0);
        Self {
            model: model.to_owned(),
            traits: traits.clone(),
            rater,
            bias: traits.bias.unwrap_or_else(drawn),
            form: Mutex::new(None),
        }
    }

    /// Puts the question for the `try_number`th time. Every call counts as a try, a busy one too:
    /// the same try of the same question always ends the same way.
    pub async fn answer(&self, question: &Keyed<Question>, try_number: u32) -> Result<Reply, ProviderError> {
        let seed = seed(&question.key);
        let this_try = mix(seed ^ u64::from(try_number));
        self.busy(this_try)?;
        self.latency(seed).await;
        self.broken(this_try)?;
        Ok(self.reply(&question.it, seed))
    }

    fn busy(&self, this_try: u64) -> Result<(), ProviderError> {
        let mut draw = Draw::new(Stream::Busy, this_try);
        if !draw.chance(self.traits.weather.busy) {
            return Ok(());
        }
        let detail = "the mock is busy: too many requests".to_owned();
        Err(ProviderError::Busy {
            wait_ms: Some(draw.between(20, 200)),
            counts: false,
            allowance: Box::default(),
            detail,
        })
    }

    fn broken(&self, this_try: u64) -> Result<(), ProviderError> {
        let mut draw = Draw::new(Stream::Broken, this_try);
        if !draw.chance(self.traits.weather.broken) {
            return Ok(());
        }
        let ways = [
            "the mock broke: the connection was closed before the answer came",
            "the mock broke: internal error",
            "the mock broke: the body ended early",
        ];
        Err(ProviderError::broken(false, draw.pick(&ways).to_owned()))
    }

    async fn latency(&self, seed: u64) {
        let mean = self.traits.weather.latency_ms as f64 / 1_000.0;
        if mean > 0.0 {
            let share = 0.5 + Draw::new(Stream::Latency, seed).share();
            #[expect(
                clippy::disallowed_methods,
                reason = "a mock's latency is what it plays, not a wait of ours"
            )]
            tokio::time::sleep(Duration::from_secs_f64(mean * share)).await;
        }
    }

    fn reply(&self, question: &Question, seed: u64) -> Reply {
        let context = &question.context;
        let (finish, text) = self.text(question, &self.form(context), seed);
        Reply {
            served: self.model.clone(),
            finish,
            usage: Some(Usage {
                input: tokens(context.it.system.len() + question.user.len()),
                output: tokens(text.len()),
                ..Usage::default()
            }),
            text,
            wire: Vec::new(),
            request_id: String::new(),
            allowance: Allowance::default(),
        }
    }

    fn text(&self, question: &Question, form: &Form, seed: u64) -> (Finish, String) {
        if form.is_commentary {
            let mut words = Draw::new(Stream::Words, seed);
            return commentary::answer(&question.user, self.fault(seed), &mut words);
        }
        let reading = Reading::of(&question.user);
        let points = self.points(&reading, &question.context.it.system, seed);
        let mut words = Draw::new(Stream::Words, seed);
        let draft = Draft {
            form,
            level: form.levels.at(points),
            rationale: Rationale::new(points, reading.rated, &mut words),
            spaced: words.chance(0.5),
        };
        match self.fault(seed) {
            Some(fault) => draft.spoiled(fault, &mut Draw::new(Stream::Fault, seed)),
            None => (Finish::Complete, draft.good()),
        }
    }

    /// The score in points from 0 to 100, before it is put on the rubric's scale.
    fn points(&self, reading: &Reading<'_>, system: &str, seed: u64) -> f64 {
        let common = MIDDLE + WIDTH * reading.trait_value();
        let own = self.bias + self.traits.spread * reading.view(self.rater);
        let noise = if reading.is_among(self.traits.wavering) { self.traits.noise } else { 0.0 };
        let passing = noise * Draw::new(Stream::Noise, seed).normal();
        squash(common + own + passing + self.wording(reading, system))
    }

    /// What this wording of the rubric makes this rater see in this item, the same in every sample.
    fn wording(&self, reading: &Reading<'_>, system: &str) -> f64 {
        if self.traits.wording <= 0.0 {
            return 0.0;
        }
        self.traits.wording * reading.worded(self.rater, draw::hash(system.as_bytes()))
    }

    /// In which bad shape this answer comes, if in any.
    fn fault(&self, seed: u64) -> Option<AnswerFault> {
        let mut left = Draw::new(Stream::Weather, seed).share();
        let mut faults = self.traits.weather.answers.iter();
        let hit = faults.find(|(_, share)| {
            left -= share;
            left < 0.0
        });
        hit.map(|(fault, _)| *fault)
    }

    fn form(&self, context: &Keyed<Context>) -> Arc<Form> {
        let mut last = self.form.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((key, form)) = last.as_ref()
            && *key == context.key
        {
            return Arc::clone(form);
        }
        let form = Arc::new(Form::of(&context.it.schema));
        *last = Some((context.key, Arc::clone(&form)));
        form
    }
}

/// Leaves the middle as it is and bends the ends, so that 0 and 100 are reached but seldom.
fn squash(points: f64) -> f64 {
    const STRAIGHT: f64 = 18.0;
    const ROOM: f64 = STRAIGHT + 1.5;
    let low = |points: f64| STRAIGHT - ROOM + ROOM * ((points - STRAIGHT) / ROOM).exp();
    let squashed = match points {
        ..STRAIGHT => low(points),
        82.0.. => 100.0 - low(100.0 - points),
        _ => points,
    };
    squashed.clamp(0.0, 100.0)
}

/// A token is about four bytes of English.
fn tokens(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(4)).unwrap_or(u32::MAX)
}

fn seed(key: &Hash) -> u64 {
    draw::hash(&key.0)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use tokio::time::Instant;

    use super::*;
    use crate::domain::hash::Fields;
    use crate::domain::{Settings, Weather};

    const WHOLE: &str = r#"{"type":"integer","description":"A whole number from 0 to 100."}"#;
    const LABELS: &str = r#"{"type":"string","enum":["E0","E1","E2"]}"#;

    fn context(model: &str, score: &str) -> Arc<Keyed<Context>> {
        let schema = format!(r#"{{"properties":{{"score":{score}}},"required":["score","rationale"]}}"#);
        let key = Fields::new("context").text("model", model).text("schema", &schema).finish();
        let settings = Settings {
            temperature_hundredths: None,
            max_output_tokens: 400,
            effort: None,
            extra: String::new(),
        };
        let [provider, endpoint, dialect] = ["mock"; 3].map(str::to_owned);
        let (model, system) = (model.to_owned(), "Rate it.".to_owned());
        Arc::new(Keyed { key, it: Context { provider, endpoint, model, dialect, system, settings, schema } })
    }

    fn question(context: &Arc<Keyed<Context>>, user: &str, sample: u32, attempt: u32) -> Keyed<Question> {
        let fields = Fields::new("question").bytes("context", &context.key.0).text("user", user);
        let key = fields.number("sample", sample.into()).number("attempt", attempt.into()).finish();
        Keyed { key, it: Question { context: Arc::clone(context), user: user.to_owned(), sample, attempt } }
    }

    /// A made-up word of four syllables.
    fn word(number: usize) -> String {
        let syllables = ["ba", "ke", "lo", "mi", "nu", "ra", "se", "to", "vi", "zu"];
        let mut dice = Draw::new(Stream::Words, number as u64);
        (0..4).map(|_| dice.pick(&syllables)).collect()
    }

    fn record(occupation: usize, task: usize) -> String {
        let sentence =
            |first: usize, count: usize| (first..first + count).map(word).collect::<Vec<_>>().join(" ");
        let (title, description) = (sentence(occupation, 1), sentence(1_000 + occupation * 20, 12));
        let item = sentence(100_000 + task * 10, 8);
        format!(
            "Rate this.\n\"occupation\": \"{title}\",\n\"description\": \"{description}\",\n\"task\": \"{item}\"\n"
        )
    }

    fn mock(model: &str, weather: Weather) -> Mock {
        Mock::new(model, &MockTraits { weather, ..MockTraits::default() })
    }

    async fn ask(model: &str, score: &str, user: &str, sample: u32) -> Reply {
        let question = question(&context(model, score), user, sample, 1);
        mock(model, Weather::default()).answer(&question, 1).await.unwrap()
    }

    fn field(reply: &Reply, name: &str) -> Value {
        serde_json::from_str::<Value>(&reply.text).unwrap()[name].clone()
    }

    async fn score(model: &str, user: &str, sample: u32) -> f64 {
        field(&ask(model, WHOLE, user, sample).await, "score").as_f64().unwrap()
    }

    fn mean_and_sd(values: &[f64]) -> (f64, f64) {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        (mean, (squares / (values.len() - 1) as f64).sqrt())
    }

    #[test]
    fn the_endpoint_says_who_it_is_and_not_the_weather() {
        let mut traits = MockTraits::default();
        assert_eq!(endpoint(&traits), "mock:bias=auto,spread=6,noise=3");
        traits.weather.busy = 0.5;
        assert_eq!(endpoint(&traits), "mock:bias=auto,spread=6,noise=3");
        traits.bias = Some(-2.5);
        assert_eq!(endpoint(&traits), "mock:bias=-2.5,spread=6,noise=3");
        traits.wording = 4.0;
        assert_eq!(endpoint(&traits), "mock:bias=-2.5,spread=6,noise=3,wording=4");
    }

    #[tokio::test]
    async fn the_same_question_has_the_same_answer() {
        let user = record(1, 1);
        let first = ask("mock-a", WHOLE, &user, 1).await;
        assert_eq!(first, ask("mock-a", WHOLE, &user, 1).await);
        assert_eq!((first.served.as_str(), first.finish), ("mock-a", Finish::Complete));
        let usage = first.usage.unwrap();
        assert_eq!(usage.input as usize, ("Rate it.".len() + user.len()).div_ceil(4));
        assert_eq!(usage.output as usize, first.text.len().div_ceil(4));
        assert!((30..=70).contains(&field(&first, "rationale").as_str().unwrap().split(' ').count()));
    }

    #[tokio::test]
    async fn samples_attempts_and_models_differ() {
        let mut same = [0, 0, 0];
        for task in 0..100 {
            let user = record(task / 10, task);
            let first = ask("mock-a", WHOLE, &user, 1).await.text;
            let again = question(&context("mock-a", WHOLE), &user, 1, 2);
            let again = mock("mock-a", Weather::default()).answer(&again, 1).await.unwrap().text;
            let others =
                [ask("mock-a", WHOLE, &user, 2).await.text, ask("mock-b", WHOLE, &user, 1).await.text, again];
            same.iter_mut().zip(others).for_each(|(same, other)| *same += usize::from(other == first));
        }
        assert!(same.iter().all(|same| *same < 3), "{same:?}");
    }

    #[tokio::test]
    async fn scores_are_spread_plausibly() {
        let (mut scores, mut apart, mut within) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..600 {
            let user = record(number / 10, number);
            let one = score("mock-a", &user, 1).await;
            apart.push(score("mock-b", &user, 1).await - one);
            within.push(score("mock-a", &user, 2).await - one);
            scores.push(one);
        }
        let (mean, sd) = mean_and_sd(&scores);
        assert!((30.0..60.0).contains(&mean) && (14.0..26.0).contains(&sd), "mean {mean}, sd {sd}");
        let (bias, apart) = mean_and_sd(&apart);
        assert!(bias.abs() < 19.0 && (7.0..12.0).contains(&apart), "bias {bias}, apart {apart}");
        let (drift, within) = mean_and_sd(&within);
        assert!(drift.abs() < 1.0 && (3.0..5.0).contains(&within), "drift {drift}, within {within}");
        let at_the_ends = scores.iter().filter(|score| [0.0, 100.0].contains(score)).count();
        assert!(at_the_ends < 6, "{at_the_ends}");
    }

    #[tokio::test]
    async fn all_labels_of_a_nominal_scale_occur() {
        let mut seen = [0, 0, 0];
        for number in 0..600 {
            let reply = ask("mock-a", LABELS, &record(number / 10, number), 1).await;
            let label = field(&reply, "score");
            let place = ["E0", "E1", "E2"].iter().position(|known| label == *known).unwrap();
            seen[place] += 1;
        }
        assert!(seen.iter().all(|count| *count > 60), "{seen:?}");
    }

    #[test]
    fn a_set_bias_shifts_and_a_drawn_one_differs_by_name() {
        let traits = |bias| MockTraits {
            bias,
            spread: 0.0,
            noise: 0.0,
            wavering: 1.0,
            wording: 0.0,
            weather: Weather::default(),
        };
        assert_eq!(Mock::new("mock-a", &traits(Some(-4.0))).bias, -4.0);
        let drawn = ["mock-a", "mock-b", "mock-c"].map(|model| Mock::new(model, &traits(None)).bias);
        assert!(drawn.iter().all(|bias| bias.abs() <= BIAS), "{drawn:?}");
        assert!(drawn[0] != drawn[1] && drawn[1] != drawn[2], "{drawn:?}");
    }

    #[test]
    fn another_wording_is_another_view_of_the_item() {
        let weather = Weather::default();
        let traits =
            MockTraits { bias: Some(0.0), spread: 0.0, noise: 0.0, wavering: 1.0, wording: 6.0, weather };
        let mock = Mock::new("mock-a", &traits);
        let apart: Vec<f64> = (0..2_000)
            .map(|number| {
                let user = record(number / 10, number);
                let wording = |system| mock.wording(&Reading::of(&user), system);
                assert_eq!(wording("Rate it.").to_bits(), wording("Rate it.").to_bits());
                wording("Judge it.") - wording("Rate it.")
            })
            .collect();
        // Two draws of the same spread.
        let (mean, sd) = mean_and_sd(&apart);
        assert!(mean.abs() < 0.6 && (8.0..9.0).contains(&sd), "{mean}, {sd}");
    }

    #[test]
    fn the_ends_are_bent_and_reached() {
        assert_eq!([18.0, 45.0, 82.0].map(squash), [18.0, 45.0, 82.0]);
        assert_eq!([-200.0, 300.0].map(squash), [0.0, 100.0]);
        assert!(squash(0.0) > 5.0 && squash(100.0) < 95.0);
        let rising = (-50..150).all(|points| squash(f64::from(points)) <= squash(f64::from(points + 1)));
        assert!(rising);
    }

    #[tokio::test]
    async fn a_later_try_can_succeed() {
        let weather = Weather { busy: 0.4, broken: 0.4, ..Weather::default() };
        let mock = mock("mock-a", weather);
        let (mut busy, mut broken) = (0, 0);
        for number in 0..100 {
            let question = question(&context("mock-a", WHOLE), &record(number, number), 1, 1);
            let mut tries = 1_u32..50;
            let answered = loop {
                match mock.answer(&question, tries.next().unwrap()).await {
                    Ok(reply) => break reply,
                    Err(ProviderError::Busy { wait_ms: Some(wait_ms), .. }) => {
                        assert!((20..=200).contains(&wait_ms));
                        busy += 1;
                    }
                    Err(ProviderError::Broken { .. }) => broken += 1,
                    Err(other) => panic!("{other}"),
                }
            };
            assert_eq!(answered.finish, Finish::Complete);
        }
        assert!(busy > 60 && broken > 30, "{busy} busy, {broken} broken");
    }

    #[tokio::test]
    async fn bad_answers_come_in_their_shares_and_stay() {
        let answers = vec![(AnswerFault::Empty, 0.2), (AnswerFault::Refusal, 0.3)];
        let mock = mock("mock-a", Weather { answers, ..Weather::default() });
        let (mut empty, mut refused, mut mended) = (0, 0, 0);
        for number in 0..400 {
            let asked = |attempt| question(&context("mock-a", WHOLE), &record(number, number), 1, attempt);
            let reply = mock.answer(&asked(1), 1).await.unwrap();
            assert_eq!(reply, mock.answer(&asked(1), 2).await.unwrap());
            let bad = reply.text.is_empty() || reply.finish == Finish::Refused;
            let again = mock.answer(&asked(2), 1).await.unwrap();
            empty += u32::from(reply.text.is_empty());
            refused += u32::from(reply.finish == Finish::Refused);
            mended += u32::from(bad && again.text.starts_with('{'));
        }
        assert!((50..110).contains(&empty) && (85..155).contains(&refused), "{empty}, {refused}");
        assert!(mended > 60, "{mended}");
    }

    #[tokio::test(start_paused = true)]
    async fn latency_lies_around_its_mean() {
        let mock = mock("mock-a", Weather { latency_ms: 1_000, ..Weather::default() });
        let mut waits = Vec::new();
        for number in 0..200 {
            let question = question(&context("mock-a", WHOLE), &record(number, number), 1, 1);
            let start = Instant::now();
            mock.answer(&question, 1).await.unwrap();
            waits.push(start.elapsed().as_secs_f64() * 1_000.0);
        }
        assert!(waits.iter().all(|wait| (500.0..=1_502.0).contains(wait)));
        let (mean, sd) = mean_and_sd(&waits);
        assert!((900.0..1_100.0).contains(&mean) && sd > 200.0, "{mean}, {sd}");
    }

    #[tokio::test]
    async fn the_form_follows_the_context() {
        let mock = mock("mock-a", Weather::default());
        for (score, number) in [(WHOLE, true), (LABELS, false), (WHOLE, true)] {
            let question = question(&context("mock-a", score), &record(1, 1), 1, 1);
            let reply = mock.answer(&question, 1).await.unwrap();
            assert_eq!(field(&reply, "score").is_i64(), number, "{score}");
        }
    }
}
