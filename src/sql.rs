//! SQL of the user's: split into statements, checked, and read for the tables that it touches.
//!
//! Takes the text of a script in Redshift's dialect, or in Athena's ([`athena`]), with `{{ ... }}` in it; gives its statements with
//! their places in the text, and what is wrong with it. Nothing is rewritten: a statement's text is the
//! user's own. What Redshift knows and the parser does not is blanked out before parsing, byte for byte,
//! so that every place stays where the user wrote it. What is left that the parser does not know is told apart
//! from what no database would take.

mod athena;
mod clean;
mod columns;
mod cursor;
mod deed;
mod dialect;
mod materialized;
mod names;
mod place;
mod procedure;
mod scan;
mod sent;
mod session;
mod shape;
mod statement;
mod syntax;
#[cfg(test)]
mod tests;
pub mod write;

pub use columns::column_names;
pub use materialized::{Kept, kept};

use crate::template::{Template, TemplateError};
use std::ops::Range;

pub use deed::{Asked, Deed, DoneTo};

/// Whose SQL it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Amazon Redshift's.
    #[default]
    Redshift,
    /// Amazon Athena's: Trino's for queries and for what writes, Hive's for DDL.
    Athena,
}

impl Dialect {
    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Redshift => "Redshift",
            Self::Athena => "Athena",
        }
    }
}

/// What a script holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// The statements, in order; without their one `BEGIN` and `COMMIT`.
    pub statements: Vec<SqlStatement>,
    /// Where it says itself that it is one transaction: its `BEGIN`.
    pub transaction: Option<Range<usize>>,
    /// The external schemas and tables that it makes, and the places that it adds to them.
    pub external: Vec<External>,
    /// The names of the functions that it makes, in lower case.
    pub functions: Vec<String>,
    /// The procedures that it makes.
    pub procedures: Vec<Procedure>,
    /// What is wrong.
    pub errors: Vec<SqlError>,
}

/// What lies in S3 and not in Redshift, by its names in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct External {
    /// The schema.
    pub schema: String,
    /// The table; every one of the schema when absent.
    pub table: Option<String>,
    /// Where its rows are.
    pub rows: Option<Rows>,
    /// It is one of Iceberg's, which Redshift changes like its own.
    pub iceberg: bool,
}

/// A stored procedure, and what its text says that it touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Procedure {
    /// Its schema, in lower case.
    pub schema: String,
    /// Its name, in lower case.
    pub name: String,
    /// What it touches; the places are those of its own text.
    pub uses: Vec<Use>,
    /// The procedures that it calls.
    pub calls: Vec<Called>,
    /// It touches what its text does not say.
    pub hidden: bool,
    /// The word by which it ends the transaction that it runs in, in lower case: `commit`, `rollback`, `truncate`.
    pub ends: Option<String>,
}

/// A procedure that ends the transaction of who calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Its schema and name, in lower case.
    pub procedure: String,
    /// The word by which it does.
    pub word: String,
}

/// A procedure that is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// Where it may be, in this order; nobody knows when empty.
    pub schemas: Vec<String>,
    /// Its name, in lower case.
    pub name: String,
    /// Where its name stands.
    pub range: Range<usize>,
}

/// Where the rows of what is external are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Rows {
    /// In a folder of S3, as written between the quotes; ends in `/`.
    Folder(String),
    /// In the tables of the same names of a database of the Data Catalog.
    Database(String),
}

/// What a statement does to tables of which only the project can tell which ones they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loose {
    /// Where names without a schema may be found, too, behind the schema that their uses have; in order.
    pub schemas: Vec<String>,
    /// The places of these names.
    pub names: Vec<Range<usize>>,
    /// The schemas that are dropped with all that is in them.
    pub dropped: Vec<String>,
    /// What depends on that which is dropped is dropped, too.
    pub cascades: bool,
    /// The procedure that it calls.
    pub calls: Option<Called>,
    /// Which of the procedures that run then ends the transaction; the project tells.
    pub ends: Option<Ending>,
}

impl Loose {
    /// A procedure is called.
    fn call(called: Called) -> Box<Self> {
        Box::new(Self { calls: Some(called), ..Self::default() })
    }
}

/// One statement of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlStatement {
    /// Its text without the final semicolon; comments with holes are left out.
    pub text: String,
    /// The same read as a template, where it has holes and they are right.
    pub template: Option<Template>,
    /// Where it stands in the script.
    pub range: Range<usize>,
    /// What it does.
    pub verb: Verb,
    /// The words that say so, in lower case when they matter to a transaction, and where they stand.
    pub words: (String, Range<usize>),
    /// What it touches.
    pub uses: Vec<Use>,
    /// What it reads that no step of the project makes for another one: temporary tables of its session, and the database's
    /// own.
    pub apart: Vec<Use>,
    /// It touches what its text does not say: `EXECUTE`; that of a procedure tells what `CALL` touches.
    pub hidden: bool,
    /// What it makes ends with its session: a temporary table, a setting, a prepared statement.
    pub of_session: bool,
    /// It touches tables of which the text does not say all; most do not.
    pub loose: Option<Box<Loose>>,
    /// What it asks for beside; of Athena's statements only.
    pub asked: Option<Box<Asked>>,
    /// The values that it wants beside it: the names behind `:`, with their places in the script.
    pub params: Vec<(String, Range<usize>)>,
}

/// Finds a word that stands in a query itself, and not in one within it: its bytes in the query's text.
pub fn outer_clause(query: &str, word: &str) -> Option<Range<usize>> {
    let (tokens, _) = scan::scan(query);
    let significant: Vec<&scan::Token> =
        tokens.iter().filter(|token| token.kind != scan::Kind::Comment).collect();
    let cursor = cursor::Cursor { script: query, tokens: &significant };
    Some(significant.get(cursor.find(0, &[word])?)?.range.clone())
}

impl SqlStatement {
    /// Says whether its text begins with a word, in any case.
    pub fn begins(&self, word: &str) -> bool {
        self.text.trim_start().get(..word.len()).is_some_and(|first| first.eq_ignore_ascii_case(word))
    }
}

/// What a statement does, as far as its place in a transaction is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Gives rows: `SELECT`, `WITH`.
    Query,
    /// Begins or ends a transaction: `BEGIN`, `COMMIT`.
    TransactionControl,
    /// Commits what came before it: `TRUNCATE`.
    Commits,
    /// Is refused inside a transaction with others: `VACUUM`, DDL of Iceberg.
    Alone,
    /// Anything else.
    Other,
}

/// Something that a statement touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// How.
    pub access: Access,
    /// What.
    pub target: Target,
    /// Where its name stands in the script.
    pub range: Range<usize>,
}

/// How data is touched. Making a place for data, changing it and ending it are three things, and what comes
/// first follows from them.
///
/// A statement may touch a table in several ways: `CREATE TABLE ... AS` creates it and writes it, `RENAME`
/// ends one name, and creates and writes another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Makes the place for the data, not the data: `CREATE TABLE`.
    Creates,
    /// Changes the place, not the data: `ALTER TABLE ... ADD COLUMN`.
    Alters,
    /// Adds rows to those that are there, whatever these are: `INSERT`, `COPY`; or what another one would add as well:
    /// `REFRESH`. Several may do it in any order.
    Appends,
    /// Changes the data: `UPDATE`, `DELETE`, `MERGE`.
    Writes,
    /// Takes all rows away: `TRUNCATE`, `DELETE` without a condition, and for the other table `APPEND FROM`.
    Empties,
    /// Reads the data.
    Reads,
    /// Wants it to be there and looks at no row of it: `GRANT`, `COMMENT`, `ANALYZE`, `OWNER TO`, `LIKE`, `REFERENCES`.
    Needs,
    /// Takes the place away, with the data: `DROP`, and for the old name `RENAME`.
    Ends,
}

impl Access {
    /// Says whether other rows are there afterwards.
    pub fn changes_rows(self) -> bool {
        match self {
            Self::Appends | Self::Writes | Self::Empties => true,
            Self::Creates | Self::Alters | Self::Reads | Self::Needs | Self::Ends => false,
        }
    }

    /// Says whether rows are there afterwards that were not there before.
    pub fn gives_rows(self) -> bool {
        self.changes_rows() && self != Self::Empties
    }
}

/// What a statement can touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A table or view, in lower case; `public` when the SQL names no schema.
    Table {
        /// The database, when the SQL names one.
        database: Option<String>,
        /// The schema.
        schema: String,
        /// The table.
        table: String,
    },
    /// A prefix in S3, as written between the quotes.
    Prefix(String),
}

impl Target {
    /// Says whether it is a temporary table.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Table { schema, .. } if schema == session::TEMPORARY)
    }

    /// Says whether it is this table, in whatever database.
    pub fn is_table(&self, schema: &str, table: &str) -> bool {
        matches!(self, Self::Table { schema: its, table: name, .. } if its == schema && name == table)
    }
}

/// Something wrong in a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlError {
    /// Where it stands in the script.
    pub range: Range<usize>,
    /// What is wrong.
    pub kind: SqlErrorKind,
}

impl SqlError {
    /// The same in a text that begins so many bytes further left.
    fn behind(self, bytes: usize) -> Self {
        Self { range: self.range.start + bytes..self.range.end + bytes, ..self }
    }
}

/// What is wrong in a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SqlErrorKind {
    /// It is wrong whoever reads it: something is not closed, or no statement begins so.
    Syntax(String),
    /// It does not parse; says what was expected. Redshift knows more than the parser, so that it may be right.
    NotUnderstood(String),
    /// It parses, and can never run; says why.
    Refused(String),
    /// Redshift has no such thing.
    Foreign {
        /// What it is called.
        what: String,
        /// What to do instead.
        instead: String,
    },
    /// Redshift has no such function; somebody may have made one.
    NoFunction {
        /// Its name, in lower case.
        name: String,
        /// What to do instead.
        instead: String,
    },
    /// A hole stands in a name: it becomes a literal, which no name can hold.
    HoleInName,
    /// A hole is wrong.
    Template(TemplateError),
}

/// Reads a script of a dialect.
pub fn analyse_as(text: &str, dialect: Dialect) -> Script {
    match dialect {
        Dialect::Redshift => analyse(text),
        Dialect::Athena => athena::analyse(text),
    }
}

/// Reads a script of Redshift's.
pub fn analyse(text: &str) -> Script {
    let Read { mut statements, effects, errors } = read(text);
    let functions = effects.iter().filter_map(session::Effect::function).collect();
    let (external, procedures) = session::resolve(&mut statements, &effects, &procedure::read);
    let transaction = session::unwrap(&mut statements, &effects);
    // The scripts of all pipelines are kept, and a list grows by more than it needs.
    statements.shrink_to_fit();
    Script { statements, transaction, external, functions, procedures, errors }
}

/// The statements of a script, each by itself.
struct Read {
    statements: Vec<SqlStatement>,
    /// What each changes for those behind it.
    effects: Vec<session::Effect>,
    errors: Vec<SqlError>,
}

fn read(text: &str) -> Read {
    let (tokens, errors) = scan::scan(text);
    let mut found = Read { statements: Vec::new(), effects: Vec::new(), errors };
    for tokens in tokens.split(|token| token.is(text, ";")) {
        let Some(first) = tokens.iter().position(|token| token.kind != scan::Kind::Comment) else { continue };
        let (statement, effect) = statement::read(text, &tokens[first..], &mut found.errors);
        if let session::Effect::Procedure { body, at, has_setting, .. } = &effect {
            let mistakes = procedure::mistakes(body, *has_setting);
            found.errors.extend(mistakes.into_iter().map(|error| error.behind(*at)));
        }
        found.statements.push(statement);
        found.effects.push(effect);
    }
    found
}
