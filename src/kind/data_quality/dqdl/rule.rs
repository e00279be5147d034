//! One rule: its type, what it is given, its condition, a filter, labels, a threshold.

use super::lexer::{Token, TokenKind};
use super::types::{LooksAt, RULES, RuleType, Value, find};
use super::{Parser, Problem, Read};

/// Words that end what a rule is given.
const ENDING: &[&str] = &["between", "in", "not", "matches", "where", "labels", "with"];

impl<'t> Parser<'t> {
    pub(super) fn rule(&mut self) -> Read<()> {
        let name = self.next();
        let kind = rule_type(&name)?;
        if kind.looks_at == LooksAt::Measures {
            let message = format!("`{}` measures, and is no rule", kind.name);
            return Err(Problem::new(name.range, message).help("write it in `Analyzers = [ ... ]`"));
        }
        if kind.looks_at == LooksAt::Two {
            let message =
                format!("`{}` compares the table with another dataset, and a run has none", kind.name);
            return Err(Problem::new(name.range, message)
                .help("compare tables in a `sql_check` step, or in a Glue job with `EvaluateDataQuality`"));
        }
        self.params(&name, kind)?;
        self.condition_of(&name, kind)?;
        self.filter(&name, kind)?;
        self.labels()?;
        self.threshold(&name, kind)
    }

    pub(super) fn analyzer(&mut self) -> Read<()> {
        let name = self.next();
        let kind = rule_type(&name)?;
        self.params(&name, kind)
    }

    /// What stands between the type and the condition.
    fn params(&mut self, name: &Token<'t>, kind: &RuleType) -> Read<()> {
        let mut params = Vec::new();
        loop {
            if self.is("of") || self.is("OF") || (self.peek().is_either(&["and"]) && self.is_param(1)) {
                self.next();
            }
            if !self.is_param(0) {
                break;
            }
            if self.skip("$") {
                params.push(None);
                self.next();
            } else {
                params.push(Some(self.next()));
            }
        }
        let (least, most) = kind.counts();
        let count = params.len();
        if count < least || most.is_some_and(|most| count > most) {
            let wanted = match most {
                Some(0) => "no parameter".to_owned(),
                Some(most) if most != least => format!("{least} to {most} parameters"),
                None => format!("at least {}", parameters(least)),
                Some(_) => parameters(least),
            };
            let found = if count == 0 { "none".to_owned() } else { count.to_string() };
            let message = format!("`{}` takes {wanted}, and has {found}", kind.name);
            return Err(Problem::new(name.range.clone(), message).help(format!("write `{}`", kind.example())));
        }
        for (place, param) in params.iter().enumerate() {
            if let (true, Some(param)) = (kind.is_column(place), param) {
                self.column(param);
            }
        }
        Ok(())
    }

    fn is_param(&self, by: usize) -> bool {
        let token = self.ahead(by);
        match token.kind {
            TokenKind::Text => true,
            TokenKind::Word => !ENDING.contains(&token.text) && !token.is_either(&["and", "or"]),
            TokenKind::Sign => token.is("$"),
            TokenKind::End => false,
        }
    }

    /// Names of columns are compared as Spark does: capitals do not count. A name with a dot may lie inside of a column.
    fn column(&mut self, param: &Token<'t>) {
        let Some(columns) = self.columns else { return };
        let name = param.text.replace("\\\"", "\"");
        let is_known = |name: &str| columns.iter().any(|column| column.eq_ignore_ascii_case(name));
        let outer = name.split('.').next().unwrap_or(&name);
        if is_known(&name) || is_known(outer) {
            return;
        }
        let message = format!("the table has no column `{name}`");
        let known = columns.iter().map(String::as_str);
        self.problems.push(Problem::new(param.range.clone(), message).unknown(&name, known));
    }

    fn condition_of(&mut self, name: &Token<'t>, kind: &RuleType) -> Read<()> {
        let token = self.peek();
        let found = self.condition(kind)?;
        match (found, kind.value) {
            (true, Value::Truth) => {
                let message = format!("`{}` holds or does not, and is compared with nothing", kind.name);
                Err(Problem::new(token.range, message).help(format!("write `{}`", kind.example())))
            }
            (true, _) | (false, Value::Truth | Value::NumberOrTruth | Value::TextOrTruth) => Ok(()),
            (false, _) => {
                let message = format!("`{}` is compared with nothing", kind.name);
                Err(Problem::new(name.range.clone(), message).help(format!("write `{}`", kind.example())))
            }
        }
    }

    /// `where "..."`
    fn filter(&mut self, name: &Token<'t>, kind: &RuleType) -> Read<()> {
        let word = self.peek();
        if !self.skip("where") {
            return Ok(());
        }
        let filter = self.text("the condition of `where`")?;
        if !kind.has_where {
            return Err(Problem::new(word.range, format!("`{}` takes no `where`", name.text)));
        }
        if filter.text.trim().is_empty() {
            return Err(Problem::new(filter.range, "this condition is empty"));
        }
        Ok(())
    }

    /// `labels = ["team"="data"]`
    pub(super) fn labels(&mut self) -> Read<()> {
        if !self.skip("labels") {
            return Ok(());
        }
        self.expect("=", "behind `labels`")?;
        self.balanced("[", "]")
    }

    /// `with threshold > 0.9`
    fn threshold(&mut self, name: &Token<'t>, kind: &RuleType) -> Read<()> {
        while self.skip("with") {
            let tag = self.next();
            if tag.kind != TokenKind::Word {
                return Err(tag.unexpected("`threshold` behind `with`"));
            }
            if tag.is("threshold") && !kind.has_threshold {
                return Err(Problem::new(tag.range, format!("`{}` takes no threshold", name.text)));
            }
            let compared = self.peek();
            let number =
                RuleType { value: if tag.is("threshold") { Value::Share } else { Value::Any }, ..*kind };
            if !self.condition(&number)? {
                return Err(
                    compared.unexpected(&format!("a comparison behind `{}`, such as `> 0.9`", tag.text))
                );
            }
        }
        Ok(())
    }
}

fn parameters(count: usize) -> String {
    if count == 1 { "1 parameter".to_owned() } else { format!("{count} parameters") }
}

fn rule_type(name: &Token<'_>) -> Read<&'static RuleType> {
    if name.kind != TokenKind::Word {
        return Err(name.unexpected("a rule, such as `RowCount > 0`"));
    }
    find(name.text).ok_or_else(|| {
        let problem = Problem::new(name.range.clone(), format!("there is no rule type `{}`", name.text));
        let same = RULES.iter().find(|rule| rule.name.eq_ignore_ascii_case(name.text));
        match same {
            Some(rule) => problem.help(format!("write `{}`: capitals count in DQDL", rule.name)),
            None => problem.unknown(name.text, RULES.iter().map(|rule| rule.name)),
        }
    })
}
