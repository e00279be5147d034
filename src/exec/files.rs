//! Which objects a path means: a folder, one object, or a pattern with `*` in its last part.
//!
//! S3's own prefixes are no use for this: `dt=1` would mean `dt=10` as well. What engines write beside
//! their data (`_SUCCESS`, `_temporary/`, `.part.crc`) and the empty objects that stand for folders are not
//! counted.

use super::outcome::Failure;
use crate::aws::AwsError;
use crate::aws::s3::{self, Location, Object};
use aws_sdk_s3::Client;

/// A path that was completed for a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Files {
    location: Location,
    is_pattern: bool,
}

impl Files {
    /// Reads a path.
    pub(crate) fn parse(path: &str) -> Result<Self, Failure> {
        let location: Location = path.parse().map_err(|error| Failure::for_good(format!("{error}")))?;
        let is_pattern = location.key.contains('*');
        Ok(Self { location, is_pattern })
    }

    /// Returns the bucket.
    pub(crate) fn bucket(&self) -> &str {
        &self.location.bucket
    }

    /// Returns what the keys of all objects begin with.
    pub(crate) fn prefix(&self) -> &str {
        match self.location.key.find('*') {
            Some(star) => &self.location.key[..star],
            None => &self.location.key,
        }
    }

    /// Returns the folder that holds the objects, with its slash; empty for the whole bucket.
    pub(crate) fn folder(&self) -> &str {
        let key = &self.location.key;
        match key.rfind('/') {
            Some(slash) if self.is_pattern || key.ends_with('/') => &key[..=slash],
            _ if self.is_pattern => "",
            _ => key,
        }
    }

    /// Lists everything that begins like the objects.
    pub(crate) async fn list(&self, client: &Client) -> Result<Vec<Object>, AwsError> {
        let prefix = Location { bucket: self.location.bucket.clone(), key: self.prefix().to_owned() };
        s3::list(client, &prefix).await
    }

    /// Says whether a key is one of a data file.
    pub(crate) fn has(&self, key: &str) -> bool {
        if key.ends_with('/') || !self.means(key) {
            return false;
        }
        let rest = key.strip_prefix(self.folder()).unwrap_or(key);
        !rest.split('/').any(|part| part.starts_with(['_', '.']))
    }

    fn means(&self, key: &str) -> bool {
        let path = self.location.key.as_str();
        if self.is_pattern {
            return matches(path.as_bytes(), key.as_bytes());
        }
        path.is_empty()
            || key == path
            || key.strip_prefix(path).is_some_and(|rest| path.ends_with('/') || rest.starts_with('/'))
    }
}

impl std::fmt::Display for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.location.fmt(f)
    }
}

/// Matches a key with a pattern whose `*` stands for anything but a slash.
fn matches(pattern: &[u8], key: &[u8]) -> bool {
    let (mut p, mut k) = (0, 0);
    // Where to go on when the newest `*` takes one byte more.
    let mut retry: Option<(usize, usize)> = None;
    while k < key.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, k));
                p += 1;
            }
            Some(byte) if *byte == key[k] => {
                p += 1;
                k += 1;
            }
            _ => match retry {
                Some((after, from)) if key[from] != b'/' => {
                    retry = Some((after, from + 1));
                    (p, k) = (after, from + 1);
                }
                _ => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_means_data_files() {
        for (path, key, expected) in [
            ("s3://b/in/dt=1/", "in/dt=1/a.csv", true),
            ("s3://b/in/dt=1/", "in/dt=1/x/a.csv", true),
            ("s3://b/in/dt=1/", "in/dt=1/", false),
            ("s3://b/in/dt=1/", "in/dt=1/_SUCCESS", false),
            ("s3://b/in/dt=1/", "in/dt=1/_temporary/0/a", false),
            ("s3://b/in/dt=1/", "in/dt=1/.a.crc", false),
            ("s3://b/in/dt=1", "in/dt=1/a.csv", true),
            ("s3://b/in/dt=1", "in/dt=10/a.csv", false),
            ("s3://b/in/a.csv", "in/a.csv", true),
            ("s3://b/in/a.csv", "in/a.csv.1", false),
            ("s3://b/_in/", "_in/a.csv", true),
            ("s3://b", "a.csv", true),
            ("s3://b/in/*.csv", "in/a.csv", true),
            ("s3://b/in/*.csv", "in/x/a.csv", false),
            ("s3://b/in/*.csv", "in/a.csv.gz", false),
            ("s3://b/in/*.csv", "in/_a.csv", false),
            ("s3://b/in/a*b*c", "in/aXbXbYc", true),
            ("s3://b/in/a*b*c", "in/aXc", false),
            ("s3://b/*", "a", true),
        ] {
            assert_eq!(Files::parse(path).unwrap().has(key), expected, "{path} {key}");
        }
    }

    #[test]
    fn a_pattern_lists_what_stands_before_the_star() {
        let files = Files::parse("s3://b/in/a*.csv").unwrap();
        assert_eq!((files.prefix(), files.folder()), ("in/a", "in/"));
        let files = Files::parse("s3://b/in").unwrap();
        assert_eq!((files.prefix(), files.folder()), ("in", "in"));
        assert!(Files::parse("/in").is_err());
    }
}
