//! `data fetch onet` against a server on this machine: whole, in parts, against all that goes wrong, and
//! used afterwards.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails"
)]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests make their own files, and a port that is closed was open before"
)]

mod common {
    pub mod files_server;
    pub mod program;
}

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use common::files_server::{Asked, FilesServer, Manner, Reply, file};
use common::program::{BINARY, Project, Ran, finished};
use score_tasks::provider::{Download, DownloadError};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const FETCH: [&str; 3] = ["data", "fetch", "onet"];
const ETAG: &str = "\"one\"";
const CUT: usize = 1_500_000;

const OCCUPATIONS: &str = "O*NET-SOC Code\tTitle\tDescription\r\n\
    51-9191.00\tGlue Cooks\tBoil glue for a bindery.\r\n\
    51-9192.00\tPaper Sorters\tSort paper by colour and weight.\r\n";
const TASKS: &str = "O*NET-SOC Code\tTask ID\tTask\tTask Type\tIncumbents Responding\tDate\tDomain Source\r\n\
    51-9191.00\t1\tBoil glue until it draws threads.\tCore\tn/a\t12/2025\tAnalyst\r\n\
    51-9191.00\t2\tStir the pot.\tCore\tn/a\t12/2025\tAnalyst\r\n\
    51-9191.00\t3\tScrub pots.\tSupplemental\tn/a\t12/2025\tAnalyst\r\n\
    51-9192.00\t4\tSort sheets by colour.\tn/a\tn/a\t12/2025\tAnalyst\r\n";

/// An archive in the form of a release, with three megabytes that nothing packs.
fn zipped(release: &str) -> Vec<u8> {
    let folder = format!("db_{}_text", release.replace('.', "_"));
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let read_me = format!("O*NET {release} Database\r\nNot of O*NET, but in its form.\r\n");
    let mut dice = 1_u64;
    let noise = std::iter::repeat_with(|| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (dice >> 56) as u8
    });
    let noise: Vec<u8> = noise.take(3_000_000).collect();
    for (name, bytes) in [
        ("Read Me.txt", read_me.as_bytes()),
        ("Occupation Data.txt", OCCUPATIONS.as_bytes()),
        ("Task Statements.txt", TASKS.as_bytes()),
        ("Technology Skills.txt", noise.as_slice()),
    ] {
        zip.start_file(format!("{folder}/{name}"), options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn release() -> &'static [u8] {
    static RELEASE: OnceLock<Vec<u8>> = OnceLock::new();
    RELEASE.get_or_init(|| zipped("30.1"))
}

/// A project, and where its releases come from.
struct World {
    project: Project,
    server: FilesServer,
}

impl World {
    fn new(manner: impl Fn(&Asked) -> Reply + Send + 'static) -> Self {
        let server = FilesServer::start(manner);
        Self { project: project(&server.base()), server }
    }

    /// The server cuts the connection in the middle of the release.
    fn cut_off() -> Self {
        let world = Self::new(|asked| file(release(), ETAG, asked).cut_after(CUT));
        let ran = world.project.run(&FETCH);
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        assert!(ran.stderr.contains("hint: the same command goes on after 1.5 MB"), "{}", ran.stderr);
        assert_eq!(world.files(), ["onet-30-1.zip.part", "onet-30-1.zip.part-of"]);
        assert_eq!(world.server.asked(), [asked(None)]);
        world
    }

    fn url(&self) -> String {
        format!("{}db_30_1_text.zip", self.server.base())
    }

    /// What lies where the catalogues are, by name.
    fn kept(&self) -> BTreeMap<String, Vec<u8>> {
        let Ok(folder) = std::fs::read_dir(self.project.path("cache/catalogs")) else {
            return BTreeMap::new();
        };
        let paths = folder.map(|entry| entry.unwrap().path());
        paths
            .map(|path| {
                (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap())
            })
            .collect()
    }

    fn files(&self) -> Vec<String> {
        self.kept().into_keys().collect()
    }

    /// The release is there as it was served, and nothing else is.
    fn assert_there(&self) {
        let kept = self.kept();
        assert_eq!(kept.keys().collect::<Vec<_>>(), ["onet-30-1.json", "onet-30-1.zip"]);
        assert!(kept["onet-30-1.zip"] == release(), "other bytes than those that were served");
        self.project.succeed(&["data", "verify"]);
    }

    fn start(&self) -> Child {
        let mut command = self.project.program(BINARY);
        command.args(FETCH).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Waits until so much of the release has come.
    fn wait_for(&self, bytes: usize) {
        let part = self.project.path("cache/catalogs/onet-30-1.zip.part");
        for _ in 0..2_000 {
            if std::fs::metadata(&part).is_ok_and(|part| part.len() == bytes as u64) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("{bytes} bytes have not come within 20 s");
    }

    /// The run fails in this manner and leaves everything as it was.
    fn assert_refused(&self, exit: i32, words: &[&str], said: &[&str]) {
        let before = self.kept();
        let ran = self.project.run(words);
        assert_eq!(ran.code, Some(exit), "{}", ran.stderr);
        for part in said {
            assert!(ran.stderr.contains(part), "no `{part}` in:\n{}", ran.stderr);
        }
        assert!(self.kept() == before, "{:?}", self.files());
    }
}

fn project(base: &str) -> Project {
    Project::new(&format!(
        "[run]\nmodels = [\"m\"]\n[data]\nonet_base_url = \"{base}\"\n[models.m]\nprovider = \"mock\"\n"
    ))
}

/// The request for the release, for the rest of it after so many bytes of a version.
fn asked(rest: Option<(usize, &str)>) -> Asked {
    Asked {
        path: "/db_30_1_text.zip".to_owned(),
        range: rest.map(|(from, _)| format!("bytes={from}-")),
        if_range: rest.map(|(_, etag)| etag.to_owned()),
    }
}

fn ended(child: Child) -> Ran {
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    Ran { code: output.status.code(), stdout: output.stdout, stderr }
}

#[test]
fn a_release_is_fetched_once_and_used_by_name() {
    let world = World::new(|asked| file(release(), ETAG, asked));
    let ran = world.project.succeed(&FETCH);
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(lines.first(), Some(&format!("> Downloading {}", world.url()).as_str()));
    let progress = lines.iter().filter(|line| line.ends_with(" of 3.0 MB")).count();
    assert!((1..10).contains(&progress), "{}", ran.stderr);
    let used = "> O*NET 30.1: 2 occupations, 4 tasks. Use it with --catalog onet-30-1 or --catalog onet";
    assert!(lines.contains(&used), "{}", ran.stderr);
    assert!(ran.stdout.is_empty());
    world.assert_there();

    let report = |words: &[&str]| -> serde_json::Value {
        let score = ["--limit", "3", "--all", "-q", "--json"];
        serde_json::from_slice(&world.project.succeed(&[words, &score].concat()).stdout).unwrap()
    };
    let by_flag = report(&["--catalog", "onet"]);
    assert_eq!(by_flag["run"]["catalog"]["name"], "O*NET 30.1");
    assert_eq!(
        by_flag["run"]["answers"],
        serde_json::json!({"needed": 3, "cached": 0, "asked": 3, "gaps": 0})
    );
    let config = std::fs::read_to_string(world.project.path("config.toml")).unwrap();
    world.project.write("config.toml", config.replace("[run]\n", "[run]\ncatalog = \"onet\"\n"));
    let by_config = report(&[]);
    assert_eq!(by_config["run"]["answers"]["cached"], 3);
    assert_eq!(by_config["occupations"], by_flag["occupations"]);
    world.project.succeed(&["find", "paper", "--catalog", "onet"]);

    // Again, as it is written elsewhere: nothing is asked of the server.
    assert_eq!(world.server.asked(), [asked(None)]);
    let again = world.project.succeed(&["data", "fetch", "onet", "--release", "30.1"]);
    assert_eq!(again.stderr, "> O*NET 30.1 is there already. Use it with --catalog onet-30-1\n");
    assert_eq!(world.server.asked(), []);
}

#[test]
fn a_download_goes_on_where_it_was_cut_off() {
    let world = World::cut_off();
    // Twice, so that it goes on after what it went on with.
    world.server.now(|asked| file(release(), ETAG, asked).cut_after(500_000));
    let ran = world.project.run(&FETCH);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("the download broke off after 2000000 bytes"), "{}", ran.stderr);
    world.server.now(|asked| file(release(), ETAG, asked));
    let ran = world.project.succeed(&FETCH);
    assert!(ran.stderr.contains("> Going on after 2.0 MB\n"), "{}", ran.stderr);
    assert_eq!(world.server.asked(), [asked(Some((CUT, ETAG))), asked(Some((2_000_000, ETAG)))]);
    world.assert_there();
}

#[test]
fn what_cannot_be_gone_on_with_begins_anew() {
    let whole = |_: &Asked| Reply::new(200, release()).header("ETag", ETAG).sized();
    let changed = |asked: &Asked| file(release(), "\"two\"", asked);
    // Sends the rest of a changed file without looking at the version.
    let careless = |asked: &Asked| {
        let blind = Asked { if_range: Some("\"two\"".to_owned()), ..asked.clone() };
        file(release(), "\"two\"", &blind)
    };
    let no_such_range = |asked: &Asked| match &asked.range {
        Some(_) => Reply::new(416, b"").sized(),
        None => file(release(), ETAG, asked),
    };
    let manners: [(Manner, usize); 4] =
        [(Box::new(whole), 1), (Box::new(changed), 1), (Box::new(careless), 2), (Box::new(no_such_range), 2)];
    for (manner, requests) in manners {
        let world = World::cut_off();
        // What it has is of another version, so that bytes that stay would show.
        world.project.write("cache/catalogs/onet-30-1.zip.part", vec![b'x'; CUT]);
        world.server.now(manner);
        let ran = world.project.succeed(&FETCH);
        assert!(
            ran.stderr.contains("> What is there of it is of no use; from the beginning."),
            "{}",
            ran.stderr
        );
        let expected = [asked(Some((CUT, ETAG))), asked(None)];
        assert_eq!(world.server.asked(), expected[..requests]);
        world.assert_there();
    }
}

#[test]
fn without_a_version_it_begins_anew() {
    for etag in [None, Some("W/\"one\"")] {
        let manner = move |_: &Asked| {
            let reply = Reply::new(200, release()).sized();
            etag.into_iter().fold(reply, |reply, etag| reply.header("ETag", etag))
        };
        let world = World::new(move |asked| manner(asked).cut_after(CUT));
        let ran = world.project.run(&FETCH);
        assert_eq!(ran.code, Some(1));
        assert!(ran.stderr.contains("hint: the same command begins anew"), "{}", ran.stderr);
        world.server.now(manner);
        world.project.succeed(&FETCH);
        assert_eq!(world.server.asked(), [asked(None), asked(None)]);
        world.assert_there();
    }
}

#[test]
fn another_address_is_another_file() {
    let world = World::cut_off();
    let other = FilesServer::start(|asked| file(release(), ETAG, asked));
    let config = std::fs::read_to_string(world.project.path("config.toml")).unwrap();
    world.project.write("config.toml", config.replace(&world.server.base(), &other.base()));
    world.project.succeed(&FETCH);
    assert_eq!(other.asked(), [asked(None)]);
    world.assert_there();
}

#[test]
fn it_goes_on_after_ctrl_c_and_after_a_kill() {
    for kills in [false, true] {
        let world = World::new(|asked| file(release(), ETAG, asked).stuck_after(CUT));
        let mut child = world.start();
        world.wait_for(CUT);
        // Two at once would write into one file.
        world.assert_refused(1, &FETCH, &["O*NET 30.1 is being downloaded by another program"]);
        if kills {
            child.kill().unwrap();
        } else {
            let sent = finished(Command::new("kill").args(["-INT", &child.id().to_string()]));
            assert_eq!(sent.code, Some(0), "{}", sent.stderr);
        }
        let ran = ended(child);
        if !kills {
            assert_eq!(ran.code, Some(130), "{}", ran.stderr);
            let said = "> Interrupted; the same command goes on after 1.5 MB\n";
            assert!(ran.stderr.ends_with(said), "{}", ran.stderr);
        }
        assert_eq!(world.files(), ["onet-30-1.zip.part", "onet-30-1.zip.part-of"]);
        world.server.now(|asked| file(release(), ETAG, asked));
        world.project.succeed(&FETCH);
        assert_eq!(world.server.asked(), [asked(None), asked(Some((CUT, ETAG)))]);
        world.assert_there();
    }
}

/// Killed after the last byte: before it was put in place, and before that was written down.
#[test]
fn what_is_whole_is_not_asked_for_again() {
    for name in ["onet-30-1.zip.part", "onet-30-1.zip"] {
        let world = World::cut_off();
        std::fs::remove_file(world.project.path("cache/catalogs/onet-30-1.zip.part")).unwrap();
        world.project.write(&format!("cache/catalogs/{name}"), release());
        world.project.succeed(&FETCH);
        assert_eq!(world.server.asked(), [], "{name}");
        world.assert_there();
    }
}

#[test]
fn what_was_brought_by_hand_meanwhile_is_used() {
    let world = World::cut_off();
    world.project.write("db_30_1_text.zip", release());
    world.project.succeed(&["data", "import", "db_30_1_text.zip"]);
    world.project.succeed(&FETCH);
    assert_eq!(world.server.asked(), []);
    world.assert_there();
}

#[test]
fn what_is_left_of_an_import_is_not_touched() {
    let world = World::new(|asked| file(release(), ETAG, asked));
    world.project.write("cache/catalogs/onet-30-1.zip", "x");
    let next = "hint: remove it, and run the same command again";
    world.assert_refused(2, &FETCH, &["onet-30-1.zip is left of an import that was cut off", next]);
    assert_eq!(world.server.asked(), []);
}

#[test]
fn wrong_files_are_refused_and_leave_nothing() {
    let by_hand = "score-tasks data import PATH/TO/db_30_1_text.zip";
    let mut climbs = zipped("30.1");
    let name = b"db_30_1_text/Technology Skills.txt";
    while let Some(at) = climbs.windows(name.len()).position(|part| part == name) {
        climbs.splice(at..at + name.len(), *b"db_30_1_text/../../../../../x.txt.");
    }
    let mut links = ZipWriter::new(Cursor::new(Vec::new()));
    links.add_symlink("db_30_1_text/Read Me.txt", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let mut cut = zipped("30.1");
    cut.truncate(CUT);
    let page = b"\n<!DOCTYPE html><html><title>Sign in</title></html>".to_vec();
    for (bytes, said) in [
        (page, "what came is a web page, not a zip archive"),
        (
            b"PK\x03\x04 and no more".to_vec(),
            "what came is no release of O*NET: db_30_1_text.zip: is not a zip",
        ),
        (cut, "what came is no release of O*NET: db_30_1_text.zip: is not a zip archive"),
        (climbs, "has a name that climbs out of its folder"),
        (links.finish().unwrap().into_inner(), "entry `db_30_1_text/Read Me.txt`: is a symbolic link"),
        (zipped("29.3"), "what came is O*NET 29.3, not O*NET 30.1"),
        (Vec::new(), "what came is no release of O*NET"),
    ] {
        let served = bytes.clone();
        // Without a length, as some servers send it: that it ends early does not show.
        let world = World::new(move |_| Reply::new(200, &served));
        world.project.succeed(&["--all", "-q", "--limit", "1"]);
        world.project.write("mine/Occupation Data.txt", OCCUPATIONS);
        world.project.write("mine/Task Statements.txt", TASKS);
        world.project.succeed(&["data", "import", "mine"]);
        let store = std::fs::read(world.project.path("cache/answers.sqlite")).unwrap();
        std::fs::rename(world.project.path("cache/catalogs/mine"), world.project.path("aside")).unwrap();
        world.assert_refused(2, &FETCH, &[said, &world.url(), by_hand, "nothing is kept of it"]);
        assert!(std::fs::read(world.project.path("cache/answers.sqlite")).unwrap() == store);
        // The next try begins anew.
        world.server.asked();
        world.server.now(|asked| file(release(), ETAG, asked));
        world.project.succeed(&FETCH);
        assert_eq!(world.server.asked(), [asked(None)]);
    }
}

#[test]
fn refusals_name_the_next_step() {
    let world = World::cut_off();
    let by_hand = "score-tasks data import PATH/TO/db_30_1_text.zip";
    let archive = world.url();
    for (status, exit, said) in [
        (404, 2, &["the server answers with status 404", "there may be no release 30.1"][..]),
        (403, 1, &["status 403", by_hand]),
        (500, 1, &["status 500", "try again later", by_hand]),
        (503, 1, &["status 503"]),
    ] {
        world.server.now(move |_| Reply::new(status, b"no").sized());
        world.assert_refused(exit, &FETCH, &[&[archive.as_str()], said].concat());
    }
    world.server.now(|_| {
        Reply::new(302, b"")
            .header("Location", "https://login.example/db/db_30_1_text.zip?ticket=secret")
            .sized()
    });
    let to = "the server sends on to https://login.example/db/db_30_1_text.zip\n";
    world.assert_refused(2, &FETCH, &[to, "data.onet_base_url in config.toml", by_hand]);
    // What was kept is still good.
    world.server.now(|asked| file(release(), ETAG, asked));
    world.project.succeed(&FETCH);
    world.assert_there();
}

#[test]
fn without_a_network_it_says_what_to_do_by_hand() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let project = project(&format!("http://{closed}"));
    let ran = project.run(&FETCH);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    for part in [
        &format!("error: http://{closed}/db_30_1_text.zip cannot be downloaded: cannot connect"),
        "\nhint: download it in a browser or elsewhere, then: score-tasks data import PATH/TO/db_30_1_text.zip\n",
    ] {
        assert!(ran.stderr.contains(part), "no `{part}` in:\n{}", ran.stderr);
    }
    assert_eq!(std::fs::read_dir(project.path("cache/catalogs")).unwrap().count(), 0);
    // As told.
    project.write("brought/db_30_1_text.zip", release());
    project.succeed(&["data", "import", "brought/db_30_1_text.zip"]);
    let ran = project.succeed(&FETCH);
    assert!(ran.stderr.contains("is there already"), "{}", ran.stderr);
    project.succeed(&["--catalog", "onet", "--all", "-q"]);
}

#[test]
fn what_is_too_large_is_refused() {
    let world = World::cut_off();
    // Of another version.
    world
        .server
        .now(|_| Reply::new(200, b"PK").header("ETag", "\"two\"").header("Content-Length", 200_000_001));
    let ran = world.project.run(&FETCH);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("has more than the 200000000 bytes that are allowed"), "{}", ran.stderr);
    assert!(world.kept().is_empty(), "{:?}", world.files());
}

/// A server need not say how much it sends.
#[tokio::test]
async fn what_turns_out_too_large_is_cut_off() {
    let server = FilesServer::start(|_| Reply::new(200, release()));
    let download = Download { url: &server.base(), kept: None, most: 1_000_000 };
    let mut arriving = download.begin().await.unwrap();
    let mut bytes = 0;
    let error = loop {
        match arriving.next().await {
            Ok(piece) => bytes += piece.unwrap().len(),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, DownloadError::TooLarge { most: 1_000_000, .. }), "{error}");
    assert!((900_000..=1_000_000).contains(&bytes), "{bytes}");
}

#[test]
fn onet_is_the_newest_release_at_hand() {
    let world = World::new(|asked| {
        let name = asked.path.trim_start_matches("/db_").trim_end_matches("_text.zip").replace('_', ".");
        file(&zipped(&name), ETAG, asked)
    });
    let none = "error: no catalogue `onet`: neither imported, nor a folder, a zip or a table\n\n\
                hint: score-tasks data fetch onet\n";
    world.assert_refused(2, &["--catalog", "onet", "--all"], &[none]);
    let used = |by: &str| {
        let ran = world.project.succeed(&["--catalog", by, "--all", "--json", "-q"]);
        let report: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
        report["run"]["catalog"]["name"].as_str().unwrap().to_owned()
    };
    for (release, newest) in [("9_9", "9.9"), ("30_2", "30.2"), ("30_10", "30.10"), ("30_9", "30.10")] {
        let ran = world.project.succeed(&["data", "fetch", "onet", "--release", release]);
        let is_newest = release.replace('_', ".") == newest;
        assert_eq!(ran.stderr.contains(" or --catalog onet\n"), is_newest, "{}", ran.stderr);
        assert_eq!(used("onet"), format!("O*NET {newest}"));
    }
    assert_eq!(used("onet-9-9"), "O*NET 9.9");
    world.assert_refused(2, &["data", "import", "x.zip", "--name", "onet"], &["x.zip"]);
}

#[test]
fn flags_are_obeyed() {
    let world = World::new(|asked| file(release(), ETAG, asked));
    world.assert_refused(
        2,
        &["data", "fetch", "onet", "--release", "../30_1"],
        &["write it as 30_1 or 30.1"],
    );
    world.assert_refused(2, &["data", "fetch", "esco"], &["onet"]);
    assert_eq!(world.server.asked(), []);
    assert_eq!(world.project.succeed(&["data", "fetch", "onet", "-q"]).stderr, "");
    world.assert_there();
}
