//! When a task has been asked often enough.

/// Further samples are asked of a task until its score is known well enough, or it has this many.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Adaptive {
    pub until: Until,
    pub most: u32,
}

/// What is well enough, in points.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Until {
    /// The standard error of the combined score, from the spread between samples, is at most this.
    Se(f64),
    /// The raters' means are at most this far apart.
    Agree(f64),
}
