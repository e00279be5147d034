//! What stands behind `|`: the form of a date.

use crate::template::{DateForm, Expr, TemplateErrorKind, Zone};

/// Puts a filter behind an expression.
pub(super) fn filtered(expr: Expr, filter: &str, format: Option<String>) -> Result<Expr, TemplateErrorKind> {
    let form = match (filter, format) {
        ("ds", _) => DateForm::Ds,
        ("ds_nodash", _) => DateForm::DsNodash,
        ("ts", _) => DateForm::Ts,
        ("ts_nodash", _) => DateForm::TsNodash,
        (_, Some(format)) => DateForm::Format(format),
        ("local", None) => {
            return match expr {
                Expr::Date { date, form, zone: _ } => Ok(Expr::Date { date, zone: Zone::Local, form }),
                _ => Err(TemplateErrorKind::Refused {
                    message: "`local` applies to a date with its time only".to_owned(),
                    help: "put it behind the date itself: `macros.ds_add(ds | local, -1)`".to_owned(),
                }),
            };
        }
        (other, None) => return Err(TemplateErrorKind::UnknownFilter(other.to_owned())),
    };
    match (expr, form) {
        (Expr::Date { date, zone, .. }, form) => Ok(Expr::Date { date, zone, form }),
        // A day without its time has a form, too.
        (day @ Expr::DsAdd { .. }, DateForm::Ds) => Ok(day),
        (day @ Expr::DsAdd { .. }, DateForm::DsNodash) => Ok(day_written(day, "%Y%m%d".to_owned())),
        (day @ Expr::DsAdd { .. }, DateForm::Format(format)) => Ok(day_written(day, format)),
        _ => Err(TemplateErrorKind::Refused {
            message: format!("`{filter}` applies to a date only"),
            help: "put it behind a date, as in `{{ data_interval_end | ds }}`".to_owned(),
        }),
    }
}

fn day_written(day: Expr, output: String) -> Expr {
    Expr::DsFormat { date: Box::new(day), input: "%Y-%m-%d".to_owned(), output }
}
