//! `_headers`: what hosts that read such a file send along with pages.

use crate::site::policy;

/// For all files the policy of the pages, and tables may be read by pages from elsewhere.
pub fn headers_file() -> String {
    // The policy in a page cannot forbid framing; this header can.
    format!(
        "/*\n  Content-Security-Policy: {}; frame-ancestors 'none'\n  X-Content-Type-Options: nosniff\n  \
         Referrer-Policy: strict-origin-when-cross-origin\n\n\
         /data/*\n  Access-Control-Allow-Origin: *\n\n/badges/*\n  Access-Control-Allow-Origin: *\n",
        policy::CONTENT
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_send_the_policy_of_the_pages() {
        let text = headers_file();
        assert!(text.starts_with("/*\n  Content-Security-Policy: default-src 'none';"), "{text}");
        assert!(text.contains("\n  X-Content-Type-Options: nosniff\n"));
        assert!(
            text.lines().all(|line| line.is_empty() || line.starts_with('/') || line.starts_with("  ")),
            "{text}"
        );
    }
}
