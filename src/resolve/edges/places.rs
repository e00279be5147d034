//! What SQL makes and is no table: schemas and databases (of the Data Catalog, of datashares), procedures and functions, models,
//! users, roles and groups, policies, datashares, prepared statements; and rights on all tables or routines of a schema.
//!
//! Each is made before it is used and dropped when nobody uses it any more; a drop that stands before the making begins
//! it. A schema is used by all that lies in it, a procedure or function by whoever names it, or calls one whose text does.
//! `GRANT ... ON ALL TABLES IN SCHEMA` comes after who makes tables there, and so for functions and procedures: it covers
//! those that are there.

mod about;

use crate::plan::{Place, Why};
use crate::resolve::Task;
use crate::sql::{Access, Dialect, Target};
use about::{Does, Subject, What, about};
pub use about::{made_routine, renamed_routine, renamed_schema};
use std::collections::BTreeSet;

/// Who does something to what is no table.
struct Known<'t, 'a> {
    tasks: &'t [Task<'a>],
    subjects: Vec<(usize, Subject)>,
}

/// Finds the edges that these give: who comes first, who second, why.
pub(super) fn wanted(tasks: &[Task<'_>]) -> Vec<(usize, usize, Why)> {
    let mut subjects: Vec<(usize, Subject)> = Vec::new();
    for (n, task) in tasks.iter().enumerate() {
        let made = task.kind.makes_external_schema();
        let made = made.map(|made| Subject::new(Does::Makes, What::Schema, made.schema.to_lowercase()));
        subjects.extend(made.map(|made| (n, made)));
        for script in &task.scripts {
            let statements = script.script.statements.iter();
            let found = statements.flat_map(|statement| about(&statement.text, task.kind.dialect()));
            subjects.extend(found.map(|subject| (n, subject)));
        }
    }
    let known = Known { tasks, subjects };
    known.subjects.iter().flat_map(|(n, subject)| known.wants(*n, subject)).collect()
}

impl Known<'_, '_> {
    /// The edges for who does something.
    fn wants(&self, task: usize, subject: &Subject) -> Vec<(usize, usize, Why)> {
        let Subject { does, what, name, becomes } = subject;
        let why = || match what {
            What::Routine => Why::Routine(name.clone()),
            What::Schema | What::CatalogDatabase => Why::Schema(name.clone()),
            What::Database
            | What::Model
            | What::Principal
            | What::Policy
            | What::Datashare
            | What::Prepared => Why::Made(name.clone()),
        };
        match does {
            Does::Makes => {
                self.users(task, *what, name).into_iter().map(|user| (task, user, why())).collect()
            }
            // Whoever makes it wants that.
            Does::Uses => Vec::new(),
            Does::Drops => {
                // A schema whose new name is used takes the place of the old one: it is made before.
                let is_in_use = becomes.as_ref().is_some_and(|new| !self.users(task, *what, new).is_empty());
                // A drop that stands before the making begins it.
                if !is_in_use && let Some(next) = self.makers(*what, name).find(|maker| *maker >= task) {
                    return if next == task { Vec::new() } else { vec![(task, next, why())] };
                }
                let made =
                    self.makers(*what, name).filter(|maker| *maker != task).map(|maker| (maker, task, why()));
                let used = self.users(task, *what, name).into_iter().map(|user| (user, task, why()));
                made.chain(used).collect()
            }
            Does::Covers => {
                if *what == What::Routine {
                    return self.routines_of(name).filter(|n| *n != task).map(|n| (n, task, why())).collect();
                }
                let others = (0..self.tasks.len()).filter(|n| *n != task);
                let creates = |access| access == Access::Creates;
                let makers = others.filter(|n| uses_schema(&self.tasks[*n], *what, name, creates));
                makers.map(|n| (n, task, why())).collect()
            }
        }
    }

    fn makers<'s>(&'s self, what: What, name: &'s str) -> impl Iterator<Item = usize> + 's {
        let of_it = move |(_, subject): &&(usize, Subject)| {
            subject.does == Does::Makes && subject.what == what && subject.name == name
        };
        self.subjects.iter().filter(of_it).map(|(n, _)| *n)
    }

    /// The tasks that make procedures or functions of a schema; those without one are made in `public`.
    fn routines_of<'s>(&'s self, schema: &'s str) -> impl Iterator<Item = usize> + 's {
        let of_it = move |(_, subject): &&(usize, Subject)| {
            let own = subject.name.split_once('.').map_or("public", |(own, _)| own);
            subject.does == Does::Makes && subject.what == What::Routine && own == schema
        };
        self.subjects.iter().filter(of_it).map(|(n, _)| *n)
    }

    /// The other tasks that use it, and do not drop it.
    fn users(&self, task: usize, what: What, name: &str) -> BTreeSet<usize> {
        let named = self.subjects.iter().filter(|(_, subject)| match what {
            What::Schema if subject.what == What::Routine => {
                subject.does == Does::Makes
                    && subject.name.split_once('.').is_some_and(|(schema, _)| schema == name)
            }
            _ => {
                // What covers routines has the name of their schema.
                let is_use =
                    subject.does == Does::Uses || (subject.does == Does::Covers && what != What::Routine);
                subject.what == what && subject.name == name && is_use
            }
        });
        let mut users: BTreeSet<usize> = named.map(|(n, _)| *n).collect();
        match what {
            What::Schema | What::CatalogDatabase => {
                users.extend(
                    (0..self.tasks.len()).filter(|n| uses_schema(&self.tasks[*n], what, name, |_| true)),
                );
            }
            What::Routine => {
                let callees = self.naming(name);
                let calls = |n: &usize| callees.iter().any(|name| calls(&self.tasks[*n], name));
                users.extend((0..self.tasks.len()).filter(calls));
            }
            What::Database => {
                users.extend((0..self.tasks.len()).filter(|n| uses_database(&self.tasks[*n], name)));
            }
            What::Model => {
                let makers: BTreeSet<usize> = self.makers(what, name).collect();
                let functions = self.subjects.iter().filter(|(n, subject)| {
                    makers.contains(n) && subject.does == Does::Makes && subject.what == What::Routine
                });
                for (_, function) in functions {
                    users.extend((0..self.tasks.len()).filter(|n| calls(&self.tasks[*n], &function.name)));
                }
            }
            What::Principal | What::Policy | What::Datashare | What::Prepared => {}
        }
        users.remove(&task);
        let drops = |n: &usize| {
            let of_it = |(other, subject): &(usize, Subject)| {
                other == n && subject.does == Does::Drops && subject.what == what && subject.name == name
            };
            self.subjects.iter().any(of_it)
        };
        users.retain(|n| !drops(n));
        users
    }

    /// A routine, and those whose text names it: to call them, it must be there.
    fn naming(&self, name: &str) -> Vec<String> {
        let mut found = vec![name.to_owned()];
        let mut next = 0;
        while next < found.len() {
            let inner = found[next].clone();
            for text in self.routines() {
                let Some(outer) = made_routine(text).filter(|outer| !found.contains(outer)) else { continue };
                if names(&text[text.find('(').unwrap_or(0)..], &inner) {
                    found.push(outer);
                }
            }
            next += 1;
        }
        found
    }

    /// The statements that make routines.
    fn routines(&self) -> impl Iterator<Item = &str> {
        let scripts = self.tasks.iter().flat_map(|task| &task.scripts);
        let texts = scripts.flat_map(|script| &script.script.statements).map(|one| one.text.as_str());
        texts.filter(|text| made_routine(text).is_some())
    }
}

/// Says whether a task touches a table of a schema, or of a database of the Data Catalog, in such a way.
fn uses_schema(task: &Task<'_>, what: What, schema: &str, so: impl Fn(Access) -> bool) -> bool {
    task.touches.iter().any(|touch| match &touch.dataset {
        Place::Table { name, .. } => what == What::Schema && name.schema == schema && so(touch.access),
        Place::CatalogTable(name) => {
            what == What::CatalogDatabase && name.schema == schema && so(touch.access)
        }
        Place::Prefix(_) | Place::Database { .. } => false,
    })
}

/// Says whether the SQL of a task names a table of another database.
fn uses_database(task: &Task<'_>, database: &str) -> bool {
    let statements = task.scripts.iter().flat_map(|script| &script.script.statements);
    let mut uses = statements.flat_map(|statement| &statement.uses);
    let is_redshift = task.kind.dialect() == Dialect::Redshift;
    is_redshift
        && uses
            .any(|item| matches!(&item.target, Target::Table { database: Some(its), .. } if its == database))
}

/// Says whether the SQL of a task names a routine with arguments, and neither makes, changes nor drops one.
fn calls(task: &Task<'_>, name: &str) -> bool {
    let mut statements = task.scripts.iter().flat_map(|script| &script.script.statements);
    statements.any(|statement| {
        let is_about_one =
            || about(&statement.text, Dialect::Redshift).iter().any(|subject| subject.what == What::Routine);
        names(&statement.text, name) && !is_about_one()
    })
}

/// Says whether a text names a routine with arguments; the name is in lower case.
fn names(text: &str, name: &str) -> bool {
    let text = text.to_lowercase();
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '"' | '$');
    text.match_indices(name).any(|(at, _)| {
        !text[..at].ends_with(is_part) && text[at + name.len()..].trim_start().starts_with('(')
    })
}
