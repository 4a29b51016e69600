//! What goes out comes in again, word for word, and nothing else does.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::domain::{Answer, Finish, Fit, Keyed, Question, Settings, Usage};
use crate::store::codec::Codec;
use crate::store::writing::Arrival;

use crate::store::tests::{answer, entry, keys, put, question, sql};
use crate::store::writing::{self, New};
use crate::store::{Entry, Store, schema, verify};

fn exported(path: &Path) -> String {
    let mut out = Vec::new();
    let exported = export(path, &keys(), &mut out).unwrap();
    assert!(exported.damage.is_empty(), "{:?}", exported.damage);
    String::from_utf8(out).unwrap()
}

fn imported(store: &Store, export: &[u8]) -> Imported {
    Export::begin(export).unwrap().import_into(store, &keys()).unwrap()
}

/// The one line that is refused, and why.
fn refused(store: &Store, export: &str) -> (u64, String) {
    let mut imported = imported(store, export.as_bytes());
    assert_eq!(imported.refused, 1, "{imported:?}\n{export}");
    let Refused { line, why } = imported.first_refused.remove(0);
    (line, why)
}

/// The answers of another store after the export went through it.
fn through_another_store(export: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.sqlite");
    let store = Store::open(&path).unwrap();
    imported(&store, export.as_bytes());
    drop(store);
    exported(&path)
}

fn all_new(count: u64) -> Imported {
    Imported { new: count, ..Imported::default() }
}

/// Another context than the other entries have.
fn under_settings(number: u32, settings: Settings) -> Keyed<Question> {
    let Keyed { it: mut asked, .. } = question("m-2", number);
    let mut context = asked.context.it.clone();
    context.settings = settings;
    context.system = "Rate \u{2028} \"well\".\n".into();
    asked.context = Arc::new(Keyed { key: (keys().context)(&context), it: context });
    asked.sample = 3;
    asked.attempt = 2;
    Keyed { key: (keys().question)(&asked), it: asked }
}

/// Everything that a row can be, in a store of its own.
fn odd_ones(path: &Path) {
    let texts = [
        "\"quoted\" \\ \n\r\t\0\u{1f}\u{7f}",
        "\u{1F9F6}\u{200D}\u{FEFF}\u{202E}\u{2028}",
        "",
        "{\"a\":\"}\"}\n{",
    ];
    let mut entries: Vec<Entry> = (0..).zip(texts).map(|(number, text)| entry(number, 1, text)).collect();
    let wires: [&[u8]; 4] = [b"\xff\xfe\0", b"", "\u{0}ä\n".as_bytes(), b"{\"half\":\"\xc3"];
    for (entry, wire) in entries.iter_mut().zip(wires) {
        entry.wire = Some(wire.to_vec());
    }
    for (number, finish) in (10..).zip(Finish::ALL) {
        entries.push(Entry { answer: answer(-1, "", finish), ..entry(number, 0, "") });
    }
    let settings = Settings {
        temperature_hundredths: Some(70),
        max_output_tokens: u32::MAX,
        effort: Some(String::new()),
        extra: "{\"seed\":1}".into(),
    };
    let mut unpriced = Entry { question: under_settings(1, settings), ..entry(0, 5, "unpriced") };
    unpriced.answer.cost_nano_usd = None;
    unpriced.answer.priced = "".into();
    unpriced.answer.request_id = "r\u{1}".into();
    entries.push(unpriced);
    let store = Store::open(path).unwrap();
    assert!(put(&store, entries).iter().all(Result::is_ok));
    drop(store);
    let mut old = answer(7, "from before there were wires", Finish::Complete);
    old.usage = Usage { input: 10, output: 3, ..Usage::default() };
    old.request_id = String::new();
    put_old(path, &[(question("m", 20), old)]);
}

/// Rows as a store has them that was begun before replies were kept.
fn put_old(path: &Path, rows: &[(Keyed<Question>, Answer)]) {
    let mut connection = schema::open(Some(path)).unwrap();
    let new: Vec<New<'_>> = rows
        .iter()
        .map(|(question, answer)| New { question, answer, wire: None, arrival: Arrival::Call })
        .collect();
    let put = writing::put(&mut connection, &mut Codec::new(), &mut HashMap::new(), &new, &[]);
    assert!(put.is_ok());
}

#[test]
fn what_goes_out_comes_in_word_for_word() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("a.sqlite"), folder.path().join("b.sqlite"));
    odd_ones(&path);
    let first = exported(&path);
    assert_eq!(first, exported(&path), "two exports of one store are the same bytes");
    assert_eq!(first.matches("{\"kind\":\"context\",").count(), 2);
    for shape in
        ["\"wire\":null", "\"wire_hex\":\"fffe00\"", "\"cost_nano_usd\":null", "\"at\":\"1969-12-31T"]
    {
        assert!(first.contains(shape), "{shape}:\n{first}");
    }
    let store = Store::open(&other).unwrap();
    assert_eq!(imported(&store, first.as_bytes()), all_new(12));
    assert_eq!(imported(&store, first.as_bytes()), Imported { known: 12, ..Imported::default() });
    drop(store);
    assert_eq!(first, exported(&other));
    assert!(verify(&other, &keys()).unwrap().damage.is_empty());
}

#[test]
fn a_store_that_is_not_there_has_no_answers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    assert_eq!(exported(&path), "{\"schema\":\"score-tasks/answers/1\"}\n");
    assert!(!path.exists());
}

#[test]
fn of_answers_of_one_moment_the_same_one_serves_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("a.sqlite"), folder.path().join("b.sqlite"));
    let store = Store::open(&path).unwrap();
    // One by one, for the order; the first comes once more, as two programs at once may bring it about.
    for text in ["one", "two", "three", "one"] {
        put(&store, vec![entry(1, 5, text), entry(2, 4, text)]);
    }
    drop(store);
    let export = exported(&path);
    assert_eq!(export.lines().count(), 2 + 6, "what stands there twice is written once");
    let store = Store::open(&other).unwrap();
    imported(&store, export.as_bytes());
    let serves = store.get(vec![question("m", 1).key], Fit::ANY).unwrap();
    assert_eq!(serves[0].as_ref().unwrap().text, "one");
    drop(store);
    assert_eq!(export, exported(&other));
}

#[test]
fn batches_and_programs_at_once_lose_nothing_and_double_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("a.sqlite"), folder.path().join("b.sqlite"));
    let store = Store::open(&path).unwrap();
    put(&store, (0..4_500).map(|n| entry(n, i64::from(n), "same")).collect());
    drop(store);
    let export = exported(&path);
    let stores = [Store::open(&other).unwrap(), Store::open(&other).unwrap()];
    let counts = std::thread::scope(|scope| {
        let runs = stores.each_ref().map(|store| scope.spawn(|| imported(store, export.as_bytes())));
        runs.map(|run| run.join().unwrap())
    });
    assert_eq!(counts[0].new + counts[1].new, 4_500, "{counts:?}");
    assert_eq!(counts[0].known + counts[1].known, 4_500, "{counts:?}");
    drop(stores);
    assert_eq!(export, exported(&other));
}

/// An export with one context and two answers.
fn sample() -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    let store = Store::open(&path).unwrap();
    put(&store, vec![entry(1, 5, "four"), entry(2, 5, "five \u{e4}")]);
    drop(store);
    exported(&path)
}

#[test]
fn every_kind_of_tampering_is_refused() {
    let export = sample();
    let digest =
        export.lines().last().unwrap().rsplit_once("\"digest\":\"").unwrap().1.trim_end_matches("\"}");
    let other_key = question("m", 3).key.to_string();
    let key = export.lines().last().unwrap().split('"').nth(7).unwrap();
    let last = export.lines().last().unwrap();
    let user = if last.contains("task 1") { "task 1" } else { "task 2" };
    for (what, with, why) in [
        (user, "task 3", "key does not follow from its question"),
        (key, &*other_key, "key does not follow from its question"),
        ("\"sample\":1", "\"sample\":2", "key does not follow from its question"),
        ("\"attempt\":1", "\"attempt\":2", "key does not follow from its question"),
        ("\"context\":\"", "\"context\":\"0000", "64 hex digits"),
        ("00.005Z", "00.006Z", "digest"),
        ("00.005Z", "00.005000Z", "`at` is not a time"),
        ("1970-01-01T00:00:00.005Z", "5", "`at` is not a time"),
        ("\"complete\"", "\"refused\"", "digest"),
        ("\"complete\"", "\"done\"", "`finish` is not a known word"),
        ("\"m-1\"", "\"m-2\"", "digest"),
        ("\"text\":\"f", "\"text\":\"F", "digest"),
        ("\"input\":10", "\"input\":11", "digest"),
        ("\"cache_read\":4", "\"cache_read\":0", "digest"),
        ("\"cache_write\":1", "\"cache_write\":0", "digest"),
        ("\"output\":3", "\"output\":4", "digest"),
        ("\"output\":3", "\"output\":3.0", "expected u32"),
        ("\"output\":3", "\"output\":-3", "expected u32"),
        ("\"output\":3,", "", "missing field `output`"),
        ("\"reasoning\":2", "\"reasoning\":1", "digest"),
        ("\"cost_nano_usd\":7", "\"cost_nano_usd\":6", "digest"),
        ("\"cost_nano_usd\":7", "\"cost_nano_usd\":null", "`priced`"),
        ("\"cost_nano_usd\":7", "\"cost_nano_usd\":18446744073709551615", "beyond"),
        ("\"priced\":\"config\"", "\"priced\":\"free\"", "digest"),
        ("\"priced\":\"config\"", "\"priced\":\"\"", "`priced`"),
        ("\"latency_ms\":5", "\"latency_ms\":6", "digest"),
        ("\"req_1\"", "\"req_2\"", "digest"),
        ("choices", "chances", "digest"),
        ("\"wire\":", "\"wire\":null,\"raw\":", "unknown field `raw`"),
        ("\"wire\":", "\"wire_hex\":\"ff\",\"wire\":", "has `wire` and `wire_hex`"),
        ("\"wire\":", "\"wire_hex\":", "`wire_hex` is not hex"),
        (digest, &*other_key, "digest"),
        ("{\"kind\":\"answer\",", "{\"kind\":\"answer\",\"sample\":1,", "duplicate field `sample`"),
        ("{\"kind\":\"answer\",", "{\"kind\":\"anser\",", "no kind of line: `anser`"),
        ("{\"kind\":\"answer\",", "{", "has no `kind`"),
        ("{\"kind\":\"answer\",", "{\"\\u001b[31m\":1,\"kind\":\"answer\",", "unknown field `\\u{1b}[31m`"),
        ("{\"kind\":\"answer\",", "", "(column "),
        ("\"}", "\"", "is no complete JSON object"),
        ("\"}", "\"}{}", "trailing characters"),
        ("\"text\":\"f", "\"text\":\"\\ud800f", "(column "),
    ] {
        assert!(last.contains(what), "{what} is not in {last}");
        let (head, rest) = last.split_at(last.rfind(what).unwrap());
        let changed = export.replace(last, &format!("{head}{}", rest.replacen(what, with, 1)));
        let store = Store::in_memory().unwrap();
        let (line, said) = refused(&store, &changed);
        assert_eq!(line, 4, "{what} -> {with}");
        assert!(said.contains(why), "{what} -> {with}: {said}");
        assert!(!said.contains(char::is_control), "{said:?}");
        // The line before it came in.
        assert_eq!(imported(&store, export.as_bytes()), Imported { new: 1, known: 1, ..Imported::default() });
    }
}

#[test]
fn what_no_digest_covers_cannot_be_slipped_under_an_old_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    let mut old = answer(7, "old", Finish::Complete);
    old.usage = Usage { input: 10, output: 3, ..Usage::default() };
    old.request_id = String::new();
    put_old(&path, &[(question("m", 20), old)]);
    let export = exported(&path);
    assert_eq!(export, through_another_store(&export));
    for (what, with, why) in [
        ("\"cache_read\":0", "\"cache_read\":1", "`wire` is null"),
        ("\"cache_write\":0", "\"cache_write\":1", "`wire` is null"),
        ("\"reasoning\":0", "\"reasoning\":1", "`wire` is null"),
        ("\"request_id\":\"\"", "\"request_id\":\"r\"", "`wire` is null"),
        ("\"priced\":\"config\"", "\"priced\":\"free\"", "`wire` is null"),
        ("\"wire\":null", "\"wire\":\"\"", "digest"),
        ("\"wire\":null", "\"wire\":\"{}\"", "digest"),
        ("\"wire\":null,", "", "has neither"),
    ] {
        assert!(export.contains(what), "{what}");
        let (line, said) = refused(&Store::in_memory().unwrap(), &export.replace(what, with));
        assert_eq!(line, 3);
        assert!(said.contains(why), "{what} -> {with}: {said}");
    }
}

#[test]
fn a_context_that_does_not_fit_takes_its_answers_with_it() {
    let export = sample();
    for (what, with) in [
        ("\"provider\":\"mock\"", "\"provider\":\"openai\""),
        ("\"system\":\"Rate.\"", "\"system\":\"Rate!\""),
        ("\"effort\":null", "\"effort\":\"\""),
        ("\"temperature_hundredths\":null", "\"temperature_hundredths\":0"),
        ("\"schema\":\"{}\"", "\"schema\":\"{ }\""),
        ("\"extra\":\"\"", "\"extra\":\"{}\""),
    ] {
        assert!(export.contains(what), "{what}");
        let imported = imported(&Store::in_memory().unwrap(), export.replace(what, with).as_bytes());
        assert_eq!((imported.new, imported.refused), (0, 3), "{what}");
        let said: Vec<&str> = imported.first_refused.iter().map(|one| one.why.as_str()).collect();
        let orphan = "no line before it has its context";
        assert_eq!(said, ["its key does not follow from its content", orphan, orphan]);
    }
}

#[test]
fn no_change_of_a_single_byte_gets_anything_else_in() {
    let export = sample();
    let whole: Vec<&str> = export.lines().collect();
    let after_head = whole[0].len() + 1;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b.sqlite");
    let store = Store::open(&path).unwrap();
    for at in after_head..export.len() {
        for flip in [1, 0x20, 0x80] {
            let mut bytes = export.clone().into_bytes();
            bytes[at] ^= flip;
            imported(&store, &bytes);
        }
    }
    drop(store);
    // Some changes are of no account, such as `\u00E4`; what came in is what was there.
    assert_eq!(exported(&path), export);
}

#[test]
fn wherever_the_file_is_cut_off_the_last_line_is_named() {
    let export = sample();
    let last = export.trim_end().rfind('\n').unwrap() + 1;
    let store = Store::in_memory().unwrap();
    for cut in (last + 1..export.len() - 1).filter(|cut| export.is_char_boundary(*cut)) {
        let said = refused(&store, export.get(..cut).unwrap());
        assert_eq!(said, (4, "is cut off: the file ends in the middle of it".to_owned()), "{cut}");
    }
    assert_eq!(imported(&store, &export.as_bytes()[..last]).refused, 0);
    // Only the line break is missing: some editors drop it.
    assert_eq!(imported(&store, export.trim_end().as_bytes()).new, 1);
}

#[test]
fn the_first_ten_bad_lines_are_named_and_all_are_counted() {
    let mut export = sample();
    let good = export.lines().last().unwrap().to_owned();
    for _ in 0..25 {
        export.push_str("nonsense\n\n");
    }
    export.push_str(&good.replace("task", "Task"));
    let imported = imported(&Store::in_memory().unwrap(), export.as_bytes());
    assert_eq!((imported.new, imported.refused, imported.first_refused.len()), (2, 26, 10));
    assert_eq!(imported.first_refused[1].line, 7, "empty lines count as lines");
}

#[test]
fn exports_may_be_joined_and_may_have_been_through_an_editor() {
    let export = sample();
    let joined = format!("\u{feff}{}{export}\n", export.replace('\n', "\r\n"));
    let imported = imported(&Store::in_memory().unwrap(), joined.as_bytes());
    assert_eq!(imported, Imported { new: 2, known: 2, ..Imported::default() });
}

#[test]
fn what_is_no_export_is_told_by_what_it_is() {
    let said = |bytes: &[u8]| Export::begin(bytes).err().unwrap().to_string();
    assert_eq!(said(b""), "is not an export: there is nothing in it");
    assert!(said(b"SQLite format 3\0\n").contains("a store itself"));
    assert!(said(b"\xff\xfe{\0\"\0").contains("UTF-16"));
    for other in ["[]\n", "{}", "{\"schema\":\"score-tasks/report/1\"}", "{\"schema\":\"score-task", "\n"] {
        assert!(said(other.as_bytes()).contains("its first line does not say"), "{other}");
    }
    let newer = said(b"{\"schema\":\"score-tasks/answers/2\",\"more\":[]}\n");
    assert_eq!(
        newer,
        "is of the form score-tasks/answers/2, and this score-tasks knows score-tasks/answers/1"
    );
    let mixed = sample() + "{\"schema\":\"score-tasks/answers/2\"}\n";
    let (line, said) = refused(&Store::in_memory().unwrap(), &mixed);
    assert_eq!((line, &*said), (5, "is the head of the form score-tasks/answers/2"));
}

#[test]
fn damaged_answers_are_left_out_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sqlite");
    let store = Store::open(&path).unwrap();
    put(&store, (0..40).map(|n| entry(n, 1, "four")).collect());
    drop(store);
    sql(&path, "UPDATE answer SET tokens_out = 4 WHERE id = 1; UPDATE answer SET sample = 2 WHERE id = 2");
    let mut out = Vec::new();
    let exported = export(&path, &keys(), &mut out).unwrap();
    assert_eq!((exported.answers, exported.contexts, exported.damage.len()), (38, 1, 2));
    let again = imported(&Store::in_memory().unwrap(), &out);
    assert_eq!(again, all_new(38));
    sql(&path, "UPDATE context SET system = 'Rate well.'");
    let exported = export(&path, &keys(), &mut Vec::new()).unwrap();
    assert_eq!((exported.answers, exported.contexts, exported.damage.len()), (0, 0, 41));
}
