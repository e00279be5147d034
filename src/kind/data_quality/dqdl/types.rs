//! The types of rules (`rules-config.json` of AWS's parser).

/// What a rule is given before its condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Param {
    /// A column of the table.
    Column,
    /// One column or more.
    Columns,
    /// Anything else.
    Other,
    /// Something that may be left out.
    Perhaps,
    /// Any number of words, and one at least.
    Several,
}

/// What a rule's value is, and so what it is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A number.
    Number,
    /// A share of rows or a ratio.
    Share,
    /// True or false, which is compared with nothing.
    Truth,
    /// A number, or true or false.
    NumberOrTruth,
    /// A text.
    Text,
    /// Texts, numbers or dates of a column.
    Any,
    /// How long ago something was.
    Age,
    /// A date or a time.
    Date,
    /// A size in bytes.
    Size,
    /// A text, or true or false.
    TextOrTruth,
}

/// A type of rules.
#[derive(Clone, Copy, Debug)]
pub(super) struct RuleType {
    pub name: &'static str,
    pub params: &'static [Param],
    pub value: Value,
    /// `where "..."` may stand behind it.
    pub has_where: bool,
    /// `with threshold ...` may stand behind it.
    pub has_threshold: bool,
    pub looks_at: LooksAt,
}

/// What a type of rules looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LooksAt {
    /// The table.
    One,
    /// The table, and another dataset beside it.
    Two,
    /// The table, of which it measures something: it is no rule.
    Measures,
}

const fn of(name: &'static str, params: &'static [Param], value: Value) -> RuleType {
    RuleType { name, params, value, has_where: false, has_threshold: false, looks_at: LooksAt::One }
}

const fn filtered(rule: RuleType) -> RuleType {
    RuleType { has_where: true, ..rule }
}

const fn partial(rule: RuleType) -> RuleType {
    RuleType { has_threshold: true, ..rule }
}

const fn of_two(rule: RuleType) -> RuleType {
    RuleType { looks_at: LooksAt::Two, ..rule }
}

const COLUMN: &[Param] = &[Param::Column];
const COLUMNS: &[Param] = &[Param::Columns];
const ONE: &[Param] = &[Param::Other];
const TWO: &[Param] = &[Param::Other, Param::Other];
const PERHAPS: &[Param] = &[Param::Perhaps];

/// All of them.
pub(super) const RULES: &[RuleType] = &[
    of_two(of("AggregateMatch", TWO, Value::Number)),
    RuleType { looks_at: LooksAt::Measures, ..of("AllStatistics", COLUMN, Value::Number) },
    filtered(of("ColumnCorrelation", &[Param::Column, Param::Column], Value::Share)),
    of("ColumnCount", &[], Value::Number),
    partial(filtered(of("ColumnDataType", COLUMN, Value::Text))),
    of("ColumnExists", COLUMN, Value::Truth),
    filtered(of("ColumnLength", COLUMN, Value::Number)),
    of("ColumnNamesMatchPattern", ONE, Value::Truth),
    partial(filtered(of("ColumnValues", COLUMN, Value::Any))),
    filtered(of("Completeness", COLUMN, Value::Share)),
    partial(of("CustomSql", ONE, Value::NumberOrTruth)),
    filtered(of("DataFreshness", COLUMN, Value::Age)),
    of_two(of("DatasetMatch", &[Param::Other, Param::Other, Param::Perhaps], Value::Number)),
    of("DetectAnomalies", &[Param::Several], Value::Truth),
    filtered(of("DistinctValuesCount", COLUMN, Value::Number)),
    filtered(of("Entropy", COLUMN, Value::Number)),
    partial(of("FileFreshness", PERHAPS, Value::Date)),
    of("FileMatch", &[Param::Perhaps, Param::Perhaps], Value::TextOrTruth),
    partial(of("FileSize", PERHAPS, Value::Size)),
    of("FileUniqueness", PERHAPS, Value::Number),
    filtered(of("IsComplete", COLUMN, Value::Truth)),
    filtered(of("IsPrimaryKey", COLUMNS, Value::Truth)),
    filtered(of("IsUnique", COLUMNS, Value::Truth)),
    filtered(of("Mean", COLUMN, Value::Number)),
    of_two(of("ReferentialIntegrity", TWO, Value::Number)),
    filtered(of("RowCount", &[], Value::Number)),
    of_two(of("RowCountMatch", ONE, Value::Number)),
    of_two(of("SchemaMatch", ONE, Value::Number)),
    filtered(of("StandardDeviation", COLUMN, Value::Number)),
    filtered(of("Sum", COLUMN, Value::Number)),
    filtered(of("UniqueValueRatio", COLUMN, Value::Share)),
    filtered(of("Uniqueness", COLUMNS, Value::Share)),
    filtered(of("Variance", COLUMN, Value::Number)),
];

/// Finds a type by its name.
pub(super) fn find(name: &str) -> Option<&'static RuleType> {
    RULES.iter().find(|rule| rule.name == name)
}

impl RuleType {
    /// How many parameters it takes at least, and at most.
    pub(super) fn counts(&self) -> (usize, Option<usize>) {
        let least = self.params.iter().filter(|param| **param != Param::Perhaps).count();
        let is_open = self.params.iter().any(|param| matches!(param, Param::Columns | Param::Several));
        (least, (!is_open).then_some(self.params.len()))
    }

    /// Says whether what stands at this place names a column.
    pub(super) fn is_column(&self, place: usize) -> bool {
        let param = self.params.get(place).or(self.params.last());
        matches!(param, Some(Param::Column | Param::Columns))
    }

    /// What a rule of it looks like.
    pub(super) fn example(&self) -> String {
        let mut example = self.name.to_owned();
        for param in self.params {
            example.push_str(match param {
                Param::Column | Param::Columns => " \"COLUMN\"",
                Param::Other | Param::Several => " \"...\"",
                Param::Perhaps => "",
            });
        }
        example.push_str(match self.value {
            Value::Number | Value::NumberOrTruth => " > 0",
            Value::Share => " > 0.95",
            Value::Truth | Value::TextOrTruth => "",
            Value::Text => " = \"INTEGER\"",
            Value::Any => " in [\"a\", \"b\"]",
            Value::Age => " <= 24 hours",
            Value::Date => " > (now() - 24 hours)",
            Value::Size => " > 10 MB",
        });
        example
    }
}
