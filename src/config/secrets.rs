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

impl Keys {
    /// Reads `.env` in a folder, if there is one.
    pub fn beside(folder: &Path) -> Result<Self, ConfigError> {
        let path = folder.join(".env");
        let Ok(bytes) = super::read_bytes(&path) else { return Ok(Self { from_file: HashMap::new() }) };
        let mut from_file = HashMap::new();
        for line in dotenvy::from_read_iter(bytes.as_slice()) {
            // The error would show the line, and with it perhaps a key.
            let Ok((name, value)) = line else {
                let detail = "a line of it is not NAME=value".to_owned();
                return Err(ConfigError::Unreadable { path: path.display().to_string(), detail });
            };
            from_file.insert(name, SecretString::from(value));
        }
        Ok(Self { from_file })
    }

    /// The key in a variable; an empty one is none.
    #[expect(
        clippy::disallowed_methods,
        reason = "keys are read where they are needed and kept nowhere else"
    )]
    pub fn get(&self, name: &str) -> Option<SecretString> {
        let found = std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        match found {
            Some(value) => Some(SecretString::from(value.trim().to_owned())),
            None => self.from_file.get(name).cloned(),
        }
    }
}
