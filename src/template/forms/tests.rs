//! The table `cases.txt` holds what Python gives; `tests/airflow/test_templates.py` asks Python itself.

use super::{Moment, read, write};

/// Format to read by, text, format to write by, and the result; `!` where Python raises.
const CASES: &str = include_str!("cases.txt");

#[test]
fn dates_are_read_and_written_as_python_does() {
    for line in CASES.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [input, text, output, expected] = columns.as_slice() else { panic!("{line}") };
        let written = read(input, text).and_then(|moment| write(output, &moment));
        assert_eq!(written.as_deref().unwrap_or("!"), *expected, "{line}");
    }
}

#[test]
fn a_time_zone_has_its_name_and_its_distance() {
    let zone = crate::template::time_zone("Europe/Amsterdam").unwrap();
    let moment = Moment::new("2026-07-01T22:30:00Z".parse().unwrap(), &zone);
    assert_eq!(write("%d %H:%M %z %Z", &moment).unwrap(), "02 00:30 +0200 CEST");
    assert_eq!(moment.iso(), "2026-07-02T00:30:00+02:00");
}

#[test]
fn what_is_wrong_in_a_format_is_marked() {
    let moment = read("%Y", "2026").unwrap();
    for (format, range) in [("%Y %Q", 3..5), ("a%", 1..2), ("%-Z", 0..3)] {
        assert_eq!(write(format, &moment).unwrap_err().range, Some(range), "{format}");
    }
    for (format, range) in [("%Y %c", 3..5), ("%d %m %d", 6..8), ("%-d", 0..3)] {
        assert_eq!(read(format, "").unwrap_err().range, Some(range), "{format}");
    }
}

proptest::proptest! {
    #[test]
    fn no_format_panics(format in ".*", text in ".*") {
        let _ = read(&format, &text);
        let _ = write(&format, &read("%Y-%m-%d", "2026-01-31").unwrap());
    }

    #[test]
    fn codes_never_panic(format in "(%[-]?[a-zA-Z%]|[-: T]){0,8}", text in "[-0-9: TZ+a-zA-Z]{0,24}") {
        let _ = read(&format, &text);
        let _ = write(&format, &read("%Y-%m-%d", "2026-01-31").unwrap());
    }
}
