//! `narrate`: a model writes about the scores of a run; what it writes is checked and kept like any answer.

use std::sync::Arc;

use anyhow::anyhow;

use super::interrupt::Interrupts;
use super::output::{Either, print_grid, print_json};
use super::rebuild::{Rebuilt, rebuilt};
use super::{
    Desk, Exit, Failure, asking, clients, commentaries, day, money, plan, raters, setup, site, summary,
};
use crate::cli::{self, Narrate};
use crate::domain::commentary::{Asked, Commentary, Remark};
use crate::domain::{Fit, GapReason, Model, Occupation};
use crate::pass::collect::{BatchOrders, Collected, Orders};
use crate::pass::{Gathered, Job, Narration, Rater};
use crate::report::{Align, count, plain};
use crate::store::Store;

pub(super) fn narrate(desk: &Desk, args: &Narrate) -> Result<Exit, Failure> {
    let kept = site::chosen(desk, args.run.as_deref())?;
    let (run, manifest) = &kept;
    let told: Vec<&str> = manifest.models.iter().map(|model| model.id.as_str()).collect();
    let author = author(desk, args.model.as_deref(), &told)?;
    let mut rebuilt = rebuilt(desk, &kept)?;
    choose(args, &rebuilt.job, &run.id, &mut rebuilt.gathered)?;
    let asks = !args.dry_run && !args.offline;
    let store = if asks { Store::open(&desk.config.cache)? } else { rebuilt.job.store.clone() };
    let sheets = commentaries::sheets(&rebuilt.run, &rebuilt.gathered, &|code| rebuilt.facts.of(code));
    let unscored = sheets.iter().filter(|sheet| sheet.is_none()).count() as u64;
    let sheets: Vec<_> = sheets.into_iter().flatten().collect();
    let brief = commentaries::brief(desk)?;
    let narration = Arc::new(Narration::new((brief, &author), sheets, store.clone(), desk.config.reask)?);
    if args.dry_run {
        return plan::show(desk, Either::new(desk, &cli::Score::default())?, &[narration.plan()?]);
    }
    let before: Vec<bool> = narration.settle()?.iter().map(|one| one.outcome.is_ok()).collect();
    let collected = if asks { ask(desk, args, &narration)? } else { Collected::nothing() };
    if collected.interrupted {
        let saved = count(collected.asked, "answer");
        desk.talk.say(format_args!("Interrupted; saved: {saved}. Run the same command again to go on."));
        return Ok(Exit::Interrupted);
    }
    let written = Written::new(desk, (&run.id, &rebuilt), (&narration, &before), &store)?;
    written.show(desk, &collected)?;
    written.conclude(desk, &collected, unscored, asks)
}

/// As told; else the first of those that pages show; else the first of the run that can be asked.
fn author(desk: &Desk, told: Option<&str>, of_run: &[&str]) -> Result<Model, Failure> {
    let config = &desk.config;
    let is_known = |name: &&str| config.known_models.iter().any(|model| *model.id == **name);
    let names = config.site.commentary.iter().map(String::as_str).chain(of_run.iter().copied());
    let names = names.chain(config.models.iter().map(String::as_str));
    let name = told.map(str::trim).or_else(|| names.into_iter().find(is_known)).ok_or_else(|| {
        Failure::usage(anyhow!("nobody who could write: the config has none of the run's models"))
            .hint("--model NAME names a model of config.toml")
    })?;
    let author = raters::asked_rater(desk, name, raters::Manner::Online)
        .map_err(|failure| failure.hint("score-tasks models list shows those of the config"))?;
    if !config.site.commentary.is_empty() && !config.site.commentary.iter().any(|shown| shown == name) {
        desk.talk
            .say(format_args!("{name} is not among site.commentary, so pages do not show what it writes."));
    }
    Ok(author)
}

/// Only those of a run that are named.
fn choose(args: &Narrate, job: &Job, run: &str, gathered: &mut Gathered) -> Result<(), Failure> {
    if args.occupation.is_empty() && args.group.is_empty() {
        return Ok(());
    }
    let catalogue = &job.catalogue;
    let mut chosen = Vec::new();
    let is_there = |gathered: &Gathered, place: usize| {
        let code = catalogue.occupations.get(place).map(|occupation| occupation.code.as_str());
        let mut all = gathered.occupations.iter();
        all.any(|(scored, _)| Some(scored.occupation.code.as_str()) == code)
    };
    let absent = |what: &str| Failure::new(Exit::Occupation, anyhow!("`{what}` is not in run {run}"));
    for query in setup::queries(&args.occupation)? {
        let place = setup::occupation(catalogue, &query)?;
        if !is_there(gathered, place) {
            return Err(absent(&query).hint(format!("score-tasks runs show {run} says what it scored")));
        }
        chosen.push(place);
    }
    for group in &args.group {
        let places = setup::in_group(catalogue, group)?;
        let before = chosen.len();
        chosen.extend(places.into_iter().filter(|place| is_there(gathered, *place)));
        if chosen.len() == before {
            return Err(absent(group));
        }
    }
    let codes: Vec<&str> = chosen
        .iter()
        .filter_map(|place| catalogue.occupations.get(*place))
        .map(|occupation| occupation.code.as_str())
        .collect();
    gathered.occupations.retain(|(scored, _)| codes.contains(&scored.occupation.code.as_str()));
    Ok(())
}

/// Agrees on the costs, and asks.
fn ask(desk: &Desk, args: &Narrate, narration: &Arc<Narration>) -> Result<Collected, Failure> {
    let rater = Rater { model: narration.author().clone(), asker: None };
    let clients = clients::clients(desk, std::slice::from_ref(&rater))?;
    let plans = if money::may_cost(&rater) { vec![narration.plan()?] } else { Vec::new() };
    let limits = cli::Score { max_cost: args.max_cost, yes: args.yes, ..cli::Score::default() };
    let budget_nano_usd = money::agree(desk, &limits, &plans)?;
    let interrupts = Interrupts::listen(desk.talk)?;
    let orders = Orders {
        fit: Fit::ANY,
        clients,
        budget_nano_usd,
        progress: asking::progress(desk),
        clock: desk.clock.clone(),
        in_batches: BatchOrders::default(),
        stop: interrupts.stop.clone(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let collected = runtime.block_on(narration.collect(&orders))?;
    let interrupted = collected.interrupted || interrupts.stopped();
    Ok(Collected { interrupted, ..collected })
}

/// How it stands with one occupation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// It was there.
    Kept,
    /// It is there now.
    Asked,
    /// An answer is there, and something is wrong with it.
    LeftOut,
    Missing,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Asked => "asked",
            Self::LeftOut => "left_out",
            Self::Missing => "missing",
        }
    }
}

struct Row<'a> {
    occupation: &'a Occupation,
    state: State,
    /// Why there is none of this author's.
    why: String,
    /// What a page shows.
    shown: Option<Commentary>,
}

/// What came of it all.
struct Written<'a> {
    run: &'a str,
    author: &'a Model,
    rows: Vec<Row<'a>>,
}

impl<'a> Written<'a> {
    fn new(
        desk: &Desk,
        (run, rebuilt): (&'a str, &'a Rebuilt),
        (narration, before): (&'a Narration, &[bool]),
        store: &Store,
    ) -> Result<Self, Failure> {
        let facts = &|code: &str| rebuilt.facts.of(code);
        let shown = commentaries::kept(desk, store, &rebuilt.run, &rebuilt.gathered, facts)?;
        let all = rebuilt.gathered.occupations.iter().zip(shown);
        let scored = all.filter(|((scored, _), _)| scored.score.is_some());
        let mut rows = Vec::new();
        for (((scored, _), shown), (settled, was_there)) in scored.zip(narration.settle()?.iter().zip(before))
        {
            let (state, why) = match &settled.outcome {
                Ok(_) if *was_there => (State::Kept, String::new()),
                Ok(_) => (State::Asked, String::new()),
                Err(gap) if gap.reason == GapReason::NotAsked => (State::Missing, String::new()),
                Err(gap) => {
                    let reason = if gap.reason == GapReason::Unreadable { "" } else { gap.reason.name() };
                    let parts = [reason, gap.detail.as_str()];
                    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
                    (State::LeftOut, plain(&parts.join(": ")).into_owned())
                }
            };
            rows.push(Row { occupation: &scored.occupation, state, why, shown });
        }
        Ok(Self { run, author: narration.author(), rows })
    }

    fn count(&self, state: State) -> u64 {
        self.rows.iter().filter(|row| row.state == state).count() as u64
    }

    fn show(&self, desk: &Desk, collected: &Collected) -> Result<(), Failure> {
        if desk.global.json {
            return print_json(&serde_json::json!({
                "schema": "score-tasks/narrate/1",
                "run": self.run,
                "model": &*self.author.id,
                "asked": collected.asked,
                "cost_usd": collected.cost_nano_usd as f64 / 1e9,
                "occupations": self.rows.iter().map(row_json).collect::<Vec<_>>(),
            }));
        }
        let header = ["code", "title", "commentary", "remarks", "shown, by", "of"];
        let aligns = [[Align::Left; 3].as_slice(), &[Align::Right, Align::Left, Align::Left]].concat();
        print_grid(&header, &aligns, self.rows.iter().map(row).collect())
    }

    fn conclude(
        &self,
        desk: &Desk,
        collected: &Collected,
        unscored: u64,
        asks: bool,
    ) -> Result<Exit, Failure> {
        summary::tell(&desk.talk, &[self.author], collected, desk.global.verbose > 0);
        let closed = summary::closed(&desk.talk, collected);
        if unscored > 0 {
            let unscored = count(unscored, "occupation");
            desk.talk.say(format_args!("{unscored} without a score: there is nothing to write about."));
        }
        let left_out: Vec<&Row<'_>> = self.rows.iter().filter(|row| row.state == State::LeftOut).collect();
        let why = match left_out.as_slice() {
            [one] => format!(" ({})", one.why),
            several => {
                for row in several {
                    let Occupation { code, title, .. } = row.occupation;
                    desk.talk.say(format_args!("{} {}: {}", plain(code), plain(title), row.why));
                }
                String::new()
            }
        };
        let (all, kept) = (self.rows.len(), self.count(State::Kept));
        let commentaries = if all == 1 { "commentary" } else { "commentaries" };
        let missing = match self.count(State::Missing) {
            0 => String::new(),
            missing => format!(", {missing} missing"),
        };
        desk.talk.say(format_args!(
            "{all} {commentaries}: {kept} kept, {} asked{missing}, {} left out{why}",
            self.count(State::Asked),
            left_out.len(),
        ));
        let done = kept + self.count(State::Asked);
        if done == all as u64 {
            return Ok(closed.unwrap_or(Exit::Done));
        }
        if asks && closed.is_none() {
            desk.talk.say("Run it again to ask for what is missing or left out.");
        } else if !asks {
            desk.talk.say("Without --offline they are asked for.");
        }
        Ok(closed.unwrap_or(Exit::Gaps))
    }
}

fn row(row: &Row<'_>) -> Vec<String> {
    let shown = row.shown.as_ref();
    let remarks = |one: &Commentary| {
        let parts = [&one.overview, &one.pressure, &one.holds, &one.tools];
        parts.iter().map(|part| part.len()).sum::<usize>() + one.questions.len()
    };
    vec![
        row.occupation.code.clone(),
        row.occupation.title.clone(),
        row.state.name().replace('_', " "),
        shown.map_or_else(|| "-".to_owned(), |one| remarks(one).to_string()),
        shown.map_or_else(|| "-".to_owned(), |one| one.model.clone()),
        shown.map_or_else(String::new, |one| day(one.at)),
    ]
}

fn row_json(row: &Row<'_>) -> serde_json::Value {
    serde_json::json!({
        "code": row.occupation.code,
        "title": row.occupation.title,
        "state": row.state.name(),
        "why": row.why,
        "commentary": row.shown.as_ref().map(commentary_json),
    })
}

fn commentary_json(one: &Commentary) -> serde_json::Value {
    let remark = |remark: &Remark| serde_json::json!({ "text": remark.text, "cites": remark.cites });
    let remarks = |part: &[Remark]| part.iter().map(remark).collect::<Vec<_>>();
    let asked = |asked: &Asked| {
        let Asked { question, answer } = asked;
        serde_json::json!({ "question": question, "answer": answer.text, "cites": answer.cites })
    };
    serde_json::json!({
        "model": one.model, "provider": one.provider, "served": one.author, "at": one.at.to_string(),
        "key": one.key.to_string(), "overview": remarks(&one.overview), "pressure": remarks(&one.pressure),
        "holds": remarks(&one.holds), "tools": remarks(&one.tools),
        "questions": one.questions.iter().map(asked).collect::<Vec<_>>(),
    })
}
