//! Bytes that several guests are being sent at a time, kept once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use hyper::body::Bytes;

/// What is being sent, by the tag of its version. It lasts as long as somebody is sent it.
#[derive(Default)]
pub(super) struct Shelf(Mutex<HashMap<String, Weak<Vec<u8>>>>);

/// A guest's part in bytes of the shelf.
struct Share(Arc<Vec<u8>>);

impl AsRef<[u8]> for Share {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Shelf {
    /// The bytes of this tag: those that are there, or else those that are made now.
    pub(super) fn share(&self, tag: &str, make: impl FnOnce() -> Vec<u8>) -> Bytes {
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = shelf.get(tag).and_then(Weak::upgrade).unwrap_or_else(|| {
            // What nobody is sent any more leaves its place.
            shelf.retain(|_, bytes| bytes.strong_count() > 0);
            let made = Arc::new(make());
            shelf.insert(tag.to_owned(), Arc::downgrade(&made));
            made
        });
        Bytes::from_owner(Share(shared))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_there_once_while_somebody_has_it() {
        let shelf = Shelf::default();
        let one = shelf.share("a", || vec![1; 9]);
        let two = shelf.share("a", || panic!("it is there"));
        assert_eq!((one.as_ptr(), &two[..]), (two.as_ptr(), &[1; 9][..]));
        let other = shelf.share("b", || vec![2; 9]);
        assert_eq!((&other[..], shelf.0.lock().unwrap().len()), (&[2; 9][..], 2));
        let part = one.slice(3..);
        drop((one, two));
        assert_eq!(shelf.share("a", || vec![3])[..], [1; 9], "a part of it is still being sent");
        drop(part);
        assert_eq!(shelf.share("a", || vec![3])[..], [3]);
        drop(other);
        let _last = shelf.share("c", Vec::new);
        assert_eq!(shelf.0.lock().unwrap().len(), 1);
    }
}
