//! `jdbc`: a table of a database that a Glue connection reaches.

use crate::lang::airflow::Count;
use crate::lang::decode::{record, words};
use crate::template::Template;
use crate::text::Spanned;

record! {
    "`jdbc`"
    /// A table of a database that a Glue job reads by a connection of Glue's.
    pub struct JdbcSpec {
        /// The Glue connection.
        pub connection: Spanned<String>,
        /// What the database is.
        pub r#type: Spanned<DatabaseType>,
        /// The table, as the database calls it.
        pub table: Spanned<String>,
        /// Of the table the rows that this query gives, in the words of the database; all of them when absent.
        pub query: Option<Spanned<Template>>,
        /// How several connections read it at once; one reads all of it when absent.
        pub partition: Option<JdbcPartition>,
    }
}

record! {
    "`partition` of `jdbc`"
    /// Shares of the rows, each of which is read by a connection of its own.
    pub struct JdbcPartition {
        /// The column by whose values Glue deals the rows out; of any type.
        pub column: Option<Spanned<String>>,
        /// An expression of the database instead, which gives a whole number.
        pub expression: Option<Spanned<String>>,
        /// How many shares there are.
        pub into: Option<Spanned<Count<2>>> = Count::<2>(7),
    }
    exactly one of [column, expression]
}

words! {
    "a type of a database"
    /// The databases that Glue's own drivers reach (Glue Developer Guide, "JDBC connections").
    pub enum DatabaseType {
        /// `MySQL`.
        MySql = "mysql",
        /// Oracle.
        Oracle = "oracle",
        /// PostgreSQL.
        PostgreSql = "postgresql",
        /// SQL Server.
        SqlServer = "sqlserver",
    }
}

impl JdbcPartition {
    /// The option of Glue's that names it, and what it says.
    pub fn by(&self) -> Option<(&'static str, &Spanned<String>)> {
        let column = self.column.as_ref().map(|column| ("hashfield", column));
        column.or_else(|| self.expression.as_ref().map(|expression| ("hashexpression", expression)))
    }
}
