//! A few futures at a time, on the thread that asks.
//!
//! What `futures-util` calls `buffer_unordered`. That crate is in the tree without the features that this
//! needs, and turning them on would compile every AWS crate anew for thirty lines.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

type Running<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Futures of which at most [`super::PARALLEL`] are under way.
pub(super) struct Parallel<'a, T> {
    waiting: Box<dyn Iterator<Item = Running<'a, T>> + 'a>,
    running: Vec<Running<'a, T>>,
}

impl<'a, T> Parallel<'a, T> {
    /// Takes futures; none begins before [`Self::next`] is awaited.
    pub(super) fn new<F>(futures: impl Iterator<Item = F> + 'a) -> Self
    where
        F: Future<Output = T> + 'a,
    {
        let waiting = futures.map(|future| Box::pin(future) as Running<'a, T>);
        Self { waiting: Box::new(waiting), running: Vec::with_capacity(super::PARALLEL) }
    }

    /// Returns what the next future gives that ends; none when all have ended. Nothing is lost when it is
    /// not awaited to its end.
    pub(super) async fn next(&mut self) -> Option<T> {
        let missing = super::PARALLEL - self.running.len();
        self.running.extend(self.waiting.by_ref().take(missing));
        if self.running.is_empty() {
            return None;
        }
        // Each wake-up polls all of them: they are few.
        poll_fn(|context| {
            for at in 0..self.running.len() {
                if let Poll::Ready(value) = self.running[at].as_mut().poll(context) {
                    drop(self.running.swap_remove(at));
                    return Poll::Ready(Some(value));
                }
            }
            Poll::Pending
        })
        .await
    }
}

impl<T, E> Parallel<'_, Result<T, E>> {
    /// Returns what all of them give, in the order in which they end, or the first error.
    pub(super) async fn all(mut self) -> Result<Vec<T>, E> {
        let mut values = Vec::new();
        while let Some(value) = self.next().await {
            values.push(value?);
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[tokio::test]
    async fn keeps_a_few_under_way_and_loses_none() {
        let (running, most) = (Cell::new(0), Cell::new(0));
        let work = (0..50_u64).map(|n| {
            let (running, most) = (&running, &most);
            async move {
                running.set(running.get() + 1);
                most.set(most.get().max(running.get()));
                for _ in 0..n % 7 {
                    tokio::task::yield_now().await;
                }
                running.set(running.get() - 1);
                if n == 99 { Err(n) } else { Ok(n) }
            }
        });
        let mut got = Parallel::new(work).all().await.unwrap();
        got.sort_unstable();
        assert_eq!(got, (0..50).collect::<Vec<_>>());
        assert_eq!(most.get(), super::super::PARALLEL);
    }
}
