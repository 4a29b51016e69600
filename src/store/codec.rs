//! Compression of bodies against a dictionary made of earlier bodies of the same model.
//!
//! A body is the user text and the answer. Bodies of one model share their template and their turns
//! of phrase, so the first few of them, used as raw zstd content, cut the rest to about a third.

use std::collections::HashMap;

use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

/// Higher levels cost more than they save on texts of a kilobyte.
const LEVEL: i32 = 1;
/// How much of the first bodies goes into a dictionary.
const DICTIONARY_BYTES: usize = 16 * 1024;
/// With fewer bodies at hand no dictionary is made.
const DICTIONARY_BODIES: usize = 8;
/// A body that claims to be larger than this is damaged.
const LARGEST_BODY: usize = 64 * 1024 * 1024;

/// The user text and the answer of one question.
pub(super) struct Body<'a> {
    pub user: &'a str,
    pub text: &'a str,
}

/// A body as read back.
pub(super) struct OwnedBody {
    pub user: String,
    pub text: String,
}

#[derive(Default)]
pub(super) struct Codec {
    encoders: HashMap<String, (i64, EncoderDictionary<'static>)>,
    decoders: HashMap<i64, DecoderDictionary<'static>>,
    /// Kept ready: setting one up costs more than a body does.
    plain: Option<Decompressor<'static>>,
}

/// A compressed body and the dictionary it needs.
pub(super) struct Packed {
    pub dictionary: Option<i64>,
    pub bytes: Vec<u8>,
}

impl Codec {
    pub(super) fn learn(&mut self, id: i64, model: &str, bytes: &[u8]) {
        self.decoders.insert(id, DecoderDictionary::copy(bytes));
        self.encoders.entry(model.to_owned()).or_insert_with(|| (id, EncoderDictionary::copy(bytes, LEVEL)));
    }

    pub(super) fn knows_model(&self, model: &str) -> bool {
        self.encoders.contains_key(model)
    }

    pub(super) fn knows(&self, dictionary: i64) -> bool {
        self.decoders.contains_key(&dictionary)
    }

    /// Packs bodies of one model, with one compressor for all of them.
    pub(super) fn pack(&self, model: &str, bodies: &[Body<'_>]) -> std::io::Result<Vec<Packed>> {
        let (dictionary, mut compressor) = match self.encoders.get(model) {
            Some((id, encoder)) => (Some(*id), Compressor::with_prepared_dictionary(encoder)?),
            None => (None, Compressor::new(LEVEL)?),
        };
        let mut flat = Vec::new();
        bodies
            .iter()
            .map(|body| {
                flat.clear();
                flatten(body, &mut flat);
                Ok(Packed { dictionary, bytes: compressor.compress(&flat)? })
            })
            .collect()
    }

    /// `None` when the bytes are damaged or need a dictionary that is not known.
    pub(super) fn unpack(&mut self, dictionary: Option<i64>, bytes: &[u8]) -> Option<OwnedBody> {
        let size = usize::try_from(zstd::zstd_safe::get_frame_content_size(bytes).ok()??).ok()?;
        if size > LARGEST_BODY {
            return None;
        }
        let flat = match dictionary {
            Some(id) => Decompressor::with_prepared_dictionary(self.decoders.get(&id)?)
                .ok()?
                .decompress(bytes, size)
                .ok()?,
            None => {
                if self.plain.is_none() {
                    self.plain = Decompressor::new().ok();
                }
                self.plain.as_mut()?.decompress(bytes, size).ok()?
            }
        };
        split(&flat)
    }
}

/// The raw content of a new dictionary; `None` when there are too few bodies to learn from.
pub(super) fn dictionary_of(bodies: &[Body<'_>]) -> Option<Vec<u8>> {
    if bodies.len() < DICTIONARY_BODIES {
        return None;
    }
    let mut bytes = Vec::with_capacity(DICTIONARY_BYTES * 2);
    for body in bodies {
        if bytes.len() >= DICTIONARY_BYTES {
            break;
        }
        flatten(body, &mut bytes);
    }
    Some(bytes)
}

fn flatten(body: &Body<'_>, into: &mut Vec<u8>) {
    let length = u32::try_from(body.user.len()).unwrap_or(u32::MAX);
    into.extend_from_slice(&length.to_le_bytes());
    into.extend_from_slice(body.user.as_bytes());
    into.extend_from_slice(body.text.as_bytes());
}

fn split(flat: &[u8]) -> Option<OwnedBody> {
    let (length, rest) = flat.split_first_chunk::<4>()?;
    let (user, text) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    let text_of = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(str::to_owned);
    Some(OwnedBody { user: text_of(user)?, text: text_of(text)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(n: usize) -> String {
        format!("Occupation: Weavers of baskets. Rate task number {n}: weave {} baskets.", n * 7)
    }

    #[test]
    fn what_goes_in_comes_out_with_and_without_a_dictionary() {
        let users: Vec<String> = (0..50).map(user).collect();
        let bodies: Vec<Body<'_>> =
            users.iter().map(|user| Body { user, text: r#"{"score":4,"rationale":"ä"}"# }).collect();
        let mut codec = Codec::default();
        let plain = codec.pack("m", &bodies).unwrap();
        codec.learn(7, "m", &dictionary_of(&bodies).unwrap());
        let packed = codec.pack("m", &bodies).unwrap();
        let size = |all: &[Packed]| all.iter().map(|one| one.bytes.len()).sum::<usize>();
        assert!(size(&packed) * 2 < size(&plain), "{} {}", size(&packed), size(&plain));
        for (body, packed) in bodies.iter().zip(plain.iter().chain(&packed)) {
            let back = codec.unpack(packed.dictionary, &packed.bytes).unwrap();
            assert_eq!((back.user.as_str(), back.text.as_str()), (body.user, body.text));
        }
        assert!(dictionary_of(bodies.get(..7).unwrap()).is_none());
    }

    #[test]
    fn damage_is_noticed_not_followed() {
        let mut codec = Codec::default();
        let body = Body { user: "u", text: "t" };
        let mut bytes = codec.pack("m", &[body]).unwrap().remove(0).bytes;
        assert!(codec.unpack(Some(3), &bytes).is_none());
        bytes.truncate(bytes.len() - 1);
        assert!(codec.unpack(None, &bytes).is_none());
        assert!(codec.unpack(None, b"").is_none());
    }
}
