//! Tables of texts and what they become; properties over arbitrary ones.

use super::*;
use crate::yaml;
use proptest::prelude::*;

fn variables() -> Variables {
    let vars = [("raw", "acme-raw"), ("lake", "acme-lake"), ("count", "4"), ("none", "")];
    Variables {
        project: "acme".to_owned(),
        environment: "dev".to_owned(),
        vars: vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ..Variables::default()
    }
}

/// Expands a text; gives it as one line, and the findings as `code@marked: message (help)`.
fn expanded(text: &str) -> (String, Vec<String>) {
    let mut sources = SourceMap::default();
    let file = sources.add("a.yaml", text);
    let mut diagnostics = Diagnostics::default();
    let node = yaml::parse(&sources, file, &mut diagnostics).unwrap();
    let node = expand(node, &variables(), &sources, &mut diagnostics);
    let found = diagnostics.into_sorted();
    let found = found.iter().map(|item| {
        let help = item.help.as_deref().unwrap_or_default();
        format!("{}@{}: {} ({help})", item.code, sources.text(item.primary.span), item.message)
    });
    (draw(&node), found.collect())
}

fn draw(node: &Node) -> String {
    match &node.kind {
        Kind::Scalar(scalar) if scalar.style == Style::Plain => scalar.text.clone(),
        Kind::Scalar(scalar) => format!("{:?}", scalar.text),
        Kind::Sequence(items) => format!("[{}]", items.iter().map(draw).collect::<Vec<_>>().join(", ")),
        Kind::Mapping(entries) => {
            let entries = entries.iter().map(|entry| format!("{}: {}", entry.key.value, draw(&entry.value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

#[test]
fn names_become_values() {
    for (text, wanted) in [
        ("a: s3://${vars.raw}/${project}-${ environment }/{{ ds }}", "{a: s3://acme-raw/acme-dev/{{ ds }}}"),
        ("a: [x, {b: \"${vars.lake}\"}]", "{a: [x, {b: \"acme-lake\"}]}"),
        ("a: ${vars.count}", "{a: 4}"),
        ("a: ${vars.none}", "{a: \"\"}"),
        ("a: $${HOME} $$ $x ${vars.raw}", "{a: ${HOME} $$ $x acme-raw}"),
        ("a: $$${vars.raw}", "{a: $${vars.raw}}"),
        ("${vars.raw}: 1", "{${vars.raw}: 1}"),
        ("a: |\n  x ${vars.raw}\n  y\n", "{a: \"x acme-raw\\ny\\n\"}"),
        ("a: no holes", "{a: no holes}"),
    ] {
        assert_eq!(expanded(text), (wanted.to_owned(), vec![]), "{text}");
    }
}

#[test]
fn each_repeats_a_step() {
    for (text, wanted) in [
        (
            "steps: {load: {each: {table: [orders, lines]}, bash: \"x ${each.table} ${vars.raw}\"}, z: {a: 1}}",
            "{steps: {load[orders]: {bash: \"x orders acme-raw\"}, load[lines]: {bash: \"x lines acme-raw\"}, z: {a: 1}}}",
        ),
        (
            "steps: {l: {each: {t: [a, b], n: [1, 2]}, bash: \"${each.t}${each.n}\"}}",
            "{steps: {l[a,1]: {bash: \"a1\"}, l[a,2]: {bash: \"a2\"}, l[b,1]: {bash: \"b1\"}, l[b,2]: {bash: \"b2\"}}}",
        ),
        (
            "steps:\n  l:\n    each: {t: [{id: mart.a, name: a}, {key: b, id: }]}\n    bash: <${each.t.id}>\n",
            "{steps: {l[a]: {bash: <mart.a>}, l[b]: {bash: <>}}}",
        ),
        ("steps:\n  l:\n    each: {t: [\"${vars.count}\"]}\n    n: ${each.t}\n", "{steps: {l[4]: {n: 4}}}"),
        ("steps: {l: {each: {t: [a]}, b: 1}}", "{steps: {l[a]: {b: 1}}}"),
        ("other: {l: {each: {t: [a]}, b: 1}}", "{other: {l: {each: {t: [a]}, b: 1}}}"),
    ] {
        assert_eq!(expanded(text), (wanted.to_owned(), vec![]), "{text}");
    }
}

#[test]
fn what_is_wrong_is_marked_once() {
    for (text, wanted) in [
        (
            "a: s3://${vars.rax}/",
            "unknown-variable@vars.rax: unknown variable `vars.rax` (did you mean `${vars.raw}`?)",
        ),
        ("a: ${raw}", "unknown-variable@raw: unknown variable `raw` (did you mean `${vars.raw}`?)"),
        (
            "a: '${enviroment}'",
            "unknown-variable@enviroment: unknown variable `enviroment` (did you mean `${environment}`?)",
        ),
        (
            "a: |\n  one\n  two ${vars.warehouse}\n",
            "unknown-variable@vars.warehouse: unknown variable `vars.warehouse` (expected one of `vars.count`, `vars.lake`, `vars.none`, `vars.raw`, `project`, `environment`)",
        ),
        (
            "a: ${each.x}",
            "unknown-variable@each.x: unknown variable `each.x` (give the step `each: {NAME: [...]}`, or use `${vars.NAME}`)",
        ),
        (
            "a: x ${vars.raw",
            "invalid-template@${: `${` is not closed by `}` (write `${vars.NAME}`, or `$${` where the text itself has `${`)",
        ),
        (
            "a: x ${}",
            "invalid-template@${}: `${}` names nothing (write `${vars.NAME}`, or `$${` where the text itself has `${`)",
        ),
        (
            "a: ${HOME:-x}",
            "invalid-template@HOME:-x: `HOME:-x` is no name of a variable (write `${vars.NAME}`, or `$${` where the text itself has `${`)",
        ),
        (
            "steps: {l: {each: {t: [a, b]}, x: \"${each.s}\"}}",
            "unknown-variable@each.s: unknown variable `each.s` (did you mean `${each.t}`?)",
        ),
        (
            "steps: {l: {each: [a], x: \"${each.t}\"}}",
            "wrong-type@each: expected a mapping such as `{table: [orders, lines]}`, found a list ()",
        ),
        (
            "steps: {l: {each: {}, x: 1}}",
            "wrong-type@each: `each` names nothing to repeat over (give it at least one value, or remove `each`)",
        ),
        (
            "steps: {l: {each: {t: []}}}",
            "wrong-type@[]: the list of `each.t` is empty (give it at least one value, or remove `each`)",
        ),
        (
            "steps: {l: {each: {t: a}}}",
            "wrong-type@a: expected a list of values for `each.t`, found a string ()",
        ),
        (
            "steps: {l: {each: {t: [[a]]}}}",
            "wrong-type@[a]: expected a word, or a mapping of words, found a list ()",
        ),
        (
            "steps: {l: {each: {t: [{a: [b]}]}}}",
            "wrong-type@a: expected a string, a number or a truth value for `a`, found a list ()",
        ),
        (
            "steps: {l: {each: {t: [a, b, a]}}}",
            "duplicate-key@a: `each.t` has `a` twice (remove one of the two; of mappings, the one under `name` must differ)",
        ),
        (
            "steps: {l: {each: {t: [mart.a]}}}",
            "invalid-name@mart.a: `mart.a` cannot stand in the name of a step (use mappings such as `{name: orders, table: mart.orders}`; the step is named after `name`)",
        ),
        (
            "steps: {l: {each: {t-t: [a]}}}",
            "invalid-name@t-t: `t-t` is no name for `each` (use letters, digits and `_`)",
        ),
        (
            "steps: {\"l[a]\": {b: 1}}",
            "invalid-name@\"l[a]\": `l[a]` is no name for a step (use letters, digits and `_`, or write an `each`)",
        ),
    ] {
        assert_eq!(expanded(text).1, [wanted.to_owned()], "{text}");
    }
}

#[test]
fn too_many_steps_are_refused() {
    let list = (0..32).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    let (text, found) = expanded(&format!("steps: {{l: {{each: {{a: [{list}], b: [{list}]}}, x: 1}}}}"));
    assert_eq!(found, ["invalid-number@each: `each` would make 1024 steps ()"]);
    assert_eq!(text, "{steps: {l: {x: 1}}}");
}

#[test]
fn what_goes_on_after_an_unknown_name_reads_well() {
    assert_eq!(expanded("a: s3://${vars.rax}/x").0, "{a: s3://acme-raw/x}");
    assert_eq!(expanded("a: s3://${vars.my_bucket}/x").0, "{a: s3://my-bucket/x}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_expands(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "${", "}", "$", "{", "vars.raw", "each.t", ".", " ", "é", "a", "\n  ", "[", "]", ", ", ": ", "'", "\"",
                "steps: ", "each: ", "{each: {t: [a, b]}, x: \"${each.t}\"}", "- ",
            ]),
            0..24,
        )
    ) {
        let mut sources = SourceMap::default();
        let text = parts.concat();
        let file = sources.add("a.yaml", text.as_str());
        let mut diagnostics = Diagnostics::default();
        if let Some(node) = yaml::parse(&sources, file, &mut diagnostics) {
            let node = expand(node, &variables(), &sources, &mut diagnostics);
            prop_assert!(!draw(&node).is_empty());
        }
        for found in diagnostics.iter() {
            prop_assert!(text.get(found.primary.span.range()).is_some());
        }
    }
}

/// What a small file can make is bounded: each limit is met by a text of some kilobytes.
#[test]
fn what_is_made_of_a_file_is_bounded() {
    let values = |count: usize| (0..count).map(|n| format!("v{n}")).collect::<Vec<_>>().join(", ");
    let step = |name: usize, each: &str, command: &str| {
        format!("  s{name}: {{each: {{t: [{each}]}}, bash: {{command: \"{command}\"}}}}\n")
    };
    let steps: String = (0..6).map(|n| step(n, &values(1000), "x")).collect();
    let holes = "${each.t}".repeat(5_000);
    let long = "y".repeat(40_000);
    for (text, wanted) in [
        (format!("steps:\n{steps}"), "`each` would make more than 5000 steps"),
        (format!("steps:\n{}", step(0, &values(900), &holes)), "`each` would make more than 20 MB of text"),
        (
            format!("steps:\n{}", step(0, &long, &holes)),
            "what `${...}` fills in would make more than 20 MB of text",
        ),
    ] {
        let (made, found) = expanded(&text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains(wanted), "{found:?}");
        assert!(made.len() < 25_000_000);
    }
}

#[test]
fn what_each_is_not_is_said() {
    for (text, wanted) in [
        (
            "steps: {s: {each: '{{ params.t }}', bash: x}}",
            "template-not-allowed@'{{ params.t }}': `each` makes",
        ),
        (
            "steps: {s: {each: {t: '{{ params.t }}'}, bash: x}}",
            "template-not-allowed@'{{ params.t }}': `each` makes",
        ),
        ("steps: {s: {each: {t: ['{{ ds }}']}, bash: x}}", "template-not-allowed@'{{ ds }}': `each` makes"),
        (
            "steps: {s: {each: {t: [{name: a, table: b}]}, bash: '${each.t}'}}",
            "unknown-variable@each.t: `${each.t}` is a mapping here, and a mapping cannot stand in a text (write \
             `${each.t.name}`, `${each.t.table}`)",
        ),
        (
            "steps: {s: {each: {t: [{name: a}]}, bash: '${each.t.nam}'}}",
            "unknown-variable@each.t.nam: unknown variable `each.t.nam` (did you mean `${each.t.name}`?)",
        ),
    ] {
        let (_, found) = expanded(text);
        assert!(found.len() == 1 && found[0].starts_with(wanted), "{found:#?}");
    }
}
