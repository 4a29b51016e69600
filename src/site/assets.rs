//! Files that are the same on every site: the look, the script, the fonts.

/// Path from the root of the site, and content.
pub const ALL: [(&str, &[u8]); 8] = [
    ("assets/site.css", include_bytes!("assets/site.css")),
    ("assets/site.js", include_bytes!("assets/site.js")),
    ("assets/compare.js", include_bytes!("assets/compare.js")),
    ("assets/icon.svg", include_bytes!("assets/icon.svg")),
    ("assets/inter.woff2", include_bytes!("assets/fonts/inter.woff2")),
    ("assets/newsreader.woff2", include_bytes!("assets/fonts/newsreader.woff2")),
    // What other sites show beside a link: the instrument, without words, so that it fits any site.
    ("assets/preview.png", include_bytes!("assets/preview.png")),
    ("assets/OFL.txt", include_bytes!("assets/fonts/OFL.txt")),
];
