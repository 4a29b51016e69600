//! `serve` over loopback: what it sends with what, and what it never sends.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test fails")]
#![expect(clippy::disallowed_types, reason = "a client that says what no other would")]

mod common {
    pub mod program;
}

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use common::program::{BINARY, Project, finished};

/// A site that is served until it is dropped.
struct Served {
    project: Project,
    child: Child,
    address: String,
}

struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|(found, value)| (found == name).then_some(value.as_str()))
    }
}

const INDEX: &str = "<!doctype html><title>Index</title>";

impl Served {
    fn new() -> Self {
        let project = Project::new("");
        project.write("site/index.html", INDEX.to_owned() + &" ".repeat(2_000));
        project.write("site/o/15-1252.00/index.html", "<!doctype html><title>One</title>");
        project.write("site/404.html", "<!doctype html><title>Lost</title>");
        project.write("site/assets/site.css", "p{}".repeat(200));
        project.write("site/assets/i.woff2", vec![0_u8; 1_000]);
        project.write("site/data/a b.csv", "a");
        project.write("site/empty/x.txt", "x");
        project.write("site/.env", "KEY=secret");
        project.write("secret.txt", "secret");
        #[cfg(unix)]
        std::os::unix::fs::symlink(project.path("secret.txt"), project.path("site/out.txt")).unwrap();
        Self::start(project, &["serve", "--listen", "127.0.0.1:0"])
    }

    fn start(project: Project, words: &[&str]) -> Self {
        let mut command = project.program(BINARY);
        let mut child = command.args(words).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        stderr.read_line(&mut line).unwrap();
        let address = line.strip_prefix("> http://").and_then(|rest| rest.split_once("/  (Ctrl-C ends it)"));
        let address = address.unwrap_or_else(|| panic!("{line}")).0.to_owned();
        Self { project, child, address }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    fn ask(&self, method: &str, path: &str, headers: &str) -> Reply {
        ask(&mut self.connect(), method, path, headers)
    }

    fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, "")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One request over a connection that stays.
fn ask(stream: &mut TcpStream, method: &str, path: &str, headers: &str) -> Reply {
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n").unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let status: u16 = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut reply = Reply { status, headers, body: Vec::new() };
    let length = reply.header("content-length").map_or(0, |length| length.parse().unwrap());
    if method != "HEAD" && status != 304 {
        reply.body = vec![0; length];
        stream.read_exact(&mut reply.body).unwrap();
    }
    reply
}

#[test]
fn files_are_sent_with_their_kind_and_with_what_a_browser_may_do() {
    let served = Served::new();
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/o/15-1252.00/", "text/html; charset=utf-8"),
        ("/assets/site.css", "text/css; charset=utf-8"),
        ("/assets/i.woff2", "font/woff2"),
        ("/data/a%20b.csv", "text/csv; charset=utf-8"),
        ("/?q=1", "text/html; charset=utf-8"),
    ] {
        let reply = served.get(path);
        assert_eq!((reply.status, reply.header("content-type")), (200, Some(kind)), "{path}");
        for (name, value) in score_tasks::site::headers() {
            assert_eq!(reply.header(&name.to_lowercase()), Some(*value), "{path}");
        }
        assert_eq!(reply.header("cache-control"), Some("no-cache"));
    }
    assert!(served.get("/").body.starts_with(INDEX.as_bytes()));
}

#[test]
fn a_folder_is_its_index_and_has_a_slash() {
    let served = Served::new();
    let reply = served.get("/o/15-1252.00?g=1");
    assert_eq!((reply.status, reply.header("location")), (308, Some("/o/15-1252.00/?g=1")));
    assert_eq!(served.get("/empty").status, 404, "a folder without an index");
    assert_eq!(served.get("/empty/").status, 404);
}

#[test]
fn what_is_not_there_is_the_sites_own_page_for_that() {
    let served = Served::new();
    let reply = served.get("/nowhere/at/all");
    assert_eq!((reply.status, reply.header("content-type")), (404, Some("text/html; charset=utf-8")));
    assert!(String::from_utf8_lossy(&reply.body).contains("Lost"));
    assert!(reply.header("content-security-policy").is_some());
}

#[test]
fn nothing_outside_of_the_folder_and_nothing_hidden_is_sent() {
    let served = Served::new();
    assert!(served.project.path("secret.txt").exists());
    for path in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e%2fsecret.txt",
        "/o/../../secret.txt",
        "/..%5csecret.txt",
        "/%252e%252e/secret.txt",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/out.txt",
        "/.env",
        "/%2eenv",
        "/./.env",
        "/o//15-1252.00/",
        "/%00",
        "/%",
        "/%ff",
        "/index.html/",
        "/\\..\\secret.txt",
    ] {
        let reply = served.get(path);
        assert!([400, 404].contains(&reply.status), "{path}: {}", reply.status);
        assert!(!String::from_utf8_lossy(&reply.body).contains("secret"), "{path}");
        assert!(reply.header("location").is_none(), "{path}");
    }
}

#[test]
fn only_reading_is_answered_and_head_sends_no_body() {
    let served = Served::new();
    let (get, head) = (served.get("/"), served.ask("HEAD", "/", ""));
    assert_eq!((head.status, head.header("content-length")), (200, get.header("content-length")));
    assert_eq!(head.header("etag"), get.header("etag"));
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let reply = served.ask(method, "/", "Content-Length: 0\r\n");
        assert_eq!((reply.status, reply.header("allow")), (405, Some("GET, HEAD")), "{method}");
    }
}

#[test]
fn what_a_client_has_is_not_sent_again_until_it_changes() {
    let served = Served::new();
    let tag = served.get("/assets/site.css").header("etag").unwrap().to_owned();
    let again = |tag: &str| served.ask("GET", "/assets/site.css", &format!("If-None-Match: {tag}\r\n"));
    let reply = again(&tag);
    assert_eq!(
        (reply.status, reply.header("etag"), reply.header("content-type")),
        (304, Some(tag.as_str()), None)
    );
    assert_eq!(again("\"other\"").status, 200);
    served.project.write("site/assets/site.css", "q{}".repeat(200));
    assert_eq!(again(&tag).status, 200);
}

#[test]
fn text_is_packed_for_those_who_take_that() {
    let served = Served::new();
    let gzip = "Accept-Encoding: gzip, deflate, br\r\n";
    let (plain, packed) = (served.get("/"), served.ask("GET", "/", gzip));
    assert_eq!((plain.header("content-encoding"), packed.header("content-encoding")), (None, Some("gzip")));
    assert_eq!(
        (plain.header("vary"), packed.header("vary")),
        (Some("Accept-Encoding"), Some("Accept-Encoding"))
    );
    assert!(packed.body.len() < plain.body.len() / 2 && packed.body.starts_with(&[0x1f, 0x8b]));
    assert_ne!(plain.header("etag"), packed.header("etag"));
    assert_eq!(served.ask("GET", "/assets/i.woff2", gzip).header("content-encoding"), None);
}

#[test]
fn a_connection_is_kept_for_further_files() {
    let served = Served::new();
    let mut stream = served.connect();
    for path in ["/", "/assets/site.css", "/nowhere", "/o/15-1252.00", "/"] {
        let reply = ask(&mut stream, "GET", path, "");
        assert!([200, 404, 308].contains(&reply.status), "{path}");
    }
    let head = ask(&mut stream, "HEAD", "/", "");
    assert_eq!((head.status, ask(&mut stream, "GET", "/", "").status), (200, 200));
}

#[cfg(unix)]
#[test]
fn it_ends_when_it_is_told_to_and_says_so_by_its_code() {
    let mut served = Served::new();
    let id = served.child.id().to_string();
    assert_eq!(finished(std::process::Command::new("kill").args(["-INT", &id])).code, Some(0));
    assert_eq!(served.child.wait().unwrap().code(), Some(0));
}

#[test]
fn what_is_no_site_is_not_shown() {
    let project = Project::new("");
    let ran = project.run(&["serve"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("has no index.html") && ran.stderr.contains("site build"), "{}", ran.stderr);
}

#[test]
fn a_port_that_is_taken_is_told() {
    let served = Served::new();
    let ran = served.project.run(&["serve", "--listen", &served.address]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("cannot listen at 127.0.0.1"), "{}", ran.stderr);
}

#[test]
fn an_address_that_others_reach_is_shown_with_a_warning() {
    let project = Project::new("");
    project.write("site/index.html", INDEX);
    let mut command = project.program(BINARY);
    let mut child = command.args(["serve", "--listen", "0.0.0.0:0"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(line.starts_with("warning: 0.0.0.0:0 can be reached from other machines"), "{line}");
}

#[test]
fn a_site_is_checked_from_its_folder() {
    let project = Project::new("");
    assert_eq!(project.run(&["site", "check"]).code, Some(2));
    project.write("out/index.html", INDEX);
    let ran = project.run(&["site", "check", "out"]);
    assert_eq!(ran.code, Some(6), "{}", ran.stderr);
    let text = String::from_utf8(ran.stdout).unwrap();
    assert!(text.contains("policy (1)\n  index.html: there is no Content Security Policy; "), "{text}");
    assert!(text.contains("  index "), "{text}");
    let ran = project.run(&["site", "check", "out", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!((ran.code, &json["schema"]), (Some(6), &"score-tasks/site-check/1".into()));
    assert_eq!((&json["counts"]["policy"], &json["findings"][0]["page"]), (&1.into(), &"index.html".into()));
}

#[test]
fn a_site_is_also_found_at_the_path_of_its_address() {
    let project = Project::new(
        "[run]\nmodels = [\"a\"]\n[models.a]\nprovider = \"mock\"\n[site]\nbase_url = \"https://example.org/exposure/\"\n",
    );
    project.write("site/index.html", INDEX);
    project.write("site/o/x/index.html", "<!doctype html><title>One</title>");
    let served = Served::start(project, &["serve", "--listen", "127.0.0.1:0"]);
    for (path, status) in [("/o/x/", 200), ("/exposure/o/x/", 200), ("/exposure/", 200), ("/other/o/x/", 404)]
    {
        assert_eq!(served.get(path).status, status, "{path}");
    }
}

#[test]
fn watching_builds_the_site_first_and_again_when_a_run_has_come() {
    let project = Project::new(
        "[run]\nmodels = [\"a\", \"b\"]\n[models.a]\nprovider = \"mock\"\n[models.b]\nprovider = \"mock\"\n",
    );
    project.succeed(&["-o", "27-3042", "-q"]);
    let mut command = project.program(BINARY);
    command.args(["serve", "--watch", "--listen", "127.0.0.1:0"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.starts_with("> http://127.0.0.1:")));
    assert!(project.path("site/o/27-3042.00/index.html").is_file());
    project.succeed(&["-o", "27-3042", "-o", "23-1011", "-q"]);
    assert!(lines.any(|line| line == "> Built"));
    assert!(project.path("site/o/23-1011.00/index.html").is_file());
    child.kill().unwrap();
    child.wait().unwrap();
}
