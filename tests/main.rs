//! The integration tests: one binary, one module a subject.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod aws;
mod cli;
mod codes;
mod columns;
mod compile;
mod fuzz;
mod generated_python;
mod golden;
mod iam;
mod kinds;
mod layers;
mod order;
mod plan_files;
mod pre_commit;
mod publish;
mod python_tools;
mod rendered;
mod sarif;
mod supply_chain;
mod torture;
mod transform;
