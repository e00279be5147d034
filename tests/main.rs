//! The one integration binary.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod generated_python;
mod python_tools;
mod torture;
