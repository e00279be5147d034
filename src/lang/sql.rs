//! SQL in the spec: a text, or the path of a file.

use crate::text::Span;
use crate::yaml::Node;

/// SQL in the spec, or the path of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct SqlSpec {
    /// The scalar.
    pub node: Node,
    /// The text of the scalar.
    pub text: String,
}

impl SqlSpec {
    /// Where it stands.
    pub fn span(&self) -> Span {
        self.node.span
    }

    /// Returns the path, if it is one: a single line that ends in `.sql`.
    pub fn path(&self) -> Option<&str> {
        let path = self.text.trim();
        (path.rsplit_once('.').is_some_and(|(_, extension)| extension == "sql")
            && !path.contains(char::is_whitespace))
        .then_some(path)
    }
}
