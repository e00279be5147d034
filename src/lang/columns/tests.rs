//! A column may be declared as never empty.

use super::*;
use crate::yaml::Style;

#[test]
fn a_column_may_say_that_it_is_never_empty() {
    for (text, kind, is_nullable) in [
        ("bigint not null", Type::BigInt, false),
        ("bigint NOT  NULL", Type::BigInt, false),
        ("bigint null", Type::BigInt, true),
        ("bigint", Type::BigInt, true),
    ] {
        let scalar = Scalar { text: text.to_owned(), style: Style::Plain, expanded: false };
        let column = Column::leaf(&scalar).unwrap();
        assert_eq!(column, Column { kind, is_nullable });
    }
}
