//! `dagc schema`: the JSON Schema of the language, for editors.

use super::Exit;

use crate::document::reference::reference;
use crate::document::schema::{Document, schema};
use crate::service::permissions;
use crate::ui::Printer;
use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// Which file's schema
    #[arg(default_value = "pipeline")]
    of: Of,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Of {
    /// A pipeline under `specs/`
    Pipeline,
    /// `dagc.yaml`
    Project,
    /// The reference of the language, in Markdown
    Reference,
    /// The permissions that workers and publishers need, in Markdown
    Permissions,
}

pub(super) fn run(args: &SchemaArgs, printer: Printer) -> anyhow::Result<Exit> {
    let text = match args.of {
        Of::Pipeline => serde_json::to_string_pretty(&schema(Document::Pipeline))? + "\n",
        Of::Project => serde_json::to_string_pretty(&schema(Document::Project))? + "\n",
        Of::Reference => reference(),
        Of::Permissions => permissions::page(),
    };
    printer.data(&text)?;
    Ok(Exit::Done)
}
