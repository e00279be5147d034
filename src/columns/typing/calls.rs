//! Functions: what they take and give, and where they may stand.

use super::fit::{Fit, Variables, fit};
use super::{Checker, Value};
use crate::columns::catalogue::{Class, Function, NullRule, Shape, Signature, function_names, function_of};
use crate::columns::finding::{Finding, FindingKind};
use crate::columns::kind::Type;
use crate::columns::tree::{Call, Expr, ExprKind};
use crate::diagnostic::nearest;
use std::ops::Range;

impl Checker<'_> {
    /// A function with its arguments.
    pub(super) fn call(&mut self, call: &Call, range: &Range<usize>) -> Value {
        let function = function_of(&call.name.text);
        let class = function.map(|function| function.class);
        self.place(call, class);
        self.around(call);
        let is_aggregate = class == Some(Class::Aggregate) && call.over.is_none();
        // What is not known may be an aggregate: nothing is said of the columns in it.
        let is_inside = is_aggregate || class.is_none();
        let before = self.is_in_aggregate;
        self.is_in_aggregate |= is_inside;
        let value = match function {
            Some(function) => self.known(function, call, range),
            None => self.not_known(call),
        };
        self.is_in_aggregate = before;
        value
    }

    /// What stands around the arguments: `filter`, `within group`, `over`.
    fn around(&mut self, call: &Call) {
        let before = std::mem::replace(&mut self.is_in_aggregate, true);
        if let Some(filter) = &call.filter {
            self.condition(filter, "`filter` takes");
        }
        self.is_in_aggregate = before;
        if let Some(window) = &call.over {
            self.values(&window.partition);
            self.values(&window.order);
        }
    }

    fn not_known(&mut self, call: &Call) -> Value {
        self.values(&call.arguments);
        self.values(&call.within);
        let name = &call.name;
        let near = nearest(&name.text, function_names()).filter(|near| is_slip(&name.text, near));
        let finding = match near {
            Some(near) => Finding::new(
                name.range.clone(),
                FindingKind::UnknownFunction,
                format!("no function `{}` is known", name.text),
            )
            .help(format!("did you mean `{near}`?")),
            None => Finding::new(
                name.range.clone(),
                FindingKind::NotKnown,
                format!("the function `{}` is not known to dagc, and is let through", name.text),
            ),
        };
        self.findings.push(finding);
        Value::UNKNOWN
    }

    fn known(&mut self, function: &'static Function, call: &Call, range: &Range<usize>) -> Value {
        if function.is_of_4 && !self.spark().is_ansi() {
            let told =
                format!("`{}` is of Spark 4 (Glue 6.0), and Spark 3.5 has no such function", call.name.text);
            self.find(call.name.range.clone(), FindingKind::NotYet, told);
        }
        let values: Vec<Value> =
            call.arguments.iter().map(|argument| self.argument(argument, call)).collect();
        let Some(signature) = self.signature(function, call, &values) else {
            self.lambdas_unknown(call);
            return Value::UNKNOWN;
        };
        let mut variables = Variables::default();
        for parameter in signature.parameters.iter().filter(|parameter| parameter.is_repeated) {
            variables.bind(&parameter.shape, &Type::Null, self.spark());
        }
        for (n, value) in values.iter().enumerate() {
            if let Some(parameter) = signature.parameter(n) {
                variables.bind(&parameter.shape, &value.kind, self.spark());
            }
        }
        self.lambdas(signature, call, &mut variables);
        let kind = match &signature.gives {
            Shape::Rule(rule) => self.ruled(rule, call, &values, range),
            gives => variables.of(gives),
        };
        if variables.is_torn {
            self.torn(&values, call, range);
        }
        self.meet(signature, &values, call);
        self.casts_of(signature, &values, call, &variables);
        self.ansi(function, call, &values, &kind, range);
        let is_nullable = self.gives_null(function.null, signature, &values);
        Value::new(kind, is_nullable)
    }

    /// The value of an argument; that of a lambda is looked at when its names are known.
    fn argument(&mut self, argument: &Expr, call: &Call) -> Value {
        match &argument.kind {
            ExprKind::Lambda(..) => Value::UNKNOWN,
            ExprKind::Star(_)
                if matches!(call.name.text.as_str(), "count" | "struct" | "hash" | "xxhash64" | "array") =>
            {
                Value::new(Type::Unknown, false)
            }
            _ => self.value(argument),
        }
    }

    /// The signature that takes the arguments; says why there is none.
    fn signature(
        &mut self,
        function: &'static Function,
        call: &Call,
        values: &[Value],
    ) -> Option<&'static Signature> {
        let count = values.len();
        let has_star = call.arguments.iter().any(|argument| matches!(argument.kind, ExprKind::Star(_)));
        let takes = |signature: &&Signature| {
            let (least, most) = signature.counts();
            has_star || (least..=most.unwrap_or(usize::MAX)).contains(&count)
        };
        let counted: Vec<&Signature> = function.signatures.iter().filter(takes).collect();
        if counted.is_empty() {
            self.wrong_count(function, call);
            return None;
        }
        let worst = |signature: &&&Signature| {
            (0..count)
                .map(|n| argument_fit(signature, n, &call.arguments[n], &values[n]))
                .max()
                .unwrap_or(Fit::Same)
        };
        let best = counted.iter().min_by_key(worst)?;
        if worst(&best) == Fit::No {
            self.wrong_type(best, call, values);
            return None;
        }
        Some(best)
    }

    fn wrong_count(&mut self, function: &Function, call: &Call) {
        let counts: Vec<String> =
            function.signatures.iter().map(|signature| counted(signature.counts())).collect();
        let told =
            format!("`{}` takes {}, not {}", call.name.text, counts.join(" or "), call.arguments.len());
        self.find(call.name.range.clone(), FindingKind::WrongCount, told);
    }

    fn wrong_type(&mut self, signature: &Signature, call: &Call, values: &[Value]) {
        for (n, (argument, value)) in call.arguments.iter().zip(values).enumerate() {
            let Some(parameter) = signature.parameter(n) else { continue };
            if argument_fit(signature, n, argument, value) == Fit::No {
                let wanted = wanted(&parameter.shape);
                let told = format!(
                    "`{}` takes {wanted} here, and this is a `{}`",
                    call.name.text,
                    value.kind.simple_string()
                );
                self.find(argument.range.clone(), FindingKind::WrongType, told);
            }
        }
    }

    /// Looks at the lambdas among the arguments.
    fn lambdas(&mut self, signature: &Signature, call: &Call, variables: &mut Variables) {
        for (n, argument) in call.arguments.iter().enumerate() {
            let (ExprKind::Lambda(names, body), Some(parameter)) = (&argument.kind, signature.parameter(n))
            else {
                continue;
            };
            let Shape::Lambda(takes, gives) = &parameter.shape else { continue };
            if names.len() > takes.len() {
                let told =
                    format!("`{}` gives {} to its lambda, not {}", call.name.text, takes.len(), names.len());
                self.find(argument.range.clone(), FindingKind::WrongCount, told);
            }
            let values: Vec<Value> =
                takes.iter().map(|shape| Value::new(variables.of(shape), true)).collect();
            let value = self.lambda(names, &values, body);
            if fit(gives, &value.kind) == Fit::No {
                let told =
                    format!("the lambda gives {}, and not a `{}`", wanted(gives), value.kind.simple_string());
                self.find(body.range.clone(), FindingKind::WrongType, told);
            }
            variables.bind(gives, &value.kind, self.spark());
        }
    }

    fn lambdas_unknown(&mut self, call: &Call) {
        for argument in &call.arguments {
            if let ExprKind::Lambda(names, body) = &argument.kind {
                self.lambda(names, &[], body);
            }
        }
    }

    /// Says which texts Spark casts so that they are arguments.
    fn casts_of(&mut self, signature: &Signature, values: &[Value], call: &Call, variables: &Variables) {
        for (n, (argument, value)) in call.arguments.iter().zip(values).enumerate() {
            let to = match signature.parameter(n).map(|parameter| &parameter.shape) {
                Some(Shape::Known(to)) => to.clone(),
                Some(Shape::Numeric) => Type::Double,
                Some(shape @ Shape::Variable(..)) => variables.of(shape),
                _ => continue,
            };
            self.implicit_cast(argument, value, &to);
        }
    }

    /// Says whether a function may give `NULL`.
    fn gives_null(&self, rule: NullRule, signature: &Signature, values: &[Value]) -> bool {
        let is_ansi = self.spark().is_ansi();
        let is_cast = |(n, value): (usize, &Value)| {
            let shape = signature.parameter(n).map(|parameter| &parameter.shape);
            let from_text = matches!(value.kind, Type::Text(_) | Type::Char(_));
            from_text && shape.is_some_and(|shape| fit(shape, &value.kind) == Fit::Cast)
        };
        let any = values.iter().any(|value| value.is_nullable) || values.iter().enumerate().any(is_cast);
        match rule {
            NullRule::Any => any,
            NullRule::All => values.iter().all(|value| value.is_nullable),
            NullRule::First => values.first().is_some_and(|value| value.is_nullable),
            NullRule::Second => values.get(1).is_some_and(|value| value.is_nullable),
            NullRule::Branches => values.iter().skip(1).any(|value| value.is_nullable),
            NullRule::Always => true,
            NullRule::Never => false,
            NullRule::LegacyNever => any && is_ansi,
        }
    }
}

fn argument_fit(signature: &Signature, n: usize, argument: &Expr, value: &Value) -> Fit {
    let shape = signature.parameter(n).map(|parameter| &parameter.shape);
    match (shape, &argument.kind) {
        (Some(Shape::Lambda(..)), ExprKind::Lambda(..)) => Fit::Same,
        (Some(Shape::Lambda(..)), _) | (_, ExprKind::Lambda(..)) => Fit::No,
        (Some(shape), _) => fit(shape, &value.kind),
        (None, _) => Fit::Same,
    }
}

/// Two letters at most are other.
fn is_slip(name: &str, near: &str) -> bool {
    name.len() > 3 && strsim::damerau_levenshtein(name, near) <= 2
}

fn counted((least, most): (usize, Option<usize>)) -> String {
    let arguments = |n: usize| if n == 1 { "1 argument".to_owned() } else { format!("{n} arguments") };
    match most {
        None => format!("at least {}", arguments(least)),
        Some(most) if most == least => arguments(most),
        Some(most) => format!("{least} to {}", arguments(most)),
    }
}

/// What is taken, in words.
fn wanted(shape: &Shape) -> String {
    match shape {
        Shape::Known(kind) => format!("a `{}`", kind.simple_string()),
        Shape::Any | Shape::Rule(_) => "any value".to_owned(),
        Shape::Numeric => "a number".to_owned(),
        Shape::Whole => "a whole number".to_owned(),
        Shape::Text => "a text".to_owned(),
        Shape::Time => "a date or a timestamp".to_owned(),
        Shape::Nested => "an array or a map".to_owned(),
        Shape::Variable(_, bound) => wanted(bound),
        Shape::Array(_) => "an array".to_owned(),
        Shape::Map(..) => "a map".to_owned(),
        Shape::Lambda(..) => "a lambda such as `x -> x + 1`".to_owned(),
    }
}
