//! What publishing needs in an environment.

use super::Environment;
use crate::service::call::{Caller, Need};
use crate::service::folder::DagFolder;

impl Environment {
    /// Returns what whoever publishes DAG files into it must be allowed.
    pub fn needs(&self) -> Vec<Need> {
        let (mwaa, dags, key) = (self.mwaa.as_deref(), self.dags.as_deref(), self.kms_key.as_deref());
        DagFolder { mwaa, dags, key }.needs()
    }
}
