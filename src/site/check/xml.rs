//! Feeds and sitemaps, as far as they name pages: elements with attributes and text, and whether they are well-formed.

use super::page::quoted;

/// A file's elements in their order.
pub(super) struct Tree {
    pub elements: Vec<Element>,
    /// The first thing that is not well-formed.
    pub fault: Option<(u64, String)>,
}

pub(super) struct Element {
    pub name: String,
    pub line: u64,
    pub attributes: Vec<(String, String)>,
    /// Directly within, without that of inner elements.
    pub text: String,
}

impl Tree {
    pub(super) fn parse(text: &str) -> Self {
        let mut reader = Reader { rest: text, line: 1, elements: Vec::new(), open: Vec::new() };
        let fault = reader.read().err();
        Self { elements: reader.elements, fault: fault.map(|what| (reader.line, what)) }
    }

    pub(super) fn root(&self) -> &str {
        self.elements.first().map_or("", |element| &element.name)
    }
}

impl Element {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find_map(|(found, value)| (found == name).then_some(value.as_str()))
    }
}

struct Reader<'a> {
    rest: &'a str,
    line: u64,
    elements: Vec<Element>,
    /// Places in `elements`.
    open: Vec<usize>,
}

impl<'a> Reader<'a> {
    fn read(&mut self) -> Result<(), String> {
        while let Some((text, behind)) = self.rest.split_once('<') {
            self.text(text)?;
            self.rest = behind;
            if let Some(cdata) = self.rest.strip_prefix("![CDATA[") {
                let (text, _) = cdata.split_once("]]>").ok_or("CDATA without an end")?;
                self.append(text);
                self.leave("]]>")?;
            } else if self.rest.starts_with("!--") {
                self.leave("-->")?;
            } else if self.rest.starts_with('?') {
                self.leave("?>")?;
            } else if self.rest.starts_with('!') {
                return Err("a document type, which these files do not have".to_owned());
            } else {
                let tag = self.leave(">")?;
                self.tag(tag)?;
            }
        }
        if !self.rest.trim().is_empty() {
            return Err("text behind the last element".to_owned());
        }
        match self.open.last().and_then(|place| self.elements.get(*place)) {
            Some(open) => Err(format!("<{}> has no end", quoted(&open.name))),
            None if self.elements.is_empty() => Err("no element".to_owned()),
            None => Ok(()),
        }
    }

    /// Up to this, and behind it.
    fn leave(&mut self, end: &str) -> Result<&'a str, String> {
        let (within, behind) = self.rest.split_once(end).ok_or_else(|| format!("no `{end}`"))?;
        self.line += lines(within);
        self.rest = behind;
        Ok(within)
    }

    fn append(&mut self, text: &str) {
        if let Some(element) = self.open.last().and_then(|place| self.elements.get_mut(*place)) {
            element.text.push_str(text);
        }
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        if self.open.is_empty() && !text.trim_matches('\u{feff}').trim().is_empty() {
            return Err("text outside of the elements".to_owned());
        }
        let decoded = decoded(text)?;
        self.append(&decoded);
        self.line += lines(text);
        Ok(())
    }

    fn tag(&mut self, tag: &str) -> Result<(), String> {
        if let Some(name) = tag.strip_prefix('/') {
            let open = self.open.pop().and_then(|place| self.elements.get(place));
            return match open {
                Some(open) if open.name == name.trim_end() => Ok(()),
                _ => Err(format!("</{}> ends what is not open", quoted(name))),
            };
        }
        let (tag, is_whole) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((tag, ""));
        if name.is_empty() || name.contains(['"', '\'', '=', '<', '&']) {
            return Err(format!("<{}>", quoted(name)));
        }
        if self.open.is_empty() && !self.elements.is_empty() {
            return Err("a second root".to_owned());
        }
        let element = Element {
            name: name.to_owned(),
            line: self.line,
            attributes: attributes_of(attributes)?,
            text: String::new(),
        };
        self.elements.push(element);
        if !is_whole {
            self.open.push(self.elements.len() - 1);
        }
        Ok(())
    }
}

fn attributes_of(mut rest: &str) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    while !rest.trim_start().is_empty() {
        let (name, behind) = rest.split_once('=').ok_or("an attribute without a value")?;
        let behind = behind.trim_start();
        let quote =
            behind.chars().next().filter(|c| ['"', '\''].contains(c)).ok_or("a value without quotes")?;
        let (value, behind) = behind
            .strip_prefix(quote)
            .and_then(|rest| rest.split_once(quote))
            .ok_or("a value without an end")?;
        found.push((name.trim().to_owned(), decoded(value)?));
        rest = behind;
    }
    Ok(found)
}

fn lines(text: &str) -> u64 {
    text.bytes().filter(|byte| *byte == b'\n').count() as u64
}

fn decoded(text: &str) -> Result<String, String> {
    let mut parts = text.split('&');
    let mut made = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, behind) = part.split_once(';').ok_or("a bare `&`")?;
        let number = || match name.strip_prefix("#x") {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => name.strip_prefix('#')?.parse().ok(),
        };
        made.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => number()
                .and_then(char::from_u32)
                .ok_or_else(|| format!("`&{};` is unknown to XML", quoted(name)))?,
        });
        made.push_str(behind);
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Option<(u64, String)> {
        Tree::parse(text).fault
    }

    #[test]
    fn elements_have_attributes_and_text() {
        let tree = Tree::parse(
            "<?xml version=\"1.0\"?>\n<!-- a < b -->\n<feed xmlns='x'>\n <link rel=\"self\" href=\"a?b&amp;c\"/>\
             <id>1 &lt; &#50;</id><t><![CDATA[<i>]]></t></feed>\n",
        );
        assert!(tree.fault.is_none(), "{:?}", tree.fault);
        assert_eq!(tree.root(), "feed");
        let link = tree.elements.iter().find(|one| one.name == "link").unwrap();
        assert_eq!((link.get("href"), link.line), (Some("a?b&c"), 4));
        let texts: Vec<&str> = tree.elements.iter().map(|one| one.text.trim()).collect();
        assert_eq!(texts, ["", "", "1 < 2", "<i>"]);
    }

    #[test]
    fn what_a_feed_reader_would_refuse_is_told() {
        for text in [
            "",
            "x",
            "<a>",
            "<a></b>",
            "<a b=c/>",
            "<a>&nbsp;</a>",
            "<a>x & y</a>",
            "<a/><b/>",
            "<a/>x",
            "<a b='1/>",
        ] {
            assert!(fault(text).is_some(), "{text}");
        }
        assert_eq!(fault("<a>\n\n</b>").unwrap().0, 3);
    }
}
