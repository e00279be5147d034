//! What names mean: columns, columns of tables, fields, and the names of lambdas.

use super::{Checker, Clause, Value};
use crate::columns::finding::{Finding, FindingKind};
use crate::columns::kind::Type;
use crate::columns::schema::{Found, is_same};
use crate::columns::tree::Name;

impl Checker<'_> {
    /// The value of a name with names behind dots.
    pub(super) fn column(&mut self, names: &[Name]) -> Value {
        let Some((first, fields)) = names.split_first() else { return Value::UNKNOWN };
        let variable = self.variables.iter().rev().find(|(name, _)| is_same(name, &first.text));
        if let Some((_, value)) = variable {
            let value = value.clone();
            return self.fields(value, fields);
        }
        let schema = self.scope.schema;
        let of_table = fields.split_first().filter(|_| schema.has_table(&first.text));
        match of_table {
            Some((name, fields)) if !matches!(schema.find(&first.text), Found::One(_)) => {
                let found = schema.find_of(&first.text, &name.text);
                let value = self.found(name, found);
                self.fields(value, fields)
            }
            _ => {
                let found = schema.find(&first.text);
                let value = self.found(first, found);
                self.fields(value, fields)
            }
        }
    }

    fn found(&mut self, name: &Name, found: Found<'_>) -> Value {
        let (column, told) = match found {
            Found::One(column) => (Some(column), None),
            Found::MayBe => (None, None),
            Found::Many(one, other) => {
                (None, Some(ambiguous(name, [one.of.as_deref(), other.of.as_deref()])))
            }
            Found::None(near) => (None, Some(self.unknown(name, near))),
        };
        self.findings.extend(told);
        self.columns.insert(column.map_or_else(|| name.text.clone(), |column| column.name.clone()));
        self.not_grouped(name);
        match column {
            Some(column) => Value::new(column.kind.in_spark(), column.is_nullable),
            None => Value::UNKNOWN,
        }
    }

    fn unknown(&self, name: &Name, near: Option<&str>) -> Finding {
        let told = format!("there is no column `{}`", name.text);
        let finding = Finding::new(name.range.clone(), FindingKind::UnknownColumn, told);
        let names: Vec<&str> = self.scope.schema.columns.iter().map(|column| column.name.as_str()).collect();
        match near {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None if names.is_empty() => finding,
            None => finding.help(format!("there are {}", crate::diagnostic::list(&names))),
        }
    }

    /// A column of a group has many values unless it is grouped by.
    fn not_grouped(&mut self, name: &Name) {
        let is_grouped = self.scope.grouped.iter().any(|grouped| is_same(grouped, &name.text));
        if self.scope.clause != Clause::Aggregate || self.is_in_aggregate || is_grouped {
            return;
        }
        let told = format!("`{}` has many values in a group", name.text);
        let finding = Finding::new(name.range.clone(), FindingKind::NotGrouped, told);
        self.findings
            .push(finding.help("take one of them, such as with `max` or `first`, or group by it, too"));
    }

    /// The value of a field of a field of ...
    pub(super) fn fields(&mut self, value: Value, names: &[Name]) -> Value {
        names.iter().fold(value, |value, name| self.field(&value, name))
    }

    /// The value of a field: of a struct, of each struct of an array, or of the key of a map.
    pub(super) fn field(&mut self, of: &Value, name: &Name) -> Value {
        let kind = match &of.kind {
            Type::Struct(fields) => self.field_of(fields, name),
            Type::Array(each) => match &**each {
                Type::Struct(fields) => Type::Array(Box::new(self.field_of(fields, name))),
                Type::Unknown => Type::Unknown,
                other => self.no_fields(other, name),
            },
            Type::Map(_, value) => (**value).clone(),
            Type::Unknown => Type::Unknown,
            other => self.no_fields(other, name),
        };
        Value::new(kind, true)
    }

    fn field_of(&mut self, fields: &[(String, Type)], name: &Name) -> Type {
        if let Some((_, kind)) = fields.iter().find(|(field, _)| is_same(field, &name.text)) {
            return kind.clone();
        }
        let told = format!("the struct has no field `{}`", name.text);
        let finding = Finding::new(name.range.clone(), FindingKind::UnknownField, told);
        self.findings.push(finding.meant(&name.text, fields.iter().map(|(field, _)| field.as_str())));
        Type::Unknown
    }

    fn no_fields(&mut self, kind: &Type, name: &Name) -> Type {
        let told = format!("there is no field `{}` in a value of type `{}`", name.text, kind.simple_string());
        self.find(name.range.clone(), FindingKind::UnknownField, told);
        Type::Unknown
    }
}

fn ambiguous(name: &Name, tables: [Option<&str>; 2]) -> Finding {
    let told = format!("there is more than one column `{}`", name.text);
    let finding = Finding::new(name.range.clone(), FindingKind::AmbiguousColumn, told);
    match tables {
        [Some(one), Some(other)] => {
            finding.help(format!("write `{one}.{}` or `{other}.{}`", name.text, name.text))
        }
        _ => finding.help("rename one of them before"),
    }
}
