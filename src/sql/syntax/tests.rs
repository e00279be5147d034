//! Words that Redshift does not reserve are names, whatever the parser makes of them.

use crate::sql::{Access, Target, analyse};
use sqlparser::keywords::ALL_KEYWORDS;

/// "Reserved words" of the Redshift Database Developer Guide.
const RESERVED: &str = "AES128 AES256 ALL ALLOWOVERWRITE ANALYSE ANALYZE AND ANY ARRAY AS ASC AUTHORIZATION AZ64 BACKUP \
    BETWEEN BINARY BLANKSASNULL BOTH BYTEDICT BZIP2 CASE CAST CHECK COLLATE COLUMN CONSTRAINT CREATE CREDENTIALS CROSS \
    CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER CURRENT_USER_ID DEFAULT DEFERRABLE DEFLATE DEFRAG DELTA \
    DELTA32K DESC DISABLE DISTINCT DO ELSE EMPTYASNULL ENABLE ENCODE ENCRYPT ENCRYPTION END EXCEPT EXPLICIT FALSE FOR \
    FOREIGN FREEZE FROM FULL GLOBALDICT256 GLOBALDICT64K GRANT GROUP GZIP HAVING IDENTITY IGNORE ILIKE IN INITIALLY INNER \
    INTERSECT INTERVAL INTO IS ISNULL JOIN LEADING LEFT LIKE LIMIT LOCALTIME LOCALTIMESTAMP LUN LUNS LZO LZOP MINUS \
    MOSTLY16 MOSTLY32 MOSTLY8 NATURAL NEW NOT NOTNULL NULL NULLS OFF OFFLINE OFFSET OID OLD ON ONLY OPEN OR ORDER OUTER \
    OVERLAPS PARALLEL PARTITION PERCENT PERMISSIONS PIVOT PLACING PRIMARY RAW READRATIO RECOVER REFERENCES REJECTLOG \
    RESORT RESPECT RESTORE RIGHT SELECT SESSION_USER SIMILAR SNAPSHOT SOME SYSDATE SYSTEM TABLE TAG TDES TEXT255 TEXT32K \
    THEN TIMESTAMP TO TOP TRAILING TRUE TRUNCATECOLUMNS UNION UNIQUE UNNEST UNPIVOT USER USING VERBOSE WALLET WHEN WHERE \
    WITH WITHOUT";

/// Where a name can stand, and what is read there.
const PLACES: &[(&str, &[&str])] = &[
    ("select @ from mart.t", &["t"]),
    ("select a @ from mart.t, mart.u", &["t", "u"]),
    ("select a as @, t.@ from mart.t", &["t"]),
    ("select max(a) @, b from mart.t where @ = 1 and b > @ group by @ order by @ desc", &["t"]),
    ("select 1 from mart.t as @, mart.u where @.a = u.a", &["t", "u"]),
    ("select a from (select 1 as @ from mart.t) as @", &["t"]),
    ("with x as (select 1), @ as (select a from mart.t) select a from @, mart.u", &["t", "u"]),
    ("select a from mart.@", &["@"]),
    ("create table mart.t (@ int, b int)", &[]),
    ("insert into mart.t (a, @) select a, @ from mart.u", &["u"]),
    ("update mart.t set @ = 1, b = @ where @ = 2", &[]),
    ("delete from mart.t where @ = 1 or t.@ = 2", &[]),
];

/// Where a table has a name without `AS`.
const ALIASES: &[(&str, &[&str])] = &[
    ("select 1 from mart.t @", &["t"]),
    ("select 1 from mart.t @, mart.u where @.a = u.a", &["t", "u"]),
    ("select 1 from mart.t @ join mart.u on @.a = u.a", &["t", "u"]),
    ("select 1 from mart.t @ left join mart.u x on @.a = x.a where x.b = 1", &["t", "u"]),
    ("select 1 from (select a from mart.t) @", &["t"]),
    ("select 1 from mart.t @ group by 1", &["t"]),
];

/// Words that Redshift takes as a name of a table behind `AS` only, or as the beginning of something else.
const NO_ALIAS: &[&str] = &["AT", "CONNECT", "START"];

fn wrong(word: &str, places: &[(&str, &[&str])]) -> Vec<String> {
    let read = |(place, tables): &(&str, &[&str])| {
        let script = analyse(&place.replace('@', word));
        let read = script.statements.iter().flat_map(|statement| &statement.uses);
        let read = read.filter(|item| item.access == Access::Reads);
        let names = read.filter_map(|item| match &item.target {
            Target::Table { table, .. } => Some(table.clone()),
            Target::Prefix(_) => None,
        });
        let (names, expected): (Vec<_>, Vec<_>) =
            (names.collect(), tables.iter().map(|table| table.replace('@', word)).collect());
        (names != expected || !script.errors.is_empty())
            .then(|| format!("{word}: {place}: {names:?} {:?}", script.errors))
    };
    places.iter().filter_map(read).collect()
}

#[test]
fn words_that_redshift_does_not_reserve_are_names() {
    let reserved: Vec<&str> = RESERVED.split_whitespace().collect();
    let free = ALL_KEYWORDS.iter().filter(|word| !reserved.contains(word) && !word.contains('-'));
    let words = free.map(|word| word.to_lowercase());
    let words: Vec<String> = words.collect();
    assert!(words.len() > 500, "{}", words.len());
    let mut found: Vec<String> = words.iter().flat_map(|word| wrong(word, PLACES)).collect();
    let aliases = words.iter().filter(|word| !NO_ALIAS.contains(&word.to_uppercase().as_str()));
    found.extend(aliases.flat_map(|word| wrong(word, ALIASES)));
    assert!(found.is_empty(), "{}:\n{}", found.len(), found.join("\n"));
}

#[test]
fn clauses_stay_clauses() {
    for text in [
        "select a from mart.t x qualify row_number() over (partition by b order by c) = 1",
        "select a from mart.t where b = 1 qualify not row_number() over (order by c) > 1",
        "select qualify from mart.t qualify where qualify = 1 qualify rank() over (order by qualify) = 1",
        "update mart.t set set = 1 where set = 2",
        "with recursive as (select a from mart.t) select * from recursive",
        "with recursive (a) as (select a from mart.t) select a from recursive r",
        "with recursive r (n) as (select 1 union all select n + 1 from r where n < 5) select n from r, mart.t",
        "with recursive recursive (n) as (select a from mart.t) select n from recursive",
        "select * from mart.t tablesample bernoulli (10)",
        "create view mart.v as select view from mart.t view",
    ] {
        let script = analyse(text);
        assert_eq!(script.errors, [], "{text}");
        let read = script.statements[0].uses.iter().filter(|item| item.access == Access::Reads);
        assert_eq!(read.count(), usize::from(!text.starts_with("update")), "{text}");
    }
}
