//! All files of a site, made by several threads and handed over as they are ready.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use super::chart::{Density, density};
use super::frame::{Page, framed};
use super::{File, Site, assets, data, pages};
use crate::report::ReportError;

/// More than this at a time do not make it faster.
const MOST_THREADS: usize = 8;

/// Hands over every file, in any order, from several threads. The first that cannot be put ends it.
pub fn write<E: From<ReportError> + Send>(
    site: &Site,
    put: &(dyn Fn(&File) -> Result<(), E> + Sync),
) -> Result<(), E> {
    for (path, bytes) in assets::ALL {
        put(&File { path: path.to_owned(), bytes: bytes.to_vec() })?;
    }
    let data::Data { files, listed } = data::files(site)?;
    files.iter().try_for_each(put)?;
    drop(files);
    let all = density(site.entries.iter().filter_map(|entry| entry.scored.score).collect());
    pages::of_site(site, &listed, &all).iter().try_for_each(|page| put(&page_file(site, page)))?;
    pages::aliases(site).iter().try_for_each(put)?;
    for_each(site.entries.len(), &|place| of_entry(site, place, &all)?.iter().try_for_each(put))
}

/// What is made for one occupation.
fn of_entry(site: &Site, place: usize, all: &Density) -> Result<Vec<File>, ReportError> {
    let Some(entry) = site.entries.get(place) else { return Ok(Vec::new()) };
    let page = pages::occupation(site, entry, all);
    let comparison = pages::comparison(site, place, all);
    let mut files: Vec<File> =
        std::iter::once(page).chain(comparison).map(|page| page_file(site, &page)).collect();
    files.extend(data::of_entry(site, entry)?);
    Ok(files)
}

fn page_file(site: &Site, page: &Page) -> File {
    let path = match page.here.path() {
        path if path.is_empty() || path.ends_with('/') => format!("{path}index.html"),
        path => path.to_owned(),
    };
    File { path, bytes: framed(site, page).into_bytes() }
}

/// Does something for each place, several at a time; the first error ends it.
fn for_each<E: Send>(count: usize, work: &(dyn Fn(usize) -> Result<(), E> + Sync)) -> Result<(), E> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let worker = || {
        while !is_over.load(Ordering::Relaxed) {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if place >= count {
                break;
            }
            work(place).inspect_err(|_| is_over.store(true, Ordering::Relaxed))?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        // A panic in a worker is one here.
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn every_place_is_done_once() {
        let done = Mutex::new(Vec::new());
        for_each::<()>(1000, &|place| {
            done.lock().unwrap().push(place);
            Ok(())
        })
        .unwrap();
        let mut done = done.into_inner().unwrap();
        done.sort_unstable();
        assert_eq!(done, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn an_error_ends_it() {
        assert_eq!(for_each(1000, &|place| if place == 3 { Err(place) } else { Ok(()) }), Err(3));
    }
}
