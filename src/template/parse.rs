//! Reading `{{ ... }}`: names, filters, functions whose constant arguments are tried at once.

mod filters;
mod holes;
mod tokens;

use super::trial::{tried_days, tried_format, tried_forms};
use super::{Date, DateForm, Expr, Parsed, Part, Template, TemplateError, TemplateErrorKind, Zone};
use filters::filtered;
use holes::statements;
pub(crate) use holes::{closing, opening};
use std::ops::Range;

impl Template {
    /// Parses a text. Gives all errors at once.
    pub fn parse(text: &str) -> Result<Self, Vec<TemplateError>> {
        if !text.contains('{') || (opening(text).is_none() && !text.contains("{%")) {
            return Ok(Self::text(text));
        }
        let mut template = Self::default();
        let mut errors = Vec::new();
        let mut blocks = statements(text).peekable();
        let mut at = 0;
        while let Some(found) = opening(&text[at..]) {
            let open = at + found;
            template.push(Part::Text(text[at..open].to_owned()));
            let Some(length) = closing(&text[open + 2..]) else {
                errors.push(TemplateError {
                    range: open..open + 2,
                    kind: TemplateErrorKind::Syntax("`{{` is not closed by `}}`".to_owned()),
                });
                at = text.len();
                break;
            };
            let inner = open + 2..open + 2 + length;
            // What stands in a hole is a string of it, and no statement.
            errors.extend(std::iter::from_fn(|| blocks.next_if(|block| block.range.start < open)));
            while blocks.next_if(|block| block.range.start < inner.end).is_some() {}
            match Parser::new(text, inner.clone()).whole() {
                Ok(part) => template.push(part),
                Err(error) => errors.push(error),
            }
            at = inner.end + 2;
        }
        template.push(Part::Text(text[at..].to_owned()));
        errors.extend(blocks);
        template.parts.shrink_to_fit();
        if errors.is_empty() { Ok(template) } else { Err(errors) }
    }
}

pub(super) struct Parser<'a> {
    text: &'a str,
    /// Where the inner text begins.
    open: usize,
    at: usize,
    end: usize,
    /// How many functions have been called in it.
    calls: usize,
}

/// How many functions one expression may call: each is tried with what it is given, and takes its part of the
/// stack.
const MOST_CALLS: usize = 16;

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, range: Range<usize>) -> Self {
        Self { text, open: range.start, at: range.start, end: range.end, calls: 0 }
    }

    pub(super) fn whole(mut self) -> Parsed<Part> {
        let start = self.after_space();
        let rest = &self.text[start..self.end];
        if rest.starts_with(['\'', '"']) {
            let text = self.string()?.0;
            self.end_here()?;
            return Ok(Part::Text(text));
        }
        if rest.trim_start_matches('-').trim_start().starts_with('.') {
            let action = TemplateErrorKind::Foreign(self.text[start..self.end].trim().to_owned());
            return Err(TemplateError { range: self.open..self.end, kind: action });
        }
        let expr = self.expr()?;
        self.end_here()?;
        Ok(Part::Expr(expr))
    }

    /// Sees to it that nothing follows.
    fn end_here(&mut self) -> Parsed<()> {
        let start = self.after_space();
        if self.at == self.end {
            return Ok(());
        }
        if self.eat('.')
            && let Ok(name) = self.name()
        {
            let kind = TemplateErrorKind::Method(name.to_owned());
            return Err(TemplateError { range: start..self.at, kind });
        }
        self.at = start;
        Err(self.syntax("expected `}}` here"))
    }

    fn expr(&mut self) -> Parsed<Expr> {
        let mut expr = self.base()?;
        while self.eat('|') {
            let start = self.after_space();
            let name = self.name()?;
            let end = self.at;
            let format = if name == "format" { Some(self.format()?) } else { None };
            expr = filtered(expr, name, format).map_err(|kind| TemplateError { range: start..end, kind })?;
        }
        Ok(expr)
    }

    /// The argument of `format`, in which every code is one that can be written.
    fn format(&mut self) -> Parsed<String> {
        self.expect('(')?;
        let (format, start) = self.string()?;
        self.expect(')')?;
        tried_format(&format, start)?;
        Ok(format)
    }

    fn base(&mut self) -> Parsed<Expr> {
        let start = self.after_space();
        let date = |date, form| Ok(Expr::Date { date, zone: Zone::Utc, form });
        match self.name()? {
            "ds" => date(Date::Logical, DateForm::Ds),
            "ds_nodash" => date(Date::Logical, DateForm::DsNodash),
            "ts" | "logical_date" => date(Date::Logical, DateForm::Ts),
            "ts_nodash" => date(Date::Logical, DateForm::TsNodash),
            "data_interval_start" => date(Date::IntervalStart, DateForm::Ts),
            "data_interval_end" => date(Date::IntervalEnd, DateForm::Ts),
            "run_id" => Ok(Expr::RunId),
            "dag_id" => Ok(Expr::DagId),
            "task_id" => Ok(Expr::TaskId),
            "params" => {
                self.dot("`params` has the name of one behind it: `params.NAME`")?;
                Ok(Expr::Param(self.name()?.to_owned()))
            }
            "outputs" => {
                self.dot("`outputs` has a step and a field behind it: `outputs.STEP.FIELD`")?;
                let step = self.step()?;
                self.dot("`outputs` has a step and a field behind it: `outputs.STEP.FIELD`")?;
                Ok(Expr::Output { step, field: self.name()?.to_owned() })
            }
            "macros" => self.function(start),
            other => Err(unknown(start..self.at, other)),
        }
    }

    fn function(&mut self, start: usize) -> Parsed<Expr> {
        self.calls += 1;
        if self.calls > MOST_CALLS {
            return Err(self.syntax("too many functions in one another"));
        }
        self.expect('.')?;
        let name = self.name()?;
        let end = self.at;
        match name {
            "ds_add" => {
                self.expect('(')?;
                let date_at = self.after_space();
                let date = Box::new(self.date()?);
                let date_at = date_at..self.at;
                self.expect(',')?;
                let days_at = self.after_space();
                let days = self.number()?;
                let days_at = days_at..self.at;
                self.expect(')')?;
                tried_days(&date, date_at, days, days_at)?;
                Ok(Expr::DsAdd { date, days })
            }
            "ds_format" => {
                self.expect('(')?;
                let date = Box::new(self.date()?);
                self.expect(',')?;
                let (input, input_at) = self.string()?;
                self.expect(',')?;
                let (output, output_at) = self.string()?;
                self.expect(')')?;
                tried_forms(&date, (&input, input_at), (&output, output_at))?;
                Ok(Expr::DsFormat { date, input, output })
            }
            other => Err(unknown(start..end, &format!("macros.{other}"))),
        }
    }

    fn date(&mut self) -> Parsed<Expr> {
        let start = self.after_space();
        let expr = self.expr()?;
        match expr {
            Expr::Date { .. } | Expr::DsAdd { .. } | Expr::DsFormat { .. } | Expr::Param(_) => Ok(expr),
            Expr::RunId | Expr::DagId | Expr::TaskId | Expr::Output { .. } => Err(TemplateError {
                range: start..self.at,
                kind: TemplateErrorKind::Syntax("expected a date".to_owned()),
            }),
        }
    }
}

fn unknown(range: Range<usize>, name: &str) -> TemplateError {
    TemplateError { range, kind: TemplateErrorKind::UnknownName(name.to_owned()) }
}

#[cfg(test)]
mod tests;
