//! What makes a question another question, and what does not: changes to real files, one at a time,
//! and what each does to the keys.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test fails")]

mod common {
    pub mod program;
}

use std::collections::BTreeSet;
use std::sync::Arc;

use common::program::Project;
use score_tasks::ask::Asker;
use score_tasks::config::Config;
use score_tasks::domain::{Form, Selection, Source};
use score_tasks::provider;
use score_tasks::read::{self, Catalogue};

/// Everything that a run reads, as texts.
#[derive(Clone)]
struct World {
    config: String,
    /// The name of the rubric's folder.
    folder: String,
    rubric: String,
    system: String,
    user: String,
    read_me: String,
    occupations: String,
    statements: String,
    ratings: String,
}

const CONFIG: &str = r#"
[run]
models = ["m"]
rubric = "mine"
samples = 2
weights = "importance"
allow_gaps = 0
reask = 1
[cache]
path = "cache/answers.sqlite"
[bands]
cuts = [50]
names = ["Low", "High"]
[models.m]
provider = "mock"
model = "maker-1"
requests_per_minute = 600000
max_in_flight = 8
max_attempts = 40
max_output_tokens = 300
temperature = 0.5
effort = "low"
price = { input = 1, output = 2 }
weight = 1
[models.m.mock]
bias = 1
spread = 5
noise = 2
latency_ms = 0
busy = 0
broken = 0
answers = { fenced = 0.25 }
"#;

const RUBRIC: &str = r#"
id = "mine"
version = "1"
title = "Mine"
summary = "how much of it"
scale = { kind = "integer", min = 0, max = 100 }
fields = ["score", "rationale"]
[limits]
text_chars = 400
rationale_chars = 500
"#;

const USER: &str = r#"Rate the task.
"occupation": {{ occupation.title | tojson }},
{% if occupation.description %}"description": {{ occupation.description | tojson }},
{% endif %}"task": {{ task.text | tojson }}
"#;

const OCCUPATIONS: &str = "O*NET-SOC Code\tTitle\tDescription\n\
    11-1011.00\tChief Executives\tLead firms.\n\
    51-3011.00\tBakers\tBake bread.\n";

const STATEMENTS: &str = "O*NET-SOC Code\tTask ID\tTask\tTask Type\tDate\n\
    11-1011.00\t1\tSet the budget.\tCore\t08/2025\n\
    11-1011.00\t2\tAppoint managers.\tCore\t08/2025\n\
    11-1011.00\t3\tSpeak in public.\tSupplemental\t08/2025\n\
    51-3011.00\t4\tKnead the dough.\tCore\t08/2025\n\
    51-3011.00\t5\tSlice the bread.\tn/a\t08/2025\n";

const RATINGS: &str = "O*NET-SOC Code\tTask ID\tScale ID\tCategory\tData Value\tRecommend Suppress\n\
    11-1011.00\t1\tIM\tn/a\t4.5\tN\n\
    51-3011.00\t4\tIM\tn/a\t3.5\tN\n";

fn plain() -> World {
    World {
        config: CONFIG.to_owned(),
        folder: "mine".to_owned(),
        rubric: RUBRIC.to_owned(),
        system: "You rate tasks from 0 to 100.\n".to_owned(),
        user: USER.to_owned(),
        read_me: "O*NET 30.1 Database\n".to_owned(),
        occupations: OCCUPATIONS.to_owned(),
        statements: STATEMENTS.to_owned(),
        ratings: RATINGS.to_owned(),
    }
}

/// The same with labels for a scale.
fn nominal() -> World {
    let mut world = plain();
    swap(
        &mut world.rubric,
        r#"{ kind = "integer", min = 0, max = 100 }"#,
        r#"{ kind = "nominal", labels = { no = 0, some = 50, yes = 100 } }"#,
    );
    world
}

/// Replaces what must be there, so that no change is one in name only.
fn swap(text: &mut String, from: &str, to: &str) {
    assert!(text.contains(from), "`{from}` is not in: {text}");
    *text = text.replace(from, to);
}

impl World {
    fn project(&self) -> Project {
        let project = Project::new(&self.config);
        let prompts = format!("prompts/{}", self.folder);
        for (file, text) in
            [("rubric.toml", &self.rubric), ("system.md", &self.system), ("user.md", &self.user)]
        {
            project.write(&format!("{prompts}/{file}"), text);
        }
        for (file, text) in [
            ("Read Me.txt", &self.read_me),
            ("Occupation Data.txt", &self.occupations),
            ("Task Statements.txt", &self.statements),
            ("Task Ratings.txt", &self.ratings),
        ] {
            project.write(&format!("onet/{file}"), text);
        }
        project
    }

    /// The keys of every question of a run.
    fn keys(&self) -> BTreeSet<String> {
        let project = self.project();
        let config = Config::load(Some(&project.path("config.toml")), &project.path(""))
            .unwrap_or_else(|error| panic!("{error}"));
        let rubric =
            read::rubric(&config.rubric, Some(&config.prompts())).unwrap_or_else(|error| panic!("{error}"));
        let rubric = Arc::new(rubric);
        let catalogue = Catalogue::open(&project.path("onet")).unwrap_or_else(|error| panic!("{error}"));
        let mut keys = BTreeSet::new();
        for name in &config.models {
            let model = config.known_models.iter().find(|model| *model.id == **name).unwrap();
            let Source::Asked(asked) = &model.source else { panic!("nobody is asked") };
            let asker = Asker::new(Arc::clone(&rubric), model, provider::endpoint(asked)).unwrap();
            for placed in catalogue.walk(&Selection::default()).unwrap() {
                let (place, task) = placed.unwrap();
                let occupation = catalogue.occupations.get(place).unwrap();
                for sample in 1..=config.samples {
                    let key = asker.question(occupation, &task, sample).unwrap().key.to_string();
                    assert!(keys.insert(key), "two questions of one run have one key");
                }
            }
        }
        keys
    }
}

/// What a change does to the ten keys: two samples of three tasks of one occupation, two of another.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Becomes {
    /// No key is as before.
    Other,
    /// So many are new, as many are gone, the rest is as before.
    Partly(usize),
    Same,
    /// So many are new, none is gone.
    More(usize),
}

use Becomes::{More, Other, Partly, Same};

/// What is changed, what that does, and how it is done.
type Case = (&'static str, Becomes, fn(&mut World));

fn check(base: fn() -> World, table: &[Case]) {
    let before = base().keys();
    assert_eq!(before.len(), 10);
    for (what, expected, change) in table {
        let mut world = base();
        change(&mut world);
        let after = world.keys();
        let (new, gone) = (after.difference(&before).count(), before.difference(&after).count());
        let found = match (new, gone) {
            (0, 0) => Same,
            (new, 0) => More(new),
            (10, 10) => Other,
            (new, gone) if new == gone => Partly(new),
            _ => panic!("{what}: {new} new keys, {gone} gone"),
        };
        assert_eq!(found, *expected, "{what}");
    }
}

#[test]
fn who_is_asked_and_how_is_in_the_key() {
    check(
        plain,
        &[
            ("the model's name at the provider", Other, |w| swap(&mut w.config, "maker-1", "maker-2")),
            ("temperature", Other, |w| swap(&mut w.config, "temperature = 0.5", "temperature = 0.51")),
            ("temperature 0", Other, |w| swap(&mut w.config, "temperature = 0.5", "temperature = 0")),
            ("no temperature", Other, |w| swap(&mut w.config, "temperature = 0.5\n", "")),
            ("max_output_tokens", Other, |w| swap(&mut w.config, "tokens = 300", "tokens = 301")),
            ("max_output_tokens left out", Other, |w| swap(&mut w.config, "max_output_tokens = 300\n", "")),
            ("effort", Other, |w| swap(&mut w.config, "\"low\"\nprice", "\"high\"\nprice")),
            ("an empty effort", Other, |w| swap(&mut w.config, "\"low\"\nprice", "\"\"\nprice")),
            ("no effort", Other, |w| swap(&mut w.config, "effort = \"low\"\n", "")),
            ("the mock's bias", Other, |w| swap(&mut w.config, "bias = 1", "bias = 2")),
            ("a drawn bias", Other, |w| swap(&mut w.config, "bias = 1\n", "")),
            ("the mock's spread", Other, |w| swap(&mut w.config, "spread = 5", "spread = 5.5")),
            ("the mock's noise", Other, |w| swap(&mut w.config, "noise = 2", "noise = 0")),
            ("a further sample", More(5), |w| swap(&mut w.config, "samples = 2", "samples = 3")),
            ("a further model", More(10), |w| {
                swap(&mut w.config, "[\"m\"]", "[\"m\", \"n\"]");
                w.config.push_str("[models.n]\nprovider = \"mock\"\n");
            }),
        ],
    );
}

#[test]
fn what_is_said_is_in_the_key() {
    check(
        plain,
        &[
            ("the system text", Other, |w| swap(&mut w.system, "You rate", "You judge")),
            ("a blank in the system text", Other, |w| swap(&mut w.system, "rate tasks", "rate  tasks")),
            ("the user text", Other, |w| swap(&mut w.user, "Rate the task.", "Rate this task.")),
            ("the order within the user text", Other, |w| {
                swap(&mut w.user, "Rate the task.\n", "");
                w.user.push_str("Rate the task.\n");
            }),
            ("the range of the scale", Other, |w| swap(&mut w.rubric, "max = 100", "max = 10")),
            ("the kind of the scale", Other, |w| {
                swap(&mut w.rubric, "\"integer\", min = 0, max = 100", "\"ordinal\", min = 1, max = 5");
            }),
            ("the order of the fields", Other, |w| {
                swap(&mut w.rubric, r#"["score", "rationale"]"#, r#"["rationale", "score"]"#);
            }),
            ("a field more", Other, |w| {
                swap(&mut w.rubric, r#""rationale"]"#, r#""rationale", "doubt"]"#);
            }),
            ("a field less", Other, |w| swap(&mut w.rubric, r#", "rationale"]"#, "]")),
            ("a task's text", Partly(2), |w| swap(&mut w.statements, "Knead the", "Knead all")),
            ("a letter's case in a task's text", Partly(2), |w| swap(&mut w.statements, "Slice", "slice")),
            ("an occupation's title", Partly(4), |w| swap(&mut w.occupations, "Bakers", "Pastry Bakers")),
            ("an occupation's description", Partly(6), |w| swap(&mut w.occupations, "Lead", "Head")),
            ("no description", Partly(6), |w| swap(&mut w.occupations, "Lead firms.", "n/a")),
            ("a task type that the prompt shows", Other, |w| {
                w.user.push_str("\"type\": {{ task.type | tojson }}\n");
            }),
            ("a task more", More(2), |w| {
                w.statements.push_str("51-3011.00\t6\tClean the oven.\tCore\t08/2025\n");
            }),
        ],
    );
    check(
        nominal,
        &[
            ("a label's name", Other, |w| swap(&mut w.rubric, "some", "a_bit")),
            ("a label more", Other, |w| swap(&mut w.rubric, "yes = 100", "yes = 100, unsure = 50")),
            ("a label's value", Same, |w| swap(&mut w.rubric, "some = 50", "some = 33.3")),
        ],
    );
}

#[test]
fn what_cannot_change_the_answer_is_not_in_the_key() {
    check(
        plain,
        &[
            ("the model's weight", Same, |w| swap(&mut w.config, "weight = 1\n", "weight = 7.5\n")),
            ("prices", Same, |w| swap(&mut w.config, "input = 1, output = 2", "input = 3, output = 9")),
            ("no prices", Same, |w| swap(&mut w.config, "price = { input = 1, output = 2 }\n", "")),
            ("requests_per_minute", Same, |w| swap(&mut w.config, "minute = 600000", "minute = 10")),
            ("no requests_per_minute", Same, |w| swap(&mut w.config, "requests_per_minute = 600000\n", "")),
            ("max_in_flight", Same, |w| swap(&mut w.config, "in_flight = 8", "in_flight = 100")),
            ("max_attempts", Same, |w| swap(&mut w.config, "attempts = 40", "attempts = 1")),
            ("the model's name here", Same, |w| {
                swap(&mut w.config, "[\"m\"]", "[\"renamed\"]");
                swap(&mut w.config, "[models.m", "[models.renamed");
            }),
            ("other models in the config", Same, |w| {
                w.config.push_str("[models.n]\nprovider = \"mock\"\n");
            }),
            ("latency", Same, |w| swap(&mut w.config, "latency_ms = 0", "latency_ms = 900")),
            ("busy", Same, |w| swap(&mut w.config, "busy = 0", "busy = 0.5")),
            ("broken", Same, |w| swap(&mut w.config, "broken = 0", "broken = 0.5")),
            ("bad answers", Same, |w| swap(&mut w.config, "fenced = 0.25", "refusal = 1.0")),
            ("no bad answers", Same, |w| swap(&mut w.config, "answers = { fenced = 0.25 }\n", "")),
            ("a number written in another way", Same, |w| {
                swap(&mut w.config, "spread = 5\n", "spread = 5.0\n");
                swap(&mut w.config, "temperature = 0.5", "temperature = 5e-1");
            }),
            ("weights", Same, |w| swap(&mut w.config, "\"importance\"", "\"equal\"")),
            ("allow_gaps", Same, |w| swap(&mut w.config, "allow_gaps = 0", "allow_gaps = \"5%\"")),
            ("reask", Same, |w| swap(&mut w.config, "reask = 1", "reask = 3")),
            ("the store's path", Same, |w| swap(&mut w.config, "cache/answers", "kept/all")),
            ("bands", Same, |w| {
                swap(
                    &mut w.config,
                    "cuts = [50]\nnames = [\"Low\", \"High\"]",
                    "cuts = []\nnames = [\"All\"]",
                );
            }),
            ("comments and blanks in the config", Same, |w| w.config.insert_str(0, "# words\n\n")),
        ],
    );
    check(
        plain,
        &[
            ("the name of the rubric's folder", Same, |w| {
                w.folder = "other".to_owned();
                swap(&mut w.config, "rubric = \"mine\"", "rubric = \"other\"");
            }),
            ("the rubric's id", Same, |w| swap(&mut w.rubric, "id = \"mine\"", "id = \"theirs\"")),
            ("the rubric's version", Same, |w| swap(&mut w.rubric, "version = \"1\"", "version = \"2\"")),
            ("the rubric's title", Same, |w| swap(&mut w.rubric, "\"Mine\"", "\"Share\"")),
            ("the rubric's summary", Same, |w| swap(&mut w.rubric, "how much", "what part")),
            ("limits", Same, |w| {
                swap(&mut w.rubric, "text_chars = 400", "text_chars = 4000");
                swap(&mut w.rubric, "rationale_chars = 500", "rationale_chars = 50");
            }),
            ("a comment in a template", Same, |w| w.user.insert_str(0, "{# not sent -#}\n")),
            ("task ids", Same, |w| swap(&mut w.statements, "\t4\t", "\t4004\t")),
            ("task types", Same, |w| swap(&mut w.statements, "\tCore\t", "\tSupplemental\t")),
            ("dates", Same, |w| swap(&mut w.statements, "08/2025", "02/2026")),
            ("ratings", Same, |w| swap(&mut w.ratings, "4.5", "1.25")),
            ("codes", Same, |w| {
                swap(&mut w.occupations, "51-3011.00", "51-3011.07");
                swap(&mut w.statements, "51-3011.00", "51-3011.07");
                swap(&mut w.ratings, "51-3011.00", "51-3011.07");
            }),
            ("the order of the tasks", Same, |w| {
                let mut lines: Vec<&str> = w.statements.lines().collect();
                lines.swap(1, 5);
                w.statements = lines.join("\n") + "\n";
            }),
            ("the catalogue's name", Same, |w| swap(&mut w.read_me, "30.1", "31.0")),
            ("occupations without tasks", Same, |w| {
                w.occupations.push_str("55-1011.00\tAir Crew Officers\tFly.\n");
            }),
        ],
    );
}

/// The rubric's author decides in which order a model sees the labels. It may not hang on a feature
/// of the TOML library either: whoever switched that on would change every key of a nominal rubric.
#[test]
fn labels_are_offered_in_the_order_in_which_they_are_written() {
    let mut world = nominal();
    swap(&mut world.rubric, "no = 0, some = 50, yes = 100", "yes = 100, some = 50, no = 0");
    let rubric = read::rubric("mine", Some(&world.project().path("prompts"))).unwrap();
    let schema = score_tasks::ask::schema(&rubric, Form::Schema);
    assert!(schema.contains(r#""enum":["yes","some","no"]"#), "{schema}");
    assert_ne!(world.keys(), nominal().keys());
}

/// The keys above are those that the program itself uses.
#[test]
fn the_program_makes_the_same_keys() {
    for world in [plain(), nominal()] {
        let project = world.project();
        let ran = project.succeed(&["--catalog", "onet", "--all", "--format", "csv"]);
        let mut reader = csv::Reader::from_reader(ran.stdout.as_slice());
        let column = reader.headers().unwrap().iter().position(|name| name == "question_sha256").unwrap();
        let mut keys = BTreeSet::new();
        for row in reader.records() {
            keys.extend(row.unwrap().get(column).unwrap().split(' ').map(str::to_owned));
        }
        assert_eq!(keys, world.keys());
    }
}
