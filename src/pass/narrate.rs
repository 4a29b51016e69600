//! Commentary from one author: a question for each facts sheet, and which answer counts.

use std::collections::HashMap;
use std::sync::Arc;

use super::collect::{Chunks, Collected, Found, Orders, Work, collect_ready};
use super::due::Reason;
use super::plan::{ModelPlan, Planning};
use super::settle::Settling;
use super::{PassError, Settled};
use crate::ask::{self, Commentator};
use crate::domain::{Answer, Brief, FactSheet, Fit, Gap, GapReason, Hash, Keyed, Model, Question, Source};
use crate::provider;
use crate::rate::{self, Parts};
use crate::store::Store;

/// What one model is to write.
pub struct Narration {
    brief: Arc<Brief>,
    /// As it is asked for commentary.
    author: Model,
    /// In the order of the occupations, each with its first question.
    asked: Vec<(Keyed<Question>, FactSheet)>,
    /// Where the sheet is of which a first question is made. Equal questions have equal sheets.
    places: HashMap<Hash, usize>,
    system_bytes: usize,
    reask: u32,
    store: Store,
}

impl Narration {
    /// `reask`: further attempts in one run after an answer in which something is wrong.
    pub fn new(
        (brief, model): (Arc<Brief>, &Model),
        sheets: Vec<FactSheet>,
        store: Store,
        reask: u32,
    ) -> Result<Self, PassError> {
        let author = ask::author(model, &brief);
        let commentator = Commentator::new(&brief, &author, endpoint(&author))?;
        let mut asked = Vec::with_capacity(sheets.len());
        for sheet in sheets {
            asked.push((commentator.question(&sheet)?, sheet));
        }
        let places = asked.iter().enumerate().map(|(place, (question, _))| (question.key, place)).collect();
        let system_bytes = commentator.system_bytes();
        Ok(Self { brief, author, asked, places, system_bytes, reask, store })
    }

    /// The model as it is asked.
    pub fn author(&self) -> &Model {
        &self.author
    }

    /// What is kept for each sheet, in their order: the first attempt in which nothing is wrong, or the last one.
    pub fn settle(&self) -> Result<Vec<Settled<Parts>>, PassError> {
        self.settled(self.first_questions(), Fit::ANY)
    }

    /// Counts and prices what is missing.
    pub fn plan(&self) -> Result<ModelPlan, PassError> {
        Planning::new(&self.author, &self.store, Reason::TooOld).of(self.settle()?)
    }

    /// Asks what is missing. The orders name one client, who is asked.
    pub async fn collect(self: &Arc<Self>, orders: &Orders) -> Result<Collected, PassError> {
        collect_ready(Arc::<Self>::clone(self), self.author.clone(), orders).await
    }

    fn first_questions(&self) -> Vec<Keyed<Question>> {
        self.asked.iter().map(|(question, _)| question.clone()).collect()
    }

    fn settled(&self, questions: Vec<Keyed<Question>>, fit: Fit) -> Result<Vec<Settled<Parts>>, PassError> {
        let read = |question: &Keyed<Question>, answer: &Answer| self.read(question, answer);
        Settling { store: &self.store, fit, only_unanswered: false, read: &read }.settle(questions)
    }

    fn read(&self, question: &Keyed<Question>, answer: &Answer) -> Result<Parts, Gap> {
        let place = self.places.get(&ask::first_key(question));
        let Some((_, sheet)) = place.and_then(|place| self.asked.get(*place)) else {
            return Err(Gap::new(GapReason::Unreadable, "it answers no question of these"));
        };
        rate::commented(&self.brief, sheet, answer)
    }
}

/// Tells servers apart; labels are nobody who could be asked.
fn endpoint(author: &Model) -> String {
    match &author.source {
        Source::Asked(asked) => provider::endpoint(asked),
        Source::Label { .. } => String::new(),
    }
}

impl Work for Narration {
    fn store(&self) -> &Store {
        &self.store
    }

    fn reask(&self) -> u32 {
        self.reask
    }

    fn chunk(&self) -> usize {
        super::CHUNK
    }

    fn total(&self) -> Result<u64, PassError> {
        Ok(self.asked.len() as u64)
    }

    fn chunks(&self) -> Result<Chunks<'_>, PassError> {
        let chunks = self.asked.chunks(super::CHUNK);
        let questions = |chunk: &[(Keyed<Question>, FactSheet)]| {
            chunk.iter().map(|(question, _)| question.clone()).collect()
        };
        Ok(Box::new(chunks.map(move |chunk| Ok(questions(chunk)))))
    }

    fn look_up(&self, questions: Vec<Keyed<Question>>, fit: Fit) -> Result<Vec<Found>, PassError> {
        Ok(self.settled(questions, fit)?.into_iter().map(Found::from).collect())
    }

    fn gap(&self, question: &Keyed<Question>, answer: &Answer) -> Option<Gap> {
        self.read(question, answer).err()
    }

    fn constant_system_bytes(&self) -> Option<usize> {
        Some(self.system_bytes)
    }
}
