//! What a browser may do with pages of a site: next to nothing.

/// Nothing from elsewhere, no inline style or script, and nothing is sent.
pub const CONTENT: &str = "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; \
                           img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'";
