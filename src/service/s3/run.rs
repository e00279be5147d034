//! Waiting until objects are there.

use super::job::WaitForObjects;
use crate::aws::s3::{Buckets, Object};
use crate::aws::{self, Kind, Pace};
use crate::exec::files::{Files, Key};
use crate::exec::key::{Identity, content};
use crate::exec::outcome::{Ended, Failure, Outputs};
use crate::exec::runner::{Run, by_itself, seconds};
use crate::exec::start::Start;
use crate::service::objects::link_below;
use crate::template::{RunValues, Template};
use aws_config::SdkConfig;
use serde_json::json;
use std::collections::BTreeMap;
use std::future::Future;
use std::time::{Duration, SystemTime};

/// What waiting is known by: nothing is started.
pub(crate) fn identity(config: &SdkConfig) -> Identity {
    let region = aws::region(config);
    Identity { kind: "wait_for_objects", target: vec![region], content: content([]) }
}

/// Waits until the objects are there, or the look ends, or `stop` is ready; fails for good when the time is over.
pub(crate) async fn run(
    spec: &WaitForObjects,
    start: Start<'_>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    let run = (start.run)(identity(start.config));
    let waiting = wait(start.config, spec, start.values, &run);
    by_itself(&run, "waiting for objects", waiting, stop).await
}

async fn wait(
    config: &SdkConfig,
    spec: &WaitForObjects,
    values: &RunValues,
    Run { looks, clock, log, reach, .. }: &Run<'_>,
) -> Result<Ended, Failure> {
    let buckets = Buckets::new(config);
    let spec = &of_run(spec, values)?;
    let watched = Watched::new(&spec.path.render(values)?, spec)?;
    let files = &watched.files;
    let region = config.region().map_or("us-east-1", |region| region.as_ref());
    let url = link_below(region, files.bucket(), files.prefix());
    log.info(format!("waiting for {} in {files}", wanted(spec)));
    let mut pace = Pace::steady(Duration::from_secs(spec.every.max(1)));
    let mut seen = Seen::default();
    let mut said = String::new();
    loop {
        let missing = match files.list(&buckets).await {
            Ok(mut objects) => {
                reach.answered.set(true);
                objects.retain(|object| watched.counts(object));
                let look = Look::at(&objects, &watched);
                seen.update(&objects, SystemTime::now());
                match look.missing(spec, seen.unchanged_since(&objects), SystemTime::now()) {
                    None => {
                        log.info(format!("{} objects of {} bytes are there", look.objects, look.bytes));
                        let mut outputs = Outputs::new();
                        outputs.insert("handle".to_owned(), json!(files.to_string()));
                        outputs.insert("url".to_owned(), json!(url));
                        outputs.insert("seconds".to_owned(), json!(seconds(looks.elapsed(clock.now()))));
                        outputs.insert("objects".to_owned(), json!(look.objects));
                        outputs.insert("bytes".to_owned(), json!(look.bytes));
                        return Ok(Ended::Done(outputs));
                    }
                    Some(missing) => missing,
                }
            }
            Err(error) if error.kind == Kind::Throttled => {
                pace.slow_down();
                error.to_string()
            }
            Err(error) if reach.gives_up(&error, clock.now()) => return Err(reach.failure(&error)),
            // Those that AWS refuses are refused again: another attempt has others.
            Err(error) if error.kind == Kind::Credentials && error.code.is_some() => return Err(error.into()),
            Err(error) if error.kind.may_pass_later() => error.to_string(),
            Err(error) => return Err(error.into()),
        };
        if missing != said {
            log.info(&missing);
            said.clone_from(&missing);
        }
        let pause = pace.wait();
        let left = spec
            .timeout
            .map(|timeout| Duration::from_secs(timeout).saturating_sub(looks.elapsed(clock.now())));
        if left.is_some_and(|left| left.is_zero()) {
            return Err(Failure::for_good(format!(
                "{files}: {missing}, after waiting for {} s",
                looks.elapsed(clock.now()).as_secs()
            )));
        }
        // One last look when the time is over.
        let until = |pause: Duration| left.map_or(pause, |left| pause.min(left));
        if looks.end_before(pause, clock.now()) {
            let next = looks.in_time(until(Duration::from_secs(spec.every)), clock.now()).as_secs();
            log.info(format!("the next look is in {next} s"));
            let mut outputs = Outputs::new();
            outputs.insert("handle".to_owned(), json!(files.to_string()));
            outputs.insert("url".to_owned(), json!(url));
            outputs.insert("state".to_owned(), json!(missing));
            outputs.insert("next_look".to_owned(), json!(next));
            return Ok(Ended::GoesOn(outputs));
        }
        tokio::time::sleep(until(pause)).await;
    }
}

/// Completes the name of the marker.
fn of_run(spec: &WaitForObjects, values: &RunValues) -> Result<WaitForObjects, Failure> {
    let marker = spec.marker.as_ref().map(|marker| marker.render(values)).transpose()?;
    Ok(WaitForObjects { marker: marker.map(Template::text), ..spec.clone() })
}

/// The name of the marker, once it is complete.
fn marker(spec: &WaitForObjects) -> Option<&str> {
    spec.marker.as_ref()?.as_text()
}

fn wanted(spec: &WaitForObjects) -> String {
    let mut wanted = format!("{} object{}", spec.at_least, if spec.at_least == 1 { "" } else { "s" });
    if let Some(bytes) = spec.bytes {
        wanted.push_str(&format!(", {bytes} bytes"));
    }
    if let Some(marker) = marker(spec) {
        wanted.push_str(&format!(", the marker {marker}"));
    }
    if let Some(settled) = spec.settled {
        wanted.push_str(&format!(", unchanged for {settled} s"));
    }
    wanted
}

/// The objects that are waited for.
struct Watched {
    files: Files,
    marker: Option<Key>,
}

impl Watched {
    fn new(path: &str, spec: &WaitForObjects) -> Result<Self, Failure> {
        let files = Files::parse(path, &spec.except)?;
        let marker = marker(spec).map(|marker| files.beside(marker)).transpose()?;
        Ok(Self { files, marker })
    }

    fn is_marker(&self, object: &Object) -> bool {
        self.marker.as_ref().is_some_and(|marker| marker.is(&object.key))
    }

    fn counts(&self, object: &Object) -> bool {
        self.is_marker(object) || self.files.has(object)
    }
}

/// What one look has seen.
#[derive(Debug, PartialEq, Eq)]
struct Look {
    objects: u64,
    bytes: u64,
    has_marker: bool,
}

impl Look {
    /// Looks at the objects that count.
    fn at(objects: &[Object], watched: &Watched) -> Self {
        let mut look = Self { objects: 0, bytes: 0, has_marker: watched.marker.is_none() };
        for object in objects {
            if watched.is_marker(object) {
                look.has_marker = true;
            } else {
                look.objects += 1;
                look.bytes += object.size;
            }
        }
        look
    }

    /// Says what is missing, nothing when all is there.
    fn missing(
        &self,
        spec: &WaitForObjects,
        unchanged: Option<SystemTime>,
        now: SystemTime,
    ) -> Option<String> {
        if self.objects < spec.at_least {
            return Some(format!("{} of at least {} objects are there", self.objects, spec.at_least));
        }
        if let Some(bytes) = spec.bytes.filter(|bytes| self.bytes < *bytes) {
            return Some(format!("{} of at least {bytes} bytes are there", self.bytes));
        }
        if !self.has_marker {
            let marker = marker(spec).unwrap_or_default();
            return Some(format!("the marker {marker} is missing"));
        }
        let settled = Duration::from_secs(spec.settled?);
        let quiet = unchanged.and_then(|since| now.duration_since(since).ok()).unwrap_or_default();
        (quiet < settled)
            .then(|| format!("the objects have not been unchanged for {} s yet", settled.as_secs()))
    }
}

/// What the looks so far have seen, so that objects that vanish count as a change too.
#[derive(Default)]
struct Seen {
    objects: Option<BTreeMap<String, String>>,
    changed: Option<SystemTime>,
}

impl Seen {
    fn update(&mut self, objects: &[Object], now: SystemTime) {
        let current: BTreeMap<_, _> =
            objects.iter().map(|object| (object.key.clone(), object.etag.clone())).collect();
        if self.objects.as_ref().is_some_and(|before| *before != current) {
            self.changed = Some(now);
        }
        self.objects = Some(current);
    }

    /// Returns the last change, by S3's time stamps or as it was seen.
    fn unchanged_since(&self, objects: &[Object]) -> Option<SystemTime> {
        objects.iter().filter_map(|object| object.modified).chain(self.changed).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Settings, connect};
    use crate::exec::context::RunContext;
    use crate::exec::log::{Level, Log};
    use crate::exec::looks::{Clock, Looks};
    use crate::exec::outcome::Exit;
    use crate::exec::runner::Reach;
    use crate::lang::shared::OnKill;
    use crate::plan::PlanFile;
    use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
    use std::cell::RefCell;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn object(key: &str, size: u64, modified: u64) -> Object {
        Object { key: key.to_owned(), size, etag: format!("{key}{size}"), modified: Some(at(modified)) }
    }

    fn spec() -> WaitForObjects {
        WaitForObjects {
            path: Template::text("s3://b/in/"),
            at_least: 1,
            bytes: None,
            marker: None,
            except: Vec::new(),
            settled: None,
            every: 60,
            timeout: None,
        }
    }

    #[test]
    fn a_look_says_what_is_missing() {
        let two = [object("in/a", 10, 100), object("in/b", 5, 130)];
        let marked = [object("in/a", 10, 100), object("in/_SUCCESS", 0, 110)];
        let beside = [object("in/a", 10, 100), object("in/b", 0, 100), object("in/m/c", 7, 140)];
        let except = || vec!["in/m/".to_owned()];
        let cases: [(&[Object], WaitForObjects, Option<&str>); 12] = [
            (&[], spec(), Some("0 of at least 1 objects are there")),
            (
                &beside,
                WaitForObjects { at_least: 2, except: except(), ..spec() },
                Some("1 of at least 2 objects are there"),
            ),
            (
                &beside,
                WaitForObjects { bytes: Some(11), except: except(), ..spec() },
                Some("10 of at least 11 bytes are there"),
            ),
            // What is no data may change.
            (&beside, WaitForObjects { settled: Some(50), except: except(), ..spec() }, None),
            (&[object("in/_SUCCESS", 0, 1)], spec(), Some("0 of at least 1 objects are there")),
            (&two, spec(), None),
            (&two, WaitForObjects { at_least: 3, ..spec() }, Some("2 of at least 3 objects are there")),
            (&two, WaitForObjects { bytes: Some(16), ..spec() }, Some("15 of at least 16 bytes are there")),
            (&two, WaitForObjects { bytes: Some(15), ..spec() }, None),
            (
                &two,
                WaitForObjects { marker: Some(Template::text("_SUCCESS")), ..spec() },
                Some("the marker _SUCCESS is missing"),
            ),
            (&marked, WaitForObjects { marker: Some(Template::text("_SUCCESS")), ..spec() }, None),
            (
                &two,
                WaitForObjects { settled: Some(60), ..spec() },
                Some("the objects have not been unchanged for 60 s yet"),
            ),
        ];
        for (objects, spec, expected) in cases {
            let watched = Watched::new("s3://b/in/", &spec).unwrap();
            let counted: Vec<Object> =
                objects.iter().filter(|object| watched.counts(object)).cloned().collect();
            let objects = counted.as_slice();
            let mut seen = Seen::default();
            seen.update(objects, at(150));
            let missing = Look::at(objects, &watched).missing(&spec, seen.unchanged_since(objects), at(150));
            assert_eq!(missing.as_deref(), expected, "{spec:?}");
        }
    }

    /// A region without an endpoint, or a network without a way out, is not waited for as files are.
    #[tokio::test]
    async fn a_wait_on_a_service_that_cannot_be_reached_is_given_up() {
        // Nobody listens at this port any more when it is asked.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = Settings { region: Some("us-east-1".to_owned()), ..Settings::default() };
        let keys = SharedCredentialsProvider::new(Credentials::new("key", "secret", None, None, "test"));
        let config = connect(&settings).await.into_builder();
        let config =
            config.endpoint_url(format!("http://127.0.0.1:{port}")).credentials_provider(keys).build();
        let plan = PlanFile {
            version: 0,
            project: String::new(),
            dag_id: String::new(),
            environment: String::new(),
            region: None,
            time_zone: None,
            tasks: BTreeMap::new(),
        };
        let context = RunContext::default();
        let lines = RefCell::new(Vec::new());
        let write = |_: Level, line: &str| lines.borrow_mut().push(line.to_owned());
        let run_of_task = Run {
            key: crate::exec::key::Key::new(&plan, &context, identity(&config)),
            context: &context,
            on_kill: OnKill::Cancel,
            reach: Reach { patience: Duration::from_millis(100), ..Reach::default() },
            looks: Looks::new(None, None, None, SystemTime::now()),
            clock: Clock::begin(),
            log: &Log::new(&write),
        };
        let spec = WaitForObjects { every: 1, ..spec() };
        let ended = wait(&config, &spec, &RunValues::default(), &run_of_task).await;
        let failure = ended.unwrap_err();
        assert_eq!(failure.exit, Exit::Retry, "{failure}");
        for said in ["s3:ListObjectsV2", "is the region right", "a NAT gateway, a VPC endpoint"] {
            assert!(failure.message.contains(said), "{failure}");
        }
    }

    #[test]
    fn an_object_that_vanishes_is_a_change() {
        let spec = WaitForObjects { settled: Some(60), ..spec() };
        let watched = Watched::new("s3://b/in/", &spec).unwrap();
        let two = [object("in/a", 10, 100), object("in/b", 5, 100)];
        let one = [object("in/a", 10, 100)];
        let mut seen = Seen::default();
        let mut missing = |objects: &[Object], now| {
            seen.update(objects, at(now));
            Look::at(objects, &watched).missing(&spec, seen.unchanged_since(objects), at(now)).is_some()
        };
        assert!(missing(&two, 150));
        assert!(missing(&one, 170));
        assert!(missing(&one, 220));
        assert!(!missing(&one, 230));
    }
}
