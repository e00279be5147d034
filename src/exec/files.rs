//! The objects of a path that was completed for a run.
//!
//! Which of them are data is [`crate::objects`]'s to say.

use super::outcome::Failure;
use crate::aws::AwsError;
use crate::aws::s3::{Buckets, Location, Object};
use crate::objects::{Glob, Selection, segments};

/// A path that was completed for a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Files {
    location: Location,
    selection: Selection,
}

impl Files {
    /// Reads a path, and patterns of keys that are no data.
    pub(crate) fn parse(path: &str, except: &[String]) -> Result<Self, Failure> {
        let location: Location = path.parse().map_err(|error| Failure::for_good(format!("{error}")))?;
        let selection = Selection::new(&location.key, except)
            .map_err(|error| Failure::for_good(format!("{location}: {error}; {}", error.help)))?;
        Ok(Self { location, selection })
    }

    /// Returns the bucket.
    pub(crate) fn bucket(&self) -> &str {
        &self.location.bucket
    }

    /// Returns what the keys of all objects begin with.
    pub(crate) fn prefix(&self) -> &str {
        self.selection.prefix()
    }

    /// Lists everything that begins like the objects.
    pub(crate) async fn list(&self, buckets: &Buckets) -> Result<Vec<Object>, AwsError> {
        let prefix = Location { bucket: self.location.bucket.clone(), key: self.prefix().to_owned() };
        buckets.list(&prefix).await
    }

    /// Says whether an object is data.
    pub(crate) fn has(&self, object: &Object) -> bool {
        self.selection.is_data(&object.key, object.size)
    }

    /// Returns the key of an object in the folder of the objects; a pattern when the folder is one.
    pub(crate) fn beside(&self, name: &str) -> Result<Key, Failure> {
        let key = self.selection.folder() + &crate::objects::escaped(name);
        let segments = segments(&key).map_err(|error| Failure::for_good(format!("{key}: {error}")))?;
        Ok(Key(segments))
    }
}

/// The key of one object, or a pattern of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key(Vec<Glob>);

impl Key {
    /// Says whether it is this key.
    pub(crate) fn is(&self, key: &str) -> bool {
        let parts = key.split('/').filter(|part| !part.is_empty());
        parts.clone().count() == self.0.len()
            && self.0.iter().zip(parts).all(|(glob, part)| glob.matches(part))
    }
}

impl std::fmt::Display for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.location.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_mean_nothing_say_why() {
        assert!(Files::parse("/in", &[]).is_err());
        let refused = Files::parse("s3://b/in/a[1", &[]).unwrap_err();
        assert_eq!(refused.exit, crate::exec::Exit::ForGood);
        assert!(refused.message.starts_with("s3://b/in/a[1: `[` begins a set"), "{}", refused.message);
    }

    #[test]
    fn what_lies_beside_the_objects_is_found() {
        for (path, name, key, expected) in [
            ("s3://b/in/", "_DONE", "in/_DONE", true),
            ("s3://b/in", "_DONE", "in/_DONE", true),
            ("s3://b/in/*.csv", "_DONE", "in/_DONE", true),
            ("s3://b/in/", "_DONE", "in/x/_DONE", false),
            ("s3://b", "_DONE", "_DONE", true),
            ("s3://b/in/", "x/[1]", "in/x/[1]", true),
            ("s3://b/c=*/dt=1/", "_DONE", "c=de/dt=1/_DONE", true),
        ] {
            let key_of = Files::parse(path, &[]).unwrap().beside(name).unwrap();
            assert_eq!(key_of.is(key), expected, "{path} {name} {key}");
        }
    }
}
