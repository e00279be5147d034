//! A whole text: `Metadata`, `DataSources`, variables, `DefaultLabels`, `Rules`, `Analyzers`; and lists of rules, with those
//! that `and` and `or` join.

use super::lexer::TokenKind;
use super::{Parser, Problem, Read};

/// How many results one ruleset has (`DataQualityRuleResults` in the service's model).
const MOST_RULES: usize = 2_000;

const SECTIONS: &[&str] = &["Metadata", "DataSources", "DefaultLabels", "Rules", "Analyzers"];

impl Parser<'_> {
    pub(super) fn document(&mut self) {
        let mut rules = None;
        while self.peek().kind != TokenKind::End {
            match self.section() {
                Ok(count) => rules = count.or(rules),
                Err(problem) => {
                    self.problems.push(problem);
                    return;
                }
            }
        }
        if !self.problems.is_empty() {
            return;
        }
        let end = self.peek().range;
        match rules {
            None => self.problems.push(
                Problem::new(end, "there are no rules")
                    .help("write `Rules = [ RowCount > 0 ]`, with a capital"),
            ),
            Some(0) => self
                .problems
                .push(Problem::new(end, "`Rules` is empty, so that nothing is checked").help("name a rule")),
            Some(many) if many > MOST_RULES => self.problems.push(Problem::new(
                end,
                format!("there are {many} rules; Glue Data Quality takes {MOST_RULES}"),
            )),
            Some(_) => {}
        }
    }

    /// Reads a section, and counts its rules where it has some.
    fn section(&mut self) -> Read<Option<usize>> {
        let name = self.next();
        if name.kind != TokenKind::Word {
            return Err(name.unexpected("`Rules = [ ... ]`"));
        }
        if !self.is("=") {
            return Err(match super::types::find(name.text) {
                Some(_) => Problem::new(name.range, format!("`{}` stands outside of `Rules`", name.text))
                    .help("write all rules as `Rules = [ ..., ... ]`"),
                None => self.peek().unexpected(&format!("`=` behind `{}`", name.text)),
            });
        }
        self.next();
        match name.text {
            "Rules" => self.list(Self::joined).map(Some),
            "Analyzers" => self.list(Self::analyzer).map(|_| None),
            "Metadata" | "DataSources" => self.balanced("{", "}").map(|()| None),
            "DefaultLabels" => self.balanced("[", "]").map(|()| None),
            other if SECTIONS.iter().any(|section| section.eq_ignore_ascii_case(other)) => {
                let message = format!("there is no section `{other}`: capitals count in DQDL");
                Err(Problem::new(name.range.clone(), message)
                    .unknown(&capital(other), SECTIONS.iter().copied()))
            }
            _ => self.variable().map(|()| None),
        }
    }

    /// A list of rules or analyzers; what is wrong with one of them does not hide the others.
    fn list(&mut self, one: fn(&mut Self) -> Read<()>) -> Read<usize> {
        self.expect("[", "before the first of them")?;
        let mut count = 0;
        if self.skip("]") {
            return Ok(count);
        }
        loop {
            count += 1;
            if let Err(problem) = one(self) {
                self.problems.push(problem);
                self.pass_over();
            }
            let token = self.peek();
            if self.skip(",") {
                if self.is("]") {
                    return Err(self.peek().unexpected("a rule behind the comma"));
                }
                continue;
            }
            if self.skip("]") {
                return Ok(count);
            }
            let expected = "`,` or `]` behind a rule";
            let problem = token.unexpected(expected);
            if token.kind == TokenKind::End {
                // What was wrong before has most likely hidden it.
                return if self.problems.is_empty() { Err(problem) } else { Ok(count) };
            }
            self.problems.push(problem);
            self.pass_over();
            if !self.skip(",") && !self.is("]") {
                return Ok(count);
            }
            if self.skip("]") {
                return Ok(count);
            }
        }
    }

    /// Goes to the comma before the next rule, or to the end of the list.
    fn pass_over(&mut self) {
        let mut depth = 0_u32;
        loop {
            let token = self.peek();
            if token.kind == TokenKind::End {
                return;
            }
            if depth == 0 && (token.is(",") || token.is("]")) {
                return;
            }
            if token.is("[") || token.is("(") {
                depth += 1;
            } else if token.is("]") || token.is(")") {
                depth = depth.saturating_sub(1);
            }
            self.at += 1;
        }
    }

    /// A rule, or several that are joined: each of those stands in brackets.
    fn joined(&mut self) -> Read<()> {
        let mut in_brackets = self.term()?;
        while self.peek().is_either(&["and", "or"]) {
            let word = self.next();
            let stands = in_brackets;
            in_brackets = self.is("(");
            if !(stands && in_brackets) {
                let message = format!("of rules that `{}` joins each stands in brackets", word.text);
                return Err(Problem::new(word.range, message)
                    .help(format!("write `(IsComplete \"id\") {} (RowCount > 0)`", word.text)));
            }
            self.term()?;
        }
        Ok(())
    }

    /// Says whether it stands in brackets.
    fn term(&mut self) -> Read<bool> {
        if !self.skip("(") {
            self.rule()?;
            return Ok(false);
        }
        self.joined()?;
        self.expect(")", "behind the rule")?;
        self.labels()?;
        Ok(true)
    }

    /// `name = "text"` or `name = ["text", "text"]`
    fn variable(&mut self) -> Read<()> {
        if self.is("[") { self.balanced("[", "]") } else { self.text("the value of a variable").map(|_| ()) }
    }

    /// Passes over what stands between these.
    pub(super) fn balanced(&mut self, open: &str, close: &str) -> Read<()> {
        self.expect(open, "here")?;
        let mut depth = 1_u32;
        while depth > 0 {
            let token = self.next();
            if token.kind == TokenKind::End {
                return Err(token.unexpected(&format!("`{close}`")));
            }
            depth += u32::from(token.is(open));
            depth -= u32::from(token.is(close));
        }
        Ok(())
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
