//! Holds the explanations of all codes to what they say: the wrong examples are wrong, the right ones right.

use super::decode::{Decode, Decoder};
use super::{PipelineSpec, ProjectSpec};
use crate::diagnostic::{Code, Diagnostics};
use crate::expand::{Variables, expand};
use crate::source::SourceMap;
use crate::yaml;

/// Codes that only later stages find, or that concern no text.
const LATER: &[Code] = &[
    Code::AppendEmptied,
    Code::CopyOption,
    Code::CopyQuotes,
    Code::DashedArgument,
    Code::DataDay,
    Code::DependencyCycle,
    Code::DuplicatePipeline,
    Code::FlexWorker,
    Code::IdCollision,
    Code::InvalidFolder,
    Code::LocalDay,
    Code::LongDagId,
    Code::MergeKey,
    Code::MissingFile,
    Code::MultipleWriters,
    Code::NoPipelines,
    Code::NoProjectFile,
    Code::NotUtf8,
    Code::NothingMakes,
    Code::OperatorArgument,
    Code::PipelineCycle,
    Code::ReservedArgument,
    Code::ScriptLanguage,
    Code::ShadowedPackage,
    Code::SqlDialect,
    Code::SqlHiddenTables,
    Code::SqlLimit,
    Code::SqlNotUnderstood,
    Code::SqlSyntax,
    Code::SqlTransaction,
    Code::UnknownAirflowVersion,
    Code::UnknownConnection,
    Code::UnknownEnvironment,
    Code::UnknownPartition,
    Code::UnknownReference,
    Code::UnreadPipeline,
    Code::UnusedSetting,
    Code::UnusedConnection,
    Code::UnusedParam,
    Code::UnusedSource,
    Code::UnusedVariable,
    Code::UsedAfterDrop,
    Code::WorkerType,
];

/// Returns the code blocks of a section.
fn blocks<'t>(text: &'t str, section: &str) -> Vec<&'t str> {
    let (_, rest) = text.split_once(&format!("\n## {section}\n")).unwrap();
    let rest = rest.split("\n## ").next().unwrap();
    rest.split("```").skip(1).step_by(2).collect()
}

/// Reads a spec as far as this layer does; gives the codes found.
fn read(text: &str) -> Vec<Code> {
    let mut sources = SourceMap::default();
    let file = sources.add("specs/a.yaml", text);
    let mut diagnostics = Diagnostics::default();
    if let Some(node) = yaml::parse(&sources, file, &mut diagnostics) {
        let variables = Variables { environment: "dev".to_owned(), ..Variables::default() };
        let node = expand(node, &variables, &sources, &mut diagnostics);
        let is_project = node.get("project").is_some();
        let mut decoder = Decoder { sources: &sources, diagnostics: &mut diagnostics };
        let read = if is_project {
            ProjectSpec::decode(&node, &mut decoder).is_some()
        } else {
            PipelineSpec::decode(&node, &mut decoder).is_some()
        };
        assert!(read || diagnostics.has_errors(), "{text}");
    }
    diagnostics.into_sorted().iter().map(|finding| finding.code).collect()
}

#[test]
fn every_code_is_explained_by_examples_that_hold() {
    for code in Code::ALL.iter().copied() {
        let text = code.explanation();
        assert!(text.starts_with(&format!("# {code}\n\n")), "{code}");
        let (wrong, right) = (blocks(text, "Wrong"), blocks(text, "Right"));
        assert!(!wrong.is_empty() && !right.is_empty(), "{code}");
        for block in wrong.iter().filter_map(|block| block.strip_prefix("yaml\n")) {
            let expected = if LATER.contains(&code) { vec![] } else { vec![code] };
            assert_eq!(read(block), expected, "the wrong example of {code}");
        }
        for block in right.iter().filter_map(|block| block.strip_prefix("yaml\n")) {
            assert_eq!(read(block), [], "the right example of {code}");
        }
    }
}
