//! What is told of a failure.

use super::*;
use crate::exec::outcome::Exit;

#[test]
fn a_copy_is_one_whatever_stands_before_it() {
    for (sql, expected) in [
        ("COPY t from 's3://b/'", true),
        ("  copy\tt", true),
        ("-- it's a load\ncopy t", true),
        ("/* a /* b */ */ -- c\n Copy \"t\"", true),
        ("copyright", false),
        ("copy_all t", false),
        ("-- copy t\nselect 1", false),
        ("select 'copy t'", false),
        ("", false),
        ("cöpy", false),
    ] {
        assert_eq!(is_copy(sql), expected, "{sql}");
    }
}

#[test]
fn guards_fail_in_plain_words() {
    for (role, error, exit) in [
        (Role::NoDuplicateKeys, "ERROR: Divide by zero", Some(Exit::ForGood)),
        (Role::NoNullKeys, "ERROR: division by zero", Some(Exit::ForGood)),
        (Role::NotLoaded, "ERROR: Divide by zero", Some(Exit::Retry)),
        (Role::NoNullKeys, "ERROR: permission denied", None),
        (Role::Lock, "ERROR: relation \"mart.dagc_loads_t\" does not exist", Some(Exit::Retry)),
        (Role::Lock, "ERROR: permission denied", None),
        (Role::Step, "ERROR: relation \"mart.t\" does not exist", None),
        (Role::Script, "ERROR: Divide by zero", None),
    ] {
        assert_eq!(plain_words(role, error).map(|failure| failure.exit), exit, "{role:?} {error}");
    }
}

#[test]
fn load_errors_say_file_line_column_and_reason() {
    let columns = ["file_name", "line_number", "column_name", "column_type", "error_message"];
    let row =
        ["s3://b/in/a.csv   ", "7", "dep_delay  ", "int4", "Invalid digit, Value 'x', Pos 0, Type: Integer"];
    let rows = Rows {
        columns: columns.map(str::to_owned).to_vec(),
        cells: vec![row.map(|text| Some(text.to_owned())).to_vec()],
        total: 1,
    };
    assert_eq!(
        load_error(&rows, &rows.cells[0]),
        "s3://b/in/a.csv, line 7, column dep_delay (int4): Invalid digit, Value 'x', Pos 0, Type: Integer"
    );
}
