//! Reading SQL as a value.

use crate::lang::decode::{Decode, Decoder, Definitions};
use crate::lang::held::{Held, Show};
use crate::lang::sql::SqlSpec;
use crate::text::Span;
use crate::yaml::Node;
use serde_json::{Value, json};

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

    fn place(&self) -> Option<Span> {
        Some(self.node.span)
    }
}
