//! Compression of bodies against a dictionary made of earlier bodies of the same model.
//!
//! A body is the user text, the answer, and the reply that it was taken from. Bodies of one model share
//! their template and their turns of phrase, so the first few of them, used as raw zstd content, cut the
//! rest to about a third.

use std::collections::HashMap;
use std::io;

use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::zstd_safe::{CCtx, DCtx, compress_bound, get_error_name, get_frame_content_size};

/// Higher levels cost more than they save on texts of a kilobyte.
const LEVEL: i32 = 1;
/// How much of the first bodies goes into a dictionary.
const DICTIONARY_BYTES: usize = 16 * 1024;
/// With fewer bodies at hand no dictionary is made.
const DICTIONARY_BODIES: usize = 8;
/// A body that claims to be larger than this is damaged.
pub(super) const LARGEST_BODY: usize = 64 * 1024 * 1024;

/// The user text and the answer of one question, and the reply that it was taken from. The reply
/// holds the answer once more, which costs next to nothing in one frame with it.
pub(super) struct Body<'a> {
    pub user: &'a str,
    pub text: &'a str,
    pub wire: &'a [u8],
}

/// Both contexts are kept: setting one up costs many times what a body does.
pub(super) struct Codec {
    encoders: HashMap<String, (i64, EncoderDictionary<'static>)>,
    decoders: HashMap<i64, DecoderDictionary<'static>>,
    compressor: CCtx<'static>,
    decompressor: DCtx<'static>,
    flat: Vec<u8>,
    /// What `pack` gives out: written to again and again, for its bound is several times what is used.
    packed: Vec<u8>,
}

/// A compressed body and the dictionary it needs.
pub(super) struct Packed<'c> {
    pub dictionary: Option<i64>,
    pub bytes: &'c [u8],
}

impl Codec {
    pub(super) fn new() -> Self {
        Self {
            encoders: HashMap::new(),
            decoders: HashMap::new(),
            compressor: CCtx::create(),
            decompressor: DCtx::create(),
            flat: Vec::new(),
            packed: Vec::new(),
        }
    }

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

    /// Packs a body of a model, against the model's dictionary if there is one.
    pub(super) fn pack(&mut self, model: &str, body: &Body<'_>) -> io::Result<Packed<'_>> {
        self.flat.clear();
        flatten(body, &mut self.flat);
        self.packed.clear();
        self.packed.reserve(compress_bound(self.flat.len()));
        let (dictionary, outcome) = match self.encoders.get(model) {
            Some((id, encoder)) => {
                let cdict = encoder.as_cdict();
                (Some(*id), self.compressor.compress_using_cdict(&mut self.packed, &self.flat, cdict))
            }
            None => (None, self.compressor.compress(&mut self.packed, &self.flat, LEVEL)),
        };
        outcome.map_err(|code| io::Error::other(get_error_name(code)))?;
        Ok(Packed { dictionary, bytes: &self.packed })
    }

    /// Packs what is like nothing else in the store.
    pub(super) fn pack_alone(&mut self, bytes: &[u8]) -> io::Result<&[u8]> {
        self.packed.clear();
        self.packed.reserve(compress_bound(bytes.len()));
        let outcome = self.compressor.compress(&mut self.packed, bytes, LEVEL);
        outcome.map_err(|code| io::Error::other(get_error_name(code)))?;
        Ok(&self.packed)
    }

    /// `None` when the bytes are damaged or need a dictionary that is not known.
    /// Of what comes out, the last `wire` bytes are the reply.
    pub(super) fn unpack(&mut self, dictionary: Option<i64>, bytes: &[u8], wire: usize) -> Option<Body<'_>> {
        let size = usize::try_from(get_frame_content_size(bytes).ok()??).ok()?;
        if size > LARGEST_BODY {
            return None;
        }
        self.flat.clear();
        self.flat.reserve(size);
        let outcome = match dictionary {
            Some(id) => {
                let ddict = self.decoders.get(&id)?.as_ddict();
                self.decompressor.decompress_using_ddict(&mut self.flat, bytes, ddict)
            }
            None => self.decompressor.decompress(&mut self.flat, bytes),
        };
        outcome.ok()?;
        split(&self.flat, wire)
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
    into.extend_from_slice(body.wire);
}

fn split(flat: &[u8], wire: usize) -> Option<Body<'_>> {
    let (texts, wire) = flat.split_at_checked(flat.len().checked_sub(wire)?)?;
    let (length, rest) = texts.split_first_chunk::<4>()?;
    let (user, text) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    Some(Body { user: std::str::from_utf8(user).ok()?, text: std::str::from_utf8(text).ok()?, wire })
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
        let bodies: Vec<Body<'_>> = users
            .iter()
            .map(|user| Body { user, text: r#"{"score":4,"rationale":"ä"}"#, wire: b"raw" })
            .collect();
        let mut codec = Codec::new();
        let pack_all = |codec: &mut Codec| -> Vec<(Option<i64>, Vec<u8>)> {
            let mut pack =
                |body| codec.pack("m", body).map(|packed| (packed.dictionary, packed.bytes.to_vec()));
            bodies.iter().map(|body| pack(body).unwrap()).collect()
        };
        let plain = pack_all(&mut codec);
        codec.learn(7, "m", &dictionary_of(&bodies).unwrap());
        let packed = pack_all(&mut codec);
        let size = |all: &[(Option<i64>, Vec<u8>)]| all.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
        assert!(size(&packed) * 2 < size(&plain), "{} {}", size(&packed), size(&plain));
        for (body, (dictionary, packed)) in bodies.iter().zip(plain.iter().chain(&packed)) {
            let back = codec.unpack(*dictionary, packed, 3).unwrap();
            assert_eq!((back.user, back.text, back.wire), (body.user, body.text, body.wire));
        }
        assert!(dictionary_of(bodies.get(..7).unwrap()).is_none());
    }

    #[test]
    fn damage_is_noticed_not_followed() {
        let mut codec = Codec::new();
        let mut bytes = codec.pack("m", &Body { user: "u", text: "t", wire: b"" }).unwrap().bytes.to_vec();
        assert!(codec.unpack(Some(3), &bytes, 0).is_none());
        bytes.truncate(bytes.len() - 1);
        assert!(codec.unpack(None, &bytes, 0).is_none());
        assert!(codec.unpack(None, b"", 0).is_none());
    }
}
