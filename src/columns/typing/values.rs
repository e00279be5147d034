//! The kinds of expressions, each with its type.

use super::constant::Constant;
use super::rules::field;
use super::{Checker, Value};
use crate::columns::finding::FindingKind;
use crate::columns::kind::Type;
use crate::columns::tree::{Case, Expr, ExprKind, Is, Literal, Name, Unary};
use crate::columns::wider::wider;
use std::ops::Range;

impl Checker<'_> {
    /// The value of an expression.
    pub(super) fn value(&mut self, expr: &Expr) -> Value {
        let range = &expr.range;
        match &expr.kind {
            ExprKind::Literal(literal) => self.literal(literal, range),
            ExprKind::Column(names) => self.column(names),
            ExprKind::Star(_) => {
                self.find(
                    range.clone(),
                    FindingKind::Misplaced,
                    "`*` is no value: it stands in `count(*)` alone",
                );
                Value::UNKNOWN
            }
            ExprKind::Field(of, name) => {
                let of = self.value(of);
                self.field(&of, name)
            }
            ExprKind::Element(of, at) => self.element(of, at, range),
            ExprKind::Unary(Unary::Not, of) => {
                let is_nullable = self.condition(of, "`not` takes");
                Value::new(Type::Boolean, is_nullable)
            }
            ExprKind::Unary(operator, of) => self.unary(*operator, of, range),
            ExprKind::Binary(operator, one, other) => self.binary(*operator, one, other, range),
            ExprKind::Logical(conditions) => {
                let are: Vec<bool> = conditions
                    .iter()
                    .map(|condition| self.condition(condition, "`and` and `or` take"))
                    .collect();
                Value::new(Type::Boolean, are.contains(&true))
            }
            ExprKind::Joined(parts) => self.joined(parts, range),
            ExprKind::Is(of, is) => self.is(of, *is),
            ExprKind::In(of, list) => self.within(of, list),
            ExprKind::Between(of, low, high) => self.between(of, low, high),
            ExprKind::Like(of, patterns) => self.like(of, patterns),
            ExprKind::Cast(cast) => self.cast(cast, range),
            ExprKind::Case(case) => self.case(case, range),
            ExprKind::Call(call) => self.call(call, range),
            ExprKind::Lambda(names, body) => self.lone_lambda(names, body, range),
            ExprKind::Tuple(values) => self.tuple(values),
            ExprKind::Named(of, _) => self.value(of),
            ExprKind::Query => Value::UNKNOWN,
        }
    }

    fn literal(&mut self, literal: &Literal, range: &Range<usize>) -> Value {
        let (kind, constant) = match literal {
            Literal::Null => {
                return Value { kind: Type::Null, is_nullable: true, constant: Some(Constant::Null) };
            }
            Literal::Boolean(_) => (Type::Boolean, None),
            Literal::Whole(value, kind) => (kind.clone(), Some(Constant::Whole(*value))),
            Literal::Number(digits, kind) => (kind.clone(), digits.parse().ok().map(Constant::Number)),
            Literal::Text(text) => (Type::STRING, Some(Constant::Text(text.clone()))),
            Literal::Binary => (Type::Binary, None),
            Literal::Time(text, kind) => {
                let fits = super::constant::casts(&Constant::Text(text.clone()), kind);
                let is_hole = text.contains("{{");
                if fits == Some(false) && !is_hole {
                    let told = format!("`{text}` is no `{}`", kind.simple_string());
                    self.find(range.clone(), FindingKind::Syntax, told);
                }
                (kind.clone(), None)
            }
            Literal::Interval(interval) => (Type::Interval(*interval), None),
        };
        // A text that a run fills is not known.
        let is_known = !matches!(&constant, Some(Constant::Text(text)) if text.contains("{{"));
        Value { kind, is_nullable: false, constant: constant.filter(|_| is_known) }
    }

    /// A condition; says whether it may be `NULL`.
    pub(super) fn condition(&mut self, expr: &Expr, of: &str) -> bool {
        let value = self.value(expr);
        let is_condition = matches!(value.kind, Type::Boolean | Type::Null | Type::Unknown);
        let is_text = matches!(value.kind, Type::Text(_) | Type::Char(_));
        if is_text && self.spark().is_ansi() {
            self.implicit_cast(expr, &value, &Type::Boolean);
        } else if !is_condition {
            let told = format!("{of} conditions, and this is a `{}`", value.kind.simple_string());
            self.find(expr.range.clone(), FindingKind::WrongType, told);
        }
        value.is_nullable
    }

    fn joined(&mut self, parts: &[Expr], range: &Range<usize>) -> Value {
        let values = self.values(parts);
        let is_nullable = values.iter().any(|value| value.is_nullable);
        Value::new(self.concatenated(&values, range), is_nullable)
    }

    /// The type of `concat`, and of `||`: arrays, or binaries, or texts of all else.
    pub(super) fn concatenated(&mut self, values: &[Value], range: &Range<usize>) -> Type {
        let is_array = |value: &Value| matches!(value.kind, Type::Array(_));
        if values.is_empty() {
            return Type::STRING;
        }
        if values.iter().any(is_array) {
            return self.together(values, range, "joins");
        }
        if values.iter().any(|value| value.kind == Type::Unknown) {
            return Type::Unknown;
        }
        let is_binary = values.iter().all(|value| value.kind == Type::Binary);
        if is_binary { Type::Binary } else { Type::STRING }
    }

    /// The one type of values that are to have one.
    pub(super) fn together(&mut self, values: &[Value], range: &Range<usize>, what: &str) -> Type {
        let mut all = Type::Null;
        // As Spark does: texts first, so that the order of the others makes no difference.
        let is_text = |value: &&Value| matches!(value.kind, Type::Text(_) | Type::Char(_));
        let (texts, others): (Vec<&Value>, Vec<&Value>) = values.iter().partition(is_text);
        for value in texts.into_iter().chain(others) {
            let Some(kind) = wider(&all, &value.kind, self.spark()) else {
                let (one, other) = (all.simple_string(), value.kind.simple_string());
                let told = format!("{what} values of one type, and these are `{one}` and `{other}`");
                self.find(range.clone(), FindingKind::WrongType, told);
                return Type::Unknown;
            };
            all = kind;
        }
        all
    }

    fn is(&mut self, of: &Expr, is: Is) -> Value {
        match is {
            Is::Truth => {
                self.condition(of, "`is` takes");
            }
            Is::Null | Is::Distinct => {
                self.value(of);
            }
        }
        Value::new(Type::Boolean, false)
    }

    fn within(&mut self, of: &Expr, list: &[Expr]) -> Value {
        let value = self.value(of);
        let mut is_nullable = value.is_nullable;
        for item in list {
            let other = self.value(item);
            is_nullable |= other.is_nullable;
            self.compare((of, &value), (item, &other), &(of.range.start..item.range.end));
        }
        Value::new(Type::Boolean, is_nullable)
    }

    fn between(&mut self, of: &Expr, low: &Expr, high: &Expr) -> Value {
        let value = self.value(of);
        let (least, most) = (self.value(low), self.value(high));
        let range = of.range.start..high.range.end;
        self.compare((of, &value), (low, &least), &range);
        self.compare((of, &value), (high, &most), &range);
        Value::new(Type::Boolean, value.is_nullable || least.is_nullable || most.is_nullable)
    }

    fn like(&mut self, of: &Expr, patterns: &[Expr]) -> Value {
        let mut is_nullable = false;
        for expr in std::iter::once(of).chain(patterns) {
            let value = self.value(expr);
            is_nullable |= value.is_nullable;
            if matches!(value.kind, Type::Array(_) | Type::Map(..) | Type::Struct(_)) {
                let told = format!("a pattern is of texts, and this is a `{}`", value.kind.simple_string());
                self.find(expr.range.clone(), FindingKind::WrongType, told);
            }
        }
        Value::new(Type::Boolean, is_nullable)
    }

    fn case(&mut self, case: &Case, range: &Range<usize>) -> Value {
        let of = case.of.as_ref().map(|of| (of, self.value(of)));
        let mut results = Vec::new();
        for (condition, result) in &case.when {
            match &of {
                Some((expr, of)) => {
                    let value = self.value(condition);
                    self.compare((expr, of), (condition, &value), &condition.range);
                }
                None => {
                    self.condition(condition, "`case` takes");
                }
            }
            results.push(self.value(result));
        }
        results.extend(case.otherwise.as_ref().map(|otherwise| self.value(otherwise)));
        let exprs = case.when.iter().map(|(_, result)| result).chain(&case.otherwise);
        self.texts_meet(&exprs.zip(&results).collect::<Vec<_>>());
        let is_nullable = case.otherwise.is_none() || results.iter().any(|value| value.is_nullable);
        Value::new(self.together(&results, range, "`case` gives"), is_nullable)
    }

    fn tuple(&mut self, exprs: &[Expr]) -> Value {
        let values = self.values(exprs);
        Value::new(Type::Struct(exprs.iter().zip(&values).enumerate().map(field).collect()), false)
    }

    fn lone_lambda(&mut self, names: &[Name], body: &Expr, range: &Range<usize>) -> Value {
        self.find(range.clone(), FindingKind::Misplaced, "`->` stands in the arguments of a function alone");
        self.lambda(names, &[], body)
    }

    /// The value of a lambda's body, its names having these values.
    pub(super) fn lambda(&mut self, names: &[Name], values: &[Value], body: &Expr) -> Value {
        let before = self.variables.len();
        for (n, name) in names.iter().enumerate() {
            let value = values.get(n).cloned().unwrap_or(Value::UNKNOWN);
            self.variables.push((name.text.clone(), value));
        }
        let value = self.value(body);
        self.variables.truncate(before);
        value
    }
}
