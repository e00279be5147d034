//! What is sent to the Data API: SQL, each piece with its role in the step.

use crate::exec::key::content;
use crate::exec::outcome::Failure;
use crate::service::redshift::job::{LONGEST_STATEMENT, MOST_STATEMENTS};
use crate::sql::write;
use aws_sdk_redshiftdata::operation::describe_statement::DescribeStatementOutput;

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sql {
    pub role: Role,
    pub text: String,
}

impl Sql {
    pub(crate) fn new(role: Role, text: impl Into<String>) -> Self {
        Self { role, text: text.into() }
    }
}

/// What a statement is for, so that its failure and its result can be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The user's.
    Script,
    /// One of a load's that needs no explanation.
    Step,
    /// Holds back other loads of the table.
    Lock,
    /// The COPY of the files.
    Copy,
    /// Fails when the files hold a key twice.
    NoDuplicateKeys,
    /// Fails when the files hold a key without a value.
    NoNullKeys,
    /// Fails when another load has loaded one of the files in the meantime.
    NotLoaded,
    /// The query of a check.
    Check,
    /// Writes files.
    Unload,
    /// Drops a view that is made anew, or one on it.
    DropView,
    /// Makes a view.
    MakeView,
    /// Refreshes a view.
    RefreshView,
    /// Makes an external schema.
    MakeSchema,
}

/// Statements that are sent together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Batch {
    pub sqls: Vec<Sql>,
    /// All or none take effect.
    pub transaction: bool,
    /// Values for `:name`.
    pub params: Vec<(String, String)>,
}

impl Batch {
    /// Returns the hash of what the statements do.
    pub(crate) fn content(&self) -> String {
        let transaction = if self.transaction { "transaction" } else { "" };
        let sqls = self.sqls.iter().map(|sql| sql.text.as_str());
        let params = self.params.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
        content(std::iter::once(transaction).chain(sqls).chain([""]).chain(params))
    }

    /// Returns a batch for each statement, with the values that it names: the Data API refuses others.
    pub(crate) fn one_by_one(&self) -> Vec<Self> {
        let one = |sql: &Sql| {
            let named = write::parameters(&sql.text);
            let params = self.params.iter().filter(|(name, _)| named.contains(name.as_str()));
            Self { sqls: vec![sql.clone()], transaction: false, params: params.cloned().collect() }
        };
        self.sqls.iter().map(one).collect()
    }

    /// Returns for each statement the hash of what it and all before it do.
    pub(crate) fn contents_up_to_each(&self) -> Vec<String> {
        let up_to = |n| Self { sqls: self.sqls[..n].to_vec(), ..self.clone() }.content();
        (1..=self.sqls.len()).map(up_to).collect()
    }

    /// Writes values that are empty into the SQL: the Data API takes none of less than a character (its model,
    /// `ParameterValue`).
    pub(crate) fn write_empty(&mut self) {
        let (empty, given): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.params).into_iter().partition(|(_, value)| value.is_empty());
        self.params = given;
        if empty.is_empty() {
            return;
        }
        for sql in &mut self.sqls {
            let is_empty = |name: &str| empty.iter().any(|(known, _)| known == name);
            sql.text = write::without_empty(&sql.text, is_empty);
        }
    }

    /// Says what the Data API would refuse, in plainer words.
    pub(crate) fn validate(&self) -> Result<(), Failure> {
        if self.sqls.is_empty() {
            return Err(Failure::for_good("there is no SQL statement to run"));
        }
        if self.transaction && self.sqls.len() > MOST_STATEMENTS {
            return Err(Failure::for_good(format!(
                "the step has {} statements, and the Data API takes {MOST_STATEMENTS} at a time: split the step",
                self.sqls.len()
            )));
        }
        for (n, sql) in self.sqls.iter().enumerate() {
            if sql.text.len() > LONGEST_STATEMENT {
                return Err(Failure::for_good(format!(
                    "statement {} has {} bytes, and the Data API takes {LONGEST_STATEMENT}",
                    n + 1,
                    sql.text.len()
                )));
            }
        }
        Ok(())
    }
}

/// Returns how many rows the statements changed that gave no result.
pub(super) fn rows_changed(described: &DescribeStatementOutput) -> i64 {
    match described.sub_statements() {
        [] if described.has_result_set == Some(true) => 0,
        [] => described.result_rows.max(0),
        parts => parts
            .iter()
            .filter(|part| part.has_result_set != Some(true))
            .map(|part| part.result_rows.max(0))
            .sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_values_are_not_sent_beside_the_sql() {
        let mut batch = Batch {
            sqls: vec![Sql::new(Role::Script, "delete from t where a = :x and b = :y")],
            transaction: true,
            params: vec![("x".to_owned(), String::new()), ("y".to_owned(), "1".to_owned())],
        };
        batch.write_empty();
        assert_eq!(batch.sqls[0].text, "delete from t where a = '' and b = :y");
        assert_eq!(batch.params, [("y".to_owned(), "1".to_owned())]);
    }

    #[test]
    fn what_the_api_refuses_is_said_before() {
        let batch = |texts: Vec<String>, params: &[(&str, &str)]| Batch {
            sqls: texts.into_iter().map(|text| Sql::new(Role::Script, text)).collect(),
            transaction: true,
            params: params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        };
        for (batch, expected) in [
            (batch(vec![], &[]), Some("no SQL statement")),
            (batch(vec!["select 1".to_owned()], &[("a", "1")]), None),
            (batch(vec!["select 1".to_owned(); 41], &[]), Some("the step has 41 statements")),
            (Batch { transaction: false, ..batch(vec!["select 1".to_owned(); 41], &[]) }, None),
            (batch(vec!["x".repeat(100_001)], &[]), Some("statement 1 has 100001 bytes")),
        ] {
            match (batch.validate(), expected) {
                (Ok(()), None) => {}
                (Err(failure), Some(expected)) => {
                    assert!(failure.message.contains(expected), "{}", failure.message);
                }
                (result, _) => panic!("{result:?} {expected:?}"),
            }
        }
    }
}
