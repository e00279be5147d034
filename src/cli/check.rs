//! `dagc check`: finds mistakes, in every environment.

use super::session::{Session, environments};
use super::told::{Form, telling};
use super::{Exit, Global};
use crate::compile::{Environments, Goal};
use crate::ui::Printer;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Only the pipelines in these files; all of them if one is no pipeline, such as SQL that several may use
    #[arg(value_name = "FILE", conflicts_with = "select")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    select: super::select::Select,
    /// Only this environment
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    #[command(flatten)]
    form: Form,
}

pub(super) fn run(args: &CheckArgs, global: &Global, printer: Printer) -> anyhow::Result<Exit> {
    let environments = environments(args.env.as_ref(), Environments::All);
    telling(&args.form, printer, |told| {
        let mut session = if args.files.is_empty() {
            Session::open(global, &environments, Goal::Findings, &args.select)?
        } else {
            Session::open_files(global, &environments, Goal::Findings, &args.files)?
        };
        let exit = session.report(printer, told)?;
        if exit == Exit::Done {
            let count = session.selected;
            let environments = session.compiled.checked;
            printer.status(&format!(
                "{count} pipeline{} checked in {environments} environment{}",
                super::plural(count),
                super::plural(environments)
            ))?;
        }
        // The process ends here: taking a large project apart first would only cost time.
        std::mem::forget(session);
        Ok(exit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{Color, Format};
    use clap::Parser;

    #[derive(Parser)]
    struct Arguments {
        #[command(flatten)]
        args: CheckArgs,
    }

    /// A pipeline over which a rule falls leaves the others checked, and its file is named.
    #[test]
    fn a_bug_names_the_file_and_the_rest_is_checked() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("specs")).unwrap();
        let write = |path: &str, text: &str| std::fs::write(folder.path().join(path), text).unwrap();
        write("dagc.yaml", "project: p\nairflow: \"3.3\"\nenvironments: {dev: {region: eu-west-1}}\n");
        write("specs/bug.yaml", "pipeline: falls_over\nsteps: {a: {bash: {command: ls}}}\n");
        write("specs/bad.yaml", "pipeline: bad\nsteps: {a: {bash: {command: ls, dir: /}}}\n");
        let global = Global { project: folder.path().to_owned(), color: Color::Never, quiet: true };
        let printer = Printer::new(Color::Never, true);
        let run = |form: &str| {
            let args = Arguments::try_parse_from(["check", "--format", form]).unwrap().args;
            super::run(&args, &global, printer).unwrap()
        };
        assert_eq!(run("json"), Exit::Bug);

        let mut told = super::super::told::Told::of(Format::Json);
        let select = super::super::select::Select::default();
        let mut session = Session::open(&global, &Environments::All, Goal::Findings, &select).unwrap();
        assert_eq!(session.report(printer, &mut told).unwrap(), Exit::Bug);
        assert_eq!((session.compiled.plans.len(), session.compiled.checked), (0, 1));
        let report = told.later();
        let codes: Vec<&str> = report.findings.iter().map(|finding| finding.code.name()).collect();
        assert_eq!(codes, ["unknown-key"]);
        let said: Vec<&str> = report.failures.iter().map(|failure| failure.message.as_str()).collect();
        assert_eq!(said, ["a bug in dagc kept it from compiling `specs/bug.yaml`: a rule fell over"]);

        for n in 0..20 {
            let text = format!("pipeline: falls_over_{n}\nsteps: {{a: {{bash: {{command: ls}}}}}}\n");
            write(&format!("specs/bug_{n}.yaml"), &text);
        }
        let mut session = Session::open(&global, &Environments::All, Goal::Findings, &select).unwrap();
        session.report(printer, &mut told).unwrap();
        let failures = &told.later().failures;
        assert_eq!(failures.len(), 11);
        assert_eq!(failures[10].message, "and 11 more bugs like these");
    }
}
