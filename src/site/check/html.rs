//! A page as a tree: elements, attributes, text and the line of each, with everything that a parser objects to.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tokenizer::TokenizerOpts;
use html5ever::tree_builder::TreeBuilderOpts;
use html5ever::{Attribute, ExpandedName, ParseOpts, QualName, local_name, ns, parse_document};

/// What a parser objects to: valid HTML gives it no reason.
pub(super) struct Objection {
    pub line: u64,
    pub what: String,
}

pub(super) struct Tree {
    nodes: Vec<Node>,
    pub objections: Vec<Objection>,
}

struct Node {
    parent: Option<usize>,
    children: Vec<usize>,
    line: u64,
    kind: Kind,
}

enum Kind {
    Element {
        name: QualName,
        attributes: Vec<Attribute>,
    },
    Text(StrTendril),
    /// The document itself, comments, contents of templates.
    Other,
}

/// An element, with the tree that it stands in.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    tree: &'a Tree,
    id: usize,
    node: &'a Node,
    name: &'a QualName,
    attributes: &'a [Attribute],
}

impl Tree {
    pub(super) fn parse(text: &str) -> Self {
        let options = ParseOpts {
            // Without it some objections are not raised at all.
            tokenizer: TokenizerOpts { exact_errors: true, ..TokenizerOpts::default() },
            // What is told is told to people: "Unexpected token" helps nobody.
            tree_builder: TreeBuilderOpts { exact_errors: true, ..TreeBuilderOpts::default() },
        };
        parse_document(Planter::new(), options).one(text)
    }

    fn element(&self, id: usize) -> Option<Element<'_>> {
        let node = self.nodes.get(id)?;
        match &node.kind {
            Kind::Element { name, attributes } => Some(Element { tree: self, id, node, name, attributes }),
            _ => None,
        }
    }

    /// All elements, in the order of the document.
    pub(super) fn elements(&self) -> Vec<Element<'_>> {
        self.below(0).filter_map(|id| self.element(id)).collect()
    }

    /// Everything below a node, parents first.
    fn below(&self, id: usize) -> impl Iterator<Item = usize> {
        let children = |id: usize| self.nodes.get(id).map_or(&[][..], |node| &node.children);
        let mut ahead: Vec<usize> = children(id).iter().rev().copied().collect();
        std::iter::from_fn(move || {
            let next = ahead.pop()?;
            ahead.extend(children(next).iter().rev());
            Some(next)
        })
    }
}

impl<'a> Element<'a> {
    pub(super) fn name(&self) -> &'a str {
        &self.name.local
    }

    /// HTML's own, neither of SVG nor of MathML.
    pub(super) fn is_html(&self) -> bool {
        self.name.ns == ns!(html)
    }

    /// Of HTML and one of these.
    pub(super) fn is(&self, names: &[&str]) -> bool {
        self.is_html() && names.contains(&self.name())
    }

    pub(super) fn line(&self) -> u64 {
        self.node.line
    }

    pub(super) fn same(&self, other: &Self) -> bool {
        self.id == other.id
    }

    /// Names without their prefix, so `xlink:href` is a `href`.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.attributes.iter().map(|one| (&*one.name.local, &*one.value))
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.attributes().find_map(|(found, value)| (found == name).then_some(value))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Such as `rel`, whose words stand in any order and case.
    pub(super) fn has_word(&self, name: &str, word: &str) -> bool {
        let words = self.get(name).unwrap_or_default();
        words.split_ascii_whitespace().any(|found| found.eq_ignore_ascii_case(word))
    }

    /// From the parent outwards.
    pub(super) fn ancestors(&self) -> impl Iterator<Item = Element<'a>> {
        let tree = self.tree;
        let parent = move |id: usize| tree.nodes.get(id).and_then(|node| node.parent);
        std::iter::successors(parent(self.id), move |id| parent(*id)).filter_map(|id| tree.element(id))
    }

    pub(super) fn children(&self) -> impl Iterator<Item = Element<'a>> {
        let tree = self.tree;
        self.node.children.iter().filter_map(|id| tree.element(*id))
    }

    /// All text within.
    pub(super) fn text(&self) -> String {
        let texts = self.tree.below(self.id).filter_map(|id| match &self.tree.nodes.get(id)?.kind {
            Kind::Text(text) => Some(&**text),
            _ => None,
        });
        texts.collect()
    }
}

/// What the parser hands nodes to.
struct Planter {
    nodes: RefCell<Vec<Node>>,
    objections: RefCell<Vec<Objection>>,
    line: Cell<u64>,
}

/// A node as the parser holds it. Of what is no element nobody asks the name.
#[derive(Clone)]
struct Handle {
    id: usize,
    name: QualName,
}

impl Planter {
    fn new() -> Self {
        let document = Node { parent: None, children: Vec::new(), line: 1, kind: Kind::Other };
        Self { nodes: RefCell::new(vec![document]), objections: RefCell::default(), line: Cell::new(1) }
    }

    fn plant(&self, kind: Kind) -> usize {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node { parent: None, children: Vec::new(), line: self.line.get(), kind });
        nodes.len() - 1
    }

    fn nameless(&self, kind: Kind) -> Handle {
        Handle { id: self.plant(kind), name: QualName::new(None, ns!(), local_name!("")) }
    }

    /// Puts it in front of the child at `place`, or behind all.
    fn put(&self, parent: usize, place: Option<usize>, child: NodeOrText<Handle>) {
        let child = match child {
            NodeOrText::AppendNode(handle) => {
                self.take(handle.id);
                handle.id
            }
            NodeOrText::AppendText(text) => {
                if self.lengthen(parent, place, &text) {
                    return;
                }
                self.plant(Kind::Text(text))
            }
        };
        let mut nodes = self.nodes.borrow_mut();
        if let Some(node) = nodes.get_mut(child) {
            node.parent = Some(parent);
        }
        if let Some(node) = nodes.get_mut(parent) {
            let place = place.unwrap_or(node.children.len()).min(node.children.len());
            node.children.insert(place, child);
        }
    }

    /// Texts that follow each other are one.
    fn lengthen(&self, parent: usize, place: Option<usize>, more: &StrTendril) -> bool {
        let mut nodes = self.nodes.borrow_mut();
        let before = nodes.get(parent).and_then(|node| {
            let place = place.unwrap_or(node.children.len());
            node.children.get(place.checked_sub(1)?).copied()
        });
        match before.and_then(|id| nodes.get_mut(id)).map(|node| &mut node.kind) {
            Some(Kind::Text(text)) => {
                text.push_tendril(more);
                true
            }
            _ => false,
        }
    }

    fn parent(&self, id: usize) -> Option<usize> {
        self.nodes.borrow().get(id).and_then(|node| node.parent)
    }

    /// Out of where it stands.
    fn take(&self, id: usize) {
        let Some(parent) = self.parent(id) else { return };
        let mut nodes = self.nodes.borrow_mut();
        if let Some(node) = nodes.get_mut(parent) {
            node.children.retain(|child| *child != id);
        }
        if let Some(node) = nodes.get_mut(id) {
            node.parent = None;
        }
    }
}

impl TreeSink for Planter {
    type Handle = Handle;
    type Output = Tree;
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) -> Tree {
        Tree { nodes: self.nodes.into_inner(), objections: self.objections.into_inner() }
    }

    fn parse_error(&self, what: Cow<'static, str>) {
        self.objections.borrow_mut().push(Objection { line: self.line.get(), what: what.into_owned() });
    }

    fn set_current_line(&self, line: u64) {
        self.line.set(line);
    }

    fn get_document(&self) -> Handle {
        Handle { id: 0, name: QualName::new(None, ns!(), local_name!("")) }
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> ExpandedName<'a> {
        target.name.expanded()
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> Handle {
        Handle { id: self.plant(Kind::Element { name: name.clone(), attributes }), name }
    }

    fn create_comment(&self, _: StrTendril) -> Handle {
        self.nameless(Kind::Other)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Handle {
        self.nameless(Kind::Other)
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        self.put(parent.id, None, child);
    }

    fn append_based_on_parent_node(&self, element: &Handle, before: &Handle, child: NodeOrText<Handle>) {
        if self.parent(element.id).is_some() {
            self.append_before_sibling(element, child);
        } else {
            self.append(before, child);
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    /// What is in a template is checked as if it were shown.
    fn get_template_contents(&self, target: &Handle) -> Handle {
        target.clone()
    }

    fn same_node(&self, x: &Handle, y: &Handle) -> bool {
        x.id == y.id
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Handle, child: NodeOrText<Handle>) {
        if let NodeOrText::AppendNode(node) = &child {
            self.take(node.id);
        }
        let Some(parent) = self.parent(sibling.id) else { return };
        let place = self
            .nodes
            .borrow()
            .get(parent)
            .and_then(|node| node.children.iter().position(|id| *id == sibling.id));
        self.put(parent, place, child);
    }

    fn add_attrs_if_missing(&self, target: &Handle, more: Vec<Attribute>) {
        let mut nodes = self.nodes.borrow_mut();
        if let Some(Kind::Element { attributes, .. }) = nodes.get_mut(target.id).map(|node| &mut node.kind) {
            for one in more {
                if !attributes.iter().any(|found| found.name == one.name) {
                    attributes.push(one);
                }
            }
        }
    }

    fn remove_from_parent(&self, target: &Handle) {
        self.take(target.id);
    }

    fn reparent_children(&self, node: &Handle, new_parent: &Handle) {
        let mut nodes = self.nodes.borrow_mut();
        let children =
            nodes.get_mut(node.id).map(|node| std::mem::take(&mut node.children)).unwrap_or_default();
        for child in &children {
            if let Some(child) = nodes.get_mut(*child) {
                child.parent = Some(new_parent.id);
            }
        }
        if let Some(parent) = nodes.get_mut(new_parent.id) {
            parent.children.extend(children);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objections(body: &str) -> Vec<String> {
        let page =
            format!("<!doctype html>\n<html lang=en><head><title>t</title></head><body>{body}</body></html>");
        Tree::parse(&page).objections.into_iter().map(|one| format!("{}: {}", one.line, one.what)).collect()
    }

    #[test]
    fn valid_html_gives_a_parser_nothing_to_object_to() {
        for body in [
            "<p>a &amp; b</p>",
            "<svg viewBox=\"0 0 1 1\"><path d=\"M0 0\"/><a href=\"x\"><text>t</text></a></svg>",
            "<table><caption>c</caption><thead><tr><th scope=col>a</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>",
            "<details><summary>s</summary><p>t</p></details><ul><li>a<li>b</ul><br/>",
            "<select><option value=a>A</option></select><input type=search>",
        ] {
            assert_eq!(objections(body), [""; 0], "{body}");
        }
    }

    #[test]
    fn what_browsers_mend_in_silence_is_told_with_its_line() {
        for body in [
            "<p><div>x</div></p>",
            "</span>",
            "<b><i>x</b></i>",
            "<p id=a id=b>x</p>",
            "<table><p>x</p></table>",
            "<p>&nosuch; a\u{0}b</p>",
            "<div/>",
            "<a href=\"x\"class=\"y\">z</a>",
        ] {
            let told = objections(body);
            assert!(told.first().is_some_and(|one| one.starts_with("2: ")), "{body}: {told:?}");
        }
        assert!(!Tree::parse("<p>no doctype").objections.is_empty());
    }

    #[test]
    fn the_tree_is_that_of_a_browser() {
        let tree = Tree::parse("<!doctype html><title>T</title>\n<main id=m><p>a<b>b</b>c\n<p>d</main>");
        let names: Vec<&str> = tree.elements().iter().map(Element::name).collect();
        assert_eq!(names, ["html", "head", "title", "body", "main", "p", "b", "p"]);
        let main = tree.elements().into_iter().find(|one| one.name() == "main").unwrap();
        assert_eq!((main.text().as_str(), main.line(), main.get("id")), ("abc\nd", 2, Some("m")));
        assert_eq!(main.children().count(), 2);
        let bold = tree.elements().into_iter().find(|one| one.name() == "b").unwrap();
        assert_eq!(bold.ancestors().map(|one| one.name()).collect::<Vec<_>>(), ["p", "main", "body", "html"]);
    }
}
