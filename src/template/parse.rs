//! Reading `{{ ... }}`: names, filters, functions whose constant arguments are tried at once.

use super::trial::{tried_days, tried_format, tried_forms};
use super::{Date, DateForm, Expr, Parsed, Part, Template, TemplateError, TemplateErrorKind, Zone};
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

/// Finds Jinja's `{% if ... %}` and the like, which would go through as text and do nothing. What goes on or
/// ends is told only where nothing began it.
fn statements(text: &str) -> impl Iterator<Item = TemplateError> {
    const BEGINNINGS: &[&str] = &[
        "if",
        "for",
        "set",
        "block",
        "macro",
        "raw",
        "filter",
        "with",
        "include",
        "import",
        "from",
        "extends",
        "call",
        "autoescape",
        "do",
        "trans",
    ];
    const OTHERS: &[&str] = &[
        "elif",
        "else",
        "endif",
        "endfor",
        "endset",
        "endblock",
        "endmacro",
        "endraw",
        "endfilter",
        "endwith",
        "endcall",
        "endautoescape",
        "endtrans",
        "break",
        "continue",
    ];
    let mut has_begun = false;
    text.match_indices("{%").filter_map(move |(start, _)| {
        let inner = text[start + 2..].split_once("%}")?.0;
        let word = inner.trim_matches(['-', '+']).split_whitespace().next()?;
        let is_told = BEGINNINGS.contains(&word) || (OTHERS.contains(&word) && !has_begun);
        has_begun |= is_told;
        is_told.then(|| TemplateError {
            range: start..start + inner.len() + 4,
            kind: TemplateErrorKind::Statement(word.to_owned()),
        })
    })
}

/// Nobody writes a longer hole. Where none ends so soon its quotes mean nothing, and the rest of a long text is not
/// looked at again for each of its holes.
const LONGEST: usize = 2_048;

/// Finds the first `{{`. Most texts are short, and have not even one brace: to look for that costs next to nothing.
pub(crate) fn opening(text: &str) -> Option<usize> {
    let mut braces = text.bytes().enumerate().filter(|(_, byte)| *byte == b'{');
    let is_double = |at: usize| text.as_bytes().get(at + 1) == Some(&b'{');
    braces.find_map(|(at, _)| is_double(at).then_some(at))
}

/// Finds the `}}` that closes an expression, passing over quoted strings.
pub(crate) fn closing(text: &str) -> Option<usize> {
    let bytes = &text.as_bytes()[..text.len().min(LONGEST)];
    let mut quote = None;
    let mut at = 0;
    while at < bytes.len() {
        match (quote, bytes[at]) {
            (Some(open), byte) if byte == open => quote = None,
            (None, byte @ (b'\'' | b'"')) => quote = Some(byte),
            (None, b'}') if bytes.get(at + 1) == Some(&b'}') => return Some(at),
            _ => {}
        }
        at += 1;
    }
    text.find("}}")
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

    /// A step's name, with the value of `each` in brackets if it has one: `load[orders]`.
    fn step(&mut self) -> Parsed<String> {
        let mut name = self.name()?.to_owned();
        if self.text[self.at..self.end].starts_with('[') {
            let Some(length) = self.text[self.at..self.end].find(']') else {
                return Err(self.syntax("`[` is not closed by `]`"));
            };
            name.push_str(&self.text[self.at..=self.at + length]);
            self.at += length + 1;
        }
        Ok(name)
    }

    /// Passes over the dot that a name must have behind it; `otherwise` says what is missing.
    fn dot(&mut self, otherwise: &str) -> Parsed<()> {
        let error = self.syntax(otherwise);
        self.expect('.').map_err(|_| error)
    }

    fn name(&mut self) -> Parsed<&'a str> {
        self.space();
        let rest = &self.text[self.at..self.end];
        let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if length == 0 || rest.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(self.syntax("expected a name"));
        }
        self.at += length;
        Ok(&rest[..length])
    }

    fn number(&mut self) -> Parsed<i64> {
        let start = self.after_space();
        let rest = &self.text[self.at..self.end];
        let length = rest
            .char_indices()
            .find(|(n, c)| !(c.is_ascii_digit() || (*n == 0 && *c == '-')))
            .map_or(rest.len(), |(n, _)| n);
        self.at += length;
        rest[..length].parse().map_err(|_| TemplateError {
            range: start..(start + length).max(start + 1).min(self.end),
            kind: TemplateErrorKind::Syntax("expected a whole number".to_owned()),
        })
    }

    /// A string without its quotes, and where it begins.
    fn string(&mut self) -> Parsed<(String, usize)> {
        self.space();
        let rest = &self.text[self.at..self.end];
        let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'));
        let Some(length) = quote.and_then(|quote| rest[1..].find(quote)) else {
            return Err(self.syntax("expected a quoted string"));
        };
        let start = self.at + 1;
        self.at += length + 2;
        Ok((rest[1..=length].to_owned(), start))
    }

    fn eat(&mut self, wanted: char) -> bool {
        self.space();
        let found = self.text[self.at..self.end].starts_with(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn expect(&mut self, wanted: char) -> Parsed<()> {
        if self.eat(wanted) { Ok(()) } else { Err(self.syntax(&format!("expected `{wanted}`"))) }
    }

    fn space(&mut self) {
        let rest = &self.text[self.at..self.end];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn after_space(&mut self) -> usize {
        self.space();
        self.at
    }

    fn syntax(&self, message: &str) -> TemplateError {
        let width = self.text[self.at..self.end].chars().next().map_or(0, char::len_utf8);
        TemplateError { range: self.at..self.at + width, kind: TemplateErrorKind::Syntax(message.to_owned()) }
    }
}

fn unknown(range: Range<usize>, name: &str) -> TemplateError {
    TemplateError { range, kind: TemplateErrorKind::UnknownName(name.to_owned()) }
}

/// Puts a filter behind an expression.
fn filtered(expr: Expr, filter: &str, format: Option<String>) -> Result<Expr, TemplateErrorKind> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_print_as_they_parse() {
        for text in [
            "s3://raw/dt={{ ds }}/",
            "{{ ds_nodash }}{{ ts }}",
            "{{ data_interval_end | ds }}",
            "{{ data_interval_start }}",
            "{{ data_interval_start | local }} {{ ds | local }}",
            "{{ logical_date | local | format(\"%Y/%m/%d/%H\") }}",
            "{{ data_interval_end | format('%Y\"%m') }}",
            "{{ macros.ds_add(ds, -7) }}",
            "{{ macros.ds_add(data_interval_start | local | ds, -7) }}",
            "{{ macros.ds_format(ds, \"%Y-%m-%d\", \"%Y/%m\") }}",
            "{{ outputs.load[orders].rows }} of {{ params.carrier }}",
            "plain { braces } stay",
            "{{ \"{\" }}{ x }} and {{ \"{\" }}% if %}",
            "{{ \"{\" }}{{ run_id }}",
        ] {
            assert_eq!(Template::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_written_otherwise_means_the_same() {
        for (text, same) in [
            ("{{ ts | format('%H') }}", "{{ logical_date | format(\"%H\") }}"),
            ("{{ ds | local | ds }}", "{{ ds | local }}"),
            ("{{ logical_date | ds | local }}", "{{ ds | local }}"),
            ("{{ macros.ds_add(ds, 1) | ds }}", "{{ macros.ds_add(ds, 1) }}"),
            (
                "{{ macros.ds_add(ds, 1) | ds_nodash }}",
                "{{ macros.ds_format(macros.ds_add(ds, 1), \"%Y-%m-%d\", \"%Y%m%d\") }}",
            ),
            ("{{ \"{{.Names}}\" }}", "{{ \"{\" }}{.Names}}"),
            ("{{ '{% if %}' }}", "{{ \"{\" }}% if %}"),
        ] {
            assert_eq!(Template::parse(text), Template::parse(same), "{text}");
        }
        assert_eq!(Template::parse("a{{ '{{.N}}' }}b").unwrap().as_text(), Some("a{{.N}}b"));
    }

    #[test]
    fn errors_mark_the_smallest_wrong_thing() {
        for (text, marked) in [
            ("a {{ dz }}", "dz"),
            ("{{ ds | iso }} {{ foo }}", "iso"),
            ("{{ macros.ds_add(ds, x) }}", "x"),
            ("{{ ds ds }}", "d"),
            ("{{ ds", "{{"),
            ("{{ macros.year(ds) }}", "macros.year"),
            ("{{ ts.strftime('%Y') }}", ".strftime"),
            ("{{.Names}}", ".Names"),
            ("{{ '{% if %}' }}{% if x %}", "{% if x %}"),
            ("{%+ if x %}", "{%+ if x %}"),
            ("a {% filter upper %}x{% endfilter %}", "{% filter upper %}"),
            ("{% include 'x' %}", "{% include 'x' %}"),
            ("{{ ds | format('%Y/%Q') }}", "%Q"),
            ("{{ ds | format('YYYY') }}", "YYYY"),
            ("{{ run_id | local }}", "local"),
            ("{{ macros.ds_add(ds_nodash, 1) }}", "ds_nodash"),
            ("{{ macros.ds_add(ds, -9999999) }}", "-9999999"),
            ("{{ macros.ds_format(ds, '%Y/%m/%d', '%Y') }}", "%Y/%m/%d"),
            ("{{ macros.ds_format(ds, '%Y-%d-%m', '%Y') }}", "%Y-%d-%m"),
            ("{{ macros.ds_format(params.day, '%Y %Y', '%Y') }}", "%Y"),
            ("{{ macros.ds_format(params.day, '%Y', '%Y %E') }}", "%E"),
            ("{{ macros.ds_format(ts, '%Y-%m-%d', '%H') }}", "%Y-%m-%d"),
            // 29 February, in the year 1900.
            ("{{ macros.ds_format(macros.ds_format(ds, '%Y-%m-%d', '%d.%m'), '%d.%m', '%B') }}", "%d.%m"),
            ("{{ ts | format('%-f') }}", "%-f"),
        ] {
            let errors = Template::parse(text).unwrap_err();
            assert_eq!(&text[errors[0].range.clone()], marked, "{text}");
        }
        assert_eq!(Template::parse("{{ a }} {{ b }}").unwrap_err().len(), 2);
        let deep = |count: usize| {
            Template::parse(&format!(
                "{{{{ {}ds{} }}}}",
                "macros.ds_add(".repeat(count),
                ", 1)".repeat(count)
            ))
        };
        assert!(deep(16).is_ok());
        assert_eq!(deep(10_000).unwrap_err().len(), 1);
    }

    /// Each hole ends in quotes for all those before it: to look for the end of each in all of the text would take
    /// minutes.
    #[test]
    fn many_holes_that_do_not_end_have_an_end() {
        let holes = 100_000;
        assert_eq!(Template::parse(&"{{ '}}' ".repeat(holes)).unwrap_err().len(), holes);
    }

    #[test]
    fn functions_that_work_pass() {
        for text in [
            "{{ macros.ds_format(ds, '%Y-%m-%d', '%H') }}",
            "{{ macros.ds_format(ts_nodash, '%Y%m%dT%H%M%S', '%H') }}",
            "{{ macros.ds_format(ts, '%Y-%m-%dT%H:%M:%S%z', '%d %B %H %z') }}",
            "{{ macros.ds_format(macros.ds_add(ds, -1), '%Y-%m-%d', '%-d.%-m.%Y') }}",
            "{{ macros.ds_format(params.day, '%d.%m.%Y', '%F') }}",
            "{{ macros.ds_add(ts, -1) }}",
        ] {
            assert!(Template::parse(text).is_ok(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_template_reads_what_it_prints(text in "([{}%#]|\\{\\{|[ a-z]|\\{\\{ ds \\}\\}|\\{\\{ '\\{\\{' \\}\\}){0,12}") {
            if let Ok(template) = Template::parse(&text) {
                proptest::prop_assert_eq!(Template::parse(&template.to_string()), Ok(template));
            }
        }
    }
}
