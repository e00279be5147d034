//! What DataSync transfers of a location: patterns, which it takes joined by `|` (DataSync User Guide, "Specifying what
//! AWS DataSync transfers by using filters").

/// How long all patterns of one kind may be together (`FilterValue` in the service's model).
pub const LONGEST: usize = 102_400;

/// A kind of filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Only what matches is transferred.
    Include,
    /// What matches is not transferred.
    Exclude,
}

impl Filter {
    /// Says why a pattern is none. One that goes on behind what is known of it is looked at as far as that goes.
    pub fn wrong(self, pattern: &str, goes_on: bool) -> Option<&'static str> {
        if pattern.is_empty() && !goes_on {
            return Some("it is empty");
        }
        if pattern.contains(['|', '\0']) {
            return Some("`|` stands between patterns: write each by itself");
        }
        let inner = pattern.strip_suffix('*').filter(|_| !goes_on).unwrap_or(pattern);
        match self {
            Self::Include if !pattern.is_empty() && !pattern.starts_with('/') => {
                Some("what is included begins with `/`, which is the folder of the source's location")
            }
            Self::Include if inner.contains('*') => Some("what is included has `*` at its end alone"),
            Self::Exclude if inner.strip_prefix('*').unwrap_or(inner).contains('*') => {
                Some("what is excluded has `*` at its beginning and its end alone")
            }
            _ => None,
        }
    }

    /// Joins patterns.
    pub fn joined(self, patterns: &[String]) -> Result<Option<String>, String> {
        for pattern in patterns {
            if let Some(why) = self.wrong(pattern, false) {
                return Err(format!("the pattern `{pattern}` cannot be sent to DataSync: {why}"));
            }
        }
        let joined = patterns.join("|");
        if joined.len() > LONGEST {
            return Err(format!("the patterns have {} bytes, and DataSync takes {LONGEST}", joined.len()));
        }
        Ok(Some(joined).filter(|joined| !joined.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_as_datasync_takes_them() {
        use Filter::{Exclude, Include};
        for (filter, pattern, goes_on, is_right) in [
            (Include, "/orders", false, true),
            (Include, "/orders*", false, true),
            (Include, "/orders/", true, true),
            (Include, "", true, true),
            (Include, "", false, false),
            (Include, "orders", false, false),
            (Include, "*.csv", false, false),
            (Include, "/a*b", false, false),
            (Include, "/a*", true, false),
            (Include, "/a|/b", false, false),
            (Exclude, "*.tmp", false, true),
            (Exclude, "*", false, true),
            (Exclude, "*/.snapshot*", false, true),
            (Exclude, "a*b", false, false),
            (Exclude, "a*", true, false),
            (Exclude, "*a", true, true),
        ] {
            assert_eq!(filter.wrong(pattern, goes_on).is_none(), is_right, "{filter:?} {pattern} {goes_on}");
        }
    }

    #[test]
    fn patterns_are_joined() {
        let joined = |patterns: &[&str]| {
            Filter::Include.joined(&patterns.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(joined(&[]), Ok(None));
        assert_eq!(joined(&["/a", "/b*"]), Ok(Some("/a|/b*".to_owned())));
        assert!(joined(&["/a", "b"]).unwrap_err().contains("`b`"));
        assert!(joined(&[&format!("/{}", "x".repeat(LONGEST))]).is_err());
    }
}
