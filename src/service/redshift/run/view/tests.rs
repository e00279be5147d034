//! What is done about a view, by what is in place.

use super::*;
use crate::exec::outcome::Exit;
use crate::service::statement::Statement;
use crate::template::Template;

fn view() -> MaterializedView {
    let name = |table: &str| TableName { schema: "mart".to_owned(), table: table.to_owned() };
    MaterializedView {
        name: name("v"),
        query: Statement(Template::text("select 'it''s {{' as a from mart.t -- all")),
        backup: true,
        distribution: None,
        sort_key: Vec::new(),
        auto_refresh: false,
        drop_with: Vec::new(),
    }
}

fn job(view: &MaterializedView) -> ViewJob {
    ViewJob::new(view, &RunValues::default()).unwrap()
}

fn found(comment: String, refreshes_itself: bool, state: i64) -> Found {
    Found::View { comment, refreshes_itself, state }
}

#[test]
fn attributes_stand_in_redshifts_order() {
    let plain = job(&view());
    assert_eq!(
        plain.create(),
        "CREATE MATERIALIZED VIEW \"mart\".\"v\" AUTO REFRESH NO AS select 'it''s {{' as a from mart.t -- all"
    );
    let all = job(&MaterializedView {
        backup: false,
        distribution: Some(Distribution::Key("odd\"name".to_owned())),
        sort_key: vec!["a".to_owned(), "b".to_owned()],
        auto_refresh: true,
        ..view()
    });
    assert_eq!(
        all.create().split(" AS ").next().unwrap(),
        "CREATE MATERIALIZED VIEW \"mart\".\"v\" BACKUP NO DISTSTYLE KEY DISTKEY (\"odd\"\"name\") SORTKEY (\"a\", \
         \"b\") AUTO REFRESH YES"
    );
    assert_eq!(all.made()[1].text, format!("COMMENT ON VIEW \"mart\".\"v\" IS '{MARK}{}'", all.mark()));
}

#[test]
fn a_view_is_made_anew_where_its_definition_is_another_one() {
    let own = job(&view());
    let marked = || format!("of the people of sales, {MARK}{} (do not touch)", own.mark());
    let other = job(&MaterializedView { sort_key: vec!["a".to_owned()], ..view() });
    let anew = |action: Action| matches!(action, Action::Recreate(_));
    assert_eq!(own.action(Found::Nothing).unwrap(), Action::Create);
    let same = own.action(found(marked(), false, 1)).unwrap();
    assert_eq!(same, Action::Refresh { is_altered: false });
    let altered = own.action(found(marked(), true, 0)).unwrap();
    assert_eq!(altered, Action::Refresh { is_altered: true });
    assert!(anew(other.action(found(marked(), false, 1)).unwrap()));
    assert!(anew(own.action(found("a comment".to_owned(), false, 1)).unwrap()));
    assert!(anew(own.action(found(String::new(), false, 1)).unwrap()));
    // A column of its table was dropped.
    assert!(anew(own.action(found(marked(), false, 101)).unwrap()));
    assert_eq!(own.action(Found::Other).unwrap_err().exit, Exit::ForGood);
}

#[test]
fn the_mark_is_of_what_alter_cannot_change() {
    let own = job(&view());
    let auto = job(&MaterializedView { auto_refresh: true, ..view() });
    let named = job(&MaterializedView { drop_with: vec![view().name], ..view() });
    assert_eq!((own.mark(), own.mark()), (auto.mark(), named.mark()));
    // But each is another job: an attempt does not take the one for the other.
    assert!(own.content() != auto.content() && own.content() != named.content());
    assert_ne!(own.mark(), job(&MaterializedView { backup: false, ..view() }).mark());
}

#[test]
fn what_has_changed_in_the_meantime_is_said_in_plain_words() {
    for (role, error, expected) in [
        (Role::DropView, "cannot drop view v because other objects depend on it", Some(Exit::ForGood)),
        (Role::DropView, "materialized view \"v\" does not exist", Some(Exit::Retry)),
        (Role::MakeView, "relation \"v\" already exists", Some(Exit::Retry)),
        (Role::MakeView, "column \"x\" does not exist", None),
        (Role::RefreshView, "relation \"v\" does not exist", Some(Exit::Retry)),
        (Role::RefreshView, "permission denied", None),
        (Role::Script, "relation \"v\" already exists", None),
    ] {
        let exit = plain_words(role, error).map(|failure| failure.exit);
        assert_eq!(exit, expected, "{role:?} {error}");
    }
}
