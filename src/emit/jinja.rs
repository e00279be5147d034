//! dagc's templates as Airflow's: what a DAG file gives to an operator's template fields.
//!
//! The names are Airflow's own, so most of it stands as it is. Two things differ: a run of Airflow 3 may
//! have no logical date, and literal text must not be taken for Jinja.

use crate::lang::value::AirflowVersion;
use crate::plan::{OutputOf, Param};
use crate::template::{Date, DateForm, Expr, Part, Piece, Shared, Template, Zone, pieces, shared};
use std::collections::BTreeSet;

/// `BashOperator` takes a text that ends so for the name of a file with the template.
const FILE_ENDINGS: &[&str] = &[".sh", ".bash"];

/// What Python's dictionaries call their methods: behind a dot Jinja finds these before it finds a param.
const METHODS: &[&str] = &[
    "clear",
    "copy",
    "dump",
    "fromkeys",
    "get",
    "items",
    "keys",
    "pop",
    "popitem",
    "setdefault",
    "update",
    "validate",
    "values",
];

/// What the text of a template depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Jinja<'a> {
    /// For which Airflow.
    pub(super) airflow: AirflowVersion,
    /// The DAG's params, for their types.
    pub(super) params: &'a [Param],
    /// The tasks whose outputs the text uses.
    pub(super) outputs: &'a [OutputOf],
    /// The run may have no interval of its own but that of the data by which it was started.
    pub(super) is_by_data: bool,
}

/// The filter that writes a value as JSON.
const TO_JSON: &str = " | tojson";

/// What the support module calls the form of a number.
const NUMBER: &str = "number";

/// Functions of the support module that a template calls.
const STEP_OUTPUT: &str = "step_output";
const DATA_INTERVAL: &str = "data_interval";

impl Jinja<'_> {
    /// Returns a value of `BashOperator`'s `env`. A text that ends in `.sh` or `.bash` would be taken for
    /// the name of a file, and Jinja drops a final line break: both end in an expression instead.
    pub(super) fn value(self, template: &Template) -> String {
        let text = self.text(template);
        for tail in FILE_ENDINGS.iter().copied().chain(["\n"]) {
            if let Some(head) = text.strip_suffix(tail) {
                return format!("{head}{{{{ {} }}}}", literal(tail));
            }
        }
        text
    }

    /// Returns a text that is JSON once it is filled in, of a template that is one param or one output and nothing else:
    /// what it stands for keeps its type. None of what has no type but that of a text.
    pub(super) fn json(self, template: &Template) -> Option<String> {
        let [Part::Expr(expr)] = template.parts() else { return None };
        let value = self.expr(expr);
        match expr {
            Expr::Param(_) if value.ends_with(TO_JSON) => Some(format!("{{{{ {value} }}}}")),
            Expr::Param(_) => Some(format!("{{{{ {value}{TO_JSON} }}}}")),
            Expr::Output { step, .. } => match self.form(step) {
                None => Some(format!("{{{{ {value}{TO_JSON} }}}}")),
                Some(NUMBER) => Some(format!("{{{{ {value} }}}}")),
                Some(_) => None,
            },
            Expr::Date { .. }
            | Expr::RunId
            | Expr::DagId
            | Expr::TaskId
            | Expr::DsAdd { .. }
            | Expr::DsFormat { .. } => None,
        }
    }

    /// Returns a command line. A space keeps one that ends in `.sh` from being taken for a file's name.
    pub(super) fn command(self, template: &Template) -> String {
        let mut text = self.text(template);
        if FILE_ENDINGS.iter().any(|ending| text.ends_with(ending)) {
            text.push(' ');
        }
        text
    }

    /// Returns a text of an operator's, which is Airflow's but for filters of dagc's.
    pub(super) fn shared(self, text: &str) -> String {
        let piece = |piece: &Shared<'_>| match piece {
            Shared::Airflows(text) => (*text).to_owned(),
            Shared::Own(expr) => self.expr(expr),
        };
        own_pieces(text).iter().map(piece).collect()
    }

    fn text(self, template: &Template) -> String {
        let mut out = String::new();
        for (n, part) in template.parts().iter().enumerate() {
            match part {
                Part::Text(text) => {
                    let is_before_hole = n + 1 < template.parts().len();
                    push_text(&mut out, text, is_before_hole);
                }
                Part::Expr(expr) => {
                    out.push_str("{{ ");
                    out.push_str(&self.expr(expr));
                    out.push_str(" }}");
                }
            }
        }
        out
    }

    fn expr(self, expr: &Expr) -> String {
        match expr {
            Expr::Date { date, zone, form } => self.date(*date, *zone, form),
            Expr::RunId => "run_id".to_owned(),
            Expr::DagId => "dag.dag_id".to_owned(),
            Expr::TaskId => "task.task_id".to_owned(),
            Expr::Param(name) => {
                let is_boolean =
                    self.params.iter().any(|param| param.name == *name && param.kind == "boolean");
                // `true` and not Python's `True`, as in the texts that dagc itself completes.
                let value = if METHODS.contains(&name.as_str()) {
                    format!("params[{}]", literal(name))
                } else {
                    format!("params.{name}")
                };
                format!("{value}{}", if is_boolean { TO_JSON } else { "" })
            }
            Expr::Output { step, field } => match self.form(step) {
                Some(form) => {
                    format!("{STEP_OUTPUT}(ti, {}, {}, {})", literal(step), literal(field), literal(form))
                }
                None => format!("ti.xcom_pull(task_ids={})[{}]", literal(step), literal(field)),
            },
            Expr::DsAdd { date, days } => format!("macros.ds_add({}, {days})", self.day(date)),
            Expr::DsFormat { date, input, output } => {
                format!("macros.ds_format({}, {}, {})", self.expr(date), literal(input), literal(output))
            }
        }
    }

    /// Returns the form of what a command or an operator gives.
    fn form(self, task: &str) -> Option<&'static str> {
        self.outputs.iter().find(|output| output.task == task).and_then(|output| output.form.name())
    }

    /// Names the functions of the support module that a template calls.
    pub(super) fn functions(self, template: &Template) -> BTreeSet<&'static str> {
        let mut functions = BTreeSet::new();
        template.visit(&mut |expr| functions.extend(self.function(expr)));
        functions
    }

    /// Names those that a text of an operator's calls.
    pub(super) fn shared_functions(self, text: &str) -> BTreeSet<&'static str> {
        let mut functions = BTreeSet::new();
        for piece in own_pieces(text) {
            if let Shared::Own(expr) = piece {
                expr.visit(&mut |expr| functions.extend(self.function(expr)));
            }
        }
        functions
    }

    fn function(self, expr: &Expr) -> Option<&'static str> {
        match expr {
            Expr::Output { step, .. } if self.form(step).is_some() => Some(STEP_OUTPUT),
            Expr::Date { date: Date::IntervalStart | Date::IntervalEnd, .. } if self.is_by_data => {
                Some(DATA_INTERVAL)
            }
            Expr::Date { .. }
            | Expr::Output { .. }
            | Expr::RunId
            | Expr::DagId
            | Expr::TaskId
            | Expr::Param(_)
            | Expr::DsAdd { .. }
            | Expr::DsFormat { .. } => None,
        }
    }

    fn date(self, date: Date, zone: Zone, form: &DateForm) -> String {
        if let (Date::Logical, Zone::Utc, false, true) =
            (date, zone, form.is_format(), self.airflow.major < 3)
        {
            return form.name().to_owned();
        }
        let moment = match date {
            Date::Logical if self.airflow.major < 3 => "logical_date",
            Date::Logical => "(dag_run.logical_date or dag_run.run_after)",
            Date::IntervalStart if self.is_by_data => "data_interval(dag_run, triggering_asset_events).start",
            Date::IntervalEnd if self.is_by_data => "data_interval(dag_run, triggering_asset_events).end",
            Date::IntervalStart => "data_interval_start",
            Date::IntervalEnd => "data_interval_end",
        };
        let moment = match zone {
            Zone::Utc => moment.to_owned(),
            Zone::Local => format!("{moment}.astimezone(dag.timezone)"),
        };
        match form {
            DateForm::Format(format) => format!("{moment}.strftime({})", literal(format)),
            DateForm::Ds | DateForm::DsNodash | DateForm::Ts | DateForm::TsNodash => {
                format!("{moment} | {}", form.name())
            }
        }
    }

    /// `ds_add` takes a day; dagc takes the day of a time stamp too.
    fn day(self, expr: &Expr) -> String {
        match expr {
            Expr::Date { date, zone, form: DateForm::Ts } => self.date(*date, *zone, &DateForm::Ds),
            other => self.expr(other),
        }
    }
}

/// The pieces of an operator's text.
fn own_pieces(text: &str) -> Vec<Shared<'_>> {
    shared(text).expect("invariant: the rule `operator-argument` lets no other text through")
}

/// Writes text so that Jinja gives it back: what opens a block stands in an expression.
fn push_text(out: &mut String, text: &str, is_before_hole: bool) {
    for piece in pieces(text, is_before_hole) {
        match piece {
            Piece::Plain(text) => out.push_str(text),
            Piece::Brace => out.push_str("{{ \"{\" }}"),
        }
    }
}

/// Writes a string of Jinja.
fn literal(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('\n', "\\n");
    if text.contains('"') { format!("'{}'", text.replace('\'', "\\'")) } else { format!("\"{text}\"") }
}

#[cfg(test)]
mod tests;
