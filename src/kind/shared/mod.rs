//! Rules that several kinds have.

pub mod athena;
pub mod columns;
pub mod glue;
pub mod keys;
pub mod members;
pub mod names;
pub mod partition;
pub mod removed;
pub mod statements;
