use super::problems;

/// The range that is marked, and what is said of it.
fn told(text: &str, columns: Option<&[&str]>) -> Vec<(String, String)> {
    let columns: Option<Vec<String>> =
        columns.map(|columns| columns.iter().map(|column| (*column).to_owned()).collect());
    let found = problems(text, columns.as_deref());
    found.into_iter().map(|problem| (text[problem.range].to_owned(), problem.message)).collect()
}

#[test]
fn what_the_guide_shows_is_right() {
    for text in [
        "Rules = [ IsComplete \"order-id\", IsUnique \"order-id\" ]",
        "Rules = [\n  # of rows\n  RowCount > 1,\n  RowCount between 10 and 20 where \"a > 1\"\n]",
        "Rules = [ (IsComplete \"id\") and (IsUnique \"id\") ]",
        "Rules = [ (RowCount > 0) or ((IsComplete \"a\") and (IsUnique \"a\")) ]",
        "Rules = [ ColumnValues \"Country\" in [\"US\", NULL, EMPTY] with threshold > 0.9 ]",
        "Rules = [ ColumnValues \"d\" between \"2024-01-01\" and \"2024-06-30\" ]",
        "Rules = [ ColumnValues \"d\" > (now() - 3 days), ColumnValues \"c\" not matches \"[a-z]*\" ]",
        "Rules = [ ColumnValues \"n\" != -1.5, ColumnValues \"n\" in [1, 2 * 3] ]",
        "Rules = [ DataFreshness \"d\" <= 24 hours, DataFreshness \"d\" between 2 hours and 3 days ]",
        "Rules = [ CustomSql \"select count(*) from primary\" between 10 and 20 ]",
        "Rules = [ CustomSql \"select id from primary where total < 20\" with threshold >= 0.8 ]",
        "Rules = [ IsPrimaryKey \"a\" \"b\", Uniqueness \"a\" \"b\" > 0.9, ColumnCorrelation \"a\" \"b\" > -1 ]",
        "Rules = [ ColumnDataType \"a\" = \"INTEGER\", ColumnExists \"a\", ColumnCount = 3 ]",
        "Rules = [ RowCount > 0 labels=[\"team\"=\"data\"] ]\nAnalyzers = [ AllStatistics \"a\", Completeness \"b\" ]",
        "Metadata = { \"Version\": \"1.0\" }\nDefaultLabels = [\"a\"=\"b\"]\nRules = [ Mean \"a\" > 1 ]",
        "colours = [\"red\", \"blue\"]\nRules = [ ColumnValues \"c\" in $colours, DetectAnomalies \"RowCount\" ]",
        "Rules = [ FileSize > 2 MB, FileFreshness > (now() - 1 days), FileMatch \"s3://a/\" \"s3://b/\" ]",
        "Rules = [ ColumnNamesMatchPattern \"aws_.*\", ColumnValues \"a\\\"b\" = \"x\\\\\" ]",
    ] {
        assert_eq!(told(text, None), [], "{text}");
    }
}

#[test]
fn what_is_wrong_is_marked() {
    for (text, marked, message) in [
        ("", "", "there are no rules"),
        ("Rules = []", "]", "`Rules` is empty, so that nothing is checked"),
        ("rules = [ RowCount > 1 ]", "rules", "there is no section `rules`: capitals count in DQDL"),
        ("RowCount > 1", "RowCount", "`RowCount` stands outside of `Rules`"),
        ("Rules = [ RowCont > 1 ]", "RowCont", "there is no rule type `RowCont`"),
        ("Rules = [ isComplete \"a\" ]", "isComplete", "there is no rule type `isComplete`"),
        ("Rules = [ RowCount ]", "RowCount", "`RowCount` is compared with nothing"),
        ("Rules = [ IsComplete ]", "IsComplete", "`IsComplete` takes 1 parameter, and has none"),
        ("Rules = [ IsUnique ]", "IsUnique", "`IsUnique` takes at least 1 parameter, and has none"),
        ("Rules = [ RowCount \"a\" > 1 ]", "RowCount", "`RowCount` takes no parameter, and has 1"),
        (
            "Rules = [ IsComplete \"a\" > 1 ]",
            ">",
            "`IsComplete` holds or does not, and is compared with nothing",
        ),
        ("Rules = [ RowCount > \"1\" ]", "\"1\"", "`RowCount` is compared with a number"),
        (
            "Rules = [ DataFreshness \"a\" < 3 ]",
            "3",
            "`DataFreshness` is compared with a time, such as `24 hours`",
        ),
        ("Rules = [ DataFreshness \"a\" < 3days ]", "3days", "expected a value, found `3days`"),
        (
            "Rules = [ Completeness \"a\" > 95 ]",
            "95",
            "this is compared with a share, which is from 0 to 1, and 95 is none",
        ),
        ("Rules = [ ColumnCount = 3 where \"a\" ]", "where", "`ColumnCount` takes no `where`"),
        ("Rules = [ RowCount > 1 with threshold > 0.5 ]", "threshold", "`RowCount` takes no threshold"),
        (
            "Rules = [ IsComplete \"a\" and (IsUnique \"a\") ]",
            "and",
            "of rules that `and` joins each stands in brackets",
        ),
        ("Rules = [ (IsComplete \"a\" ]", "]", "expected `)` behind the rule, found `]`"),
        (
            "Rules = [ RowCount > 1 RowCount > 2 ]",
            "RowCount",
            "expected `,` or `]` behind a rule, found `RowCount`",
        ),
        ("Rules = [ RowCount > 1", "1", "expected `,` or `]` behind a rule, the text ends"),
        ("Rules = [ RowCount > 1, ]", "]", "expected a rule behind the comma, found `]`"),
        ("Rules = [ IsComplete 'a' ]", "'", "`'` cannot stand here"),
        ("Rules = [ IsComplete \"a ]", "\"", "this text has no end"),
        ("Rules = [ AllStatistics \"a\" ]", "AllStatistics", "`AllStatistics` measures, and is no rule"),
        (
            "Rules = [ RowCountMatch \"other\" > 0.9 ]",
            "RowCountMatch",
            "`RowCountMatch` compares the table with another dataset, and a run has none",
        ),
        (
            "Rules = [ RowCount > avg(last(10)) ]",
            "avg",
            "`avg(...)` looks at runs of before, and only Glue jobs have those",
        ),
        (
            "Rules = [ ColumnValues \"a\" not 3 ]",
            "3",
            "expected `between`, `in` or `matches` behind `not`, found `3`",
        ),
        (
            "Rules = [ RowCount between 1 ]",
            "]",
            "expected `and` and the upper end behind `between`, found `]`",
        ),
    ] {
        assert_eq!(told(text, None), [(marked.to_owned(), message.to_owned())], "{text}");
    }
}

#[test]
fn each_rule_is_looked_at_by_itself() {
    let text = "Rules = [ RowCont > 1, (IsComplete \"a\") and (Men \"b\" > 1), RowCount > 0, Sum \"c\" ]";
    let marked: Vec<String> = told(text, None).into_iter().map(|(marked, _)| marked).collect();
    assert_eq!(marked, ["RowCont", "Men", "Sum"]);
}

#[test]
fn columns_are_those_of_the_table() {
    let text = "Rules = [ IsComplete \"ID\", IsUnique \"id\" \"day\", Mean \"totl\" > 1, IsComplete \"place.city\" ]";
    let columns = ["id", "total", "day", "place"];
    assert_eq!(
        told(text, Some(&columns)),
        [("\"totl\"".to_owned(), "the table has no column `totl`".to_owned())]
    );
}
