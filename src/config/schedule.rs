//! `[[schedule]]` and `[service]`: what is scored again, when, with which answers, and what happens afterwards.

use std::net::SocketAddr;
use std::path::PathBuf;

use url::Url;

use super::check::{Checker, MOST_SAMPLES};
use super::raw;
use super::server::is_loopback;
use crate::domain::{After, Age, AllowedGaps, Combine, Instant, Model, Webhook, names};
use crate::schedule::{Expression, Timetable, Zone};

/// More tasks than any catalogue has.
const MOST_TASKS: u64 = 1_000_000_000;
/// A delay by chance that is longer than a day would make another day of it.
const LONGEST_JITTER: &str = "1d";

/// What is scored again by the clock.
#[derive(Clone, Debug)]
pub struct Schedule {
    pub name: String,
    pub timetable: Timetable,
    /// The most by which the service begins later than the timetable says.
    pub jitter: Age,
    pub scored: Scored,
    pub serving: Serving,
    /// In batches, or at once; `None`: as each model's table says.
    pub batch: Option<bool>,
    /// So long after an occasion was first begun, what batches have not answered is asked at once.
    pub deadline: Option<Age>,
    pub anchors: Option<u64>,
    pub max_cost: Option<f64>,
    pub allow_gaps: Option<AllowedGaps>,
    /// Where the report goes, from the config's folder; `{date}` and `{name}` stand for the occasion's.
    pub output: Option<String>,
    pub after: After,
}

/// What the flags of `score` would say.
#[derive(Clone, Debug, Default)]
pub struct Scored {
    pub all: bool,
    pub occupations: Vec<String>,
    pub groups: Vec<String>,
    pub items: Option<PathBuf>,
    pub columns: Vec<String>,
    pub catalog: Option<String>,
    pub limit: Option<u64>,
    pub pick: Option<u64>,
    pub seed: Option<u64>,
    /// Empty: those that a run asks.
    pub models: Vec<String>,
    pub rubric: Option<String>,
    pub samples: Option<u32>,
    pub weights: Option<String>,
    pub combine: Option<Combine>,
}

/// Which of the answers that are kept serve.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Serving {
    All,
    /// All, even those in which no score could be read: only what has no answer is asked.
    Unanswered,
    /// Those that were at most so old when the occasion was first begun.
    MaxAge(Age),
    /// Those that were given since the occasion was first begun.
    Fresh,
}

impl Checker {
    pub(super) fn schedules(&mut self, raw: Vec<raw::Schedule>, known: &[Model]) -> Vec<Schedule> {
        let mut schedules: Vec<Schedule> = Vec::new();
        let mut seen: Vec<String> = Vec::new();
        for (place, raw) in raw.into_iter().enumerate() {
            let name = raw.name.clone().unwrap_or_default();
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            let begins_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
            let is_fine = begins_well && name.len() <= 64 && name.chars().all(is_name);
            let key = if is_fine { format!("schedule.{name}") } else { format!("schedule[{}]", place + 1) };
            if !is_fine {
                self.wrong(&format!("{key}.name"), "give it a name of letters, digits, - and _");
            } else if seen.contains(&names::slug(&name)) {
                // Other schedulers have only small letters and dashes.
                self.wrong(&format!("{key}.name"), "two schedules have this name");
            }
            seen.push(names::slug(&name));
            schedules.extend(self.schedule(&key, name, raw, known));
        }
        schedules
    }

    fn schedule(&mut self, key: &str, name: String, raw: raw::Schedule, known: &[Model]) -> Option<Schedule> {
        let timetable = self.timetable(key, &raw);
        let serving = self.serving(key, &raw);
        self.excluded(key, &raw);
        if let Some(models) = &raw.models {
            self.model_names(&format!("{key}.models"), models, known);
        }
        let jitter = self.age(&format!("{key}.jitter"), raw.jitter.as_deref()).unwrap_or(Age(0));
        let longest = LONGEST_JITTER.parse().unwrap_or(Age(0));
        if jitter > longest {
            self.wrong(&format!("{key}.jitter"), format_args!("is longer than {LONGEST_JITTER}"));
        }
        if let Some(shortest) = timetable.as_ref().and_then(shortest_gap).filter(|gap| jitter >= *gap) {
            let seconds = shortest.0 / 1_000;
            let what =
                "two occasions may be as close, so some would never be begun: make it shorter than that";
            self.wrong(&format!("{key}.jitter"), format_args!("is {seconds} s or more; {what}"));
        }
        let deadline = self.age(&format!("{key}.deadline"), raw.deadline.as_deref());
        let anchors = self.count(&format!("{key}.anchors"), raw.anchors);
        let max_cost = raw.max_cost.map(|usd| self.number(&format!("{key}.max_cost"), usd, 0.0, 1e9));
        let gaps = format!("{key}.allow_gaps");
        let allow_gaps = raw.allow_gaps.map(|written| self.allow_gaps(&gaps, Some(written)));
        let output = raw.output.filter(|output| self.output(&format!("{key}.output"), output));
        let after = self.after(&format!("{key}.after"), raw.after);
        let scored = Scored {
            all: raw.all,
            occupations: raw.occupations,
            groups: raw.groups,
            items: raw.items.map(PathBuf::from),
            columns: raw.columns,
            catalog: raw.catalog,
            limit: self.count(&format!("{key}.limit"), raw.limit),
            pick: self.count(&format!("{key}.pick"), raw.pick),
            seed: raw.seed,
            models: raw.models.unwrap_or_default(),
            rubric: raw.rubric,
            samples: raw.samples.map(|n| self.in_range(&format!("{key}.samples"), n, 1, MOST_SAMPLES)),
            weights: raw.weights,
            combine: raw.combine.as_deref().map(|name| self.combine(&format!("{key}.combine"), Some(name))),
        };
        self.weights(&format!("{key}.weights"), scored.weights.as_deref());
        let timetable = timetable?;
        Some(Schedule {
            name,
            timetable,
            jitter,
            scored,
            serving,
            batch: raw.batch,
            deadline,
            anchors,
            max_cost,
            allow_gaps,
            output,
            after,
        })
    }

    fn timetable(&mut self, key: &str, raw: &raw::Schedule) -> Option<Timetable> {
        let expression = match raw.cron.as_deref().map(Expression::parse) {
            Some(Ok(expression)) => Some(expression),
            Some(Err(error)) => {
                self.wrong(&format!("{key}.cron"), error);
                None
            }
            None => {
                self.wrong(
                    &format!("{key}.cron"),
                    "say when, such as \"0 3 1 * *\": at 3:00 on the first of the month",
                );
                None
            }
        };
        match Zone::parse(raw.zone.as_deref().unwrap_or("UTC")) {
            Ok(zone) => Some(Timetable { expression: expression?, zone }),
            Err(error) => {
                self.wrong(&format!("{key}.zone"), error);
                None
            }
        }
    }

    fn serving(&mut self, key: &str, raw: &raw::Schedule) -> Serving {
        let age = self.age(&format!("{key}.max_age"), raw.max_age.as_deref());
        match age {
            Some(age) => Serving::MaxAge(age),
            None if raw.fresh => Serving::Fresh,
            None if raw.changed => Serving::Unanswered,
            None => Serving::All,
        }
    }

    /// Keys of which only one can be meant, as with the flags of the same names.
    fn excluded(&mut self, key: &str, raw: &raw::Schedule) {
        let named = !raw.occupations.is_empty() || !raw.groups.is_empty();
        let pairs = [
            ("all", raw.all, "occupations or groups", named),
            ("items", raw.items.is_some(), "catalog", raw.catalog.is_some()),
            ("limit", raw.limit.is_some(), "pick", raw.pick.is_some()),
            ("fresh", raw.fresh, "max_age", raw.max_age.is_some()),
            ("changed", raw.changed, "max_age", raw.max_age.is_some()),
            ("changed", raw.changed, "fresh", raw.fresh),
            ("deadline", raw.deadline.is_some(), "batch = false", raw.batch == Some(false)),
            ("anchors", raw.anchors.is_some(), "fresh", raw.fresh),
            ("anchors", raw.anchors.is_some(), "limit", raw.limit.is_some()),
            ("anchors", raw.anchors.is_some(), "pick", raw.pick.is_some()),
        ];
        for (one, has_one, other, has_other) in pairs {
            if has_one && has_other {
                self.wrong(key, format_args!("{one} and {other} exclude each other"));
            }
        }
        for (one, has_one, needed, has_needed) in [
            ("seed", raw.seed.is_some(), "pick", raw.pick.is_some()),
            ("columns", !raw.columns.is_empty(), "items", raw.items.is_some()),
        ] {
            if has_one && !has_needed {
                self.wrong(&format!("{key}.{one}"), format_args!("goes with {needed}"));
            }
        }
        if !raw.all && !named && raw.items.is_none() {
            self.wrong(key, "names nothing to score: all = true, occupations, groups or items");
        }
        for pair in raw.columns.iter().filter(|pair| !pair.contains('=')) {
            let what = format_args!("`{pair}`: write NAME=COLUMN, such as text=Question");
            self.wrong(&format!("{key}.columns"), what);
        }
        // `-` would read a stream that a service does not have.
        if raw.occupations.iter().any(|occupation| occupation.trim() == "-") {
            self.wrong(&format!("{key}.occupations"), "`-` is no occupation here");
        }
    }

    fn after(&mut self, key: &str, raw: raw::After) -> After {
        let fail_above =
            raw.fail_above.map(|points| self.number(&format!("{key}.fail_above"), points, 0.0, 100.0));
        if raw.webhook.is_none() && raw.webhook_secret_env.is_some() {
            self.wrong(&format!("{key}.webhook_secret_env"), "goes with webhook");
        }
        if raw.command.first().is_some_and(|program| program.trim().is_empty()) {
            self.wrong(&format!("{key}.command"), "its first word is the program, and is empty");
        }
        let secret_env = raw.webhook_secret_env;
        let webhook = raw.webhook.map(|url| {
            if let Err(what) = check_webhook(&url) {
                self.wrong(&format!("{key}.webhook"), what);
            }
            Webhook { url, secret_env }
        });
        After { fail_above, summary: raw.summary.map(PathBuf::from), webhook, command: raw.command }
    }

    fn output(&mut self, key: &str, output: &str) -> bool {
        let plain = output.replace("{date}", "").replace("{name}", "");
        let is_fine = !output.trim().is_empty() && !plain.contains(['{', '}']);
        if !is_fine {
            self.wrong(
                key,
                format_args!("`{output}` is no file; in braces stand {{date}} and {{name}} alone"),
            );
        }
        is_fine
    }

    fn age(&mut self, key: &str, written: Option<&str>) -> Option<Age> {
        match written?.parse() {
            Ok(age) => Some(age),
            Err(error) => {
                self.wrong(key, error);
                None
            }
        }
    }

    fn count(&mut self, key: &str, written: Option<u64>) -> Option<u64> {
        if let Some(count) = written.filter(|count| !(1..=MOST_TASKS).contains(count)) {
            self.wrong(key, format_args!("{count} is not from 1 to {MOST_TASKS}"));
        }
        written
    }

    pub(super) fn listen(&mut self, written: Option<String>) -> Option<SocketAddr> {
        match parse_listen(&written?) {
            Ok(address) => Some(address),
            Err(error) => {
                self.wrong("service.listen", error);
                None
            }
        }
    }
}

/// So many occasions are looked at.
const OCCASIONS: usize = 100;

/// The least time between two occasions that follow each other. Any time to begin at shows it.
fn shortest_gap(timetable: &Timetable) -> Option<Age> {
    let mut at = Instant(0);
    let mut occasions = Vec::new();
    while let Some(next) = timetable.next(at).filter(|_| occasions.len() < OCCASIONS) {
        occasions.push(next);
        at = next;
    }
    occasions
        .windows(2)
        .filter_map(|pair| pair.first().zip(pair.last()))
        .map(|(one, two)| Age(two.0 - one.0))
        .min()
}

/// What is posted there tells of a run, so it goes encrypted, or stays on this machine. The address may hold a
/// secret of its own, so it is not shown.
fn check_webhook(written: &str) -> Result<(), &'static str> {
    let url = Url::parse(written).map_err(|_| "is not an address; write https://HOST/PATH")?;
    match url.scheme() {
        _ if url.host().is_none() => Err("is not an address; write https://HOST/PATH"),
        "https" => Ok(()),
        "http" if is_loopback(&url) => Ok(()),
        "http" => Err("is not encrypted: write https"),
        _ => Err("is not an address of the web; write https://HOST/PATH"),
    }
}

/// An address of this machine alone, where a service may show how it is: nobody is asked who they are there.
pub fn parse_listen(written: &str) -> Result<SocketAddr, String> {
    match written.parse::<SocketAddr>() {
        Ok(address) if address.ip().is_loopback() => Ok(address),
        Ok(address) => Err(format!(
            "{address} can be reached from other machines, and nobody is asked who they are; write \
             127.0.0.1:{}, and put a proxy in front of it",
            address.port()
        )),
        Err(_) => Err(format!("`{written}` is no address; write 127.0.0.1:9464")),
    }
}
