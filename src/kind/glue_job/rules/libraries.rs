//! `script-language` and `invalid-name`: scripts that are no Python, and libraries that
//! cannot be installed.

use super::version;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::glue_job::{GlueJobStep, GlueJobType, Library};
use crate::text::Spanned;

/// Endings of files that are no Python, and what is done with each.
const OTHERS: &[(&str, &str)] = &[
    ("scala", "dagc publishes jobs in Python: make the Scala job yourself, and name it by `job:`"),
    ("ipynb", "write the notebook as a script: `jupyter nbconvert --to script`"),
    ("sql", "SQL runs in Redshift as `redshift_sql: {sql: ...}`"),
    ("sh", "a script of the shell runs on the worker as `bash: {script: ...}`"),
    ("jar", "make the job yourself, and name it by `job:`; jars that a script uses are `libraries`"),
    ("whl", "files that a script uses are `libraries`"),
    ("zip", "files that a script uses are `libraries`"),
    ("egg", "files that a script uses are `libraries`"),
];

pub(super) fn check(step: &GlueJobStep, diagnostics: &mut Diagnostics) {
    glue_script(step, diagnostics);
    for library in step.libraries.iter().flatten() {
        check_library(step, library, diagnostics);
    }
    two_versions(step.libraries.as_deref().unwrap_or_default(), diagnostics);
}

fn ending(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or("", |(_, ending)| ending)
}

fn glue_script(step: &GlueJobStep, diagnostics: &mut Diagnostics) {
    let Some(script) = step.script.as_ref().filter(|script| ending(&script.value) != "py") else { return };
    let found = ending(&script.value).to_ascii_lowercase();
    let help = OTHERS.iter().find(|(other, _)| *other == found).map(|(_, help)| *help);
    diagnostics.push(
        Diagnostic::new(
            Code::ScriptLanguage,
            script.span,
            format!("`{}` is no script in Python, which is what a Glue job runs", script.value.0),
        )
        .help(help.unwrap_or("call a script in Python so: its name ends in `.py`")),
    );
}

fn check_library(step: &GlueJobStep, library: &Spanned<Library>, diagnostics: &mut Diagnostics) {
    let report =
        |message: String, help: String| Diagnostic::new(Code::InvalidName, library.span, message).help(help);
    if library.is_file() {
        let shell = step.r#type.as_ref().filter(|kind| kind.value == GlueJobType::PythonShell);
        if let (Some(kind), true) = (shell, ending(library) == "jar") {
            diagnostics.push(
                Diagnostic::new(
                    Code::UnusedSetting,
                    library.span,
                    "a Python Shell job has no Java, and reads no jars",
                )
                .also(kind.span, "the type of the job")
                .help("take it away"),
            );
        }
        return;
    }
    let Some(why) = not_installable(library) else { return };
    let (name, version) = library.value.split_once('=').unwrap_or((library, ""));
    let help = match &*library.value {
        text if ending(text) == "txt" => "write its packages here, each as `name==version`".to_owned(),
        _ if !version.is_empty() && !version.starts_with('=') && is_package(name.trim()) => {
            format!("write `{}=={}`", name.trim(), version.trim())
        }
        _ => "write `name==version`, or a file that ends in .py, .zip, .whl, .egg or .jar".to_owned(),
    };
    diagnostics.push(report(format!("`{}` cannot be installed: {why}", library.value.0), help));
}

/// Says that a package is wanted in two versions, of which pip installs none.
fn two_versions(libraries: &[Spanned<Library>], diagnostics: &mut Diagnostics) {
    let pinned: Vec<(String, &str, &Spanned<Library>)> = libraries
        .iter()
        .filter_map(|library| {
            let (name, version) = library.value.split_once("==")?;
            let bare = name.split('[').next().unwrap_or(name);
            Some((normal_name(bare), version.trim_start_matches('='), library))
        })
        .collect();
    for (n, (name, version, library)) in pinned.iter().enumerate() {
        let other = pinned[..n].iter().find(|(known, other, _)| known == name && other != version);
        if let Some((.., first)) = other {
            let message = format!("`{name}` is wanted in two versions");
            diagnostics.push(
                Diagnostic::new(Code::InvalidName, library.span, message)
                    .also(first.span, "the other one")
                    .help("take one of them away"),
            );
        }
    }
}

/// Writes a package's name as pip compares it.
fn normal_name(name: &str) -> String {
    let words = name.split(['-', '_', '.']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_lowercase()
}

/// Says why pip would not take a package. Glue joins packages by commas.
fn not_installable(library: &str) -> Option<&'static str> {
    const SIGNS: &[&str] = &["===", "==", "~=", "!=", ">=", "<=", ">", "<"];
    if library.contains(',') {
        return Some("Glue takes what is behind a comma for the next package");
    }
    if library.contains(char::is_whitespace) {
        return Some("it has a blank");
    }
    if library.contains("://") {
        return None;
    }
    let sign = SIGNS
        .iter()
        .filter_map(|sign| library.find(sign).map(|at| (at, *sign)))
        .min_by_key(|(at, sign)| (*at, usize::MAX - sign.len()));
    let (name, version) = match sign {
        Some((at, sign)) => (&library[..at], Some(&library[at + sign.len()..])),
        None => (library, None),
    };
    let bare = match name.split_once('[') {
        Some((bare, extra)) if extra.strip_suffix(']').is_some_and(is_package) => bare,
        Some(_) => return Some("its `[...]` names no extra"),
        None => name,
    };
    let is_version = |version: &str| match sign.map(|(_, sign)| sign) {
        // Compared as a text.
        Some("===") => !version.is_empty(),
        Some("==" | "!=") => version::is_version(version.strip_suffix(".*").unwrap_or(version)),
        _ => version::is_version(version),
    };
    if matches!(ending(bare), "gz" | "tar" | "tgz" | "bz2" | "xz") {
        Some("it is called like an archive, and files are .py, .zip, .whl, .egg or .jar")
    } else if !is_package(bare) || ending(bare) == "txt" {
        Some("it is no name of a package")
    } else if version.is_some_and(|version| !is_version(version)) {
        Some("behind its sign stands no version of a Python package")
    } else {
        None
    }
}

/// A name of a package: letters, digits, `.`, `_` and `-`, with a letter or a digit at both ends.
fn is_package(name: &str) -> bool {
    let is_edge = |c: char| c.is_ascii_alphanumeric();
    name.starts_with(is_edge)
        && name.ends_with(is_edge)
        && name.chars().all(|c| is_edge(c) || matches!(c, '.' | '_' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_those_that_pip_takes() {
        for package in [
            "pandas==2.2.0",
            "awswrangler",
            "a.b-c_d>=1.0",
            "x[extra]==1",
            "x===1!2+local",
            "https://x/y.tar",
            "x==1.2.*",
            "x~=2.0rc1",
        ] {
            assert_eq!(not_installable(package), None, "{package}");
        }
        for package in [
            "",
            "pandas=2",
            "a b",
            "a,b",
            "x>=1,<2",
            "x==",
            "x[a",
            "x[]",
            "-x",
            "requirements.txt",
            "x==1 ; y",
            "requests==2.99.99.99.x!",
            "x>=1.*",
            "x==latest",
        ] {
            assert!(not_installable(package).is_some(), "{package}");
        }
    }
}
