//! Provisioned clusters of Amazon Redshift: paused, resumed, resized. What runs in them is [`super::redshift`]'s.

#[warn(clippy::disallowed_methods)]
pub mod cluster;
#[warn(clippy::disallowed_methods)]
pub mod job;
pub(crate) mod run;
