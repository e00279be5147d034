//! The worker's binary, as it is published: its bytes and the pointer to it.

use super::error::{Error, Result};
use super::sha256_hex;
use super::store::Content;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// The binary that Airflow's workers run.
#[derive(Clone, Debug)]
pub struct Worker {
    path: PathBuf,
    content: Vec<u8>,
    sha256: String,
}

impl Worker {
    /// Reads a binary.
    pub fn read(path: &Path) -> Result<Self> {
        let content =
            std::fs::read(path).map_err(Error::io(format!("read the worker {}", path.display())))?;
        let sha256 = sha256_hex(&content);
        Ok(Self { path: path.to_owned(), content, sha256 })
    }

    /// Reads the binary that lies beside the running program.
    pub fn beside_this_program() -> Result<Self> {
        let this = std::env::current_exe().map_err(Error::io("find the running program"))?;
        Self::read(&this.with_file_name(format!("dagc-worker{}", std::env::consts::EXE_SUFFIX)))
    }

    /// Returns the SHA-256 of its content.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Refuses what MWAA's workers cannot run.
    pub(super) fn check_runs_on_mwaa(&self) -> Result<()> {
        let runs = is_linux_x86_64(&self.content);
        if runs { Ok(()) } else { Err(Error::WorkerFormat(self.path.clone())) }
    }

    /// Returns its files in a namespace.
    pub(super) fn files(&self, namespace: &str) -> [(String, Content<'_>); 2] {
        let binary = Content { bytes: Cow::Borrowed(&self.content), sha256: self.sha256.clone() };
        let pointer = Content::of(format!("{}\n", self.sha256).into_bytes());
        [
            (format!("{namespace}/.dagc/bin/dagc-worker-{}", self.sha256), binary),
            (format!("{namespace}/.dagc/bin/worker.sha256"), pointer),
        ]
    }
}

/// An ELF file of 64 bits, little endian, for machine 62.
fn is_linux_x86_64(content: &[u8]) -> bool {
    content.starts_with(b"\x7fELF\x02\x01") && content.get(18..20) == Some(&[62, 0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_programs_for_mwaa() {
        let mut elf = b"\x7fELF\x02\x01".to_vec();
        elf.resize(20, 0);
        elf[18] = 62;
        let mut arm = elf.clone();
        arm[18] = 183;
        for (content, expected) in
            [(&elf[..], true), (&arm[..], false), (&elf[..19], false), (b"#!/bin/sh", false), (b"", false)]
        {
            assert_eq!(is_linux_x86_64(content), expected);
        }
    }
}
