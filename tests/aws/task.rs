//! A task that the worker's binary runs.

use super::lab::{Lab, lab};
use dagc::plan::{Job, PLAN_FILE_VERSION};
use dagc::service::arn::Account;
use dagc::service::output::breach;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A task instance.
#[derive(Clone)]
pub(crate) struct Task {
    dag: String,
    run: String,
    environment: &'static str,
    job: Value,
    on_kill: &'static str,
    try_number: i64,
    generation: i64,
    params: Value,
    started: String,
    generation_started: String,
    env: BTreeMap<String, String>,
    reschedule: Value,
    timeout: Value,
    waiting_since: String,
    runs_as: Value,
}

/// How an attempt has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code.
    pub(crate) code: i32,
    /// The object on the last line of stdout; null when there is none.
    pub(crate) outputs: Value,
    /// What stood on stderr.
    pub(crate) log: String,
}

/// An attempt that runs.
pub(crate) struct Running {
    child: Child,
    job: Value,
    _folder: tempfile::TempDir,
}

impl Task {
    /// The first attempt of a task; the name makes the DAG's id, so no two tests share a key.
    pub(crate) fn new(name: &str, job: Value) -> Self {
        Self::on(lab(), name, job)
    }

    /// The first attempt of a task in a lab of its own.
    pub(crate) fn on(lab: &Lab, name: &str, job: Value) -> Self {
        Self {
            dag: name.to_owned(),
            run: "scheduled__2026-01-31T03:15:00+00:00".to_owned(),
            environment: "dev",
            job,
            on_kill: "cancel",
            try_number: 1,
            generation: 0,
            params: json!({}),
            started: jiff::Timestamp::now().to_string(),
            generation_started: jiff::Timestamp::now().to_string(),
            env: lab.env.clone(),
            reschedule: Value::Null,
            timeout: Value::Null,
            waiting_since: String::new(),
            runs_as: Value::Null,
        }
    }

    /// It runs through a connection.
    pub(crate) fn through(mut self, connection: Value) -> Self {
        self.runs_as = connection;
        self
    }

    /// The same task in another run.
    pub(crate) fn of_run(self, run: &str) -> Self {
        Self { run: run.to_owned(), ..self }
    }

    /// It waits without a slot; the first look stays for so many seconds.
    pub(crate) fn rescheduled(mut self, stay: u64) -> Self {
        self.reschedule = json!({ "stay": stay, "every": 300 });
        self
    }

    /// It may take so many seconds.
    pub(crate) fn timeout(mut self, seconds: u64) -> Self {
        self.timeout = json!(seconds);
        self
    }

    /// A later look of an attempt whose first look ended now, or so many seconds ago.
    pub(crate) fn later(&self, seconds_ago: i64) -> Self {
        let ended = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(seconds_ago);
        Self { waiting_since: ended.to_string(), ..self.clone() }
    }

    /// Airflow's next attempt.
    pub(crate) fn retry(&self) -> Self {
        Self { try_number: self.try_number + 1, waiting_since: String::new(), ..self.clone() }
    }

    /// A person clears the task after it has ended; the run goes on.
    pub(crate) fn cleared(&self) -> Self {
        Self {
            generation: self.try_number,
            generation_started: jiff::Timestamp::now().to_string(),
            ..self.retry()
        }
    }

    /// The same DAG of another environment, with a job of its own.
    pub(crate) fn of(&self, environment: &'static str, job: Value) -> Self {
        Self { environment, job, ..self.clone() }
    }

    /// The task's first attempt begins now, though its run began long ago.
    pub(crate) fn beginning_now(mut self) -> Self {
        self.generation_started = jiff::Timestamp::now().to_string();
        self
    }

    /// Airflow does not tell when the first attempt began.
    pub(crate) fn untold(mut self) -> Self {
        self.generation_started = String::new();
        self
    }

    /// The run began, as Airflow tells it, so many seconds from now.
    pub(crate) fn started_in(mut self, seconds: i64) -> Self {
        self.started = (jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds)).to_string();
        self
    }

    /// The job goes on when the task is killed.
    pub(crate) fn leaving(mut self) -> Self {
        self.on_kill = "leave";
        self
    }

    /// The run has these params.
    pub(crate) fn params(mut self, params: Value) -> Self {
        self.params = params;
        self
    }

    /// The step is another one.
    pub(crate) fn job(mut self, job: Value) -> Self {
        self.job = job;
        self
    }

    /// The worker has this environment variable, or none of the name when the value is empty.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self.env.retain(|_, value| !value.is_empty());
        self
    }

    /// What its job needs of AWS, on its own resources: actions, and the resources on which each is given.
    pub(crate) fn policy(&self) -> BTreeMap<String, Vec<String>> {
        let job: Job = serde_json::from_value(self.job.clone()).unwrap();
        let account = Account { partition: "aws", region: "us-east-1", account: "123456789012" };
        let mut policy = BTreeMap::<String, Vec<String>>::new();
        for need in job.needs() {
            policy.entry(need.action.to_owned()).or_default().push(need.resource.policy(account));
        }
        policy
    }

    /// Starts an attempt.
    pub(crate) fn spawn(&self) -> Running {
        self.spawn_by(env!("CARGO_BIN_EXE_dagc-worker"), &[])
    }

    /// Starts an attempt below a shell; gives the worker's process id too.
    pub(crate) fn spawn_below_a_shell(&self) -> (Running, u32) {
        let script = r#""$0" "$@" & echo $! >&2; wait"#;
        let mut running = self.spawn_by("/bin/sh", &["-c", script, env!("CARGO_BIN_EXE_dagc-worker")]);
        // The worker's own lines may stand before it.
        let lines = BufReader::with_capacity(1, running.child.stderr.as_mut().unwrap()).lines();
        let pid = lines.map(Result::unwrap).find_map(|line| line.parse().ok()).unwrap();
        (running, pid)
    }

    fn spawn_by(&self, program: &str, arguments: &[&str]) -> Running {
        let folder = tempfile::tempdir().unwrap();
        let plan = folder.path().join("plan.json");
        let task = json!({
            "step": "job", "on_kill": self.on_kill, "job": self.job,
            "reschedule": self.reschedule, "timeout": self.timeout, "runs_as": self.runs_as,
        });
        let text = json!({
            "version": PLAN_FILE_VERSION, "project": "shop", "environment": self.environment, "region": "us-east-1",
            "dag_id": self.dag,
            "tasks": { "job": task },
        });
        std::fs::write(&plan, text.to_string()).unwrap();
        let child = Command::new(program)
            .args(arguments)
            .args(["exec", "--task", "job", "--plan"])
            .arg(&plan)
            .env_clear()
            .envs(&self.env)
            .env("HOME", folder.path())
            .env("DAGC_DAG_ID", &self.dag)
            .env("DAGC_TASK_ID", "job")
            .env("DAGC_RUN_ID", &self.run)
            .env("DAGC_MAP_INDEX", "-1")
            .env("DAGC_TRY_NUMBER", self.try_number.to_string())
            .env("DAGC_GENERATION", self.generation.to_string())
            .env("DAGC_LOGICAL_DATE", "2026-01-31T03:15:00+00:00")
            .env("DAGC_RUN_AFTER", "2026-02-01T03:15:00+00:00")
            .env("DAGC_RUN_STARTED", &self.started)
            .env("DAGC_GENERATION_STARTED", &self.generation_started)
            .env("DAGC_WAITING_SINCE", &self.waiting_since)
            .env("DAGC_PARAMS", self.params.to_string())
            .env("DAGC_OUTPUTS", "{}")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Running { child, job: self.job.clone(), _folder: folder }
    }

    /// Runs an attempt to its end.
    pub(crate) fn run(&self) -> Ended {
        self.spawn().ended()
    }
}

impl Running {
    /// Waits for the end.
    pub(crate) fn ended(self) -> Ended {
        let Output { status, stdout, stderr } = self.child.wait_with_output().unwrap();
        let stdout = String::from_utf8(stdout).unwrap();
        let ended = Ended {
            code: status.code().unwrap_or(-1),
            outputs: stdout.lines().last().map_or(Value::Null, |line| serde_json::from_str(line).unwrap()),
            log: String::from_utf8(stderr).unwrap(),
        };
        // Whatever a test is about: what a job gives is what its service declares.
        if ended.code == 0 {
            let job: Job = serde_json::from_value(self.job).unwrap();
            let breach = breach(job.outputs(), job.members(), ended.outputs.as_object().unwrap());
            assert_eq!(breach, None, "{}\n{}", ended.outputs, ended.log);
        }
        ended
    }

    /// Says whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Ends it as the kernel does, without a word.
    pub(crate) fn sigkill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end; gives how long it took.
    pub(crate) fn sigterm(self) -> (Ended, Duration) {
        let began = Instant::now();
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let ended = self.ended();
        (ended, began.elapsed())
    }
}

impl Ended {
    /// Fails the test unless it ended with this code.
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.outputs, self.log);
        self
    }

    /// Fails the test unless the log says so.
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(self.log.contains(words), "`{words}` is not in the log:\n{}", self.log);
        self
    }
}

/// Waits until something holds, for at most 20 seconds.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(20), "{what}: not after 20 s");
        std::thread::sleep(Duration::from_millis(50));
    }
}
