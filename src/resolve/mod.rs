//! Names to ids.
