//! What templates say, and where they are wrong.

use super::*;

#[test]
fn templates_print_as_they_parse() {
    for text in [
        "s3://raw/dt={{ ds }}/",
        "{{ ds_nodash }}{{ ts }}",
        "{{ data_interval_end | ds }}",
        "{{ data_interval_start }}",
        "{{ data_interval_start | local }} {{ ds | local }}",
        "{{ logical_date | local | format(\"%Y/%m/%d/%H\") }}",
        "{{ data_interval_end | format('%Y\"%m') }}",
        "{{ macros.ds_add(ds, -7) }}",
        "{{ macros.ds_add(data_interval_start | local | ds, -7) }}",
        "{{ macros.ds_format(ds, \"%Y-%m-%d\", \"%Y/%m\") }}",
        "{{ outputs.load[orders].rows }} of {{ params.carrier }}",
        "plain { braces } stay",
        "{{ \"{\" }}{ x }} and {{ \"{\" }}% if %}",
        "{{ \"{\" }}{{ run_id }}",
    ] {
        assert_eq!(Template::parse(text).unwrap().to_string(), text);
    }
}

#[test]
fn what_is_written_otherwise_means_the_same() {
    for (text, same) in [
        ("{{ ts | format('%H') }}", "{{ logical_date | format(\"%H\") }}"),
        ("{{ ds | local | ds }}", "{{ ds | local }}"),
        ("{{ logical_date | ds | local }}", "{{ ds | local }}"),
        ("{{ macros.ds_add(ds, 1) | ds }}", "{{ macros.ds_add(ds, 1) }}"),
        (
            "{{ macros.ds_add(ds, 1) | ds_nodash }}",
            "{{ macros.ds_format(macros.ds_add(ds, 1), \"%Y-%m-%d\", \"%Y%m%d\") }}",
        ),
        ("{{ \"{{.Names}}\" }}", "{{ \"{\" }}{.Names}}"),
        ("{{ '{% if %}' }}", "{{ \"{\" }}% if %}"),
    ] {
        assert_eq!(Template::parse(text), Template::parse(same), "{text}");
    }
    assert_eq!(Template::parse("a{{ '{{.N}}' }}b").unwrap().as_text(), Some("a{{.N}}b"));
}

#[test]
fn errors_mark_the_smallest_wrong_thing() {
    for (text, marked) in [
        ("a {{ dz }}", "dz"),
        ("{{ ds | iso }} {{ foo }}", "iso"),
        ("{{ macros.ds_add(ds, x) }}", "x"),
        ("{{ ds ds }}", "d"),
        ("{{ ds", "{{"),
        ("{{ macros.year(ds) }}", "macros.year"),
        ("{{ ts.strftime('%Y') }}", ".strftime"),
        ("{{.Names}}", ".Names"),
        ("{{ '{% if %}' }}{% if x %}", "{% if x %}"),
        ("{%+ if x %}", "{%+ if x %}"),
        ("a {% filter upper %}x{% endfilter %}", "{% filter upper %}"),
        ("{% include 'x' %}", "{% include 'x' %}"),
        ("{{ ds | format('%Y/%Q') }}", "%Q"),
        ("{{ ds | format('YYYY') }}", "YYYY"),
        ("{{ run_id | local }}", "local"),
        ("{{ macros.ds_add(ds_nodash, 1) }}", "ds_nodash"),
        ("{{ macros.ds_add(ds, -9999999) }}", "-9999999"),
        ("{{ macros.ds_format(ds, '%Y/%m/%d', '%Y') }}", "%Y/%m/%d"),
        ("{{ macros.ds_format(ds, '%Y-%d-%m', '%Y') }}", "%Y-%d-%m"),
        ("{{ macros.ds_format(params.day, '%Y %Y', '%Y') }}", "%Y"),
        ("{{ macros.ds_format(params.day, '%Y', '%Y %E') }}", "%E"),
        ("{{ macros.ds_format(ts, '%Y-%m-%d', '%H') }}", "%Y-%m-%d"),
        // 29 February, in the year 1900.
        ("{{ macros.ds_format(macros.ds_format(ds, '%Y-%m-%d', '%d.%m'), '%d.%m', '%B') }}", "%d.%m"),
        ("{{ ts | format('%-f') }}", "%-f"),
    ] {
        let errors = Template::parse(text).unwrap_err();
        assert_eq!(&text[errors[0].range.clone()], marked, "{text}");
    }
    assert_eq!(Template::parse("{{ a }} {{ b }}").unwrap_err().len(), 2);
    let deep = |count: usize| {
        Template::parse(&format!("{{{{ {}ds{} }}}}", "macros.ds_add(".repeat(count), ", 1)".repeat(count)))
    };
    assert!(deep(16).is_ok());
    assert_eq!(deep(10_000).unwrap_err().len(), 1);
}

/// Each hole ends in quotes for all those before it: to look for the end of each in all of the text would take
/// minutes.
#[test]
fn many_holes_that_do_not_end_have_an_end() {
    let holes = 100_000;
    assert_eq!(Template::parse(&"{{ '}}' ".repeat(holes)).unwrap_err().len(), holes);
}

#[test]
fn functions_that_work_pass() {
    for text in [
        "{{ macros.ds_format(ds, '%Y-%m-%d', '%H') }}",
        "{{ macros.ds_format(ts_nodash, '%Y%m%dT%H%M%S', '%H') }}",
        "{{ macros.ds_format(ts, '%Y-%m-%dT%H:%M:%S%z', '%d %B %H %z') }}",
        "{{ macros.ds_format(macros.ds_add(ds, -1), '%Y-%m-%d', '%-d.%-m.%Y') }}",
        "{{ macros.ds_format(params.day, '%d.%m.%Y', '%F') }}",
        "{{ macros.ds_add(ts, -1) }}",
    ] {
        assert!(Template::parse(text).is_ok(), "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn a_template_reads_what_it_prints(text in "([{}%#]|\\{\\{|[ a-z]|\\{\\{ ds \\}\\}|\\{\\{ '\\{\\{' \\}\\}){0,12}") {
        if let Ok(template) = Template::parse(&text) {
            proptest::prop_assert_eq!(Template::parse(&template.to_string()), Ok(template));
        }
    }
}
