//! The pre-commit hooks, run by the real pre-commit on a small repository: those that `dagc init` writes, and
//! those of `.pre-commit-hooks.yaml` that other repositories name.

use crate::python_tools::environment;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A git repository with a project of `dagc init`, built and committed.
struct Repository {
    folder: tempfile::TempDir,
}

impl Repository {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let repository = Self { folder };
        repository.dagc(&["init", "--name", "shop"]);
        repository.dagc(&["build"]);
        repository.git(&["init", "--quiet"]);
        repository.git(&["add", "--all"]);
        repository
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside)
    }

    fn dagc(&self, arguments: &[&str]) {
        succeed(self.command(Path::new(env!("CARGO_BIN_EXE_dagc"))).args(arguments));
    }

    fn git(&self, arguments: &[&str]) -> String {
        let author =
            ["-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false"];
        let output = succeed(self.command(Path::new("git")).args(author).args(arguments));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Runs the hooks of a configuration on what would be committed; gives whether they pass, and what
    /// they say.
    fn hooks(&self, config: &str) -> (bool, String) {
        self.git(&["add", "--all"]);
        let program = environment("tools").join("bin/pre-commit");
        let arguments = ["run", "--verbose", "--color=never", "--config", config];
        let output = self.command(&program).args(arguments).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    }

    fn replace(&self, file: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(self.path(file), text.replacen(from, to, 1)).unwrap();
    }

    /// A command in the repository that knows no settings of the user's, and has `dagc` on its path.
    fn command(&self, program: &Path) -> Command {
        let binaries = Path::new(env!("CARGO_BIN_EXE_dagc")).parent().unwrap();
        let mut path = vec![binaries.to_owned()];
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("HOME", self.folder.path().join(".git"))
            .env("PRE_COMMIT_HOME", self.folder.path().join(".git/pre-commit"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env_remove("GIT_DIR")
            .env_remove("GIT_INDEX_FILE")
            .env_remove("GIT_WORK_TREE");
        command
    }
}

fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// Good specs pass, stale files fail, a mistake fails with its place.
fn check_hooks(repository: &Repository, config: &str) {
    const SPEC: &str = "specs/orders_daily.yaml";
    let (passed, said) = repository.hooks(config);
    assert!(passed, "{said}");
    assert_eq!(said.matches("Passed").count(), 2, "{said}");

    repository.replace(SPEC, "0 4 * * *", "0 5 * * *");
    let (passed, said) = repository.hooks(config);
    assert!(!passed, "{said}");
    assert!(said.contains("dev/shop/orders_daily.py: changed"), "{said}");
    assert_eq!(said.matches("Passed").count(), 1, "only what is generated is wrong: {said}");

    repository.dagc(&["build"]);
    let (passed, said) = repository.hooks(config);
    assert!(passed, "{said}");

    repository.replace(SPEC, "from: orders", "from: oders");
    let (passed, said) = repository.hooks(config);
    assert!(!passed, "{said}");
    assert!(said.contains("error[unknown-reference]") && said.contains("specs/orders_daily.yaml:"), "{said}");
}

#[test]
fn the_hooks_of_a_new_project() {
    check_hooks(&Repository::new(), ".pre-commit-config.yaml");
}

#[test]
fn a_spec_that_is_removed_is_noticed() {
    let repository = Repository::new();
    repository.git(&["commit", "--quiet", "--message", "begin"]);
    std::fs::remove_file(repository.path("specs/orders_daily.yaml")).unwrap();
    let (passed, said) = repository.hooks(".pre-commit-config.yaml");
    assert!(!passed && said.contains("dev/shop/orders_daily.py: superfluous"), "{said}");
}

#[test]
fn the_hooks_that_other_repositories_name() {
    const HOOKS: &str = ".pre-commit-hooks.yaml";
    let hooks = Repository::new();
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(HOOKS), hooks.path(HOOKS)).unwrap();
    hooks.git(&["add", "--all"]);
    hooks.git(&["commit", "--quiet", "--message", "hooks"]);
    let repository = Repository::new();
    let config = format!(
        "repos:\n  - repo: {}\n    rev: {}\n    hooks: [{{id: dagc-check}}, {{id: dagc-build}}]\n",
        hooks.folder.path().display(),
        hooks.git(&["rev-parse", "HEAD"]),
    );
    std::fs::write(repository.path("hooks.yaml"), config).unwrap();
    check_hooks(&repository, "hooks.yaml");
}
