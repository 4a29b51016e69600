//! Files that nobody writes: whatever stands in them, the check comes to its end.

use proptest::prelude::*;

use super::sound::{Files, checked, sound};

/// Pieces that a parser of pages, sheets and feeds has to get over in any order.
fn piece() -> impl Strategy<Value = String> {
    let known = [
        "<p>",
        "</p>",
        "<table>",
        "<tr>",
        "<td>",
        "</table>",
        "<svg>",
        "</svg>",
        "<math>",
        "<template>",
        "</template>",
        "<a href=\"",
        "\">",
        "<select>",
        "<option>",
        "<!--",
        "-->",
        "<![CDATA[",
        "&#x",
        ";",
        "<script>",
        "</script>",
        "<title>",
        "</title>",
        "<b>",
        "<i>",
        "</b>",
        "<form>",
        "<body>",
        "</html>",
        "<frameset>",
        "<h1>",
        "id=\"a\"",
        "url(#",
        "{",
        "}",
        ":root{--paper:#fff",
        "/*",
        "*/",
        "@media",
        "<meta http-equiv=refresh content=\"0; url=x\">",
        "<foreignObject>",
        "<desc>",
        "%2e%2e",
        "\0",
        "\u{202e}",
        "é",
    ];
    prop_oneof![3 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => "\\PC{0,6}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_page_sheet_or_feed_is_too_odd_to_be_checked(pieces in proptest::collection::vec(piece(), 0..60)) {
        let text = pieces.concat();
        let files = ["index.html", "o/1/index.html", "a.css", "sitemap.xml"].map(|name| (name.to_owned(), text.clone().into_bytes()));
        let _ = checked(&Files::from(files));
    }

    #[test]
    fn a_sound_site_with_a_change_anywhere_is_checked_to_its_end(at in 0_usize..3_000, byte in any::<u8>(), cut in 0_usize..40) {
        let mut files = sound();
        for bytes in files.values_mut() {
            let at = at.min(bytes.len());
            let end = (at + cut).min(bytes.len());
            bytes.splice(at..end, [byte]);
        }
        let _ = checked(&files);
    }
}
