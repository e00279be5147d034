//! A statement of the user's.

use crate::template::Template;
use serde::{Deserialize, Serialize};

/// One SQL statement without its final semicolon. A `{{ ... }}` inside a quoted literal is completed with
/// its quotes doubled; outside of one it becomes a literal itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Statement(pub Template);
