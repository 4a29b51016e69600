//! One JSON document, `score-tasks/report/1`.
//!
//! The head of the document and of each occupation is known only after the tasks below it, so tasks
//! go to a spool (memory first, then an unnamed temporary file) and are copied in place at the end.

use std::io::{BufWriter, Read, Seek, SeekFrom, Write};

use tempfile::SpooledTempFile;

use super::shape;
use super::{Report, ReportError};
use crate::domain::{Occupation, RunInfo, ScoredOccupation, ScoredTask, Totals};

/// Reports up to this size never touch the disk before they are written.
const SPOOL_IN_MEMORY: usize = 32 * 1024 * 1024;

pub(super) struct Json<'a> {
    run: RunInfo,
    out: Box<dyn Write + 'a>,
    spool: BufWriter<SpooledTempFile>,
    /// Bytes of tasks of the occupation that is open, and whether it has one yet.
    open: u64,
    finished: Vec<Finished>,
    line: Vec<u8>,
}

/// An occupation's head, and how many bytes of the spool are its tasks.
struct Finished {
    code: String,
    head: Vec<u8>,
    tasks: u64,
}

impl<'a> Json<'a> {
    pub(super) fn new(run: RunInfo, out: Box<dyn Write + 'a>) -> Self {
        let spool = BufWriter::with_capacity(1 << 16, SpooledTempFile::new(SPOOL_IN_MEMORY));
        Self { run, out, spool, open: 0, finished: Vec::new(), line: Vec::new() }
    }
}

impl Report for Json<'_> {
    fn task(&mut self, _: &Occupation, task: &ScoredTask) -> Result<(), ReportError> {
        self.line.clear();
        self.line.extend_from_slice(if self.open == 0 { b"\n" } else { b",\n" });
        serde_json::to_writer(&mut self.line, &shape::Task::new(&self.run, task))?;
        self.open += self.line.len() as u64;
        self.spool.write_all(&self.line)?;
        Ok(())
    }

    fn occupation(&mut self, occupation: &ScoredOccupation) -> Result<(), ReportError> {
        let mut head = serde_json::to_vec(&shape::Occupation::new(&self.run, occupation))?;
        // The object stays open for its tasks.
        head.pop();
        let code = occupation.occupation.code.clone();
        self.finished.push(Finished { code, head, tasks: std::mem::take(&mut self.open) });
        Ok(())
    }

    fn end(&mut self, totals: &Totals) -> Result<(), ReportError> {
        self.spool.flush()?;
        let spool = self.spool.get_mut();
        spool.seek(SeekFrom::Start(0))?;
        write!(self.out, "{{\"schema\":\"{}\",\n\"run\":", shape::SCHEMA)?;
        serde_json::to_writer(&mut self.out, &shape::Run::new(&self.run, totals))?;
        self.out.write_all(b",\n\"occupations\":[")?;
        for (index, Finished { head, tasks, .. }) in self.finished.iter().enumerate() {
            self.out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
            self.out.write_all(head)?;
            self.out.write_all(b",\"tasks\":[")?;
            std::io::copy(&mut Read::by_ref(spool).take(*tasks), &mut self.out)?;
            self.out.write_all(b"]}")?;
        }
        let standings = shape::standings(self.finished.iter().map(|finished| &finished.code), totals);
        self.out.write_all(b"],\n\"standings\":")?;
        serde_json::to_writer(&mut self.out, &standings)?;
        self.out.write_all(b",\n\"gaps\":")?;
        serde_json::to_writer(&mut self.out, &shape::Gaps::new(totals))?;
        self.out.write_all(b"}\n")?;
        self.out.flush()?;
        Ok(())
    }
}
