//! `wait`: looks that come too often or too late, and markers that are none.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::lang::source::{SourceSpec, WaitSettings};
use crate::lang::waiting::{SHORTEST_INTERVAL, short_interval};
use crate::objects::wildcard;
use crate::template::Template;
use crate::text::Spanned;

pub(super) fn check(source: &SourceSpec, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    if cx.task.reschedule.is_some()
        && let Some(every) = source.wait.as_ref().and_then(|wait| wait.settings.as_ref()?.every.as_ref())
        && every.value.0 < SHORTEST_INTERVAL
    {
        diagnostics.push(short_interval(every));
    }
}

/// Looks at the settings of a source's wait, be it on or off.
pub fn settings(source: &SourceSpec, diagnostics: &mut Diagnostics) {
    let Some(settings) = source.wait.as_ref().and_then(|wait| wait.settings.as_ref()) else { return };
    check_marker(settings.marker.as_ref(), diagnostics);
    looks_once(settings, diagnostics);
}

/// A marker is one object: its name stands behind the prefix as it is.
fn check_marker(marker: Option<&Spanned<Template>>, diagnostics: &mut Diagnostics) {
    let Some(marker) = marker else { return };
    let help = "write its name, such as `_SUCCESS`; without `marker` any object will do";
    let name = marker.value.to_string();
    let message = match wildcard(&marker.value) {
        _ if name.is_empty() || name.ends_with('/') => "a marker has a name".to_owned(),
        Some(sign) => format!("a marker is one object, and `{sign}` in its name stands for itself"),
        None => return,
    };
    diagnostics.push(Diagnostic::new(Code::InvalidName, marker.span, message).help(help));
}

/// Says that there is no second look within the time.
fn looks_once(settings: &WaitSettings, diagnostics: &mut Diagnostics) {
    let (Some(every), Some(timeout)) = (&settings.every, &settings.timeout) else { return };
    if every.value.0 >= timeout.value.0 {
        diagnostics.push(
            Diagnostic::new(Code::InvalidDuration, every.span, "it would look once, and wait for nothing")
                .also(timeout.span, "it ends before the second look")
                .help("look more often, or let it wait longer"),
        );
    }
}
