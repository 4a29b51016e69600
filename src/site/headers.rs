//! What a browser is told to allow a page of the site, and nothing more: said once, for pages, servers and hosts.

/// As one literal, so that the policy of the pages and that of a server cannot differ but in what only a server may say.
macro_rules! policy {
    ($($more:literal)?) => {
        concat!(
            "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self' data:; ",
            "connect-src 'self'; base-uri 'none'; form-action 'self'"
            $(, $more)?
        )
    };
}

/// The Content Security Policy in the head of every page, for hosts that send no headers.
pub const POLICY: &str = policy!();

/// What a server sends with every file of a site.
pub const fn headers() -> &'static [(&'static str, &'static str)] {
    &[
        // Browsers pass over `frame-ancestors` where a page says it of itself.
        ("Content-Security-Policy", policy!("; frame-ancestors 'none'")),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "strict-origin-when-cross-origin"),
        // Features that every browser knows: for others there is a message on the console.
        (
            "Permissions-Policy",
            "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_says_what_the_pages_say_and_that_nobody_frames_them() {
        let sent = headers().iter().find(|(name, _)| *name == "Content-Security-Policy").unwrap().1;
        assert_eq!(sent, format!("{POLICY}; frame-ancestors 'none'"));
    }

    #[test]
    fn headers_are_such_that_any_server_can_send_them() {
        for (name, value) in headers() {
            assert!(name.chars().all(|c| c.is_ascii_alphabetic() || c == '-'), "{name}");
            assert!(value.chars().all(|c| c.is_ascii_graphic() || c == ' '), "{value}");
        }
    }
}
