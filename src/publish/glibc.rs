//! Versions of the GNU C library: the one of MWAA's workers, and the one that a program needs.

use std::fmt;

/// The C library of MWAA's workers, which run Amazon Linux 2023.
pub(super) const MWAA_GLIBC: Glibc = Glibc(2, 34);

/// A version of the GNU C library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Glibc(u32, u32);

impl fmt::Display for Glibc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// The newest glibc of which a program asks for something, by the names of versions (`GLIBC_2.34`) in its
/// table of strings; none for a program that is linked statically.
pub(super) fn needed(content: &[u8]) -> Option<Glibc> {
    let strings = content.split(|byte| *byte == 0);
    strings.filter_map(|string| version(string.strip_prefix(b"GLIBC_")?)).max()
}

fn version(name: &[u8]) -> Option<Glibc> {
    let mut numbers = std::str::from_utf8(name).ok()?.split('.').map(|number| number.parse().ok());
    Some(Glibc(numbers.next()??, numbers.next()??))
}
