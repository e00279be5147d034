//! How much a query may scan.

use super::decode::{Leaf, LeafError};
use crate::diagnostic::Code;
use crate::yaml::Scalar;
use serde_json::{Value, json};

/// How much a statement may scan, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanLimit(pub u64);

/// A unit, and the zeros of its bytes.
const UNITS: &[(&str, u32)] = &[("kb", 3), ("mb", 6), ("gb", 9), ("tb", 12), ("pb", 15)];

impl Leaf for ScanLimit {
    const EXPECTED: &'static str = "a size such as `50GB`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let wrong = |help: &str| {
            let message = format!("expected {}, found `{}`", Self::EXPECTED, scalar.text);
            LeafError::new(Code::WrongType, message).help(help)
        };
        let bytes = bytes(&scalar.text).ok_or_else(|| {
            wrong("write a number and KB, MB, GB, TB or PB, which are thousands, such as `50GB` or `1.5TB`")
        })?;
        if bytes == 0 {
            return Err(wrong("nothing is scanned within it; take `max_scan` away where there is no limit"));
        }
        Ok(Self(bytes))
    }

    fn leaf_schema() -> Value {
        let pattern = r"^[0-9]+(\.[0-9]+)? ?[KkMmGgTtPp][Bb]$";
        json!({ "type": "string", "pattern": pattern, "examples": ["50GB", "1.5TB"] })
    }
}

/// Reads a number of bytes; decimals as far as they make whole ones.
fn bytes(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let (number, zeros) =
        UNITS.iter().find_map(|(unit, zeros)| Some((text.strip_suffix(unit)?.trim_end(), *zeros)))?;
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    if !is_number(whole) || !is_number(decimals) {
        return None;
    }
    let decimals = decimals.trim_end_matches('0');
    let left = zeros.checked_sub(u32::try_from(decimals.len()).ok()?)?;
    let digits: u64 = format!("{whole}{decimals}").parse().ok()?;
    digits.checked_mul(10_u64.pow(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_exactly() {
        for (text, expected) in [
            ("50GB", Some(50_000_000_000)),
            ("50gb", Some(50_000_000_000)),
            ("50 Mb", Some(50_000_000)),
            ("1.5TB", Some(1_500_000_000_000)),
            ("1.50TB", Some(1_500_000_000_000)),
            ("0.001KB", Some(1)),
            ("0GB", Some(0)),
            ("1PB", Some(1_000_000_000_000_000)),
            // No whole number of bytes.
            ("0.0001KB", None),
            ("18446744073709551615KB", None),
            ("50", None),
            ("50GiB", None),
            (".5TB", None),
            ("1.TB", None),
            ("1e3GB", None),
            ("-1GB", None),
            ("1.2.3GB", None),
            ("GB", None),
        ] {
            assert_eq!(bytes(text), expected, "{text}");
        }
    }
}
