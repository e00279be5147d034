//! Simulated time: it stands still while somebody works, and jumps to the next moment at which somebody wakes.
//!
//! Each thread that plays histories has its own. Where none has begun, time is tokio's.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

thread_local! {
    static NOW: Cell<Option<Duration>> = const { Cell::new(None) };
    static WAKES: Cell<Duration> = const { Cell::new(Duration::MAX) };
}

static BEGAN: LazyLock<std::time::Instant> = LazyLock::new(std::time::Instant::now);

/// A moment, by the time since some beginning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instant(Duration);

impl Instant {
    /// The present moment.
    pub(crate) fn now() -> Self {
        Self(NOW.get().unwrap_or_else(|| BEGAN.elapsed()))
    }

    /// How long ago it was.
    pub(crate) fn elapsed(self) -> Duration {
        Self::now().0.saturating_sub(self.0)
    }
}

/// Sets the time of this thread; none gives it back to the machine's clock.
pub(crate) fn set(now: Option<Duration>) {
    NOW.set(now);
}

/// The simulated time of this thread.
pub(crate) fn now() -> Duration {
    NOW.get().unwrap_or_default()
}

/// Plays something to its end, in no time.
pub(crate) fn play<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..1_000_000 {
        match wakes_at(|| work.as_mut().poll(&mut context)) {
            (Poll::Ready(done), _) => return done,
            (Poll::Pending, Duration::MAX) => panic!("it waits for nothing"),
            (Poll::Pending, wakes) => set(Some(wakes)),
        }
    }
    panic!("it does not end");
}

/// Runs something, and says when it wants to wake.
pub(crate) fn wakes_at<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    WAKES.set(Duration::MAX);
    let done = work();
    (done, WAKES.get())
}

/// Is ready when the simulated time has come.
pub(crate) async fn until(end: Duration) {
    poll_fn(|_| {
        if now() >= end {
            return Poll::Ready(());
        }
        WAKES.set(WAKES.get().min(end));
        Poll::Pending
    })
    .await;
}

/// Waits for so long.
pub(crate) async fn sleep(time: Duration) {
    match NOW.get() {
        Some(now) => until(now.saturating_add(time)).await,
        None => Box::pin(tokio::time::sleep(time)).await,
    }
}

/// That the time is over.
#[derive(Debug)]
pub(crate) struct Elapsed;

/// Gives what something gives, unless it takes longer than so long.
pub(crate) async fn timeout<F: Future>(time: Duration, work: F) -> Result<F::Output, Elapsed> {
    let mut work = pin!(work);
    let mut over = pin!(sleep(time));
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Ok(done)),
        Poll::Pending => over.as_mut().poll(context).map(|()| Err(Elapsed)),
    })
    .await
}
