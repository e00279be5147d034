//! Templates as Jinja, for both versions of Airflow.

use super::*;
use crate::plan::OutputForm;

#[test]
fn templates_become_airflows() {
    let param = Param {
        name: "full".to_owned(),
        kind: "boolean",
        default: serde_json::Value::Bool(false),
        description: None,
        choices: None,
    };
    for (text, two, three) in [
        ("dt={{ ds }}", "dt={{ ds }}", "dt={{ (dag_run.logical_date or dag_run.run_after) | ds }}"),
        ("{{ data_interval_end | ds }}", "{{ data_interval_end | ds }}", "{{ data_interval_end | ds }}"),
        ("{{ params.full }}{{ params.x }}", "{{ params.full | tojson }}{{ params.x }}", ""),
        (
            "{{ macros.ds_add(ts, -1) }}",
            "{{ macros.ds_add(ds, -1) }}",
            "{{ macros.ds_add((dag_run.logical_date or dag_run.run_after) | ds, -1) }}",
        ),
        (
            "{{ macros.ds_format(ds, '%Y-%m-%d', '%Y\"%m') }}",
            "{{ macros.ds_format(ds, \"%Y-%m-%d\", '%Y\"%m') }}",
            "",
        ),
        (
            "{{ ts | format('%H') }}",
            "{{ logical_date.strftime(\"%H\") }}",
            "{{ (dag_run.logical_date or dag_run.run_after).strftime(\"%H\") }}",
        ),
        (
            "{{ ds | local }}",
            "{{ logical_date.astimezone(dag.timezone) | ds }}",
            "{{ (dag_run.logical_date or dag_run.run_after).astimezone(dag.timezone) | ds }}",
        ),
        (
            "{{ data_interval_end | local | format('%H') }}",
            "{{ data_interval_end.astimezone(dag.timezone).strftime(\"%H\") }}",
            "{{ data_interval_end.astimezone(dag.timezone).strftime(\"%H\") }}",
        ),
        ("{{ '{{.Names}}' }}", "{{ \"{\" }}{.Names}}", "{{ \"{\" }}{.Names}}"),
        ("{{ params.items }}", "{{ params[\"items\"] }}", "{{ params[\"items\"] }}"),
        ("{{ outputs.load.rows }}", "{{ ti.xcom_pull(task_ids=\"load\")[\"rows\"] }}", ""),
        ("a {% b {# c { d {", "a {{ \"{\" }}% b {{ \"{\" }}# c { d {", ""),
        ("awk '{{{ run_id }}}'", "", ""),
        ("x/run.sh", "x/run{{ \".sh\" }}", ""),
        ("a\n", "a{{ \"\\n\" }}", ""),
    ] {
        let Ok(template) = Template::parse(text) else {
            assert_eq!(two, "", "{text}");
            continue;
        };
        for (expected, major) in [(two, 2), (three, 3)] {
            let jinja = Jinja {
                airflow: AirflowVersion { major, minor: 0 },
                params: std::slice::from_ref(&param),
                outputs: &[],
                is_by_data: false,
            };
            if !expected.is_empty() {
                assert_eq!(jinja.value(&template), expected);
            }
        }
    }
}

#[test]
fn what_commands_give_is_read_by_its_form() {
    let outputs = [OutputOf { task: "tell".to_owned(), form: OutputForm::Number }];
    let jinja = Jinja {
        airflow: AirflowVersion { major: 3, minor: 3 },
        params: &[],
        outputs: &outputs,
        is_by_data: true,
    };
    for (text, expected, functions) in [
        (
            "{{ outputs.tell.value }}",
            "{{ step_output(ti, \"tell\", \"value\", \"number\") }}",
            vec![STEP_OUTPUT],
        ),
        ("{{ outputs.load.rows }}", "{{ ti.xcom_pull(task_ids=\"load\")[\"rows\"] }}", vec![]),
        (
            "{{ data_interval_end | local | ds }}",
            "{{ data_interval(dag_run, triggering_asset_events).end.astimezone(dag.timezone) | ds }}",
            vec![DATA_INTERVAL],
        ),
    ] {
        let template = Template::parse(text).unwrap();
        assert_eq!(jinja.value(&template), expected);
        assert_eq!(jinja.functions(&template).into_iter().collect::<Vec<_>>(), functions);
    }
}

#[test]
fn filters_of_dagcs_become_airflows_in_an_operators_text() {
    let jinja =
        Jinja { airflow: AirflowVersion { major: 3, minor: 3 }, params: &[], outputs: &[], is_by_data: true };
    for (text, expected, functions) in [
        ("{{ var.value.x }}/{{ ds }}", "{{ var.value.x }}/{{ ds }}", vec![]),
        (
            "{{ var.value.x }}/{{- data_interval_start | local | ds }}",
            "{{ var.value.x }}/{{- data_interval(dag_run, triggering_asset_events).start.astimezone(dag.timezone) | ds }}",
            vec![DATA_INTERVAL],
        ),
    ] {
        assert_eq!(jinja.shared(text), expected);
        assert_eq!(jinja.shared_functions(text).into_iter().collect::<Vec<_>>(), functions);
    }
}

#[test]
fn a_brace_before_a_hole_stays_a_brace() {
    let template = Template::text("{").join(Template::parse("{{ run_id }}").unwrap());
    let jinja = Jinja {
        airflow: AirflowVersion { major: 2, minor: 9 },
        params: &[],
        outputs: &[],
        is_by_data: false,
    };
    assert_eq!(jinja.command(&template), "{{ \"{\" }}{{ run_id }}");
}
