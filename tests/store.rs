//! A store on a bad disk: bits that flip, room that ends, folders that cannot be written.
#![expect(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]
#![expect(clippy::disallowed_methods, reason = "tests make their own files")]

mod common {
    pub mod dice;
    pub mod program;
    pub mod table;
    pub mod talk;
}

use std::path::{Path, PathBuf};
use std::process::Stdio;

use common::dice::Dice;
use common::program::{BINARY, Project, Ran, finished};
use common::table::table;
use common::talk::{counted, told};
use score_tasks::ask::key;
use score_tasks::domain::{Answer, Fit, Hash};
use score_tasks::store::{self, Keys, Store, StoreError, Verified};

const CONFIG: &str = "[run]\nmodels = [\"a\", \"b\"]\nrubric = \"items\"\n\
    [models.a]\nprovider = \"mock\"\n[models.b]\nprovider = \"mock\"\n";
const RUN: [&str; 3] = ["--items", "items.csv", "--json"];
const STORE: &str = "cache/answers.sqlite";

fn project(items: usize) -> Project {
    let project = Project::new(CONFIG);
    project.write("items.csv", table(items));
    project
}

fn verify(path: &Path) -> Result<Verified, StoreError> {
    store::verify(path, &Keys { context: key::context, question: key::question })
}

fn hash(hex: &str) -> Hash {
    let byte = |at: usize| u8::from_str_radix(hex.get(2 * at..2 * at + 2).unwrap(), 16).unwrap();
    Hash(std::array::from_fn(byte))
}

/// The keys of a report in JSON.
fn keys(report: &[u8]) -> Vec<Hash> {
    let report = std::str::from_utf8(report).unwrap();
    let after = report.split("\"key\":\"").skip(1);
    after.map(|rest| hash(rest.get(..64).unwrap())).collect()
}

/// A store with some hundred answers, closed and in one file, with all that it serves.
struct Sound {
    bytes: Vec<u8>,
    answers: Vec<(Hash, Answer)>,
}

fn sound() -> Sound {
    let project = project(100);
    let keys = keys(&project.succeed(&RUN).stdout);
    let path = project.path(STORE);
    let store = Store::open(&path).unwrap();
    let found = store.get(keys.clone(), Fit::ANY).unwrap();
    drop(store);
    assert!(!project.path("cache/answers.sqlite-wal").exists(), "all is in the one file");
    assert!(verify(&path).unwrap().damage.is_empty());
    let answers: Vec<(Hash, Answer)> =
        keys.into_iter().zip(found).map(|(key, answer)| (key, answer.unwrap())).collect();
    assert_eq!(answers.len(), 200);
    Sound { bytes: std::fs::read(path).unwrap(), answers }
}

/// What became of a flipped bit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    /// The store does not open.
    Refused,
    /// `verify` says so.
    Found,
    /// It lay where nothing is kept.
    Harmless,
}

/// Looks at a damaged file in every way; what is served must be what was kept.
fn fate(path: &Path, sound: &Sound, flip: &str) -> Fate {
    let verified = verify(path);
    let found = verified.as_ref().map_or(true, |verified| !verified.damage.is_empty());
    let store = match Store::open(path) {
        Ok(store) => store,
        Err(_) => return Fate::Refused,
    };
    for (key, kept) in &sound.answers {
        match store.get(vec![*key], Fit::ANY).map(|mut answers| answers.remove(0)) {
            Ok(Some(answer)) => assert_eq!(answer, *kept, "{flip}: a wrong answer is served"),
            // A panic of the store's thread looks like this from outside.
            Err(StoreError::Stopped) => panic!("{flip}: the store's thread is gone"),
            // An answer that is not served is lost, or would be asked again: somebody must be told.
            Ok(None) => assert!(found, "{flip}: an answer has vanished and verify finds nothing"),
            Err(error) => assert!(found, "{flip}: {error}, and verify finds nothing"),
        }
    }
    if found { Fate::Found } else { Fate::Harmless }
}

#[test]
fn a_flipped_bit_is_found_or_harmless() {
    let sound = sound();
    let folder = tempfile::tempdir().unwrap();
    let mut dice = Dice::new(0xb17_f11b5);
    let mut fates = [(Fate::Refused, 0), (Fate::Found, 0), (Fate::Harmless, 0)];
    let bits = (0..300).map(|_| dice.below(sound.bytes.len() * 8)).collect::<Vec<_>>();
    // The first page says how to read all others, so it gets more than chance would give it.
    let first_page = (0..60).map(|_| dice.below(4_096 * 8)).collect::<Vec<_>>();
    for (number, bit) in bits.into_iter().chain(first_page).enumerate() {
        let mut bytes = sound.bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        // A folder each, for SQLite may leave files of its own beside it.
        let path = folder.path().join(number.to_string()).join("answers.sqlite");
        std::fs::create_dir(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        let fate = fate(&path, &sound, &format!("bit {} of byte {}", bit % 8, bit / 8));
        fates.iter_mut().filter(|(known, _)| *known == fate).for_each(|(_, count)| *count += 1);
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }
    println!("{} bytes, 360 flips: {fates:?}", sound.bytes.len());
    // A good part of the file is answers, so a good part of the flips hits one.
    assert!(fates[1].1 > 120, "{fates:?}");
}

/// A file cut short, as after a full disk or a broken copy.
#[test]
fn a_file_cut_short_is_found() {
    let sound = sound();
    let folder = tempfile::tempdir().unwrap();
    for length in [0, 1, 100, 4_095, 4_096, 10_000, sound.bytes.len() / 2, sound.bytes.len() - 1] {
        let path: PathBuf = folder.path().join(length.to_string()).join("answers.sqlite");
        std::fs::create_dir(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &sound.bytes[..length]).unwrap();
        let found = verify(&path).map_or(true, |verified| !verified.damage.is_empty());
        assert!(found || length == 0, "cut to {length} bytes, and verify finds nothing");
        // An empty file is an empty store to SQLite: nothing is served, so nothing is wrong.
        let Ok(store) = Store::open(&path) else { continue };
        for (key, kept) in &sound.answers {
            if let Ok(Some(answer)) = store.get(vec![*key], Fit::ANY).map(|mut all| all.remove(0)) {
                assert_eq!(answer, *kept, "cut to {length} bytes");
            }
        }
    }
}

/// Runs it where no file can grow beyond so many blocks of 512 bytes.
fn run_with_little_room(project: &Project, blocks: usize) -> Ran {
    // Without the signal the write fails, as it does on a full disk.
    let script = format!("trap '' XFSZ; ulimit -f {blocks} && exec \"$0\" \"$@\"");
    // The report would not fit either, and is not what is tried here.
    let mut command = project.program("/bin/sh");
    finished(command.args(["-c", &script, BINARY]).args(RUN).stdout(Stdio::null()))
}

#[test]
fn where_room_ends_nothing_acknowledged_is_lost() {
    if !cfg!(unix) || !Path::new("/bin/sh").exists() {
        println!("skipped: there is no /bin/sh to set limits with");
        return;
    }
    let items = 1_500;
    let whole = project(items).succeed(&RUN);
    for blocks in [0, 8, 60, 100, 300, 700] {
        let project = project(items);
        let ran = run_with_little_room(&project, blocks);
        assert_eq!(ran.code, Some(1), "{blocks} blocks: {}", ran.stderr);
        assert!(ran.stderr.contains("error: ") && ran.stderr.contains("answers.sqlite"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        // Each line of progress counts answers that were acknowledged.
        let told: u64 = ["a", "b"].iter().map(|model| told(&ran.stderr, model)).sum();
        let path = project.path(STORE);
        let kept = store::stats(&path).map_or(0, |stats| stats.questions);
        assert!(kept >= told, "{blocks} blocks: {told} were acknowledged, {kept} are kept");
        if kept > 0 {
            assert!(verify(&path).unwrap().damage.is_empty(), "{blocks} blocks");
        }
        let rest = project.succeed(&RUN);
        assert_eq!(counted(&rest.stderr), (kept, 2 * items as u64 - kept), "{blocks} blocks");
        assert_eq!(keys(&rest.stdout), keys(&whole.stdout));
        assert!(verify(&path).unwrap().damage.is_empty(), "{blocks} blocks");
    }
}

/// A report that cannot be written is an error, and the answers are there for the next one.
#[test]
fn a_full_disk_under_the_report_is_told() {
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else {
        println!("skipped: there is no /dev/full");
        return;
    };
    let project = project(20);
    let child = project.program(BINARY).args(RUN).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("error: writing the report"), "{stderr}");
    assert_eq!(counted(&project.succeed(&RUN).stderr), (40, 0));
}

/// Whether this process may write where it is forbidden, as root may.
fn nothing_is_forbidden(project: &Project) -> bool {
    let probe = project.path("cache/probe");
    let may = std::fs::write(&probe, "").is_ok();
    if may {
        std::fs::remove_file(probe).unwrap();
    }
    may
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_told() {
    use std::os::unix::fs::PermissionsExt;

    let project = project(20);
    project.succeed(&RUN);
    let forbid = |mode: u32| {
        std::fs::set_permissions(project.path("cache"), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    forbid(0o555);
    if nothing_is_forbidden(&project) {
        println!("skipped: this user may write everywhere");
        forbid(0o755);
        return;
    }
    project.write("items.csv", table(40));
    let ran = project.run(&RUN);
    forbid(0o755);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("answers.sqlite") && ran.stderr.contains("hint: "), "{}", ran.stderr);
    assert_eq!(counted(&project.succeed(&RUN).stderr), (40, 40));
}
