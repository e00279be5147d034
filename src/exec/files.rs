//! The objects of a path that was completed for a run.
//!
//! Which of them are data is [`crate::objects`]'s to say.

use super::outcome::Failure;
use crate::aws::AwsError;
use crate::aws::s3::{Buckets, Location, Object};
use crate::objects::{Glob, Selection, WILDCARDS, segments};
use crate::service::objects::split_uri;
use crate::template::{Part, RunValues, Template};
use std::ops::ControlFlow;

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

    /// Looks at everything that begins like the objects, for as long as `look` goes on.
    pub(crate) async fn each(
        &self,
        buckets: &Buckets,
        look: impl FnMut(Object) -> ControlFlow<()>,
    ) -> Result<(), AwsError> {
        let prefix = Location { bucket: self.location.bucket.clone(), key: self.prefix().to_owned() };
        buckets.each(&prefix, look).await
    }

    /// Says whether an object lies there, be it data or not.
    pub(crate) fn holds(&self, object: &Object) -> bool {
        self.selection.holds(&object.key)
    }

    /// Says whether an object of this key would lie there.
    pub(crate) fn holds_key(&self, key: &str) -> bool {
        self.selection.holds(key)
    }

    /// Returns the name of one of these objects below the folder of all of them.
    pub(crate) fn relative<'k>(&self, key: &'k str) -> &'k str {
        self.selection.relative(key)
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

/// Completes a path of which objects are removed. A value of the run that is empty, or a pattern, would mean others than
/// those that the path tells who reads it.
pub(crate) fn removable(path: &Template, values: &RunValues) -> Result<String, Failure> {
    let mut whole = String::new();
    for part in path.parts() {
        match part {
            Part::Text(text) => whole.push_str(text),
            Part::Expr(expr) => {
                let value = expr.render(values)?;
                if let Some(why) = would_mean_others(&value) {
                    let told = format!("nothing is removed: `{expr}` in {path} is {why} in this run");
                    return Err(Failure::for_good(told));
                }
                whole.push_str(&value);
            }
        }
    }
    let key = split_uri(&whole).map_or("", |(_, key)| key);
    if key.trim_matches('/').is_empty() || key.starts_with(WILDCARDS) {
        return Err(Failure::for_good(format!("nothing is removed: {whole} is the root of a bucket")));
    }
    Ok(whole)
}

/// Says why a value must not stand in the path of what is removed.
fn would_mean_others(value: &str) -> Option<&'static str> {
    if value.trim().is_empty() {
        Some("empty")
    } else if value.contains(WILDCARDS) {
        Some("a pattern")
    } else {
        value.split('/').any(str::is_empty).then_some("a folder without a name")
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
    fn what_is_removed_is_what_the_path_says() {
        let path = Template::parse("s3://b/in/day={{ params.day }}/").unwrap();
        let with = |day: &str| RunValues {
            params: serde_json::json!({ "day": day }).as_object().unwrap().clone(),
            ..RunValues::default()
        };
        assert_eq!(removable(&path, &with("2026/01/31")).unwrap(), "s3://b/in/day=2026/01/31/");
        for (day, why) in [
            ("", "is empty in this run"),
            (" ", "is empty in this run"),
            ("*", "is a pattern in this run"),
            ("1/", "is a folder without a name in this run"),
        ] {
            let refused = removable(&path, &with(day)).unwrap_err();
            assert_eq!(refused.exit, crate::exec::Exit::ForGood);
            assert!(refused.message.ends_with(why), "{refused}");
        }
        for root in ["s3://b", "s3://b/", "s3://b/*", "s3://b/*/", "s3://b/?a"] {
            let refused = removable(&Template::text(root), &RunValues::default()).unwrap_err();
            assert!(refused.message.ends_with("is the root of a bucket"), "{root}: {refused}");
        }
        assert!(removable(&path, &RunValues::default()).is_err());
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
