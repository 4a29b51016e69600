//! docs/METHOD.md, worked out: its examples are run, and every line that it shows must be printed.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![expect(clippy::disallowed_methods, reason = "tests read their own files")]

mod common {
    pub mod program;
}

use common::program::Project;

/// A fenced block: what stands behind the fence, and its lines.
struct Block<'a> {
    kind: &'a str,
    lines: Vec<&'a str>,
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut is_open = false;
    for line in text.lines() {
        match (line.strip_prefix("```"), is_open) {
            (Some(kind), false) => {
                blocks.push(Block { kind, lines: Vec::new() });
                is_open = true;
            }
            (Some(_), true) => is_open = false,
            (None, true) => blocks.last_mut().unwrap().lines.push(line),
            (None, false) => {}
        }
    }
    blocks
}

/// Words as a shell would have them; the document has no quotes.
fn words(command: &str) -> Vec<&str> {
    command.split_whitespace().skip(1).collect()
}

#[test]
fn the_worked_examples_are_what_the_program_prints() {
    let text = std::fs::read_to_string("docs/METHOD.md").unwrap();
    let project = Project::new("[run]\nmodels = [\"m\"]\n[models.m]\nprovider = \"mock\"\n");
    let mut shown = 0;
    for block in blocks(&text) {
        if let Some(file) = block.kind.strip_prefix("csv ") {
            project.write(file, block.lines.join("\n") + "\n");
        }
        if block.kind != "console" {
            continue;
        }
        let (command, expected) = block.lines.split_first().unwrap();
        let printed = project.succeed(&words(command.strip_prefix("$ ").unwrap())).stdout;
        let printed = String::from_utf8(printed).unwrap();
        let mut rest = printed.lines();
        for line in expected {
            // In this order; between them there may be others.
            assert!(
                rest.any(|printed| printed.trim_end() == line.trim_end()),
                "not printed: {line}\nin:\n{printed}"
            );
            shown += 1;
        }
    }
    assert!(shown > 12, "{shown}");
}
