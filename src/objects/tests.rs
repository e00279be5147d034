use super::*;

fn is_data(path: &str, except: &[&str], key: &str, size: u64) -> bool {
    let except: Vec<String> = except.iter().map(|text| (*text).to_owned()).collect();
    Selection::new(path, &except).unwrap().is_data(key, size)
}

#[test]
fn a_path_means_data_files() {
    for (path, key, expected) in [
        ("in/dt=1/", "in/dt=1/a.csv", true),
        ("in/dt=1/", "in/dt=1/x/a.csv", true),
        ("in/dt=1/", "in/dt=1/", false),
        ("in/dt=1/", "in/dt=10/a.csv", false),
        ("in/dt=1", "in/dt=1/a.csv", true),
        ("in/dt=1", "in/dt=10/a.csv", false),
        ("in/a.csv", "in/a.csv", true),
        ("in/a.csv", "in/a.csv.1", false),
        ("", "a.csv", true),
        ("", "x/a.csv", true),
        ("in/*.csv", "in/a.csv", true),
        ("in/*.csv", "in/x/a.csv", false),
        ("in/*.csv", "in/a.csv.gz", false),
        ("in/a*b*c", "in/aXbXbYc", true),
        ("in/a*b*c", "in/aXc", false),
        ("*", "a", true),
        ("in/?.csv", "in/a.csv", true),
        ("in/?.csv", "in/é.csv", true),
        ("in/?.csv", "in/ab.csv", false),
        ("in/?.csv", "in/?.csv", true),
        ("in/[ab]*.csv", "in/b1.csv", true),
        ("in/[ab]*.csv", "in/c1.csv", false),
        ("in/[ab]*.csv", "in/[ab]1.csv", false),
        ("in/[!ab].csv", "in/c.csv", true),
        ("in/[!ab].csv", "in/a.csv", false),
        ("in/part-[0-9][0-9].csv", "in/part-07.csv", true),
        ("in/part-[0-9][0-9].csv", "in/part-7a.csv", false),
        ("in/[]-].csv", "in/].csv", true),
        ("in/[]-].csv", "in/-.csv", true),
        ("in/a[[]1].csv", "in/a[1].csv", true),
        ("country=*/dt=1/", "country=de/dt=1/a.csv", true),
        ("country=*/dt=1/", "country=de/dt=10/a.csv", false),
        ("country=*/dt=1/", "country=de/x/dt=1/a.csv", false),
    ] {
        assert_eq!(is_data(path, &[], key, 1), expected, "{path} {key}");
    }
}

#[test]
fn what_engines_leave_beside_data_is_none() {
    for (key, expected) in [
        ("in/part-00000-4f.c000.snappy.parquet", true),
        ("in/dt=1/part-00000.parquet", true),
        ("in/_day=1/part-00000.parquet", true),
        ("in/dt=__HIVE_DEFAULT_PARTITION__/part-00000.parquet", true),
        ("in/a_b.csv", true),
        ("in/a.b", true),
        ("in/_SUCCESS", false),
        ("in/dt=1/_SUCCESS", false),
        ("in/_committed_123", false),
        ("in/_started_123", false),
        ("in/_metadata", false),
        ("in/_temporary/0/task/part-00000", false),
        ("in/.spark-staging-1/dt=1/part-00000", false),
        ("in/.hive-staging_hive_1/part-00000", false),
        ("in/__magic/job/part-00000", false),
        ("in/_delta_log/00.json", false),
        ("in/.part-00000.crc", false),
        ("in/part-00000.crc", false),
        ("in/a.csv._COPYING_", false),
        ("in/dt=1_$folder$", false),
    ] {
        assert_eq!(is_data("in/", &[], key, 1), expected, "{key}");
    }
    assert!(!is_data("in/", &[], "in/a.csv", 0));
    assert!(!is_data("in/*", &[], "in/_a.csv", 1));
}

#[test]
fn who_names_an_object_gets_it() {
    for (path, key, size, expected) in [
        ("_in/", "_in/a.csv", 1, true),
        ("in/_READY", "in/_READY", 0, true),
        ("in/done.txt", "in/done.txt", 0, true),
        ("in/.x/", "in/.x/a.csv", 1, true),
        ("in/.x/", "in/.x/.y/a.csv", 1, false),
        ("in/_*.csv", "in/_a.csv", 1, true),
        ("in/*.crc", "in/a.crc", 1, true),
        ("in/_*.csv", "in/_a.csv", 0, false),
        ("_*/", "_x/a.csv", 1, true),
        ("*/", "_x/a.csv", 1, false),
    ] {
        assert_eq!(is_data(path, &["in/done.txt"], key, size), expected, "{path} {key}");
    }
}

#[test]
fn in_a_folder_lies_whatever_is_in_it() {
    for (path, except, key, expected) in [
        ("in/", "", "in/a.csv", true),
        ("in/", "", "in/_SUCCESS", true),
        ("in/", "", "in/x/.part.crc", true),
        ("in/", "", "in/", true),
        ("in/", "in/DONE", "in/DONE", true),
        ("in/", "", "in_old/a", false),
        ("in", "", "in/a", true),
        ("in", "", "in", true),
        ("in", "", "in_$folder$", false),
        ("in/c=*/d=1/", "", "in/c=de/d=1/_SUCCESS", true),
        ("in/c=*/d=1/", "", "in/c=de/d=10/a", false),
        ("in/*.csv", "", "in/a.csv", true),
        ("in/*.csv", "", "in/_a.csv", false),
        ("in/*", "in/DONE", "in/DONE", false),
        ("in/_*", "", "in/_SUCCESS", true),
    ] {
        let except: Vec<String> = Some(except.to_owned()).into_iter().filter(|it| !it.is_empty()).collect();
        let selection = Selection::new(path, &except).unwrap();
        assert_eq!(selection.holds(key), expected, "{path} {key}");
    }
}

#[test]
fn names_are_those_below_the_folder_of_all() {
    for (path, key, expected) in [
        ("in/", "in/x/a.csv", "x/a.csv"),
        ("in", "in/x/a.csv", "x/a.csv"),
        ("in/a.csv", "in/a.csv", "a.csv"),
        ("a.csv", "a.csv", "a.csv"),
        ("in/*.csv", "in/a.csv", "a.csv"),
        ("in/c=*/d=1/", "in/c=de/d=1/a", "c=de/d=1/a"),
        ("in/p*/", "in/p1/a", "p1/a"),
        ("", "x/a", "x/a"),
    ] {
        assert_eq!(Selection::new(path, &[]).unwrap().relative(key), expected, "{path} {key}");
    }
}

#[test]
fn what_the_project_names_is_no_data() {
    for (path, except, key, expected) in [
        ("in/", "in/done.txt", "in/done.txt", false),
        ("in/", "in/done.txt", "in/x/done.txt", true),
        ("in/", "in/dt=*/done.txt", "in/dt=1/done.txt", false),
        ("in/*.txt", "in/done.txt", "in/done.txt", false),
        ("in/*.txt", "in/done.txt", "in/a.txt", true),
        ("in/", "in/manifests/", "in/manifests/a/b.csv", false),
        ("in/", "in/manifests/", "in/manifests.csv", true),
        ("in/", "in/manifests/", "in/manifests", true),
    ] {
        assert_eq!(is_data(path, &[except], key, 1), expected, "{path} {except} {key}");
    }
}

#[test]
fn a_pattern_lists_what_stands_before_its_first_wildcard() {
    for (path, prefix, folder) in [
        ("in/a*.csv", "in/a", "in/"),
        ("in", "in", "in/"),
        ("in/", "in/", "in/"),
        ("", "", ""),
        ("a?.csv", "a", ""),
        ("c=[ab]/dt=1/", "c=", "c=[ab]/dt=1/"),
    ] {
        let selection = Selection::new(path, &[]).unwrap();
        assert_eq!((selection.prefix(), selection.folder().as_str()), (prefix, folder), "{path}");
    }
}

#[test]
fn unknown_patterns_are_marked() {
    for (path, marked) in [
        ("in/**/a", "**"),
        ("in/***", "**"),
        ("in/{a,b}.csv", "{a,b}"),
        ("in/é[ab.csv", "["),
        ("in/[]", "["),
        ("in/x[z-a].csv", "[z-a]"),
    ] {
        let error = Selection::new(path, &[]).unwrap_err();
        assert_eq!(&path[error.range], marked, "{path}");
    }
    assert!(Selection::new("in/a}b{c", &[]).is_ok());
}

#[test]
fn holes_are_open() {
    for (path, expected) in [
        ("in/dt={{ ds }}/", "in/dt=*/"),
        ("in/{{ macros.ds_format(ds, '%Y/%m/%d', \"%Y/%m\") }}/x", "in/*/*/x"),
        ("in/{{ macros.ds_format(ds, '%Y/%m/%d', '%Y') }}", "in/*"),
        ("in/{{ ds", "in/*"),
        ("in/{{ 'a", "in/*"),
        ("in/", "in/"),
    ] {
        assert_eq!(opened(path), expected);
    }
    assert_eq!(parts("a/b={{ ds | format('%Y/%m') }}/c"), ["a", "b={{ ds | format('%Y/%m') }}", "c"]);
    let text = "a[1]*?é{b}";
    assert!(Glob::parse(&escaped(text)).unwrap().matches(text));
    assert!(!Glob::parse(&escaped(text)).unwrap().matches("a1xyé{b}"));
}
