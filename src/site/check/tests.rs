//! Sites with one thing wrong, and one with none.

mod odd;
mod sound;

use super::*;
use crate::site::POLICY;
use sound::*;

#[test]
fn of_a_sound_site_nothing_is_told_but_how_large_it_is() {
    let checked = checked(&sound());
    assert!(checked.findings.is_empty(), "{:#?}", checked.findings);
    assert_eq!((checked.files, checked.pages), (11, 4));
    let largest: Vec<(&str, &str)> = checked.largest.iter().map(|one| (one.of, one.file.as_str())).collect();
    assert_eq!(
        largest,
        [
            ("other page", "404.html"),
            ("index", "index.html"),
            ("occupation page", "o/1/index.html"),
            ("css and js", "assets/site.css + assets/site.js"),
            ("fonts", "assets/i.woff2"),
        ]
    );
}

#[test]
fn markup_that_a_parser_mends_is_told() {
    is_told(&with("<p></b></p>"), "html o/1/index.html:Some(4)", "a parser objects");
    is_told(&with("<p id=\"t\">x</p>"), "html", "`t` is taken in line 3");
    is_told(&with("<p id=\"a b\">x</p>"), "html", "the id `a b`");
    let mut files = sound();
    files.get_mut("o/1/index.html").unwrap().push(b'\xff');
    assert!(lines(&files).iter().any(|line| line.contains("is not UTF-8")));
}

#[test]
fn what_a_page_has_to_have_is_missed() {
    is_told(&instead(" lang=\"en\"", ""), "page", "no lang");
    is_told(&instead("<title>One</title>", "<title> </title>"), "page", "<title>");
    is_told(&instead("name=\"description\"", "name=\"x\""), "page", "description");
    is_told(&instead("name=\"viewport\"", "name=\"x\""), "page", "viewport");
    is_told(&with("<h1>Two</h1>"), "page", "2 <h1>");
    is_told(&instead("<title>One</title>", "<title>Index</title>"), "page", "the title of index.html");
}

#[test]
fn what_is_kept_from_search_may_share_a_title() {
    let found = spoilt("index.html", |page| page.replace("<title>Index", "<title>Not found"));
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn pointers_to_ids_that_are_not_there_are_told() {
    for attribute in ["aria-labelledby", "aria-describedby", "aria-controls", "aria-owns"] {
        is_told(&with(&format!("<p {attribute}=\"t nowhere\">x</p>")), "access", "`nowhere`");
    }
    is_told(&with("<label for=\"nowhere\">x</label>"), "access", "for names `nowhere`");
    is_told(&instead("headers=\"t\"", "headers=\"x\""), "access", "headers names `x`");
    is_told(&instead("url(#n)", "url(#m)"), "access", "fill names `m`");
    is_told(&with("<p><a href=\"#nowhere\">x</a></p>"), "link", "`#nowhere` names an id");
}

#[test]
fn what_says_nothing_to_those_who_hear_it_is_told() {
    is_told(&with("<p><img src=\"../../assets/icon.svg\"></p>"), "access", "no alt");
    is_told(&with("<svg><rect/></svg>"), "access", "neither hidden nor a named image");
    is_told(&with("<svg role=\"img\"><title> </title></svg>"), "access", "neither hidden");
    is_told(&with("<p><input></p>"), "access", "<input> has no label");
    is_told(
        &with("<p><button type=\"button\"><svg aria-hidden=\"true\"/></button></p>"),
        "access",
        "<button> says nothing",
    );
    is_told(&with("<p><a href=\"../../\"></a></p>"), "access", "<a> says nothing");
    for fine in [
        "<p><img alt=\"\" src=\"../../assets/icon.svg\"></p>",
        "<p aria-hidden=\"true\"><svg><svg/></svg></p>",
        "<svg role=\"img\" aria-label=\"x\"><svg><text>t</text></svg></svg>",
        "<p><label>Sort <select><option>a</option></select></label><input aria-label=\"b\"><input type=\"hidden\"></p>",
        "<p><a href=\"../../\"><img alt=\"Home\" src=\"../../assets/icon.svg\"></a></p>",
    ] {
        assert_eq!(with(fine), [""; 0], "{fine}");
    }
}

#[test]
fn what_can_be_pressed_stands_in_nothing_that_can_be() {
    for body in [
        "<details><summary><a href=\"#t\">x</a></summary></details>",
        "<p><button type=\"button\">x<span tabindex=\"0\">y</span></button></p>",
        "<svg role=\"img\" aria-label=\"x\"><a href=\"#t\"><text>t</text></a></svg>",
    ] {
        is_told(&with(body), "access", "stands in");
    }
    assert_eq!(with("<p><button type=\"button\">x<span tabindex=\"-1\">y</span></button></p>"), [""; 0]);
}

#[test]
fn headers_of_tables_say_what_they_are_for() {
    is_told(&instead("<th scope=\"col\">", "<th>"), "access", "no scope");
    is_told(&with("<table><tbody><tr><td>1</td></tr></tbody></table>"), "access", "no headers");
}

#[test]
fn headings_go_down_one_level_at_a_time() {
    is_told(&with("<h2>x</h2><h4>y</h4>"), "access", "<h4> follows <h2>");
    is_told(&instead("<main>", "<h2>x</h2><main>"), "access", "the first heading is <h2>");
    assert_eq!(with("<h3>x</h3><h4>y</h4><h2>z</h2>"), [""; 0]);
}

#[test]
fn links_that_lead_nowhere_are_told() {
    for url in
        ["../2/", "x.csv", "../../../x", "/o/1/", "https://x.org/s/nowhere/", "../../#nowhere", "../../data/"]
    {
        is_told(&with(&format!("<p><a href=\"{url}\">x</a></p>")), "link o/1/index.html:Some(4)", url);
    }
    for url in [
        "..%2f..",
        "./?q=1#t",
        "../../data/all.csv?x",
        "https://x.org/s/o/1/",
        "/s/data/all.csv",
        "#top",
        "#",
        "../1",
    ] {
        let found = with(&format!("<p><a href=\"{url}\">x</a></p>"));
        let expected = usize::from(url == "..%2f..");
        assert_eq!(found.len(), expected, "{url}: {found:?}");
    }
    is_told(
        &spoilt("assets/site.css", |css| css + "a{b:url(\"x.png\")}"),
        "link assets/site.css:Some(4)",
        "x.png",
    );
    is_told(&spoilt("one/index.html", |page| page.replace("url=../o/1/", "url=../o/2/")), "link", "../o/2/");
    is_told(&instead("s/o/1/\">", "s/\">"), "link", "the canonical address is that of index.html");
}

#[test]
fn feeds_and_sitemaps_name_whole_addresses_that_are_there() {
    let other = |file: &str, old: &str, new: &str| spoilt(file, |text| text.replace(old, new));
    is_told(&other("feed.xml", "s/o/1/", "s/o/2/"), "link feed.xml", "is not there");
    is_told(&other("feed.xml", "https://x.org/s/o/1/", "o/1/"), "link feed.xml", "no whole address");
    is_told(&other("feed.xml", "</entry>", ""), "link feed.xml", "not well-formed");
    let found = other("sitemap.xml", "https://x.org/s/o/1/", "https://y.org/s/o/1/");
    assert!(found.len() == 2 && found.iter().any(|line| line.contains("no whole address")), "{found:?}");
    let missing = "<url><loc>https://x.org/s/o/1/</loc></url>";
    is_told(&other("sitemap.xml", missing, ""), "link sitemap.xml", "o/1/index.html is not in it");
}

#[test]
fn a_page_that_nobody_gets_to_is_told() {
    let lonely = page("../../", "Two", "")
        .replace("s/o/1/", "s/o/2/")
        .replace("content=\"d\"", "content=\"d\"><meta name=\"robots\" content=\"noindex\"");
    is_told(&spoilt("o/2/index.html", |_| lonely), "link o/2/index.html", "no links lead here");
}

#[test]
fn nothing_is_fetched_from_elsewhere() {
    for body in [
        "<p><img alt=\"\" src=\"https://y.org/a.png\"></p>",
        "<p><img alt=\"\" src=\"//y.org/a.png\"></p>",
        "<p><img alt=\"\" src=\"../../assets/icon.svg\" srcset=\"https://y.org/b.png 2x\"></p>",
        "<script src=\"https://y.org/a.js\"></script>",
        "<svg aria-hidden=\"true\"><use href=\"https://y.org/a.svg\"/></svg>",
    ] {
        is_told(&with(body), "policy", "is fetched from elsewhere");
    }
    for rel in ["stylesheet", "preload", "icon", "preconnect", "dns-prefetch", "manifest"] {
        let link = format!("<link rel=\"{rel}\" href=\"https://y.org/\"></head>");
        is_told(&instead("</head>", &link), "policy", "is fetched from elsewhere");
    }
    is_told(
        &spoilt("assets/site.css", |css| "@import \"https://y.org/a.css\";".to_owned() + &css),
        "policy assets/site.css",
        "elsewhere",
    );
    assert_eq!(instead("</head>", "<link rel=\"license\" href=\"https://y.org/\"></head>"), [""; 0]);
}

#[test]
fn what_the_policy_forbids_is_told() {
    for (body, words) in [
        ("<p style=\"color:red\">x</p>", "style="),
        ("<script>1</script>", "<script> is inline"),
        ("<script type=\"application/ld+json\">{</script>", "JSON-LD is not JSON"),
        ("<p onclick=\"x()\">x</p>", "onclick="),
        ("<p><a href=\" java\tscript:x\">x</a></p>", "href="),
        ("<p><a href=\"mailto:a@b\">x</a></p>", "href="),
        ("<p><a href=\"data:text/html,x\">x</a></p>", "href="),
        ("<iframe title=\"x\"></iframe>", "<iframe>"),
        ("<object></object>", "<object>"),
        ("<form action=\"https://y.org/\"></form>", "action= leaves the site"),
        ("<p><a href=\"https://y.org/\" target=\"_blank\">x</a></p>", "can reach back"),
        ("<svg aria-hidden=\"true\"><style>a{}</style></svg>", "<style> is inline"),
    ] {
        is_told(&with(body), "policy", words);
    }
    is_told(
        &instead("<meta charset=\"utf-8\">", "<meta charset=\"utf-8\"><base href=\"\">"),
        "policy",
        "<base>",
    );
    assert_eq!(with("<p><a href=\"https://y.org/\" target=\"_blank\" rel=\"noopener\">x</a></p>"), [""; 0]);
}

#[test]
fn every_page_says_the_policy_first_and_as_it_is() {
    let meta = format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">");
    is_told(&instead(&meta, ""), "policy", "there is no Content Security Policy");
    is_told(
        &instead("default-src 'none'", "default-src 'self'"),
        "policy",
        "another Content Security Policy",
    );
    is_told(&instead(&meta, &format!("{meta}{meta}")), "policy", "a second");
    is_told(
        &spoilt("o/1/index.html", |page| {
            page.replace(&meta, "").replace("</head>", &format!("{meta}</head>"))
        }),
        "policy",
        "<link> comes before",
    );
}

#[test]
fn what_is_too_large_is_told() {
    // Nothing that gzip could make smaller.
    let noise = |bytes: usize| {
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(b'a' + u8::try_from((state >> 40) % 26).unwrap())
        };
        (0..bytes).map(|_| next()).collect::<String>()
    };
    is_told(&with(&format!("<p>{}</p>", noise(60_000))), "size o/1/index.html", "occupation page of");
    // The words of many models on many tasks are what the page is for.
    let cards = "<article class=\"card\"></article>".repeat(160);
    let found = with(&format!("<p>{}</p>{cards}", noise(60_000)));
    assert!(!found.iter().any(|line| line.contains("size o/1")), "{found:?}");
    is_told(
        &spoilt("assets/site.js", |_| noise(45_000)),
        "size assets/site.css + assets/site.js",
        "css and js of",
    );
    is_told(&spoilt("assets/i.woff2", |_| noise(61_000)), "size assets/i.woff2", "fonts of 61.0 kB");
    is_told(
        &spoilt("404.html", |page| page.replace("</main>", &format!("<p>{}</p></main>", noise(180_000)))),
        "size 404.html",
        "other page",
    );
}

#[test]
fn colours_that_cannot_be_told_apart_are_told() {
    let other = |old: &str, new: &str| {
        spoilt("assets/site.css", |css| css.replace("DARK", DARK).replacen(old, new, 1))
    };
    let found = other("--ink-3:#666d75", "--ink-3:#6a7179");
    assert!(found.len() == 2 && found.iter().all(|line| line.contains("light: --ink-3 on --")), "{found:?}");
    is_told(&other("--on-hi:#ffffff", "--on-hi:#aaaaaa"), "contrast", "light: --on-hi on --b3");
    let found = other("--m1:#b4450c", "--m1:#ffffff");
    assert!(found.len() == 2 && found.iter().all(|line| line.contains("light: --m1 on --")), "{found:?}");
    is_told(&other("--paper:#0f1214", "--paper:#0f1215"), "contrast", "--paper differs");
    is_told(&other("--b1:#b3c5e3", "--b1:#d5dff0"), "contrast", "--b0 on --b1");
    is_told(&other("--link:#0b4f86", "--link:navy"), "contrast", "--link is `navy`");
    let found = spoilt("assets/site.css", |_| "a{b:c}".to_owned());
    assert!(found.iter().any(|line| line.contains("no stylesheet says what --paper is")), "{found:?}");
}

#[test]
fn twenty_of_a_kind_are_shown_and_the_rest_is_counted() {
    let findings = checked(&{
        let mut files = sound();
        let page = String::from_utf8(files["o/1/index.html"].clone()).unwrap();
        files.insert(
            "o/1/index.html".to_owned(),
            page.replace("</main>", &"<p onclick=\"x\">y</p>".repeat(33)).into_bytes(),
        );
        files
    })
    .findings;
    assert!(findings.counts[&Kind::Policy] == 33 && findings.total() >= 33);
    let shown = findings.shown.iter().filter(|one| one.kind == Kind::Policy).count();
    assert_eq!(shown, MOST_OF_A_KIND);
}

#[test]
fn what_cannot_be_read_ends_the_check() {
    let names = ["index.html".to_owned(), "a.html".to_owned()];
    assert_eq!(check(&names, |name| Err::<Vec<u8>, _>(name.len())).unwrap_err(), 6);
}
