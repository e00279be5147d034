//! The worker's binary, as it is published: its bytes and the pointer to it.

use super::content::{Content, sha256_hex};
use super::error::{Error, Result};
use super::glibc::{MWAA_GLIBC, needed};
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// The words that `dagc-worker` has in it and no other program, backwards: this program has them not.
const MARK: &str = "snur GAD cgad a fo ksat hcae taht margorp ehT";

/// Returns the words by which the worker's binary is known.
pub fn mark() -> String {
    MARK.chars().rev().collect()
}

/// The binary that Airflow's workers run.
#[derive(Clone, Debug)]
pub struct Worker {
    path: PathBuf,
    content: Vec<u8>,
    sha256: String,
}

impl Worker {
    /// Reads a binary; refuses one that is something else.
    pub fn read(path: &Path) -> Result<Self> {
        let content =
            std::fs::read(path).map_err(Error::io(format!("read the worker {}", path.display())))?;
        let mark = mark();
        if !content.windows(mark.len()).any(|bytes| bytes == mark.as_bytes()) {
            return Err(Error::NotAWorker(path.to_owned()));
        }
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
        if !is_linux_x86_64(&self.content) {
            return Err(Error::WorkerFormat(self.path.clone()));
        }
        match needed(&self.content).filter(|needs| *needs > MWAA_GLIBC) {
            Some(needs) => Err(Error::WorkerGlibc { path: self.path.clone(), needs }),
            None => Ok(()),
        }
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

    #[test]
    fn knows_programs_that_are_too_new_for_mwaa() {
        for (strings, newest, runs) in [
            ("\0GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_2.17\0", Some("2.34"), true),
            ("\0GLIBC_2.34\0GLIBC_2.4\0GLIBC_PRIVATE\0GLIBC_2.36", Some("2.36"), false),
            ("\0GLIBC_3.0\0", Some("3.0"), false),
            ("says GLIBC_2.99 in a message\0GCC_3.0\0", None, true),
        ] {
            let mut content = b"\x7fELF\x02\x01".to_vec();
            content.resize(20, 0);
            content[18] = 62;
            content.extend(strings.as_bytes());
            let found = needed(&content).map(|version| version.to_string());
            assert_eq!(found.as_deref(), newest);
            let worker = Worker { path: PathBuf::from("w"), content, sha256: String::new() };
            assert_eq!(worker.check_runs_on_mwaa().is_ok(), runs, "{strings:?}");
        }
    }
}
