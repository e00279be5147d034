//! Which errors of the database may pass.

/// Says whether a statement that failed with this error may pass when it is run again: it met another
/// transaction, or the warehouse or S3 were in trouble.
pub(super) fn may_pass_later(error: &str) -> bool {
    const SIGNS: &[&str] = &[
        "serializable isolation violation",
        "conflicts with concurrent transaction",
        "concurrent transaction",
        "could not serialize access",
        "deadlock detected",
        "could not open relation with oid",
        "lock timeout",
        "connection refused",
        "connection reset",
        "connection terminated",
        "connection is closed",
        "connection has been closed",
        "connection timed out",
        "cannot connect to the database",
        "server closed the connection",
        "terminating connection",
        "system requested abort",
        "cluster is restarting",
        "cluster is currently",
        "the cluster is read only",
        "slowdown",
        "s3serviceexception:please reduce your request rate",
        "internalerror",
        "serviceunavailable",
        "internal error",
        "exceeded for non-bootstrap users",
        "an i/o error occurred",
        "the connection attempt failed",
        "disk full",
        // A file has changed since it was listed: the next attempt lists anew.
        "mandatory in the manifest",
        "content_length",
        // Cancelled by a person, a rule of the workload manager, or a maintenance.
        "cancelled on user's request",
        "canceled on user's request",
        "canceling statement due to user request",
        "cancelled by wlm",
        "session was terminated",
        // Another session was faster.
        "tuple concurrently updated",
        "timed out waiting for lock",
        // No room for another session, or a cluster that comes and goes.
        "connection slots are reserved",
        "the database system is starting up",
        "the database system is shutting down",
        "leader process crashed",
        "connect timed out",
        "read timed out",
    ];
    let error = error.to_lowercase();
    SIGNS.iter().any(|sign| error.contains(sign)) || has_met_another(&error)
}

/// Says whether a commit to a table of Iceberg has met another one, which Redshift does not try again by itself (Database
/// Developer Guide, "Transaction semantics" of Iceberg writes). The page does not have the words of the error: these are
/// those of Iceberg itself.
fn has_met_another(error: &str) -> bool {
    error.contains("iceberg")
        && ["conflict", "concurrent", "commit failed"].iter().any(|word| error.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_errors_may_pass_later() {
        for (error, expected) in [
            ("ERROR: 1023\n  DETAIL: Serializable isolation violation on table - 1", true),
            ("ERROR: deadlock detected", true),
            ("ERROR: Iceberg commit failed: the table has been changed", true),
            ("ERROR: Iceberg table not found", false),
            ("ERROR: could not open relation with OID 12345", true),
            ("ERROR: Connection reset by peer", true),
            ("ERROR: S3ServiceException:Please reduce your request rate.,Status 503,Error SlowDown", true),
            ("FATAL: connection limit \"500\" exceeded for non-bootstrap users", true),
            ("An I/O error occurred while sending to the backend.", true),
            ("The connection attempt failed.", true),
            ("ERROR: Disk Full\n  DETAIL: error: Disk Full code: 1016", true),
            ("ERROR: syntax error at or near \"form\"", false),
            ("ERROR: relation \"x\" does not exist", false),
            ("ERROR: permission denied for relation flights", false),
            ("ERROR: Divide by zero", false),
            ("ERROR: S3ServiceException:Access Denied,Status 403,Error AccessDenied", false),
        ] {
            assert_eq!(may_pass_later(error), expected, "{error}");
        }
    }
}
