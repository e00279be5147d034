//! `invalid-name`: names of the project file that AWS's own rules refuse, which would be found when a task runs.

use crate::diagnostic::Diagnostics;
use crate::kind::shared::names::{
    ATHENA_WORKGROUP, CATALOG_DATABASE, CLUSTER, DATA_CATALOG, DATABASE, DB_USER, GLUE, WORKGROUP,
};
use crate::lang::ProjectSpec;

/// Looks at the connections and the settings of Glue and Athena in the project file.
pub(super) fn project(project: &ProjectSpec, diagnostics: &mut Diagnostics) {
    for (_, environment) in &project.environments.0 {
        for (_, connection) in environment.redshift.iter().flat_map(|redshift| &redshift.0) {
            WORKGROUP.check(connection.workgroup.as_ref(), diagnostics);
            CLUSTER.check(connection.cluster.as_ref(), diagnostics);
            DATABASE.check(Some(&connection.database), diagnostics);
            DB_USER.check(connection.db_user.as_ref(), diagnostics);
        }
        let security = environment.glue.as_ref().and_then(|glue| glue.security_configuration.as_ref());
        GLUE.check(security, diagnostics);
        if let Some(athena) = &environment.athena {
            ATHENA_WORKGROUP.check(athena.workgroup.as_ref(), diagnostics);
            CATALOG_DATABASE.check(athena.database.as_ref(), diagnostics);
            DATA_CATALOG.check(athena.catalog.as_ref(), diagnostics);
        }
    }
}
