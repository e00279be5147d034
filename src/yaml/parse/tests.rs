//! Tables of texts and what they give; properties over arbitrary ones.

use super::*;
use proptest::prelude::*;
use std::fmt::Write as _;

/// Parses a text; gives the tree in one line, and the findings as `code@marked: message`.
fn parsed(text: &str) -> (Option<String>, Vec<String>) {
    let mut sources = SourceMap::default();
    let file = sources.add("a.yaml", text);
    let mut diagnostics = Diagnostics::default();
    let node = parse(&sources, file, &mut diagnostics);
    let tree = node.map(|node| {
        let mut out = String::new();
        draw(&node, &sources, &mut out);
        out
    });
    let found = diagnostics
        .into_sorted()
        .iter()
        .map(|item| format!("{}@{}: {}", item.code, sources.text(item.primary.span), item.message))
        .collect();
    (tree, found)
}

/// Writes a node as JSON with the text that each span covers behind an `@` where it differs.
fn draw(node: &Node, sources: &SourceMap, out: &mut String) {
    let place = sources.text(node.span);
    match &node.kind {
        Kind::Scalar(scalar) => {
            let _ = match scalar.style {
                Style::Plain if scalar.text == place => write!(out, "{}", scalar.text),
                Style::Plain => write!(out, "{}@{place:?}", scalar.text),
                Style::Quoted | Style::Block => write!(out, "{:?}@<{place}>", scalar.text),
            };
        }
        Kind::Sequence(items) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                out.push_str(if n > 0 { ", " } else { "" });
                draw(item, sources, out);
            }
            out.push(']');
        }
        Kind::Mapping(entries) => {
            out.push('{');
            for (n, entry) in entries.iter().enumerate() {
                let _ = write!(out, "{}{}: ", if n > 0 { ", " } else { "" }, sources.text(entry.key.span));
                draw(&entry.value, sources, out);
            }
            out.push('}');
        }
    }
}

#[test]
fn trees_and_places() {
    for (text, tree) in [
        ("a: 1\nb: x y # note\n", "{a: 1, b: x y}"),
        ("- a\n-  b  \n", "[a, b]"),
        ("a: 'it''s'\n", "{a: \"it's\"@<'it''s'>}"),
        ("\"a\": \"x\\ty\"\n", "{\"a\": \"x\\ty\"@<\"x\\ty\">}"),
        ("é: [ü, {ö: \"ß\"}]\nz: 1", "{é: [ü, {ö: \"ß\"@<\"ß\">}], z: 1}"),
        ("# é\na: 1 # ü\nb: 2\r\nc: 3\r\n", "{a: 1, b: 2, c: 3}"),
        ("\u{feff}a: 1\n", "{a: 1}"),
        ("a: |\n  one\n   two\n\n\nb: 1\n", "{a: \"one\\n two\\n\"@<|\n  one\n   two>, b: 1}"),
        ("a: >- # why\n  one\n  two\n", "{a: \"one two\"@<>- # why\n  one\n  two>}"),
        ("a:\nb: 1\nc:\n", "{a: , b: 1, c: }"),
        ("{a: , b, c: }", "{a: , b: , c: }"),
        ("a:\n- 1\n-\n- x: 2\n  y: 3\n", "{a: [1, , {x: 2, y: 3}]}"),
        ("a: &x 1\nb: *x\n", "{a: 1, b: 1}"),
        ("a: &x\n  b: 1\nc: !!str 2.10\n", "{a: {b: 1}, c: \"2.10\"@<2.10>}"),
        ("one\n two\n", "one two@\"one\\n two\""),
        ("x: &d {a: 1, b: 2}\ny:\n  <<: *d\n  b: 3\n", "{x: {a: 1, b: 2}, y: {a: 1, b: 3}}"),
        ("y:\n  b: 3\n  <<: [{a: 1}, {a: 2, c: 3}]\n", "{y: {b: 3, a: 1, c: 3}}"),
        (
            "a: x\ty\nb: 1\nc: [1,\n  2]\nd: |\n  \tx\n",
            "{a: x\ty, b: 1, c: [1, 2], d: \"\\tx\\n\"@<|\n  \tx>}",
        ),
        ("---\na: 1\n...\n", "{a: 1}"),
        ("path: s3://b/dt={{ ds }}/\nx: ${vars.x}\n", "{path: s3://b/dt={{ ds }}/, x: ${vars.x}}"),
    ] {
        assert_eq!(parsed(text), (Some(tree.to_owned()), vec![]), "{text}");
    }
}

#[test]
fn collections_reach_from_their_first_to_their_last_character() {
    let text = "a:\n  b: 1\n  c: [2, 3 ]\n\n# end\nd: &x\n  - 4\n  - {e: *x2}\nf: *x\n".replace("*x2", "5");
    let mut sources = SourceMap::default();
    let file = sources.add("a.yaml", text.as_str());
    let root = parse(&sources, file, &mut Diagnostics::default()).unwrap();
    let place = |node: &Node| sources.text(node.span).to_owned();
    assert_eq!(place(root.get("a").unwrap()), "b: 1\n  c: [2, 3 ]");
    assert_eq!(place(root.get("a").unwrap().get("c").unwrap()), "[2, 3 ]");
    assert_eq!(place(root.get("d").unwrap()), "- 4\n  - {e: 5}");
    assert_eq!(place(root.get("f").unwrap()), "- 4\n  - {e: 5}", "an alias stands where its anchor does");
    assert_eq!(place(&root), text.trim_end());
}

#[test]
fn what_is_wrong_is_marked() {
    for (text, finding) in [
        ("", "empty-file@: the file is empty"),
        ("# nothing\n", "empty-file@: the file is empty"),
        ("---\n", "empty-file@: the file is empty"),
        ("a: 1\na: 2\n", "duplicate-key@a: the key `a` stands twice"),
        ("a: 1\n---\nb: 1\n", "yaml-syntax@---: a second document begins here"),
        ("a: {{ ds }}\n", "yaml-syntax@{{ ds }}: a value that begins with `{{` needs quotes"),
        ("a: {{ ds }}/x\n", "yaml-syntax@{{ ds }}: a value that begins with `{{` needs quotes"),
        ("a: {b: x{{ ds }}}\n", "yaml-syntax@{: inside `{...}` a value with `{` needs quotes"),
        ("a: [${vars.x}]\n", "yaml-syntax@{: inside `[...]` a value with `{` needs quotes"),
        ("[a]: 1\n", "yaml-syntax@[: a key must be a word"),
        (": 1\n", "yaml-syntax@: a value has no key"),
        ("a: b: c\n", "yaml-syntax@:: a `:` cannot stand here"),
        ("a: 1\nb\nc: 2\n", "yaml-syntax@b: this line has no `:` behind its key"),
        ("a: 1\n\nb # x\n# y\n", "yaml-syntax@b # x: this line has no `:` behind its key"),
        ("a: [1, 2\nb: 3\n", "yaml-syntax@:: a `:` cannot stand here"),
        ("a:\t1\n", "yaml-syntax@1: a tab stands behind the `:`"),
        ("a: [é b: 1\n", "yaml-syntax@: a `[` is not closed by `]`"),
        ("a: [1, 2", "yaml-syntax@: a `[` is not closed by `]`"),
        ("a: {b: 1\n", "yaml-syntax@: a `{` is not closed by `}`"),
        ("a: \"x\nb: 1\n", "yaml-syntax@\": a quote is not closed"),
        ("a: \"x\" y\n", "yaml-syntax@y: something stands behind a value that has ended"),
        (
            "a:\n    b: 1\n  c: 2\n",
            "yaml-syntax@c: the indentation of this line fits none of the lines above",
        ),
        ("a: * * * *\n", "yaml-syntax@*: a value that begins with `*` or `&` needs quotes"),
        ("a: @daily\n", "yaml-syntax@@: a value that begins with `@` needs quotes"),
        ("a: *b\n", "yaml-syntax@*: there is no anchor of this name above"),
        ("a: \"\\d\"\n", "yaml-syntax@\\d: unknown escape in a string in double quotes"),
        ("a: - b\n", "yaml-syntax@-: a list cannot begin here"),
        ("a: !x 1\n", "yaml-syntax@!x: tags have no meaning here"),
        ("a: !!int 1\n", "yaml-syntax@!!int: tags have no meaning here"),
        ("x:\n  <<: 1\n", "yaml-syntax@1: `<<` takes a mapping, or a list of mappings"),
        ("a:\n\tb: 1\n", "tab-indentation@\t: this line is indented with a tab"),
        ("a:\n  b:\n\t  c: 1\n\t  d: 1\n", "tab-indentation@\t: this line is indented with a tab"),
        ("a:\n\t- 1\n", "tab-indentation@\t: this line is indented with a tab"),
        ("a:\n  b: |\n    x\n\t\n    y\n", "tab-indentation@\t: this line is indented with a tab"),
        ("a: &x [*x]\n", "alias-expansion@*x: an alias stands inside what it names"),
        ("a: \0\n", "yaml-syntax@\0: a control character cannot stand in YAML"),
    ] {
        let (_, found) = parsed(text);
        assert_eq!(found, vec![finding.to_owned()], "{text:?}");
    }
}

#[test]
fn the_first_of_equal_keys_is_kept_however_many_there_are() {
    let many: Vec<String> = (0..40).map(|n| format!("k{n}: {n}\n")).collect();
    let many = many.concat();
    for again in ["k3", "k15", "k16", "k17", "k39"] {
        let (tree, found) = parsed(&format!("{many}{again}: x\n"));
        assert_eq!(found, vec![format!("duplicate-key@{again}: the key `{again}` stands twice")]);
        assert!(!tree.unwrap().contains('x'));
    }
}

#[test]
fn depth_is_limited_and_costs_no_stack() {
    let block = |depth: usize| {
        let lines: Vec<String> = (0..depth).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
        lines.concat()
    };
    let deep = |text: &str| parsed(text).1.iter().all(|found| found.starts_with("nested-too-deep"));
    assert!(parsed(&block(64)).0.is_some());
    for text in [
        block(65),
        block(1000),
        "[".repeat(65),
        "[".repeat(1_000_000),
        "{a: ".repeat(100_000),
        "- ".repeat(100_000),
        format!("a: &a {}{}\nb: {}*a{}\n", "[".repeat(50), "]".repeat(50), "[".repeat(50), "]".repeat(50)),
    ] {
        let (tree, found) = parsed(&text);
        assert_eq!((tree, found.len()), (None, 1));
        assert!(deep(&text), "{found:?}");
    }
    assert_eq!(parsed(&"? ".repeat(100_000)).0, None);
}

#[test]
fn aliases_that_explode_are_stopped() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..10 {
        let list = vec![format!("*a{}", n - 1); 10].join(", ");
        let _ = writeln!(text, "a{n}: &a{n} [{list}]");
    }
    let (tree, found) = parsed(&text);
    assert_eq!(tree, None);
    assert_eq!(found, ["alias-expansion@*a3: aliases make the file too large"]);
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), vec!["*a"; 1000].join(", "));
    assert_eq!(parsed(&long).1, ["alias-expansion@*a: aliases make the file too large"]);
}

#[test]
fn tabs_are_counted() {
    let mut sources = SourceMap::default();
    let file = sources.add("a.yaml", "a:\n\tb: 1\n\tc: 2\n\td: 3\n");
    let mut diagnostics = Diagnostics::default();
    assert_eq!(parse(&sources, file, &mut diagnostics), None);
    let found = diagnostics.into_sorted();
    assert_eq!(found[0].notes, ["2 more lines of the file begin with tabs"]);
}

#[test]
fn parts_of_scalars_are_found() {
    for (text, part, place) in [
        ("a: some words here\n", "words", "words"),
        ("a: \"é some {{ ds }}\"\n", "ds", "ds"),
        ("a: 'ds'\n", "ds", "ds"),
        ("a: \"ds \\n\"\n", "ds", "ds"),
        ("a: \"\\n ds\"\n", "ds", "ds"),
        ("a: \"\\n ds ds\"\n", "ds", "\"\\n ds ds\""),
        ("a: 'it''s ds'\n", "ds", "ds"),
        ("a: 'it''s ds'\n", "it's", "'it''s ds'"),
        ("a: some\n  more\n", "more", "more"),
        ("a: some\n  more\n", "some more", "some\n  more"),
        ("a: |\n   one\n\n     two ds\n   é three\n", "é three", "é three"),
        ("a: |\n   one\n\n     two ds\n   é three\n", "two", "two"),
        ("a: |-\r\n  one\r\n  two\r\n", "two", "two"),
        ("a: |\n  one\n  two\n", "one\ntwo", "one\n  two"),
        ("a: |\n  one  \n  two   \n", "two ", "two "),
        ("a: |+\n\n  one\n\n", "one", "one"),
        ("a: >\n  one\n  two\n", "two", "two"),
    ] {
        let mut sources = SourceMap::default();
        let file = sources.add("a.yaml", text);
        let root = parse(&sources, file, &mut Diagnostics::default()).unwrap();
        let node = root.get("a").unwrap();
        let start = node.as_scalar().unwrap().text.find(part).unwrap();
        assert_eq!(sources.text(node.locate(&sources, start..start + part.len())), place, "{text:?}");
    }
}

/// Checks that places lie in the file, on characters, in their parents, and that scalars can be found.
fn check_places(node: &Node, sources: &SourceMap, aliased: bool) {
    let text = &*sources.file(node.span.file).text;
    let part = text.get(node.span.range());
    assert!(part.is_some(), "{:?} is no place in the text", node.span);
    let inside =
        |child: Span| assert!(aliased || (node.span.start <= child.start && child.end <= node.span.end));
    match &node.kind {
        Kind::Scalar(scalar) => {
            for (at, c) in scalar.text.char_indices() {
                let range = at..at + c.len_utf8();
                let found = node.locate(sources, range);
                let found_text = text.get(found.range()).unwrap();
                assert!(
                    found == node.span || found_text == c.to_string() || c.is_whitespace(),
                    "{c:?} of {:?} is found at {found_text:?}",
                    scalar.text
                );
            }
        }
        Kind::Sequence(items) => items.iter().for_each(|item| {
            inside(item.span);
            check_places(item, sources, aliased);
        }),
        Kind::Mapping(entries) => entries.iter().for_each(|entry| {
            inside(entry.key.span);
            inside(entry.value.span);
            assert!(text.get(entry.key.span.range()).is_some());
            check_places(&entry.value, sources, aliased);
        }),
    }
}

fn check_any(text: &str) {
    let mut sources = SourceMap::default();
    let file = sources.add("a.yaml", text);
    let mut diagnostics = Diagnostics::default();
    let node = parse(&sources, file, &mut diagnostics);
    assert!(node.is_some() || diagnostics.has_errors(), "nothing comes with a reason");
    for found in diagnostics.iter() {
        assert!(text.get(found.primary.span.range()).is_some(), "{found:?}");
        assert!(found.secondary.iter().all(|label| text.get(label.span.range()).is_some()), "{found:?}");
    }
    if let Some(node) = node {
        check_places(&node, &sources, text.contains('*'));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_parsed_or_refused(text in "\\PC*") {
        check_any(&text);
    }

    #[test]
    fn anything_like_yaml_is_parsed_or_refused(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "a", "b: ", ": ", "- ", "\n", "\n  ", "\n    ", "\t", "[", "]", "{", "}", ", ", "\"", "'", "''",
                "|\n", ">-\n", "&x ", "*x", "<<: ", "!!str ", "!t ", "# c", "---\n", "...\n", "é", "😀", "\\", "\\n",
                "\r\n", "\r", "? ", "%", "\u{feff}", "\u{85}", "\u{2028}", "{{ ds }}", "${v}", "0", "~", " ", "\0",
            ]),
            0..40,
        )
    ) {
        check_any(&parts.concat());
    }
}
