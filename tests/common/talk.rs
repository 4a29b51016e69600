//! What the program says of its progress on stderr.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test fails")]

/// The last figure that it has told of a model, `> mock-a: 1200 of 4000, 0 gaps`: so many answers
/// are acknowledged.
pub fn told(stderr: &str, model: &str) -> u64 {
    let start = format!("> {model}: ");
    let mut figures = stderr.lines().filter_map(|line| line.strip_prefix(&start)?.split_once(" of "));
    figures.next_back().map_or(0, |(count, _)| count.parse().unwrap())
}

/// How many were cached, and how many asked, by the line `> N answers: C cached, A asked, ...`.
pub fn counted(stderr: &str) -> (u64, u64) {
    let line = stderr.lines().find(|line| line.contains(" answers: ")).unwrap_or_else(|| panic!("{stderr}"));
    let number = |unit: &str| {
        let before = line.split_once(unit).unwrap().0;
        before.rsplit(' ').next().unwrap().parse().unwrap()
    };
    (number(" cached"), number(" asked"))
}
