//! `redshift_sql`: SQL of the user's in Redshift.

use crate::lang::decode::{Decode, Decoder, Definitions, Map, record};
use crate::template::Template;
use crate::text::{Span, Spanned};
use crate::yaml::Node;
use serde_json::{Value, json};

record! {
    "`redshift_sql`"
    /// Runs SQL in Redshift, in one transaction unless told otherwise.
    pub struct RedshiftSqlStep {
        /// The SQL, or a path that ends in `.sql`, relative to the spec.
        pub sql: SqlSpec,
        /// The Redshift connection; may be left out when there is only one.
        pub into: Option<Spanned<String>>,
        /// All statements or none take effect; `true` when absent.
        pub transaction: Option<Spanned<bool>>,
        /// Values for `:NAME` in the SQL, sent beside it.
        pub params: Option<Map<Spanned<Template>>>,
        /// Tables that it reads, where the SQL hides them.
        pub reads: Option<Vec<Spanned<String>>>,
        /// Tables that it writes, where the SQL hides them.
        pub writes: Option<Vec<Spanned<String>>>,
    }
}

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
}
