//! SQL as a value: a text, or the path of a file.

use crate::lang::decode::{Decode, Decoder, Definitions};
use crate::lang::held::{Held, Show};
use crate::text::Span;
use crate::yaml::Node;
use serde_json::{Value, json};

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

impl Decode for SqlSpec {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        match node.as_scalar() {
            Some(scalar) if !scalar.is_null() => Some(Self { node: node.clone(), text: scalar.text.clone() }),
            _ => {
                decoder.wrong_type(node, "SQL, or a path that ends in `.sql`");
                None
            }
        }
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string", "title": "SQL, or a path that ends in `.sql`" })
    }

    fn held<'h>(&'h self, show: &mut Show<'_, 'h>) {
        show(Held::Sql(self));
    }
}
