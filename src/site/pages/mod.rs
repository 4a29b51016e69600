//! The pages of a site, a file for each kind.

pub mod compare;
pub mod index;
pub mod occupation;
pub mod shared;
