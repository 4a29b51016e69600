//! Keys of providers: from the environment, then from `.env` beside config.toml. Nowhere else, and
//! nothing here is ever printed.

use std::collections::HashMap;
use std::path::Path;

use secrecy::SecretString;

use super::ConfigError;

/// The keys at hand, by the name of their variable.
pub struct Keys {
    from_file: HashMap<String, SecretString>,
}

/// Where a key was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyPlace {
    Environment,
    File,
}

impl KeyPlace {
    /// The word for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::File => ".env",
        }
    }
}

impl Keys {
    /// Reads `.env` in a folder, if there is one.
    pub fn beside(folder: &Path) -> Result<Self, ConfigError> {
        let path = folder.join(".env");
        let unreadable = |detail| ConfigError::Unreadable { path: path.display().to_string(), detail };
        let bytes = match super::read_bytes(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(unreadable(error.to_string())),
        };
        let mut from_file = HashMap::new();
        for line in dotenvy::from_read_iter(bytes.as_slice()) {
            // The error would show the line, and with it perhaps a key.
            let Ok((name, value)) = line else {
                return Err(unreadable("a line of it is not NAME=value".to_owned()));
            };
            // `NAME=` stands for a key that is yet to be filled in.
            if !value.trim().is_empty() {
                from_file.insert(name, SecretString::from(value.trim().to_owned()));
            }
        }
        Ok(Self { from_file })
    }

    /// The key in a variable; an empty one is none.
    pub fn get(&self, name: &str) -> Option<SecretString> {
        self.find(name).map(|(key, _)| key)
    }

    /// Where the key in a variable comes from.
    pub fn place(&self, name: &str) -> Option<KeyPlace> {
        self.find(name).map(|(_, place)| place)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "keys are read where they are needed and kept nowhere else"
    )]
    fn find(&self, name: &str) -> Option<(SecretString, KeyPlace)> {
        let found = std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        match found {
            Some(value) => Some((SecretString::from(value.trim().to_owned()), KeyPlace::Environment)),
            None => Some((self.from_file.get(name)?.clone(), KeyPlace::File)),
        }
    }
}
