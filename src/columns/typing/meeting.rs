//! Values that are to have one type, and texts among them, which each version of Spark casts in its way.

use super::constant::casts;
use super::{Checker, Value};
use crate::columns::Spark;
use crate::columns::catalogue::{Shape, Signature};
use crate::columns::finding::{Chance, Finding, FindingKind};
use crate::columns::kind::Type;
use crate::columns::tree::{Call, Expr};
use crate::columns::wider::wider;
use std::ops::Range;

impl Checker<'_> {
    /// Arguments that are to have one type have none.
    pub(super) fn torn(&mut self, values: &[Value], call: &Call, range: &Range<usize>) {
        let kinds: Vec<String> = values.iter().map(|value| value.kind.simple_string()).collect();
        let told =
            format!("`{}` takes values of one type, and these are `{}`", call.name.text, kinds.join("`, `"));
        let finding = Finding::new(range.clone(), FindingKind::WrongType, told);
        self.findings.push(finding.help("cast them to the type that is meant"));
    }

    /// Texts that meet other values become another type in each version.
    pub(super) fn meet(&mut self, signature: &Signature, values: &[Value], call: &Call) {
        let is_variable = |n: usize| {
            let shape = signature.parameter(n).map(|parameter| &parameter.shape);
            matches!(shape, Some(Shape::Variable(_, bound)) if **bound == Shape::Any)
        };
        let met: Vec<(&Expr, &Value)> = call
            .arguments
            .iter()
            .zip(values)
            .enumerate()
            .filter(|(n, _)| is_variable(*n) && !matches!(call.name.text.as_str(), "max_by" | "min_by"))
            .map(|(_, pair)| pair)
            .collect();
        self.texts_meet(&met);
    }

    /// Says what becomes of texts that meet values of other types, where that is not the same in both versions.
    pub(super) fn texts_meet(&mut self, values: &[(&Expr, &Value)]) {
        let in_version = |spark: Spark| {
            values.iter().try_fold(Type::Null, |all, (_, value)| wider(&all, &value.kind, spark))
        };
        let (Some(legacy), Some(ansi)) = (in_version(Spark::V3_5), in_version(Spark::V4_1)) else { return };
        for (expr, value) in values {
            let is_text = matches!(value.kind, Type::Text(_) | Type::Char(_));
            if legacy != ansi && is_text && legacy != Type::Unknown {
                self.becomes(expr, value, &ansi);
            }
        }
    }

    fn becomes(&mut self, expr: &Expr, value: &Value, to: &Type) {
        let fits = value.constant.as_ref().and_then(|value| casts(value, to));
        let chance = match fits {
            Some(false) => Chance::Certain,
            _ => Chance::Possible,
        };
        let to = to.simple_string();
        let told = format!("this text becomes a `{to}`, and one that is none fails the job");
        self.differs(expr.range.clone(), chance, told, "cast the other values to `string`".to_owned());
    }
}
