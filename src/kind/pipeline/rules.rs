//! `pipeline`: one of name and id, looks that do something, and a logical date that is one. Whether there is such a
//! pipeline with such params is looked at where all of them are known.

use super::PipelineStep;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::keys::{chosen, unused};
use crate::lang::waiting::{SHORTEST_INTERVAL, too_often};
use crate::template::{Template, samples};
use crate::text::Spanned;

pub(super) fn check(step: &PipelineStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    chosen(&step.given(), PipelineStep::CHOICES, cx, diagnostics);
    if let Some(every) = &step.every {
        match step.wait.as_ref().filter(|wait| !wait.value) {
            Some(wait) => {
                let because = Some((wait.span, "here"));
                diagnostics.push(unused("every", every.span, "nobody waits", because));
            }
            None if every.value.0 < SHORTEST_INTERVAL => {
                diagnostics.push(too_often(every).help(format!("write `{SHORTEST_INTERVAL}s` or more")));
            }
            None => {}
        }
    }
    if let Some(date) = &step.logical_date {
        logical_date(date, diagnostics);
    }
}

/// A date that is none fails in every run. Params and outputs are not known yet.
fn logical_date(date: &Spanned<Template>, diagnostics: &mut Diagnostics) {
    let wrong = samples().filter_map(|values| date.value.render(&values).ok()).find(|text| !is_time(text));
    if let Some(text) = wrong {
        diagnostics.push(
            Diagnostic::new(Code::InvalidTemplate, date.span, format!("`{text}` is no logical date"))
                .help("write a day or a time: `{{ ds }}`, `{{ ts }}`, `{{ data_interval_end }}`"),
        );
    }
}

fn is_time(text: &str) -> bool {
    text.parse::<jiff::Timestamp>().is_ok() || text.parse::<jiff::civil::Date>().is_ok()
}
