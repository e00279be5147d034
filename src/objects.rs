//! Which objects are data: the one rule for waiting, loading, crawling and lineage.
//!
//! Takes a path as the user writes it and what the project names as no data; says of a key and a size whether
//! it counts. S3's own prefixes are no use for this: `dt=1` would mean `dt=10` as well. What engines write
//! beside their data (`_SUCCESS`, `_temporary/`, `.part.crc`), empty objects and those that stand for folders
//! are no data, nor are markers, manifests and the like that the project names itself. Who names an object
//! gets it.

mod glob;

pub use glob::{Glob, PatternError, WILDCARDS};

use crate::template::{Part, Template};
use std::ops::Range;

/// What a segment of a hidden name begins with.
const HIDDEN: [char; 2] = ['_', '.'];

/// What names end with that stand for folders, checksums and copies that are not complete.
const LEFTOVERS: [&str; 3] = ["_$folder$", ".crc", "._COPYING_"];

/// The objects that a completed path means, less what is no data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    key: String,
    segments: Vec<Glob>,
    shape: Shape,
    except: Vec<Exception>,
}

/// What a path means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// One object, or all that lies in the folder of this name.
    Key,
    /// All that lies in the folders.
    Folder,
    /// The objects that the pattern matches.
    Pattern,
}

/// Objects that the project names as no data: a key, or a folder with all that lies in it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Exception {
    segments: Vec<Glob>,
    is_folder: bool,
}

impl Selection {
    /// Reads the key of a path, and patterns of keys that are no data; those that end in `/` are folders.
    pub fn new(key: &str, except: &[String]) -> Result<Self, PatternError> {
        let segments = segments(key)?;
        let shape = if key.is_empty() || key.ends_with('/') {
            Shape::Folder
        } else if segments.iter().any(Glob::is_pattern) {
            Shape::Pattern
        } else {
            Shape::Key
        };
        let except = except
            .iter()
            .map(|key| Ok(Exception { segments: self::segments(key)?, is_folder: key.ends_with('/') }));
        Ok(Self { key: key.to_owned(), segments, shape, except: except.collect::<Result<_, _>>()? })
    }

    /// Returns what the keys of all objects begin with.
    pub fn prefix(&self) -> &str {
        &self.key[..first_wildcard(&self.key).unwrap_or(self.key.len())]
    }

    /// Returns the folder in which the objects lie, with its slash; empty for the whole bucket. It may have
    /// wildcards.
    pub fn folder(&self) -> String {
        match self.shape {
            Shape::Folder => self.key.clone(),
            Shape::Key => format!("{}/", self.key),
            Shape::Pattern => {
                self.key.rfind('/').map_or(String::new(), |slash| self.key[..=slash].to_owned())
            }
        }
    }

    /// Returns the name of one of the objects below the folder of all of them: what stands behind the last slash before the
    /// first wildcard; of one object its own name.
    pub fn relative<'k>(&self, key: &'k str) -> &'k str {
        let folder = match self.shape {
            Shape::Key if key != self.key => self.key.len() + 1,
            Shape::Key | Shape::Folder | Shape::Pattern => {
                self.prefix().rfind('/').map_or(0, |slash| slash + 1)
            }
        };
        key.get(folder..).unwrap_or(key)
    }

    /// Says whether an object is data. One whose key is the path itself is, whatever it is called.
    pub fn is_data(&self, key: &str, size: u64) -> bool {
        if self.shape == Shape::Key && key == self.key {
            return true;
        }
        if size == 0 || key.ends_with('/') {
            return false;
        }
        let parts: Vec<&str> = key.split('/').collect();
        self.means(&parts)
            && !parts.iter().skip(self.segments.len()).any(|part| is_hidden(part))
            && !self.except.iter().any(|exception| exception.has(&parts))
    }

    /// Says whether an object lies there, be it data or not: in a folder all that is in it; of a pattern what it matches,
    /// less what the project names as no data.
    pub fn holds(&self, key: &str) -> bool {
        let parts: Vec<&str> = key.split('/').collect();
        let is_excepted =
            || self.shape == Shape::Pattern && self.except.iter().any(|exception| exception.has(&parts));
        (self.shape == Shape::Key && key == self.key) || (self.means(&parts) && !is_excepted())
    }

    /// Says whether a key is one of the path's, whatever is told below the path.
    fn means(&self, parts: &[&str]) -> bool {
        let is_so_deep = match self.shape {
            Shape::Pattern => parts.len() == self.segments.len(),
            Shape::Key | Shape::Folder => parts.len() > self.segments.len(),
        };
        is_so_deep
            && self.segments.iter().zip(parts).all(|(glob, part)| glob.matches(part) && names(glob, part))
    }
}

impl Exception {
    fn has(&self, parts: &[&str]) -> bool {
        let is_so_deep = if self.is_folder {
            parts.len() > self.segments.len()
        } else {
            parts.len() == self.segments.len()
        };
        is_so_deep && self.segments.iter().zip(parts).all(|(glob, part)| glob.matches(part))
    }
}

/// Says whether a name is one that engines give to what is no data. Folders of partitions whose column begins
/// with `_` are data, as Spark reads them.
pub fn is_hidden(name: &str) -> bool {
    name.starts_with('.')
        || (name.starts_with('_') && !name.contains('='))
        || LEFTOVERS.iter().any(|end| name.ends_with(end))
}

/// Says whether a pattern means this name although it is hidden: because it says so.
fn names(glob: &Glob, name: &str) -> bool {
    let says_start = HIDDEN.iter().any(|start| glob.text().starts_with(*start));
    let says_end = LEFTOVERS.iter().any(|end| glob.text().ends_with(end));
    !glob.is_pattern() || !is_hidden(name) || says_start || says_end
}

/// Writes the rule as a crawler's exclusions, which are relative to what it crawls (Glue Developer Guide,
/// "Include and exclude patterns"). `except` are keys and folders below it. Glue's patterns cannot say
/// "without `=`": of folders whose names begin with `_` those that engines make are told, since the others may
/// be partitions. Nor do they know sizes.
pub fn glue_exclusions(path: &str, except: &[String]) -> Vec<String> {
    const ANYWHERE: [&str; 9] = [
        "_*",
        ".*",
        ".*/**",
        "_temporary/**",
        "_spark_metadata/**",
        "__magic/**",
        "*_$folder$",
        "*.crc",
        "*._COPYING_",
    ];
    let key = path.strip_prefix("s3://").unwrap_or(path).split_once('/').map_or("", |(_, key)| key);
    let depth = key.split('/').filter(|part| !part.is_empty()).count();
    let anywhere = ANYWHERE.iter().flat_map(|name| [(*name).to_owned(), format!("**/{name}")]);
    let named = except.iter().map(|key| {
        let parts: Vec<&str> = key.split('/').filter(|part| !part.is_empty()).skip(depth).collect();
        parts.join("/") + if key.ends_with('/') { "/**" } else { "" }
    });
    anywhere.chain(named).collect()
}

/// Finds what makes a path a pattern, outside of its holes.
pub fn wildcard(path: &Template) -> Option<char> {
    let texts = path.parts().iter().filter_map(|part| match part {
        Part::Text(text) => text[first_wildcard(text)?..].chars().next(),
        Part::Expr(_) => None,
    });
    texts.into_iter().next()
}

/// Cuts a key into its segments.
pub fn segments(key: &str) -> Result<Vec<Glob>, PatternError> {
    let mut at = 0;
    let mut segments = Vec::new();
    for part in key.split('/') {
        if !part.is_empty() {
            segments.push(Glob::parse(part).map_err(|error| error.behind(at))?);
        }
        at += part.len() + 1;
    }
    Ok(segments)
}

/// Finds the first character that makes a text a pattern.
pub fn first_wildcard(text: &str) -> Option<usize> {
    text.find(WILDCARDS)
}

/// Gives a path whose holes are filled with `*`: `dt={{ ds }}/` is `dt=*/`. A date that is written with
/// slashes is so many folders.
pub fn opened(path: &str) -> String {
    filled(path, str::to_owned)
}

/// The same for a path that is no pattern: what looks like one in it is text.
pub fn opened_text(path: &str) -> String {
    filled(path, escaped)
}

fn filled(path: &str, text: impl Fn(&str) -> String) -> String {
    let mut filled = String::with_capacity(path.len());
    let mut at = 0;
    for hole in holes(path) {
        filled.push_str(&text(&path[at..hole.start]));
        filled.push('*');
        for _ in 0..slashes(&path[hole.clone()]) {
            filled.push_str("/*");
        }
        at = hole.end;
    }
    filled.push_str(&text(&path[at..]));
    filled
}

/// Finds the bytes of each `{{ ... }}`.
pub fn holes(path: &str) -> Vec<Range<usize>> {
    let mut holes = Vec::new();
    let mut at = 0;
    while let Some(found) = crate::template::opening(&path[at..]) {
        let start = at + found;
        let inner = &path[start + 2..];
        at = start + crate::template::closing(inner).map_or(inner.len() + 2, |length| length + 4);
        holes.push(start..at);
    }
    holes
}

/// Cuts a path at its slashes, those within holes excepted.
pub fn parts(path: &str) -> Vec<&str> {
    let holes = holes(path);
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in path.match_indices('/') {
        if holes.iter().all(|hole| !hole.contains(&at)) {
            parts.push(&path[start..at]);
            start = at + 1;
        }
    }
    parts.push(&path[start..]);
    parts
}

/// Counts the slashes in the form in which a hole's date is written: the last text in quotes.
fn slashes(hole: &str) -> usize {
    let Some(end) = hole.rfind(['\'', '"']) else { return 0 };
    let quote = &hole[end..=end];
    let start = hole[..end].rfind(quote).map_or(end, |start| start + 1);
    hole[start..end].matches('/').count()
}

/// Writes a text as a pattern that matches this text alone.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if WILDCARDS.contains(&c) || c == '{' {
            escaped.extend(['[', c, ']']);
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// Writes a name with holes as a pattern that matches what it becomes in a run alone; the holes stay.
pub fn escaped_template(name: &Template) -> String {
    let text = name.to_string();
    let mut escaped_text = String::with_capacity(text.len());
    let mut at = 0;
    for hole in holes(&text) {
        escaped_text.push_str(&escaped(&text[at..hole.start]));
        escaped_text.push_str(&text[hole.clone()]);
        at = hole.end;
    }
    escaped_text + &escaped(&text[at..])
}

#[cfg(test)]
mod tests;
