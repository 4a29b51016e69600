//! A stylesheet as rules: enough to read custom properties by theme, and to find what it loads.

/// Rules in their order, and every address that the sheet names.
pub(super) struct Sheet {
    pub rules: Vec<Rule>,
    pub urls: Vec<(u64, String)>,
}

pub(super) struct Rule {
    /// Conditions around it, without spaces; empty where it always holds.
    pub within: String,
    pub selector: String,
    /// Name and value, in their order.
    pub declarations: Vec<(String, String)>,
}

impl Sheet {
    pub(super) fn parse(text: &str) -> Self {
        let text = without_comments(text);
        let urls = urls(&text);
        let (mut rules, mut around) = (Vec::new(), Vec::<String>::new());
        let mut rest = text.as_str();
        while let Some(at) = rest.find(['{', '}', ';']) {
            let (head, behind) = rest.split_at_checked(at).unwrap_or((rest, ""));
            let mark = behind.chars().next().unwrap_or_default();
            rest = behind.strip_prefix(mark).unwrap_or_default();
            match mark {
                '}' => drop(around.pop()),
                '{' if head.trim_start().starts_with('@') && !is_bare(head) => around.push(tight(head)),
                '{' => {
                    let (body, behind) = rest.split_once('}').unwrap_or((rest, ""));
                    rest = behind;
                    rules.push(Rule {
                        within: around.concat(),
                        selector: tight(head),
                        declarations: body.split(';').filter_map(declaration).collect(),
                    });
                }
                // The end of `@import` and its like.
                _ => {}
            }
        }
        Self { rules, urls }
    }
}

/// At-rules that hold declarations, not rules.
fn is_bare(head: &str) -> bool {
    ["@font-face", "@page", "@property", "@counter-style"]
        .iter()
        .any(|name| head.trim_start().starts_with(name))
}

/// Without spaces and quotes, so that one way of writing it is looked for.
fn tight(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !['"', '\''].contains(c)).collect()
}

fn declaration(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once(':')?;
    Some((name.trim().to_owned(), value.trim().to_owned()))
}

/// Lines stay where they are.
fn without_comments(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut parts = text.split("/*");
    clean.push_str(parts.next().unwrap_or_default());
    for part in parts {
        // What has no end goes on to that of the next one: a comment that begins within a comment is none.
        let (comment, behind) = part.split_once("*/").unwrap_or((part, ""));
        clean.extend(comment.chars().filter(|c| *c == '\n'));
        clean.push_str(behind);
    }
    clean
}

/// In `url(...)` and `@import "..."`.
fn urls(text: &str) -> Vec<(u64, String)> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.split('\n')) {
        for part in line.split("url(").skip(1) {
            // A quoted one may have a bracket in it, as data has.
            let quote = part.chars().next().filter(|c| ['"', '\''].contains(c));
            let url = match quote {
                Some(quote) => part.split(quote).nth(1),
                None => part.split(')').next(),
            };
            found.push((number, url.unwrap_or_default().trim().to_owned()));
        }
        for part in line.split("@import").skip(1) {
            let part = part.trim_start();
            if let Some(quote) = part.chars().next().filter(|c| ['"', '\''].contains(c)) {
                found.push((number, part.split(quote).nth(1).unwrap_or_default().to_owned()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_with_the_conditions_around_them() {
        let sheet = Sheet::parse(
            "/* a{b:c} */@import \"x.css\";\n@font-face{font-family:\"I\";src:url(i.woff2)}\n:root{--a:#fff;--b: #000 }\
             @media (prefers-color-scheme: dark){:root:not([data-theme=\"light\"]){--a:#111}p{color:red}}\nb{c:url('d.svg')}",
        );
        let read: Vec<_> = sheet
            .rules
            .iter()
            .map(|rule| (rule.within.as_str(), rule.selector.as_str(), rule.declarations.len()))
            .collect();
        let dark = "@media(prefers-color-scheme:dark)";
        let root = ":root:not([data-theme=light])";
        assert_eq!(
            read,
            [("", "@font-face", 2), ("", ":root", 2), (dark, root, 1), (dark, "p", 1), ("", "b", 1)]
        );
        let urls = ["x.css", "i.woff2", "d.svg"].map(str::to_owned);
        assert_eq!(sheet.urls, [1, 2, 4].into_iter().zip(urls).collect::<Vec<_>>());
    }

    #[test]
    fn half_a_sheet_is_read_as_far_as_it_goes() {
        for text in ["", "{", "}", "a{", "a{b", "/*", "*/", "@media{", "a{b:c}}}}", "url(", "@import '"] {
            let _ = Sheet::parse(text);
        }
    }
}
