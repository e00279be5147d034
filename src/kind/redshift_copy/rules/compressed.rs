//! `copy-option`: files that are compressed, and of which COPY is not told so.
//!
//! COPY does not look at names: without its option it reads the compressed bytes as text ("File compression
//! parameters").

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::redshift_copy::RedshiftCopyStep;
use crate::lang::source::Format;
use crate::scope::Data;

/// Endings of names, and the compression that they mean.
const ENDINGS: &[(&str, &str)] = &[
    (".gz", "gzip"),
    (".gzip", "gzip"),
    (".bz2", "bzip2"),
    (".lzo", "lzop"),
    (".zst", "zstd"),
    (".zstd", "zstd"),
];

/// Endings of what COPY has no option for: archives, and other compressions.
const UNREADABLE: &[&str] =
    &[".7z", ".br", ".lz4", ".rar", ".snappy", ".tar", ".tar.bz2", ".tar.gz", ".tgz", ".xz", ".z", ".zip"];

pub(super) fn check(step: &RedshiftCopyStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let Some(Data::Files { path, format, .. }) = RedshiftCopyStep::files(cx.task) else { return };
    let format = step.format.as_ref().map(|format| &format.format).or(*format);
    // The other formats say in the file how it is compressed.
    if !matches!(format, Some(Format::Csv(_) | Format::Json(_))) {
        return;
    }
    let path = path.to_string().to_lowercase();
    let written = step.from.as_ref().map(|from| from.span).or(step.path.as_ref().map(|path| path.span));
    if let Some(ending) = UNREADABLE.iter().find(|ending| path.ends_with(*ending)) {
        diagnostics.push(
            Diagnostic::new(
                Code::CopyOption,
                written.unwrap_or(step.span),
                format!("the files end in `{ending}`, which COPY cannot read"),
            )
            .note("it reads files that are compressed by gzip, bzip2, lzop or zstd, one file each")
            .help("unpack them before, or have them written so"),
        );
        return;
    }
    let Some((ending, compression)) = ENDINGS.iter().find(|(ending, _)| path.ends_with(ending)) else {
        return;
    };
    let given = step.options.as_ref().and_then(|options| options.compression.as_ref());
    match given {
        Some(given) if given.value.as_str() == *compression => {}
        Some(given) => diagnostics.push(
            Diagnostic::new(
                Code::CopyOption,
                given.span,
                format!("the files end in `{ending}`, and are not compressed by {}", given.value.as_str()),
            )
            .help(format!("write `compression: {compression}`")),
        ),
        None => diagnostics.push(
            Diagnostic::new(
                Code::CopyOption,
                written.unwrap_or(step.span),
                format!("the files end in `{ending}`, and COPY is not told that they are compressed"),
            )
            .note("it would read the compressed bytes as text")
            .help(format!("add `options: {{compression: {compression}}}`")),
        ),
    }
}
