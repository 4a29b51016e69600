//! `_headers`: what hosts that read such a file send along with pages.

use crate::site::headers;

/// For all files what a server of ours sends, and tables may be read by pages from elsewhere.
pub fn headers_file() -> String {
    let all: String = headers().iter().map(|(name, value)| format!("  {name}: {value}\n")).collect();
    let open = "  Access-Control-Allow-Origin: *\n";
    format!("/*\n{all}\n/data/*\n{open}\n/badges/*\n{open}")
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
