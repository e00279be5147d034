//! Operations that take other rows in: `join` and `union`.

use super::Transform;
use super::flow::{Columns, Flow, has, picked};
use super::names::quoted;
use super::script::{Body, Helper};
use crate::columns::{Column, is_same};
use crate::diagnostic::{Code, Diagnostic};
use crate::lang::decode::{Map, OneOrMany, record, words};
use crate::python::Expr;
use crate::text::Spanned;

record! {
    "`join`"
    /// Adds the columns of other rows, by columns that are the same in both.
    pub struct Join {
        /// The other rows: a source or a step.
        pub with: Spanned<String>,
        /// The columns that are the same, by names that both have.
        pub on: Option<OneOrMany<Spanned<String>>>,
        /// The columns that are the same, where the other rows call them otherwise: `own: other`.
        pub keys: Option<Map<Spanned<String>>>,
        /// Which rows are kept.
        pub how: Option<Spanned<How>> = How::Inner,
        /// Of the other rows these columns are taken; all of them when absent.
        pub select: Option<Vec<Spanned<String>>>,
        /// Stands before the names of the columns that are taken.
        pub prefix: Option<Spanned<String>>,
        /// The other rows are few, and are sent to every worker.
        pub broadcast: Option<Spanned<bool>> = false,
    }
    at most one of [on, keys]
}

words! {
    "a way to join"
    /// Which rows a join keeps. A row without a value by which it is joined has no other one.
    pub enum How {
        /// Those that have another row.
        Inner = "inner",
        /// All of its own.
        Left = "left",
        /// All of the others.
        Right = "right",
        /// All of both.
        Full = "full",
        /// Its own that have another row, without that one's columns.
        Semi = "semi",
        /// Its own that have no other row.
        Anti = "anti",
        /// Each with each.
        Cross = "cross",
    }
}

impl Join {
    /// Returns the columns that are the same: as these rows call them, and as the others do.
    pub(super) fn pairs(&self) -> Vec<(&Spanned<String>, &Spanned<String>)> {
        let same = self.on.iter().flat_map(|on| &on.0).map(|column| (column, column));
        let keys = self.keys.iter().flat_map(|keys| &keys.0).map(|(own, other)| (own, other));
        same.chain(keys).collect()
    }

    /// Returns the columns that are taken of the other rows, of which these are `known`.
    fn taken(&self, known: Columns) -> Columns {
        if let Some(select) = &self.select {
            return Some(select.iter().map(|column| picked(known.as_deref(), column)).collect());
        }
        let mut taken = known?;
        let keys: Vec<&str> = self.pairs().iter().map(|(_, other)| other.value.as_str()).collect();
        taken.retain(|column| !keys.iter().any(|key| is_same(key, &column.name)));
        Some(taken)
    }

    /// Writes the statements that make the other rows what is joined; returns the variable that holds them.
    fn prepare(&self, body: &mut Body<'_>) -> Option<String> {
        let mut other = body.frame(&self.with)?;
        let pairs = self.pairs();
        if let Some(select) = &self.select {
            let keys = pairs.iter().map(|(_, other)| *other);
            let columns = keys.chain(select).map(|column| Expr::text(quoted(column))).collect();
            other = body.other(&other, "select", columns);
        }
        for (own, theirs) in pairs.iter().filter(|(own, other)| own.value != other.value) {
            let names = [theirs, own].map(|name| Expr::text(name.value.as_str()));
            other = body.other(&other, "withColumnRenamed", names.to_vec());
        }
        if let Some(prefix) = &self.prefix {
            body.need(Helper::Prefixed);
            let keys = Expr::texts(pairs.iter().map(|(own, _)| own.value.as_str()));
            let arguments = vec![Expr::code(other), Expr::text(prefix.value.as_str()), keys];
            other = body.set("other", &Expr::Call("prefixed".to_owned(), arguments, Vec::new()));
        }
        Some(other)
    }
}

impl Transform for Join {
    fn write(&self, body: &mut Body<'_>) {
        let Some(other) = self.prepare(body) else { return };
        let mut other = Expr::code(other);
        if self.broadcast() {
            other = body.function("broadcast", other);
        }
        if self.how() == How::Cross {
            body.call("crossJoin", vec![other]);
            return;
        }
        let on = Expr::texts(self.pairs().iter().map(|(own, _)| own.value.as_str()));
        let how = ("how".to_owned(), Expr::text(self.how().as_str()));
        body.call_with("join", vec![other], vec![("on".to_owned(), on), how]);
    }

    fn others(&self) -> &[Spanned<String>] {
        std::slice::from_ref(&self.with)
    }

    fn flow(&self, flow: &mut Flow<'_, '_>) {
        let known = flow.other(&self.with);
        for (own, theirs) in self.pairs() {
            flow.need(own);
            flow.need_in(theirs, known.as_deref());
            flow.comparable(own, theirs, &picked(known.as_deref(), theirs));
        }
        for column in self.select.iter().flatten() {
            flow.need_in(column, known.as_deref());
        }
        if matches!(self.how(), How::Semi | How::Anti) {
            return;
        }
        let Some(taken) = self.taken(known) else {
            flow.columns = None;
            return;
        };
        let prefix = self.prefix.as_ref().map_or("", |prefix| prefix.value.as_str());
        let is_whole = matches!(self.how(), How::Inner | How::Right | How::Cross);
        for column in taken {
            let name = format!("{prefix}{}", column.name);
            flow.add(Column { name, is_nullable: column.is_nullable || !is_whole, ..column }, self.with.span);
        }
    }
}

record! {
    "`union`"
    /// Adds other rows below.
    pub struct Union {
        /// The other rows: sources or steps.
        pub with: OneOrMany<Spanned<String>>,
        /// Columns go together by their names; else by their order.
        pub by_name: Option<Spanned<bool>> = true,
        /// What happens where some of the rows lack a column.
        pub missing: Option<Spanned<Missing>> = Missing::Fail,
    }
}

words! {
    "an answer to a missing column"
    /// What happens where some of the rows lack a column that others have.
    pub enum Missing {
        /// The job fails.
        Fail = "fail",
        /// They have no value there.
        Allow = "allow",
    }
}

impl Union {
    /// Says what some of the rows have and others have not.
    fn difference(&self, with: &Spanned<String>, own: &[Column], other: &[Column]) -> Option<Diagnostic> {
        if !self.by_name() {
            return (own.len() != other.len()).then(|| {
                let message = format!(
                    "there are {} columns, and `{}` has {}: they go together by their order",
                    own.len(),
                    with.value,
                    other.len()
                );
                Diagnostic::new(Code::TransformOption, with.span, message)
                    .help("choose the same columns of both: `select`")
            });
        }
        let lacks = |some: &[Column], all: &[Column]| {
            let missing = all.iter().find(|column| !has(some, &column.name));
            missing.map(|column| column.name.clone())
        };
        let message = match (lacks(other, own), lacks(own, other)) {
            (Some(name), _) => format!("`{}` has no column `{name}`, which is here", with.value),
            (None, Some(name)) => format!("there is no column `{name}` here, which `{}` has", with.value),
            (None, None) => return None,
        };
        let diagnostic = Diagnostic::new(Code::TransformOption, with.span, message);
        Some(diagnostic.help("write `missing: allow`, and there is no value in its place"))
    }
}

impl Transform for Union {
    fn write(&self, body: &mut Body<'_>) {
        for with in &self.with.0 {
            let Some(other) = body.frame(with) else { continue };
            if !self.by_name() {
                body.call("union", vec![Expr::code(other)]);
                continue;
            }
            let allow = ("allowMissingColumns".to_owned(), Expr::truth(true));
            let keywords = if self.missing() == Missing::Allow { vec![allow] } else { Vec::new() };
            body.call_with("unionByName", vec![Expr::code(other)], keywords);
        }
    }

    fn others(&self) -> &[Spanned<String>] {
        &self.with.0
    }

    fn flow(&self, flow: &mut Flow<'_, '_>) {
        for with in &self.with.0 {
            let other = flow.other(with);
            let (Some(own), Some(other)) = (&flow.columns, other) else {
                if self.missing() == Missing::Allow {
                    flow.columns = None;
                }
                continue;
            };
            let difference = (self.missing() == Missing::Fail).then(|| self.difference(with, own, &other));
            match difference.flatten() {
                Some(diagnostic) => flow.report(diagnostic),
                None => flow.joined(with, other, self.by_name()),
            }
        }
    }
}
