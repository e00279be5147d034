//! The macros that declare records and words.

/// Declares a record of the language: a struct, its reader and its schema.
///
/// Every field is a key; `Option<T>` makes it optional. `$what` names it in messages. The struct also
/// gets `span`, the whole mapping.
///
/// `= value` behind a field is what the key means when it is absent: the method of that name returns it, and the schema
/// and the reference tell it. `exactly one of [a, b]` and `at most one of [a, b]` behind the fields are for the schema and,
/// as `CHOICES`, for the rules.
macro_rules! record {
    (
        $what:literal
        $(#[doc = $doc:literal])*
        pub struct $name:ident {
            $($(#[doc = $field_doc:literal])* pub $field:ident: $type:ty $(= $absent:expr)?,)*
        }
        $(exactly one of [$($needed:ident),+])*
        $(at most one of [$($allowed:ident),+])*
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            /// The whole mapping.
            pub span: $crate::text::Span,
            $($(#[doc = $field_doc])* pub $field: $type,)*
        }

        impl $name {
            /// The keys, in the order of the reference.
            pub const KEYS: &'static [&'static str] =
                &[$($crate::lang::decode::key_name(stringify!($field))),*];

            /// Lists the keys that are given, with the places of their values.
            pub fn given(&self) -> Vec<(&'static str, $crate::text::Span)> {
                let places =
                    [$($crate::lang::decode::Field::field_place(&self.$field)),*];
                let keys = Self::KEYS.iter().copied().zip(places);
                keys.filter_map(|(key, place)| Some((key, place?))).collect()
            }

            /// The keys that exclude each other.
            pub const CHOICES: &'static [$crate::lang::decode::Choice] = &[
                $($crate::lang::decode::Choice {
                    keys: &[$($crate::lang::decode::key_name(stringify!($needed))),+],
                    is_needed: true,
                },)*
                $($crate::lang::decode::Choice {
                    keys: &[$($crate::lang::decode::key_name(stringify!($allowed))),+],
                    is_needed: false,
                },)*
            ];

            $($(
                #[doc = concat!("Returns `", stringify!($field), "`, or what it is when absent.")]
                pub fn $field(&self) -> <$type as $crate::lang::decode::Absent>::Value {
                    $crate::lang::decode::Absent::or(&self.$field, $absent)
                }
            )?)*
        }

        // Only keys of the record exclude each other.
        const _: fn(&$name) = |_record| {
            $($(let _ = &_record.$needed;)+)*
            $($(let _ = &_record.$allowed;)+)*
        };

        impl $crate::lang::decode::Decode for $name {
            fn decode(
                node: &$crate::yaml::Node,
                decoder: &mut $crate::lang::decode::Decoder<'_>,
            ) -> Option<Self> {
                let record = decoder.record(node, $what, Self::KEYS)?;
                $(let $field = <$type as $crate::lang::decode::Field>::take(
                    &record,
                    $crate::lang::decode::key_name(stringify!($field)),
                    decoder,
                );)*
                Some(Self { span: node.span, $($field: $field?,)* })
            }

            fn schema(definitions: &mut $crate::lang::decode::Definitions) -> serde_json::Value {
                let info = $crate::lang::decode::RecordInfo { what: $what, keys: Self::KEYS };
                definitions.records.insert(stringify!($name), info);
                definitions.refer(stringify!($name), |definitions| {
                    $crate::lang::decode::object_schema(
                        &[$($doc),*],
                        vec![$((
                            $crate::lang::decode::key_name(stringify!($field)),
                            &[$($field_doc),*],
                            <$type as $crate::lang::decode::Field>::REQUIRED,
                            <$type as $crate::lang::decode::Field>::field_schema(definitions),
                            None$(.or(Some($crate::lang::decode::Written::written(&$absent))))?,
                        )),*],
                        Self::CHOICES,
                    )
                })
            }

            fn held<'h>(&'h self, show: &mut $crate::lang::held::Show<'_, 'h>) {
                $($crate::lang::decode::Field::field_held(&self.$field, show);)*
            }

            fn place(&self) -> Option<$crate::text::Span> {
                Some(self.span)
            }
        }
    };
}
pub(crate) use record;

/// Declares an enumeration of words: its reader, its schema and its names.
macro_rules! words {
    (
        $what:literal
        $(#[doc = $doc:literal])*
        pub enum $name:ident {
            $($(#[doc = $word_doc:literal])* $variant:ident = $word:literal,)*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[doc = $word_doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// All words.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// Returns the word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl $crate::lang::decode::Written for $name {
            fn written(&self) -> serde_json::Value {
                self.as_str().into()
            }
        }

        impl $crate::lang::decode::Leaf for $name {
            const EXPECTED: &'static str = $what;

            fn leaf(
                scalar: &$crate::yaml::Scalar,
            ) -> Result<Self, $crate::lang::decode::LeafError> {
                match scalar.text.as_str() {
                    $($word => Ok(Self::$variant),)*
                    other => Err($crate::lang::decode::unknown_word(
                        other,
                        $what.trim_start_matches("a ").trim_start_matches("an "),
                        Self::WORDS,
                    )),
                }
            }

            fn leaf_schema() -> serde_json::Value {
                serde_json::json!({
                    "description": $crate::lang::decode::doc_text(&[$($doc),*]),
                    "oneOf": [$({
                        "const": $word,
                        "description": $crate::lang::decode::doc_text(&[$($word_doc),*]),
                    }),*],
                })
            }
        }
    };
}
pub(crate) use words;

/// Turns a field's identifier into its key.
pub const fn key_name(field: &'static str) -> &'static str {
    let bytes = field.as_bytes();
    if bytes.len() > 2 && bytes[0] == b'r' && bytes[1] == b'#' { field.split_at(2).1 } else { field }
}
