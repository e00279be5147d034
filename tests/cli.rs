//! The command line as a user meets it: exit codes, what goes to which stream, each command once.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const PROJECT: &str = "\
project: shop
airflow: \"3.3\"
environments:
  dev:
    dags: s3://shop-dev-airflow/dags
    region: eu-west-1
    vars: {raw: shop-dev-raw}
    redshift: {warehouse: {workgroup: dev, database: analytics, copy_role: default}}
";

const ORDERS: &str = "\
pipeline: orders
schedule: \"15 3 * * *\"
tags: [shop]
sources:
  orders: {path: \"s3://${vars.raw}/orders/dt={{ ds }}/\", format: {csv: {header: true}}, wait: true}
steps:
  tables:
    redshift_sql: {sql: create table if not exists mart.orders (id bigint)}
  load:
    redshift_copy: {from: orders, table: mart.orders, mode: merge, key: [id]}
";

fn project(orders: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("dagc.yaml"), PROJECT).unwrap();
    fs::create_dir(folder.path().join("specs")).unwrap();
    fs::write(folder.path().join("specs/orders.yaml"), orders).unwrap();
    folder
}

fn dagc(root: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dagc"))
        .current_dir(root)
        .args(arguments)
        .env_remove("DAGC_PROJECT")
        .output()
        .unwrap()
}

/// Runs a command that ends with this exit code; gives stdout and stderr.
fn told(root: &Path, arguments: &[&str], code: i32) -> (String, String) {
    let output = dagc(root, arguments);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{stdout}{stderr}");
    (stdout, stderr)
}

#[test]
fn policies_are_data_and_what_is_not_known_is_told() {
    let folder = project(ORDERS);
    let (drafted, notes) = told(folder.path(), &["iam", "--draft"], 0);
    let drafted: Value = serde_json::from_str(&drafted).unwrap();
    let holders: Vec<&str> =
        drafted["holders"].as_array().unwrap().iter().map(|one| one["holder"].as_str().unwrap()).collect();
    assert_eq!(holders, ["mwaa_execution_role", "redshift_default_role", "publisher"]);
    let statements = &drafted["holders"][0]["policies"][0]["document"]["Statement"];
    assert!(statements.to_string().contains("arn:aws:s3:::shop-dev-raw"), "{statements}");
    assert!(
        notes.contains("note: fill in `ID` in `arn:aws:redshift-serverless:eu-west-1:ACCOUNT:workgroup/ID`")
    );
    let (drafted, notes) = told(folder.path(), &["-q", "iam", "--draft", "--account", "111122223333"], 0);
    assert!(drafted.contains("eu-west-1:111122223333:workgroup/ID") && notes.is_empty(), "{drafted}{notes}");
    let (_, wrong) = told(folder.path(), &["iam", "--draft", "--account", "x"], 2);
    assert!(wrong.contains("an account has twelve digits"), "{wrong}");
    told(folder.path(), &["iam"], 2);
}

#[test]
fn a_project_without_mistakes_is_checked_and_built() {
    let folder = project(ORDERS);
    let root = folder.path();
    let (_, stderr) = told(root, &["check"], 0);
    assert_eq!(stderr, "1 pipeline checked in 1 environment\n");
    let (stdout, _) = told(root, &["build", "--check"], 1);
    assert!(stdout.contains("dev/shop/orders.py: missing\n"), "{stdout}");
    told(root, &["build"], 0);
    told(root, &["build", "--check"], 0);
    let (_, stderr) = told(root, &["build"], 0);
    assert!(stderr.starts_with("nothing to do"), "{stderr}");

    fs::write(root.join("generated/dev/shop/orders.py"), "# Made by dagc\n").unwrap();
    let (stdout, stderr) = told(root, &["build", "--check"], 1);
    assert_eq!(stdout, "dev/shop/orders.py: changed\n");
    assert!(stderr.contains("run `dagc build`"), "{stderr}");
    told(root, &["build"], 0);

    fs::remove_file(root.join("specs/orders.yaml")).unwrap();
    let (stdout, _) = told(root, &["build", "--check"], 1);
    assert!(stdout.contains("dev/shop/orders.py: superfluous\n"), "{stdout}");
    told(root, &["build"], 0);
    assert!(!root.join("generated/dev/shop/orders.py").exists());
}

#[test]
fn what_the_command_line_names_must_be_there() {
    let folder = project(ORDERS);
    for arguments in [
        &["check", "--env", "nope"][..],
        &["build", "--env", "nope"],
        &["check", "--select", "nope"],
        &["check", "--project", "/nope"],
    ] {
        let (_, stderr) = told(folder.path(), arguments, 2);
        assert!(stderr.contains("nope"), "{stderr}");
    }
}

#[test]
fn a_folder_inside_the_project_will_do() {
    let folder = project(ORDERS);
    told(&folder.path().join("specs"), &["check"], 0);
    told(Path::new("/"), &["--project", &folder.path().display().to_string(), "check"], 0);
}

#[test]
fn mistakes_are_told_in_four_forms() {
    let folder = project(&ORDERS.replace("from: orders,", "from: order,"));
    let root = folder.path();
    let (stdout, stderr) = told(root, &["check"], 1);
    assert_eq!(stdout, "");
    assert!(stderr.contains("error[unknown-reference]"), "{stderr}");
    assert!(stderr.contains("specs/orders.yaml:10:27"), "{stderr}");
    assert!(!stderr.contains('\u{1b}'), "no colours in a pipe");
    let (_, coloured) = told(root, &["--color", "always", "check"], 1);
    assert!(coloured.contains('\u{1b}'));

    let (stdout, _) = told(root, &["check", "--format", "json"], 1);
    let json: Value = serde_json::from_str(&stdout).unwrap();
    assert!(json.to_string().contains("unknown-reference"));
    let (stdout, _) = told(root, &["check", "--format", "sarif"], 1);
    let sarif: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "unknown-reference");
    let (stdout, _) = told(root, &["check", "--format", "github"], 1);
    assert!(stdout.starts_with("::error file=specs/orders.yaml,line=10,"), "{stdout}");

    // Nothing is written, and nothing published, while there are mistakes.
    told(root, &["build"], 1);
    assert!(!root.join("generated").exists());
    told(root, &["publish", "--to", "dags"], 1);
    assert!(!root.join("dags").exists());
}

/// However long a text is and however often it is wrong, the report stays short, in every form.
#[test]
fn reports_are_bounded() {
    let long = "x".repeat(20_000);
    let bash = |command: &str| format!("pipeline: a\nsteps:\n  s: {{bash: {{command: \"{command}\"}}}}\n");
    let keys = (0..1_000).map(|n| format!("key_{n}: 1\n")).collect::<Vec<_>>().concat();
    let list = "{path: x}, ".repeat(2_000);
    for spec in [
        bash(&"${".repeat(20_000)),
        bash(&"{{ ".repeat(20_000)),
        bash(&"${vars.x} ".repeat(5_000)),
        bash(&"{{ x }} ".repeat(5_000)),
        bash(&format!("${{vars.{long}}}")),
        bash(&format!("{{{{ {long} }}}}")),
        format!("pipeline: a\n? {long}\n: 1\n{keys}"),
        format!("pipeline: a\nsteps: [{list}]\n"),
        format!("pipeline: {long}\nsteps: {{a: {{bash: {{command: ls}}, after: {long}}}}}\n"),
        format!(
            "pipeline: a\nsteps: {{a: {{redshift_sql: {{sql: select 1 from {long}.{long}.{long}.b}}}}}}\n"
        ),
    ] {
        let folder = project(&spec);
        for (form, most) in [("human", 40_000), ("github", 40_000), ("json", 400_000), ("sarif", 1_000_000)] {
            let output = dagc(folder.path(), &["check", "--format", form]);
            let length = output.stdout.len() + output.stderr.len();
            let start: String = spec.chars().take(60).collect();
            assert!(length < most, "{form}: {length} bytes for {start}");
            assert!(matches!(output.status.code(), Some(0 | 1)), "{start}");
        }
    }
    let folder = project(&bash(&"{{ x }} ".repeat(5_000)));
    let (_, stderr) = told(folder.path(), &["check"], 1);
    assert!(stderr.contains("this value has 4979 more mistakes"), "{stderr}");
    let folder = project(&format!("pipeline: a\n{keys}steps: {{a: {{bash: {{command: ls}}}}}}\n"));
    let (_, stderr) = told(folder.path(), &["check"], 1);
    assert!(stderr.contains("and 980 more of `unknown-key` in specs/orders.yaml\n"), "{stderr}");
    assert!(stderr.contains("\n1000 errors, "), "{stderr}");
    let (_, stderr) = told(folder.path(), &["check", "--all"], 1);
    assert_eq!(stderr.matches("error[unknown-key]").count(), 1_000);
}

/// What fails without a place in a file is told in the form that was asked for, and once.
#[test]
fn failures_have_the_form_of_the_findings() {
    let folder = project(ORDERS);
    let root = folder.path();
    let failures = |arguments: &[&str], code: i32| {
        let (stdout, stderr) = told(root, &[arguments, &["--format", "json"]].concat(), code);
        assert!(!stderr.contains("error:"), "told twice: {stderr}");
        let json: Value = serde_json::from_str(&stdout).unwrap();
        let failures = json["failures"].as_array().unwrap();
        failures.iter().map(|failure| failure["message"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let stale = failures(&["build", "--check"], 1);
    assert!(stale.contains(&"dev/shop/orders.py: missing".to_owned()), "{stale:?}");
    assert!(stale.contains(&"generated files are stale".to_owned()), "{stale:?}");
    assert_eq!(failures(&["build"], 0), [""; 0]);
    fs::write(root.join("generated/dev/shop/orders.py"), "mine").unwrap();
    let refused = failures(&["build"], 2);
    assert!(refused[0].starts_with("dagc did not make `shop/orders.py`"), "{refused:?}");
    fs::rename(root.join("specs"), root.join("spec")).unwrap();
    let missing = failures(&["check"], 2);
    assert!(missing[0].starts_with("there is no folder `specs`"), "{missing:?}");
    let (stdout, _) = told(root, &["check", "--format", "github"], 2);
    assert!(stdout.starts_with("::error title=dagc::there is no folder `specs`"), "{stdout}");
    let (stdout, _) = told(root, &["check", "--format", "sarif"], 2);
    let sarif: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], false);
    let nowhere = tempfile::tempdir().unwrap();
    let (stdout, _) = told(nowhere.path(), &["check", "--format", "json"], 1);
    assert!(stdout.contains("no-project-file"), "{stdout}");
}

/// As pre-commit calls it: with the files that changed, from the folder of the repository.
#[test]
fn files_can_be_checked() {
    let folder = project(ORDERS);
    let root = folder.path();
    fs::write(root.join("specs/bad.yaml"), BAD).unwrap();
    fs::write(root.join("specs/q.sql"), "select 1").unwrap();
    let (_, stderr) = told(root, &["check", "specs/orders.yaml"], 0);
    assert!(stderr.contains("note: `bad` has errors and is not selected\n1 pipeline checked"), "{stderr}");
    told(root, &["check", "specs/bad.yaml", "specs/orders.yaml"], 1);
    // What several pipelines may use is a reason to look at all.
    told(root, &["check", "specs/q.sql"], 1);
    told(root, &["check", "specs/orders.yaml", "dagc.yaml"], 1);
    // The project is a folder of a repository.
    let path = root.join("specs/orders.yaml").display().to_string();
    told(root.parent().unwrap(), &["check", &path], 0);
    for wrong in ["specs/none.yaml", "/etc/hostname"] {
        let (_, stderr) = told(root, &["check", wrong], 2);
        assert!(stderr.contains(wrong.trim_start_matches("specs/")), "{stderr}");
    }
    told(root, &["check", "--select", "orders", "specs/bad.yaml"], 2);
}

#[test]
fn nothing_is_written_outside_of_the_project() {
    let folder = project(ORDERS);
    let (root, outside) = (folder.path(), tempfile::tempdir().unwrap());
    for generated in ["../out", "out/../../x", "/tmp/out"] {
        fs::write(root.join("dagc.yaml"), format!("{PROJECT}generated: {generated}\n")).unwrap();
        let (_, stderr) = told(root, &["build"], 1);
        assert!(stderr.contains("error[invalid-folder]"), "{stderr}");
    }
    fs::write(root.join("dagc.yaml"), PROJECT).unwrap();
    for link in ["generated", "generated/dev", "generated/dev/shop", ".dagc"] {
        let path = root.join(link);
        // What the attempt before has locked.
        let _ = fs::remove_dir_all(root.join(".dagc"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(outside.path(), &path).unwrap();
        let (_, stderr) = told(root, &["build"], 2);
        assert!(stderr.contains("leads out of"), "{stderr}");
        assert!(files(outside.path()).is_empty());
        fs::remove_file(path).unwrap();
    }
    // Where the user says so, it may be elsewhere.
    let output = outside.path().display().to_string();
    told(root, &["build", "--output", &output], 0);
    assert!(outside.path().join("dev/shop/orders.py").exists());
}

/// What is in the way is named, where it is written.
#[test]
fn files_in_the_way_of_folders_are_told() {
    let folder = project(ORDERS);
    let root = folder.path();
    fs::write(root.join("taken"), "").unwrap();
    for args in [
        &["build", "--output", "taken"][..],
        &["publish", "--to", "taken/deeper"],
        &["publish", "--to", "dags", "--output", "taken"],
    ] {
        let (_, stderr) = told(root, args, 2);
        assert!(stderr.ends_with("names a folder, and taken is a file\n"), "{stderr}");
    }
    let project = fs::read_to_string(root.join("dagc.yaml")).unwrap();
    fs::write(root.join("dagc.yaml"), project + "generated: taken/new\n").unwrap();
    for command in ["check", "build"] {
        let (_, stderr) = told(root, &[command], 1);
        assert!(
            stderr.contains("error[invalid-folder]: `generated` is a folder, and `taken` is a file"),
            "{stderr}"
        );
    }
}

#[test]
fn a_project_without_pipelines_is_told_so_and_published_only_on_demand() {
    let folder = project(ORDERS);
    let root = folder.path();
    told(root, &["build"], 0);
    told(root, &["publish", "--to", "dags"], 0);
    fs::rename(root.join("specs/orders.yaml"), root.join("specs/orders.YML")).unwrap();
    let (_, stderr) = told(root, &["build"], 0);
    assert!(stderr.contains("warning[no-pipelines]") && stderr.contains("`specs/orders.YML` is not read"));
    let (_, stderr) = told(root, &["publish", "--to", "dags"], 2);
    assert!(stderr.contains("1 DAG file") && stderr.contains("--remove-all"), "{stderr}");
    let (changes, _) = told(root, &["publish", "--to", "dags", "--dry-run"], 0);
    assert!(changes.contains("--remove-all"), "{changes}");
    assert!(root.join("dags/shop/orders.py").exists());
    told(root, &["publish", "--to", "dags", "--remove-all"], 0);
    assert!(!root.join("dags/shop/orders.py").exists());
}

#[test]
fn an_address_is_no_folder_to_publish_to() {
    let folder = project(ORDERS);
    told(folder.path(), &["build"], 0);
    let (_, stderr) = told(folder.path(), &["publish", "--to", "s3://acme-dags/dags"], 2);
    assert!(stderr.contains("write `dags: s3://acme-dags/dags`"), "{stderr}");
    assert!(!folder.path().join("s3:").exists());
    let worker = env!("CARGO_BIN_EXE_dagc");
    let (_, stderr) = told(folder.path(), &["publish", "--to", "dags", "--worker", worker], 2);
    assert!(stderr.contains("is not dagc-worker"), "{stderr}");
}

#[test]
fn pipelines_can_be_selected() {
    let folder = project(ORDERS);
    let root = folder.path();
    fs::write(root.join("specs/bad.yaml"), "pipeline: bad\nsteps: {a: {bash: {comand: x}}}\n").unwrap();
    let (_, stderr) = told(root, &["check", "--select", "orders"], 0);
    assert!(stderr.starts_with("note: `bad` has errors and is not selected\n1 pipeline checked"), "{stderr}");
    told(root, &["check", "--select", "tag:shop"], 0);
    told(root, &["check", "--select", "b*"], 1);
    let (_, stderr) = told(root, &["check", "--select", "order"], 2);
    assert!(stderr.contains("did you mean `orders`?"), "{stderr}");
}

/// Lists the files below a folder with their contents.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = walkdir::WalkDir::new(root).into_iter().map(|entry| entry.unwrap());
    entries
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let path = entry.path().strip_prefix(root).unwrap().display().to_string();
            (path, fs::read(entry.path()).unwrap())
        })
        .collect()
}

const STOCK: &str = "\
pipeline: stock
steps:
  sum: {redshift_sql: {sql: create table mart.stock as select count(*) from mart.orders}}
";

const BAD: &str = "pipeline: bad\nschedule: none\nsteps: {a: {bash: {comand: x}}}\n";

#[test]
fn selected_pipelines_are_built_and_the_others_left_alone() {
    let folder = project(ORDERS);
    let root = folder.path();
    let (orders, stock) = (root.join("specs/orders.yaml"), root.join("specs/stock.yaml"));
    fs::write(&stock, STOCK).unwrap();
    told(root, &["build"], 0);
    let before = files(&root.join("generated"));

    // All specs change; one of them is wrong now.
    fs::write(&orders, ORDERS.replace("key: [id]", "key: [id], columns: [id]")).unwrap();
    fs::write(&stock, STOCK.replace("count(*)", "sum(id)")).unwrap();
    fs::write(root.join("specs/bad.yaml"), BAD).unwrap();
    told(root, &["build"], 1);
    let (stdout, stderr) = told(root, &["build", "--select", "orders", "--check"], 1);
    assert!(stderr.contains("note: `bad` has errors and is not selected\n"), "{stderr}");
    assert!(stdout.lines().all(|line| line.contains("orders")), "{stdout}");
    assert_eq!(files(&root.join("generated")), before);
    told(root, &["build", "--select", "orders"], 0);
    told(root, &["build", "--select", "tag:shop", "--check"], 0);
    let after = files(&root.join("generated"));
    let of = |files: &BTreeMap<String, Vec<u8>>, name: &str| {
        let mut files = files.clone();
        files.retain(|path, _| path.contains(name));
        files
    };
    assert_eq!(of(&after, "stock"), of(&before, "stock"));
    assert_ne!(of(&after, "orders"), of(&before, "orders"));
    // One DAG file and one plan: that of before is gone.
    assert_eq!(of(&after, "orders").len(), 2);

    let (_, stderr) = told(root, &["build", "--select", "stock"], 0);
    assert!(stderr.contains("note: `stock` runs after `orders`, which is not selected"), "{stderr}");
    fs::remove_file(root.join("specs/bad.yaml")).unwrap();
    told(root, &["build", "--check"], 0);
}

#[test]
fn what_touches_a_selected_pipeline_stops_it() {
    let folder = project(ORDERS);
    let root = folder.path();
    fs::write(root.join("specs/stock.yaml"), STOCK).unwrap();
    let orders = root.join("specs/orders.yaml");
    // What makes the data of a selected pipeline cannot be read, or is wrong in another place.
    for wrong in
        [ORDERS.replace("15 3", "15 33"), ORDERS.replace("merge", "murge"), format!("{ORDERS}  \t- x\n")]
    {
        fs::write(&orders, wrong).unwrap();
        let (_, stderr) = told(root, &["build", "--select", "stock"], 1);
        assert!(stderr.contains("the selected pipeline `stock` may depend on this one"), "{stderr}");
        assert!(stderr.contains("specs/orders.yaml"), "{stderr}");
    }
    // What reads it: its schedule is the data's, so that the maker's file must name it.
    fs::write(&orders, ORDERS).unwrap();
    fs::write(root.join("specs/stock.yaml"), STOCK.replace("redshift_sql", "redshift_sq")).unwrap();
    told(root, &["build", "--select", "orders"], 1);
    fs::write(
        root.join("specs/stock.yaml"),
        "schedule: none\n".to_owned() + &STOCK.replace("redshift_sql", "sq"),
    )
    .unwrap();
    told(root, &["build", "--select", "orders"], 0);
    // A finding between two pipelines.
    fs::write(root.join("specs/stock.yaml"), ORDERS).unwrap();
    let (_, stderr) = told(root, &["build", "--select", "tag:shop"], 1);
    assert!(stderr.contains("duplicate-pipeline"), "{stderr}");
    // The project's own.
    fs::write(root.join("specs/stock.yaml"), STOCK).unwrap();
    fs::write(root.join("dagc.yaml"), PROJECT.replace("region:", "regio:")).unwrap();
    told(root, &["build", "--select", "orders"], 1);
}

#[test]
fn selected_pipelines_are_published_and_the_others_kept() {
    let folder = project(ORDERS);
    let root = folder.path();
    fs::write(root.join("specs/stock.yaml"), STOCK).unwrap();
    told(root, &["build"], 0);
    told(root, &["publish", "--to", "dags"], 0);
    let before = files(&root.join("dags"));
    fs::write(root.join("specs/orders.yaml"), ORDERS.replace("key: [id]", "key: [id], columns: [id]"))
        .unwrap();
    fs::write(root.join("specs/stock.yaml"), BAD).unwrap();
    told(root, &["build", "--select", "orders"], 0);
    told(root, &["publish", "--to", "dags"], 1);
    let (_, stderr) = told(root, &["publish", "--to", "dags", "--select", "orders"], 0);
    assert!(stderr.contains("2 files sent, 0 removed"), "{stderr}");
    let after = files(&root.join("dags"));
    for (path, content) in before.iter().filter(|(path, _)| path.contains("stock")) {
        assert_eq!(after.get(path), Some(content), "{path}");
    }
    let manifest: Value = serde_json::from_slice(&after["shop/.dagc/manifest.json"]).unwrap();
    assert!(manifest["files"]["shop/stock.py"]["unwanted_since"].is_null(), "{manifest:#}");
    assert!(manifest["published"]["files"]["shop/stock.py"].is_string(), "{manifest:#}");
    let (_, stderr) = told(root, &["publish", "--to", "dags", "--select", "orders"], 0);
    assert!(stderr.contains("nothing to do"), "{stderr}");
    // All of it again: the pipeline that is no more goes.
    fs::remove_file(root.join("specs/stock.yaml")).unwrap();
    told(root, &["build"], 0);
    told(root, &["publish", "--to", "dags"], 0);
    assert!(!files(&root.join("dags")).contains_key("shop/stock.py"));
}

#[test]
fn looking_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (_, stderr) = told(folder.path(), &["build"], 1);
    assert!(stderr.contains("no-project-file"), "{stderr}");
    assert!(files(folder.path()).is_empty());

    let folder = project(ORDERS);
    let root = folder.path();
    let before = files(root);
    told(root, &["build", "--check"], 1);
    assert_eq!(files(root), before);
    assert!(!root.join(".dagc").exists());
    told(root, &["build"], 0);
    let before = files(root);
    told(root, &["build", "--check"], 0);
    assert_eq!(files(root), before);
}

#[test]
fn what_was_made_for_an_environment_that_is_gone_is_removed() {
    let folder = project(ORDERS);
    let root = folder.path();
    let two = PROJECT.to_owned() + &PROJECT[PROJECT.find("  dev:").unwrap()..].replace("dev", "prod");
    fs::write(root.join("dagc.yaml"), two).unwrap();
    told(root, &["build"], 0);
    fs::write(root.join("generated/prod/notes.txt"), "mine").unwrap();
    fs::create_dir_all(root.join("generated/other/shop")).unwrap();
    fs::write(root.join("generated/other/shop/__init__.py"), "\"\"\"Made by dagc: project other.\"\"\"\n")
        .unwrap();

    fs::write(root.join("dagc.yaml"), PROJECT).unwrap();
    told(root, &["build", "--check", "--env", "dev"], 0);
    let (stdout, _) = told(root, &["build", "--check"], 1);
    assert!(stdout.contains("prod/shop/orders.py: superfluous\n"), "{stdout}");
    assert!(stdout.lines().all(|line| line.starts_with("prod/shop/")), "{stdout}");
    let (_, stderr) = told(root, &["build"], 0);
    assert!(stderr.contains("prod: no environment any more"), "{stderr}");
    assert!(!root.join("generated/prod/shop").exists());
    let left: Vec<String> = files(&root.join("generated")).into_keys().collect();
    assert!(left.iter().any(|path| path == "prod/notes.txt"), "{left:?}");
    assert!(left.iter().any(|path| path == "other/shop/__init__.py"), "{left:?}");
    told(root, &["build", "--check"], 0);
}

#[test]
fn graphs_say_why() {
    let folder = project(ORDERS);
    let root = folder.path();
    let (tree, _) = told(root, &["graph"], 0);
    assert!(tree.contains("load (redshift_copy)"), "{tree}");
    assert!(tree.contains("waits for orders"), "{tree}");
    let (mermaid, _) = told(root, &["graph", "--format", "mermaid"], 0);
    assert!(mermaid.starts_with("flowchart LR\n"), "{mermaid}");
    let (dot, _) = told(root, &["graph", "--format", "dot"], 0);
    assert!(dot.contains("\"orders.tables\" -> \"orders.load\""), "{dot}");
    let (yaml, _) = told(root, &["show"], 0);
    assert!(yaml.contains("s3://shop-dev-raw/orders/dt={{ ds }}/"), "{yaml}");
}

#[test]
fn codes_are_explained() {
    let root = Path::new("/");
    let (text, _) = told(root, &["explain", "unknown-reference"], 0);
    assert!(text.starts_with("# unknown-reference"), "{text}");
    let (list, _) = told(root, &["explain"], 0);
    assert_eq!(list.lines().count(), dagc::diagnostic::Code::ALL.len());
    let (_, stderr) = told(root, &["explain", "unknown-refrence"], 2);
    assert!(stderr.contains("did you mean `unknown-reference`?"), "{stderr}");
}

#[test]
fn schemas_are_json_and_the_pages_made_from_the_code_are_up_to_date() {
    let root = Path::new("/");
    for document in ["pipeline", "project"] {
        let (text, _) = told(root, &["schema", document], 0);
        let schema: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    }
    for (document, page) in [("reference", "docs/language.md"), ("permissions", "docs/permissions.md")] {
        let (text, _) = told(root, &["schema", document], 0);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let update = format!("{page} is stale: run `cargo run -- schema {document} > {page}`");
        assert!(fs::read_to_string(&path).unwrap_or_default() == text, "{update}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dagc"))
        .args(["schema", "pipeline"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn a_folder_can_be_published_to() {
    let folder = project(ORDERS);
    let root = folder.path();
    told(root, &["build"], 0);
    let (changes, _) = told(root, &["publish", "--to", "dags", "--dry-run"], 0);
    assert!(changes.contains("send    shop/orders.py (new"), "{changes}");
    assert!(!root.join("dags/shop").exists());
    told(root, &["publish", "--to", "dags"], 0);
    assert!(root.join("dags/shop/orders.py").is_file());
    let (_, stderr) = told(root, &["publish", "--to", "dags"], 0);
    assert!(stderr.contains("nothing to do"), "{stderr}");
    // What is published is what was built.
    fs::write(root.join("specs/orders.yaml"), ORDERS.replace("15 3", "16 3")).unwrap();
    let (_, stderr) = told(root, &["publish", "--to", "dags"], 2);
    assert!(stderr.contains("stale"), "{stderr}");
}

/// A Glue job and a crawler are reviewed like the DAG: what would be made stands in `generated/`.
#[test]
fn jobs_crawlers_and_their_scripts_are_part_of_what_is_generated() {
    let steps = "
pipeline: orders
steps:
  crawl: {glue_crawler: {crawler: shop-orders, path: \"s3://${vars.raw}/orders/\", database: raw}}
  clean: {glue_job: {script: clean.py, arguments: {day: \"{{ ds }}\"}}}
";
    let folder = project(steps);
    let root = folder.path();
    let glue =
        "    glue: {role: \"arn:aws:iam::111122223333:role/glue\", assets: \"s3://shop-dev-assets/glue/\"}\n";
    fs::write(root.join("dagc.yaml"), format!("{PROJECT}{glue}")).unwrap();
    let script = root.join("specs/clean.py");
    fs::write(&script, "print(1)\n").unwrap();
    told(root, &["build"], 0);
    let path = "generated/dev/shop/.dagc/resources/orders.json";
    let read = || serde_json::from_slice::<Value>(&fs::read(root.join(path)).unwrap()).unwrap();
    let before = read();
    assert_eq!(before["crawlers"][0]["name"], "shop-orders");
    assert_eq!(before["crawlers"][0]["targets"][0]["path"], "s3://shop-dev-raw/orders/");
    assert_eq!(before["glue_jobs"][0]["role"], "arn:aws:iam::111122223333:role/glue");
    let uri = before["glue_jobs"][0]["script"].as_str().unwrap();
    assert_eq!(before["files"][uri], "specs/clean.py");
    // Another script is another job: it is to be built, looked at, and only then published.
    fs::write(&script, "print(2)\n").unwrap();
    let (stale, _) = told(root, &["build", "--check"], 1);
    assert!(stale.contains("dev/shop/.dagc/resources/orders.json: changed\n"), "{stale}");
    let (_, stderr) = told(root, &["publish", "--to", "dags"], 2);
    assert!(stderr.contains("stale"), "{stderr}");
    told(root, &["build", "--select", "orders"], 0);
    assert_ne!(read()["glue_jobs"][0]["script"], before["glue_jobs"][0]["script"]);
    // Airflow does not need it.
    told(root, &["publish", "--to", "dags"], 0);
    assert!(root.join("dags/shop/orders.py").is_file());
    assert!(!root.join("dags/shop/.dagc/resources").exists());
    // It goes with its pipeline.
    fs::write(root.join("specs/orders.yaml"), ORDERS).unwrap();
    told(root, &["build"], 0);
    assert!(!root.join(path).exists());
}
