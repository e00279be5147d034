//! `copy-option`: forms of dates and times that COPY does not read.
//!
//! From the Redshift Database Developer Guide, "DATEFORMAT and TIMEFORMAT strings".

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::redshift_copy::RedshiftCopyStep;
use crate::text::Spanned;

/// The parts of a date, the longer ones first.
const DATE: &[&str] = &["YYYY", "YY", "MON", "MM", "DD"];
/// The parts of a time. `T` stands between a date and its time.
const TIME: &[&str] = &["HH24", "HH12", "HH", "MI", "SS", "AM", "PM", "T"];
/// Codes of Python's and of others, and what COPY calls them.
const PERCENT: &[(&str, &str)] = &[
    ("%Y", "YYYY"),
    ("%y", "YY"),
    ("%m", "MM"),
    ("%d", "DD"),
    ("%b", "MON"),
    ("%B", "MON"),
    ("%H", "HH24"),
    ("%I", "HH12"),
    ("%M", "MI"),
    ("%S", "SS"),
    ("%p", "AM"),
    ("%F", "YYYY-MM-DD"),
    ("%T", "HH24:MI:SS"),
    (".%f", ""),
    ("%f", ""),
    ("%z", ""),
];

pub(super) fn check(step: &RedshiftCopyStep, diagnostics: &mut Diagnostics) {
    let Some(options) = step.options.as_deref() else { return };
    if let Some(format) = &options.dateformat {
        form("dateformat", format, &["auto"], DATE, diagnostics);
    }
    if let Some(format) = &options.timeformat {
        let parts = [DATE, TIME].concat();
        form("timeformat", format, &["auto", "epochsecs", "epochmillisecs"], &parts, diagnostics);
    }
}

fn form(key: &str, format: &Spanned<String>, words: &[&str], parts: &[&str], diagnostics: &mut Diagnostics) {
    if words.iter().any(|word| format.eq_ignore_ascii_case(word)) {
        return;
    }
    let example = if key == "dateformat" { "DD/MM/YYYY" } else { "DD/MM/YYYY HH24:MI:SS" };
    let Some(why) = wrong(&format.value, parts) else { return };
    let diagnostic = Diagnostic::new(
        Code::CopyOption,
        format.span,
        format!("COPY does not read `{}` as `{key}`: {why}", format.value),
    );
    let translated = PERCENT.iter().fold(format.value.clone(), |text, (code, part)| text.replace(code, part));
    let is_translated = translated != format.value && wrong(&translated, parts).is_none();
    diagnostics.push(if is_translated {
        diagnostic.help(format!("write `{translated}`"))
    } else {
        diagnostic.help(format!("write the parts as in `{example}`, or `auto`"))
    });
}

/// Says why COPY does not read a format.
fn wrong(format: &str, parts: &[&str]) -> Option<String> {
    let upper = format.to_ascii_uppercase();
    let mut found: Vec<&str> = Vec::new();
    let mut rest = upper.as_str();
    while let Some(c) = rest.chars().next() {
        if !c.is_alphanumeric() && c != '%' {
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let Some(part) = parts.iter().copied().find(|part| rest.starts_with(*part)) else {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '%').unwrap_or(rest.len());
            let at = upper.len() - rest.len();
            let shown = &format[at..at + end];
            let zone = ["OF", "TZ"].iter().any(|zone| rest.starts_with(zone));
            return Some(if zone {
                format!("a form cannot have the time zone (`{shown}`), `auto` reads it")
            } else {
                format!("`{shown}` is none of {}", parts.join(", "))
            });
        };
        if found.contains(&part) {
            let hint = if part == "MM" { ", and minutes are `MI`" } else { "" };
            return Some(format!("`{part}` stands twice{hint}"));
        }
        found.push(part);
        rest = &rest[part.len()..];
    }
    let has = |names: &[&str]| found.iter().any(|part| names.contains(part));
    let needed: [(&[&str], &str); 3] =
        [(&["YYYY", "YY"], "year"), (&["MM", "MON"], "month"), (&["DD"], "day")];
    needed.iter().find(|(names, _)| !has(names)).map(|(_, what)| format!("it has no {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_those_of_copy() {
        let all = [DATE, TIME].concat();
        for format in [
            "YYYY-MM-DD",
            "MON DD, YYYY",
            "yyyymmdd",
            "MM.DD.YYYY HH:MI:SS",
            "YYYY-MM-DDTHH24:MI:SS",
            "DD/MM/YY HH12:MI AM",
        ] {
            assert_eq!(wrong(format, &all), None, "{format}");
        }
        for (format, why) in [
            ("%d/%m/%Y", "`%d` is none of"),
            ("YYYY-MM-DD HH:MM:SS", "`MM` stands twice, and minutes are `MI`"),
            ("YYYY-MM-DD HH:MI:SSOF", "time zone (`OF`)"),
            ("YYYY-MM", "it has no day"),
            ("DD-MONTH-YYYY", "`H` is none of"),
            ("äöü", "`äöü` is none of"),
        ] {
            let found = wrong(format, &all).unwrap_or_default();
            assert!(found.contains(why), "{format}: {found}");
        }
        assert!(wrong("YYYY-MM-DD HH", DATE).is_some());
    }
}
