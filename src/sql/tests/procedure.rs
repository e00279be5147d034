//! What is wrong in the body of a procedure, and what is not.

use crate::sql::*;

fn body(text: &str) -> Vec<SqlError> {
    analyse(text).errors
}

#[test]
fn mistakes_in_a_procedure_stand_at_their_place() {
    for (text, marked) in [
        ("begin selct 1; end", "selct"),
        ("begin insert into mart.t select a, from mart.u; end", "from"),
        ("declare n int; begin if n > 0 then update mart.t sett a = 1; end if; end", "a"),
        ("declare n int; begin select max(a) into n frm mart.t; end", "mart"),
        ("begin for r in select a, from mart.t loop null; end loop; end", "from"),
        ("declare c cursor for select a, from mart.t; begin null; end", "from"),
        ("declare c refcursor; begin open c for select a, from mart.t; end", "from"),
        ("declare n int; begin n := (1 + 2; end", "("),
        ("begin insert into mart.t values (1) on conflict do nothing; end", "on conflict"),
        ("begin create index i on mart.t (a); end", "create index"),
        ("begin perform 1; elect 1; end", "elect"),
        ("begin insert into mart.t values ('a); end", "'"),
        ("begin execute 'commit'; end", "'commit'"),
        ("begin execute ' RollBack '; end", "' RollBack '"),
        ("begin if a > 1 then delete from mart.t; end", "end"),
        ("begin loop exit; end loop", "begin"),
        ("begin for i in 1..3 loop null; end if; end", "end"),
        ("begin while a < 3; a := 1; end loop; end", "while"),
        ("begin if a > 1 null; end if; end", "if"),
        ("begin case a when 1 then null; end; end", "end"),
        ("begin else null; end", "else"),
        ("begin if a = 1 then exception when others then null; end if; end", "exception"),
        ("begin loop null; elsif a = 1 then null; end loop; end", "elsif"),
        ("begin null; end; end", "end"),
        ("begin null; end; delete from mart.t;", "delete"),
        ("begin if a > 1 then null; end if delete from mart.t; end", "end"),
        ("delete from mart.t; begin null; end", "delete"),
        ("declare a int; begin begin null; end;", "begin"),
    ] {
        let text =
            format!("create or replace procedure etl.p(a int) as $x$ {text} $x$ language plpgsql; select 1");
        let errors = body(&text);
        let marks: Vec<&str> = errors.iter().map(|error| &text[error.range.clone()]).collect();
        assert_eq!(marks, [marked], "{text}: {errors:?}");
    }
}

#[test]
fn what_procedures_are_made_of_is_let_through() {
    for text in [
        "declare n int; m int := 3; c constant varchar(10) default 'x'; begin n := m + 1; n = n + 1; end",
        "declare a int; b varchar(3); begin select into a, b x, y from mart.t; select x, y into strict a, b from mart.t; end",
        "declare r record; begin for r in select a from mart.t where b = $1 loop raise info 'a is %', r.a; end loop; end",
        "declare r record; begin for r in execute 'select 1' loop continue when r.a > 1; exit; end loop; return; end",
        "begin <<outer>> loop exit outer when true; end loop outer; while 1 < 2 loop null; end loop; end",
        "begin for i in reverse 10..1 loop null; end loop; for i in 1..a by 2 loop null; end loop; end",
        "declare n int; begin get diagnostics n := row_count; execute 'select 1' into n; perform etl.f(1); end",
        "declare c cursor for select a from mart.t; d cursor (k int) for select a from mart.t where b = k; e refcursor; \
         begin open c; fetch c into n; close c; open e for select 1; move next from e; end",
        "begin case when a > 1 then insert into mart.t values (a); else delete from mart.t; end case; end",
        "begin insert into mart.t select 1; commit; rollback; start transaction; truncate mart.t; exception when others \
         then raise exception 'no'; end",
        "declare rows integer[]; begin rows[1] := 2; call etl.q(1, a); create temp table x as select 1 as a; drop table x; end",
        "begin if exists (select 1 from mart.t) then return; elsif a = 1 then null; else null; end if; end",
        "declare x mart.t%rowtype; y alias for $1; begin select * into x from mart.t limit 1; analyze mart.t; end",
        "<<whole>> declare a int; begin declare b int; begin null; exception when others then null; end; end whole;",
        "begin if a then if b then null; else if c then null; end if; end if; end if; end;",
        "begin if case when a then 1 else 2 end = 1 then null; end if; case a when 1, 2 then null; when 3 then null; end case; end",
        "begin with q as (select 1 as a) select a into n from q; insert into mart.t with q as (select 1) select * from q; end",
    ] {
        let text = format!("create or replace procedure etl.p(a int) as $$ {text} $$ language plpgsql");
        assert_eq!(body(&text), [], "{text}");
    }
}

#[test]
fn procedures_say_how_they_end_a_transaction() {
    for (text, ends) in [
        ("begin insert into mart.t select 1; commit; end", Some("commit")),
        ("begin if a > 1 then rollback; end if; end", Some("rollback")),
        ("begin truncate table mart.t; end", Some("truncate")),
        ("begin execute 'truncate mart.t'; end", Some("truncate")),
        ("begin /* commit */ insert into mart.t select 'commit' as truncate; end", None),
        ("begin execute 'select 1'; end", None),
    ] {
        let script = analyse(&format!("create procedure etl.p() nonatomic as $$ {text} $$ language plpgsql"));
        assert_eq!(script.errors, [], "{text}");
        assert_eq!(script.procedures[0].ends.as_deref(), ends, "{text}");
    }
}

#[test]
fn a_procedure_with_settings_ends_no_transaction() {
    let text = "create procedure p() as $$ begin delete from mart.t; commit; end $$ language plpgsql set search_path to mart";
    let errors = body(text);
    assert_eq!(
        errors.iter().map(|error| &text[error.range.clone()]).collect::<Vec<_>>(),
        ["commit"],
        "{errors:?}"
    );
}
