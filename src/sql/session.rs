//! What the statements of a script share: they run in one session, one after the other.
//!
//! Names without a schema are those of temporary tables that the script has made before, or of the schemas of its
//! search path: which one, the project knows where there are several. System tables are the database's own: no step makes them for another.

use super::cursor::Cursor;
use super::scan::Kind;
use super::{Access, External, Procedure, SqlStatement, Target, Use, Verb};
use std::collections::HashSet;
use std::ops::Range;

/// The schema of temporary tables.
pub(in crate::sql) const TEMPORARY: &str = "pg_temp";

/// What a statement changes for those behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing.
    #[default]
    Nothing,
    /// Names without a schema are looked for there, in this order; nobody knows where when absent.
    SearchPath(Option<Vec<String>>),
    /// Names without a database belong to this one.
    Database(String),
    /// A statement is kept under a name.
    Prepares(String),
    /// A statement that was kept runs.
    Executes(String),
    /// A schema holds external tables, or this table is one; its rows are there.
    External(Vec<External>),
    /// There is a function of this name from now on.
    Function(String),
    /// There is a procedure from now on.
    Procedure {
        /// Its name with its qualifiers.
        name: Vec<String>,
        /// Its text.
        body: String,
        /// Where that stands in the script.
        at: usize,
        /// It is made with `SET`.
        has_setting: bool,
    },
    /// Something else of the session.
    Setting,
    /// A transaction begins.
    Begins,
    /// A transaction ends, and stays.
    Commits,
}

impl Effect {
    /// Reads `SET search_path`, `RESET search_path` and `USE`.
    pub(super) fn of_setting(cursor: &Cursor<'_>) -> Self {
        if cursor.is(0, "use") {
            return cursor.one_name(1).map_or(Self::Setting, Self::Database);
        }
        let at = cursor.skip(1, &["session", "local"]);
        if cursor.is(0, "reset") {
            let is_path = cursor.any(at, &["search_path", "all"]);
            return if is_path { Self::SearchPath(Some(vec![PUBLIC.to_owned()])) } else { Self::Setting };
        }
        if !cursor.is(at, "search_path") {
            return Self::Setting;
        }
        let schemas = (at + 1..cursor.tokens.len()).filter_map(|n| match cursor.tokens[n].kind {
            Kind::Hole => Some(None),
            // `set search_path to 'a, b'` names one schema.
            Kind::Text => cursor.literal(n).map(|text| (!text.contains("{{")).then(|| text.to_lowercase())),
            Kind::Word | Kind::Name if !cursor.any(n, &["to", "default"]) => Some(cursor.one_name(n)),
            Kind::Word | Kind::Name | Kind::Number | Kind::Comment | Kind::Symbol => None,
        });
        let schemas = schemas.filter(|schema| schema.as_deref() != Some("$user"));
        let schemas: Option<Vec<String>> = schemas.collect();
        Self::SearchPath(
            schemas.map(|schemas| if schemas.is_empty() { vec![PUBLIC.to_owned()] } else { schemas }),
        )
    }
}

impl Effect {
    /// Returns the name of the function that is made.
    pub(super) fn function(&self) -> Option<String> {
        match self {
            Self::Function(name) => Some(name.clone()),
            Self::Nothing
            | Self::SearchPath(_)
            | Self::Database(_)
            | Self::Prepares(_)
            | Self::Executes(_)
            | Self::External(_)
            | Self::Procedure { .. }
            | Self::Setting
            | Self::Begins
            | Self::Commits => None,
        }
    }

    /// Reads `BEGIN` and `COMMIT`, in all their forms. A transaction that only reads is none of ours.
    pub(super) fn of_transaction(cursor: &Cursor<'_>) -> Self {
        let begins = cursor.is(0, "begin") || cursor.has(0, &["start", "transaction"]);
        let behind = cursor.skip(1, &["work", "transaction"]);
        match () {
            () if begins && cursor.find(1, &["only"]).is_none() => Self::Begins,
            () if cursor.any(0, &["commit", "end"]) && behind == cursor.tokens.len() => Self::Commits,
            () => Self::Nothing,
        }
    }
}

const PUBLIC: &str = "public";

/// Reads the text of a procedure: its statements, and what each changes for those behind it.
pub(super) type Read<'r> = &'r dyn Fn(&str) -> Vec<(SqlStatement, Effect)>;

/// Gives every name its schema, and drops what nobody else sees. Gives what is external, and the procedures.
pub(super) fn resolve(
    statements: &mut [SqlStatement],
    effects: &[Effect],
    read: Read<'_>,
) -> (Vec<External>, Vec<Procedure>) {
    let mut session = Session { path: Some(vec![PUBLIC.to_owned()]), ..Session::default() };
    for (statement, effect) in statements.iter_mut().zip(effects) {
        session.take(statement, effect, read);
    }
    (session.external, session.procedures)
}

impl Session {
    /// Reads one statement, and what it changes for those behind it.
    fn take(&mut self, statement: &mut SqlStatement, effect: &Effect, read: Read<'_>) {
        let has_made = self.run(statement);
        statement.of_session = match effect {
            Effect::Setting | Effect::SearchPath(_) | Effect::Database(_) | Effect::Prepares(_) => true,
            Effect::Nothing
            | Effect::Executes(_)
            | Effect::External(_)
            | Effect::Function(_)
            | Effect::Procedure { .. }
            | Effect::Begins
            | Effect::Commits => has_made,
        };
        match effect {
            Effect::Nothing | Effect::Function(_) | Effect::Setting | Effect::Begins | Effect::Commits => {}
            Effect::SearchPath(path) => self.path.clone_from(path),
            Effect::Database(database) => self.database = Some(database.clone()),
            Effect::Prepares(name) => {
                self.prepared.insert(name.clone());
            }
            Effect::Executes(name) => statement.hidden &= !self.prepared.contains(name),
            Effect::External(external) => self.external.extend_from_slice(external),
            Effect::Procedure { name, body, .. } => {
                let made = self.procedure(name, body, read);
                self.procedures.extend(made);
            }
        }
    }

    /// Reads a procedure as it would run in this session: its names are those of the session that calls it, and this one
    /// is the best guess at it.
    fn procedure(&self, name: &[String], body: &str, read: Read<'_>) -> Option<Procedure> {
        let (name, qualifiers) = name.split_last()?;
        let schema = qualifiers.last().or_else(|| self.path.as_ref()?.first())?.clone();
        let mut inner = Self { path: self.path.clone(), database: self.database.clone(), ..Self::default() };
        let mut made = Procedure {
            schema,
            name: name.clone(),
            uses: Vec::new(),
            calls: Vec::new(),
            hidden: false,
            ends: None,
        };
        for (mut statement, effect) in read(body) {
            // One within another is not looked at.
            inner.take(&mut statement, &effect, &|_| Vec::new());
            made.uses.append(&mut statement.uses);
            if matches!(statement.verb, Verb::TransactionControl | Verb::Commits) && made.ends.is_none() {
                made.ends = Some(statement.words.0);
            }
            let loose = statement.loose.map(|loose| *loose).unwrap_or_default();
            made.hidden |= statement.hidden || !loose.names.is_empty();
            made.calls.extend(loose.calls);
        }
        Some(made)
    }
}

#[derive(Default)]
struct Session {
    path: Option<Vec<String>>,
    database: Option<String>,
    temporary: HashSet<String>,
    /// The tables that the script has made in the first schema of a path: schema and name.
    made: HashSet<(String, String)>,
    prepared: HashSet<String>,
    external: Vec<External>,
    procedures: Vec<Procedure>,
}

impl Session {
    /// Reads one statement; says whether it makes a temporary table.
    fn run(&mut self, statement: &mut SqlStatement) -> bool {
        // The new name of a table is in the schema of the old one.
        let renames = statement.uses.iter().any(|item| item.access == Access::Ends);
        let mut made = Vec::new();
        let mut ended = Vec::new();
        let mut named = Vec::new();
        let mut is_unknown = false;
        let mut loose = Vec::new();
        let mut made_here = Vec::new();
        let mut apart = Vec::new();
        statement.uses.retain_mut(|item| {
            let Target::Table { database, schema, table } = &mut item.target else { return true };
            let is_temporary = schema == TEMPORARY
                || (schema.is_empty() && (table.starts_with('#') || self.temporary.contains(table.as_str())));
            let list = match item.access {
                Access::Ends => is_temporary.then_some(&mut ended),
                Access::Creates if is_temporary => Some(&mut made),
                Access::Creates => schema.is_empty().then_some(&mut named),
                Access::Alters
                | Access::Appends
                | Access::Writes
                | Access::Empties
                | Access::Reads
                | Access::Needs => None,
            };
            if let Some(list) = list {
                list.push(table.clone());
            }
            if is_temporary || is_system(schema, table) {
                if item.access == Access::Reads {
                    apart.push(as_of(item, is_temporary));
                }
                return false;
            }
            if schema.is_empty() {
                match self.path.as_deref() {
                    Some([only]) => schema.clone_from(only),
                    Some([first, ..]) => {
                        schema.clone_from(first);
                        let name = (first.clone(), table.clone());
                        // What is made is made in the first one, and found there from then on.
                        // The query that a table is made of does not see it.
                        let is_seen = self.made.contains(&name)
                            && !(item.access == Access::Reads && made_here.contains(&name));
                        if item.access == Access::Creates && !renames {
                            if self.made.insert(name.clone()) {
                                made_here.push(name);
                            }
                        } else if !is_seen {
                            loose.push(item.range.clone());
                        } else if item.access == Access::Ends {
                            self.made.remove(&name);
                        }
                    }
                    Some([]) | None => is_unknown = true,
                }
            }
            if database.is_none() {
                database.clone_from(&self.database);
            }
            !schema.is_empty()
        });
        // `RENAME`: the new name of a temporary table is one, too.
        if !ended.is_empty() && !named.is_empty() {
            statement.uses.retain(|item| !is_named(item, &named));
            made.append(&mut named);
        }
        statement.apart = apart;
        statement.hidden |= is_unknown;
        let called = statement.loose.as_mut().and_then(|loose| loose.calls.as_mut());
        if let Some(called) = called.filter(|called| called.schemas.is_empty()) {
            called.schemas = self.path.clone().unwrap_or_default();
        }
        if let Some([_, others @ ..]) = self.path.as_deref()
            && !loose.is_empty()
        {
            let told = statement.loose.get_or_insert_default();
            others.clone_into(&mut told.schemas);
            told.names = loose;
        }
        for table in &ended {
            self.temporary.remove(table);
        }
        let has_made = !made.is_empty();
        self.temporary.extend(made);
        has_made
    }
}

/// The same use, with the schema of temporary tables where it is one.
fn as_of(item: &Use, is_temporary: bool) -> Use {
    let mut item = item.clone();
    if let Target::Table { schema, .. } = &mut item.target
        && is_temporary
    {
        TEMPORARY.clone_into(schema);
    }
    item
}

fn is_named(item: &Use, names: &[String]) -> bool {
    matches!(&item.target, Target::Table { table, .. } if names.contains(table))
}

/// Says whether a table belongs to the database itself.
fn is_system(schema: &str, table: &str) -> bool {
    const SCHEMAS: &[&str] = &["information_schema", "pg_catalog", "pg_internal", "sys", "pg_automv"];
    const TABLES: &[&str] = &["pg_", "stl_", "stv_", "svl_", "svv_", "svcs_", "sys_"];
    SCHEMAS.contains(&schema) || (schema.is_empty() && TABLES.iter().any(|prefix| table.starts_with(prefix)))
}

/// Takes the one `BEGIN` and `COMMIT` of a script away, and gives the place of the first: dagc does what they say.
/// What stands before and behind them belongs to the same transaction then, which changes nothing but that it takes
/// effect together with the rest.
pub(super) fn unwrap(statements: &mut Vec<SqlStatement>, effects: &[Effect]) -> Option<Range<usize>> {
    let mut controls = (0..statements.len()).filter(|n| statements[*n].verb == Verb::TransactionControl);
    let (begin, commit) = (controls.next()?, controls.next()?);
    let is_one = controls.next().is_none()
        && effects[begin] == Effect::Begins
        && effects[commit] == Effect::Commits
        && commit > begin;
    if !is_one {
        return None;
    }
    statements.remove(commit);
    Some(statements.remove(begin).words.1)
}
