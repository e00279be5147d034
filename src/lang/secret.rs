//! Names of secrets: of params, arguments, headers, and in SQL.
//!
//! The words are those by which Airflow masks, and COPY's.

/// A name that holds one of these is that of a secret.
pub const WORDS: &[&str] = &[
    "access_key",
    "api_key",
    "apikey",
    "authorization",
    "credentials",
    "passphrase",
    "passwd",
    "password",
    "private_key",
    "secret",
    "symmetric_key",
    "token",
];

/// Says whether a name is that of a secret.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase().replace('-', "_");
    WORDS.iter().any(|word| name.contains(word))
}
