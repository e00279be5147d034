//! Names and files of new projects.

use super::*;

#[test]
fn what_it_writes_compiles_without_findings() {
    for (name, version) in [("shop", "2.9"), ("my-shop_2", "2.11"), ("shop", "3.0"), ("shop", "3.3")] {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files(name, version) {
            assert!(
                !["@project@", "@resource@", "@airflow@"].iter().any(|hole| text.contains(hole)),
                "{path}"
            );
            write(&folder.path().join(path), &text).unwrap();
        }
        let loaded = crate::load::load(folder.path()).unwrap();
        let compiled = compile(&loaded, &Environments::All);
        let findings: Vec<_> =
            compiled.diagnostics.into_sorted().into_iter().map(|finding| finding.message).collect();
        assert!(findings.is_empty(), "{name} {version}: {findings:#?}");
        assert_eq!(compiled.plans.len(), 2);
        for plan in &compiled.plans {
            assert_eq!(plan.environment.airflow.to_string(), version);
            assert_eq!(plan.pipelines[0].tasks().len(), 6);
        }
    }
}

#[test]
fn a_folder_gives_a_name() {
    for (folder, expected) in [
        ("/x/shop", Some("shop")),
        ("/x/My Shop", Some("my-shop")),
        ("/x/2024-etl", Some("etl")),
        ("/", None),
    ] {
        assert_eq!(name_of(Path::new(folder)).ok().as_deref(), expected, "{folder}");
    }
}

/// A name is refused, or gives a project that compiles: there is nothing between.
#[test]
fn odd_names_are_refused_or_build() {
    let long = "n".repeat(300);
    for (name, is_taken) in [
        ("my--shop", true),
        ("A", true),
        ("shop_", true),
        ("import", false),
        ("json", false),
        ("airflow", false),
        ("dagc-airflow-v1", true),
        (&*long, false),
    ] {
        let checked = checked(name, "2.11");
        assert_eq!(checked.is_ok(), is_taken, "{name}: {checked:?}");
    }
    let after = |folder: &str| named_after(Path::new(folder), "3.3").map(|(name, _)| name).ok();
    assert_eq!(after("/x/json").as_deref(), Some("json-pipelines"));
    assert_eq!(after("/x/class").as_deref(), Some("class-pipelines"));
    assert_eq!(after("/x/Grüße 1"), Some("gr--e-1".to_owned()));
}

#[test]
fn nothing_is_written_behind_a_link_that_leads_out() {
    let run_in = |dir: &Path| {
        let global = Global { project: PathBuf::new(), color: crate::ui::Color::Never, quiet: true };
        let args = InitArgs { dir: dir.to_owned(), name: Some("shop".to_owned()), airflow: "3.3".to_owned() };
        run(&args, &global, Printer::new(crate::ui::Color::Never, true))
    };
    // A folder, a file that is added to, a link to nowhere, a file that stays, a link to within.
    for (link, to_nowhere, is_refused) in [
        ("specs", false, true),
        (".gitignore", false, true),
        ("dagc.yaml", true, true),
        (".github", false, true),
        ("README.md", true, false),
    ] {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let target = outside.path().join("it");
        match link {
            _ if to_nowhere => {}
            ".gitignore" => std::fs::write(&target, "theirs").unwrap(),
            _ => std::fs::create_dir(&target).unwrap(),
        }
        std::os::unix::fs::symlink(&target, folder.path().join(link)).unwrap();
        let done = run_in(folder.path());
        assert_eq!(done.is_err(), is_refused, "{link}: {done:?}");
        if is_refused {
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "{link}");
            assert!(done.unwrap_err().to_string().contains("leads out"), "{link}");
        }
        match link {
            ".gitignore" => assert_eq!(std::fs::read_to_string(&target).unwrap(), "theirs"),
            _ if to_nowhere => assert!(!target.exists()),
            _ => assert_eq!(std::fs::read_dir(&target).unwrap().count(), 0),
        }
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("pipelines")).unwrap();
    std::os::unix::fs::symlink("pipelines", folder.path().join("specs")).unwrap();
    run_in(folder.path()).unwrap();
}

#[test]
fn a_fresh_clone_keeps_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    std::fs::write(at("README.md"), "mine\n").unwrap();
    std::fs::write(at(".gitignore"), "target\n__pycache__/").unwrap();
    let global = Global { project: PathBuf::new(), color: crate::ui::Color::Never, quiet: true };
    let args =
        InitArgs { dir: folder.path().to_owned(), name: Some("shop".to_owned()), airflow: "3.3".to_owned() };
    let printer = Printer::new(crate::ui::Color::Never, true);
    run(&args, &global, printer).unwrap();
    let read = |path: &str| std::fs::read_to_string(at(path)).unwrap();
    assert_eq!(read("README.md"), "mine\n");
    let ignored = read(".gitignore");
    assert!(ignored.starts_with("target\n__pycache__/\n# dagc's cache."), "{ignored}");
    assert_eq!(ignored.matches("__pycache__/").count(), 1);
    assert!(ignored.ends_with("/.dagc/\n"), "{ignored}");
    assert!(at("dagc.yaml").exists());
    // A project that is there is no fresh clone.
    let error = run(&args, &global, printer).unwrap_err().to_string();
    assert!(error.contains("has dagc.yaml, specs/orders_daily.yaml"), "{error}");
}
