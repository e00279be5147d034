//! Where in a source's changes a replication begins and stops (`StartReplicationTask` in the service's model).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// What a position begins with at which a replication stops.
pub const STOPS: [&str; 2] = ["server_time:", "commit_time:"];

/// How DMS writes a moment, which is one of UTC.
const FORM: &str = "%Y-%m-%dT%H:%M:%S";

/// What a position to stop at looks like.
pub const STOP_EXAMPLE: &str = "server_time:{{ data_interval_end }}";

/// Says why what is known of a position to stop at is none. One that goes on behind it is looked at as far as that goes.
pub fn wrong_stop(known: &str, goes_on: bool) -> Option<&'static str> {
    if !goes_on {
        return stop(known).err();
    }
    let may_become = STOPS.iter().any(|begin| known.starts_with(begin) || begin.starts_with(known));
    (!may_become).then_some("it begins with `server_time:` or `commit_time:`")
}

/// Writes a position to stop at as DMS takes it: a moment of another zone becomes one of UTC.
pub fn stop(text: &str) -> Result<String, &'static str> {
    let parts = STOPS.iter().find_map(|begin| Some((begin, text.strip_prefix(*begin)?)));
    let (begin, moment) = parts.ok_or("it begins with `server_time:` or `commit_time:`")?;
    let moment =
        of_utc(moment.trim()).ok_or("behind the colon stands a moment such as `2026-01-31T03:00:00`")?;
    Ok(format!("{begin}{moment}"))
}

/// Writes a position to begin at as DMS takes it: a moment of another zone becomes one of UTC; a checkpoint, or a number
/// of the source's log, is left as it is.
pub fn start(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if text.is_empty() {
        return Err("it is empty");
    }
    Ok(of_utc(text).unwrap_or_else(|| text.to_owned()))
}

/// A moment without its zone, in UTC.
fn of_utc(text: &str) -> Option<String> {
    // A day is a number of some source's log as well as a moment.
    if !text.contains(['T', ' ']) {
        return None;
    }
    let moment = match text.parse::<Timestamp>() {
        Ok(moment) => Offset::UTC.to_datetime(moment),
        Err(_) => text.parse::<DateTime>().ok()?,
    };
    Some(moment.strftime(FORM).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_written_as_dms_takes_them() {
        for (text, expected) in [
            ("server_time:2026-02-01T03:15:00.5+00:00", Some("server_time:2026-02-01T03:15:00")),
            ("commit_time: 2026-02-01T03:15:00+02:00", Some("commit_time:2026-02-01T01:15:00")),
            ("server_time:2026-02-01T03:15:00", Some("server_time:2026-02-01T03:15:00")),
            ("server_time:", None),
            ("server_time:tomorrow", None),
            ("2026-02-01T03:15:00", None),
        ] {
            assert_eq!(stop(text).ok().as_deref(), expected, "{text}");
            assert_eq!(wrong_stop(text, false).is_none(), expected.is_some(), "{text}");
        }
        for (text, expected) in [
            ("2026-02-01T03:15:00+02:00", Some("2026-02-01T01:15:00")),
            ("2026-02-01T03:15:00", Some("2026-02-01T03:15:00")),
            ("mysql-bin-changelog.000024:373", Some("mysql-bin-changelog.000024:373")),
            ("checkpoint:V1#27#mysql-bin#0#0#*#0#93", Some("checkpoint:V1#27#mysql-bin#0#0#*#0#93")),
            (" ", None),
        ] {
            assert_eq!(start(text).ok().as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_known_of_a_position_is_looked_at() {
        for (known, is_right) in
            [("", true), ("server_", true), ("commit_time:2026-", true), ("time:", false)]
        {
            assert_eq!(wrong_stop(known, true).is_none(), is_right, "{known}");
        }
    }
}
