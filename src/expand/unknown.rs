//! What is said of a name that is not known.

use super::each::Binding;
use super::{Expander, Scope, placeholder};
use crate::diagnostic::{Code, Diagnostic, list, nearest};
use crate::yaml::Node;
use std::ops::Range;

impl Expander<'_> {
    /// Reports a name that is not known, if it has a place where that is told; gives a text to go on with.
    pub(super) fn unknown(
        &mut self,
        node: &Node,
        name: &str,
        range: Option<Range<usize>>,
        scope: Scope<'_>,
    ) -> String {
        let Some(range) = range else { return placeholder(name) };
        let span = node.locate(self.sources, range);
        self.diagnostics.incomplete(node.span, span);
        let environment = &self.variables.environment;
        let unknown = Diagnostic::new(Code::UnknownVariable, span, format!("unknown variable `{name}`"));
        if name.starts_with("each.") && self.is_sql(node) {
            self.diagnostics.push(
                unknown
                    .label("`each` is known in the spec only, not in a file that several steps may run")
                    .help("write the SQL in the spec, or a file for each value: `sql: \"${each.NAME}.sql\"`"),
            );
            return placeholder(name);
        }
        if name.starts_with("each.") && matches!(scope, Scope::Outside) {
            self.diagnostics.push(
                unknown
                    .label("this step has no `each`")
                    .help("give the step `each: {NAME: [...]}`, or use `${vars.NAME}`"),
            );
            return placeholder(name);
        }
        if !name.contains('.') && self.has_projection(node) {
            self.diagnostics.push(
                unknown
                    .label("filled in here, and not by Athena")
                    .help(format!("write `$${{{name}}}` for what `storage.location.template` fills in")),
            );
            return placeholder(name);
        }
        let known = self.known(scope);
        let inside = format!("{name}.");
        let keys: Vec<String> = known
            .iter()
            .filter(|(known, _)| known.starts_with(&inside))
            .map(|(known, _)| format!("${{{known}}}"))
            .collect();
        if !keys.is_empty() {
            let message = format!("`${{{name}}}` is a mapping here, and a mapping cannot stand in a text");
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            self.diagnostics.push(
                Diagnostic::new(Code::UnknownVariable, span, message)
                    .label("write which value of it")
                    .help(format!("write {}", list(&keys))),
            );
            return placeholder(name);
        }
        let prefixed = ["vars.", "each."].map(|prefix| format!("{prefix}{name}"));
        let meant = known
            .iter()
            .find(|(known, _)| prefixed.contains(known))
            .map(|(known, value)| (known.as_str(), *value))
            .or_else(|| {
                let near = nearest(name, known.iter().map(|(known, _)| known.as_str()))?;
                known.iter().find(|(known, _)| known == near).map(|(known, value)| (known.as_str(), *value))
            });
        let unknown = match meant {
            Some((near, _)) => unknown.help(format!("did you mean `${{{near}}}`?")),
            None => unknown.suggest(name, known.iter().map(|(known, _)| known.as_str())),
        };
        let unknown = if name.starts_with("each.") {
            unknown.label("this step's `each` has nothing of this name")
        } else {
            unknown.label(format!("not defined in environment `{environment}`")).note(
                "variables are set under `environments: NAME: vars:` in dagc.yaml; `$${` writes a plain `${`",
            )
        };
        let text = meant.map_or_else(|| placeholder(name), |(_, value)| value.to_owned());
        self.diagnostics.push(unknown);
        text
    }

    /// Says whether a text is that of a file of SQL.
    fn is_sql(&self, node: &Node) -> bool {
        self.sources.file(node.span.file).path.rsplit_once('.').is_some_and(|(_, ending)| ending == "sql")
    }

    /// Says whether a text is of a file in which Athena's partition projection is told, which writes `${dt}` itself.
    fn has_projection(&self, node: &Node) -> bool {
        self.sources.file(node.span.file).text.to_ascii_lowercase().contains("storage.location.template")
    }

    /// Lists all names that are known, with their values.
    fn known<'s>(&'s self, scope: Scope<'s>) -> Vec<(String, &'s str)> {
        let bindings = match scope {
            Scope::Values(bindings) => bindings,
            Scope::Outside | Scope::Broken => &[],
        };
        let each = bindings.iter().flat_map(Binding::names);
        let vars = self.variables.vars.iter().map(|(name, value)| (format!("vars.{name}"), value.as_str()));
        let fixed = [
            ("project".to_owned(), self.variables.project.as_str()),
            ("environment".to_owned(), self.variables.environment.as_str()),
        ];
        each.chain(vars).chain(fixed).collect()
    }
}
