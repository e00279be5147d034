//! The one integration binary.

mod generated_python;
mod python_tools;
mod torture;
