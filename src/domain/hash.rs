//! SHA-256 over named, length-prefixed fields: the identity of questions, answers and inputs.

use std::fmt;

use sha2::{Digest, Sha256};

/// A SHA-256 digest: 32 bytes, shown as 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The plain SHA-256 of some bytes, as `sha256sum` prints it.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Reads what `Display` prints: 64 hex digits, in lower case.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
        let mut bytes = [0; 32];
        if pairs.len() != bytes.len() {
            return None;
        }
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Bytes that a question or an answer has with all its fields; more is no harm.
const USUAL: usize = 2_048;

/// Collects fields into one digest.
///
/// Every field goes in with its name and its length in front, so that no two different lists of
/// fields can give the same bytes: `("a", "bc")` and `("ab", "c")` differ.
pub struct Fields {
    /// In one piece until the end: fields are small, and hashing many small pieces costs more than the copy.
    bytes: Vec<u8>,
}

impl Fields {
    /// `kind` keeps digests of different kinds of thing apart, and carries their version.
    pub fn new(kind: &str) -> Self {
        let mut fields = Self { bytes: Vec::with_capacity(USUAL) };
        fields.put(kind.as_bytes());
        fields
    }

    fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.bytes.extend_from_slice(bytes);
    }

    pub fn text(self, name: &str, value: &str) -> Self {
        self.bytes(name, value.as_bytes())
    }

    pub fn bytes(mut self, name: &str, value: &[u8]) -> Self {
        self.put(name.as_bytes());
        self.put(value);
        self
    }

    pub fn number(self, name: &str, value: u64) -> Self {
        self.bytes(name, &value.to_le_bytes())
    }

    /// A field that may be absent: absent and empty are different.
    pub fn maybe(self, name: &str, value: Option<&[u8]>) -> Self {
        match value {
            Some(value) => self.number(name, 1).bytes(name, value),
            None => self.number(name, 0),
        }
    }

    pub fn finish(self) -> Hash {
        Hash::of(&self.bytes)
    }
}

/// The digest of bytes that arrive in pieces, as from a large file.
#[derive(Default)]
pub struct Running(Sha256);

impl Running {
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn finish(self) -> Hash {
        Hash(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_plain_sha256() {
        let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Hash::of(b"abc").to_string(), hex);
    }

    #[test]
    fn is_read_as_it_is_printed_and_in_no_other_way() {
        let hex = Hash::of(b"abc").to_string();
        assert_eq!(Hash::from_hex(&hex), Some(Hash::of(b"abc")));
        for wrong in
            [hex.get(1..).unwrap(), &hex.to_uppercase(), &hex.replace('b', "g"), &format!("{hex}00"), ""]
        {
            assert_eq!(Hash::from_hex(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn fields_do_not_run_into_each_other() {
        let one = Fields::new("t").text("a", "bc").finish();
        let other = Fields::new("t").text("ab", "c").finish();
        assert_ne!(one, other);
        let absent = Fields::new("t").maybe("a", None).finish();
        let empty = Fields::new("t").maybe("a", Some(b"")).finish();
        assert_ne!(absent, empty);
    }
}
