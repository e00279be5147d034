//! Resources as policies write them, and what lies in which.

use super::*;

#[test]
fn resources_are_written_for_pages_and_for_policies() {
    let account = Account { partition: "aws-cn", region: "cn-north-1", account: "111122223333" };
    let job = Resource::regional("glue", [Part::Fixed("job/"), Part::Name("clean".to_owned())]);
    for (resource, page, policy) in [
        (Resource::Anything, "*", "*"),
        (job, "arn:aws:glue:REGION:ACCOUNT:job/clean", "arn:aws-cn:glue:cn-north-1:111122223333:job/clean"),
        (
            Resource::in_region(Some("cn-northwest-1"), "glue", [Part::Fixed("catalog")]),
            "arn:aws:glue:cn-northwest-1:ACCOUNT:catalog",
            "arn:aws-cn:glue:cn-northwest-1:111122223333:catalog",
        ),
        (Resource::bucket(Some("raw")), "arn:aws:s3:::raw", "arn:aws-cn:s3:::raw"),
        (Resource::objects(None, Some("in/")), "arn:aws:s3:::BUCKET/in/*", "arn:aws-cn:s3:::*/in/*"),
        (Resource::objects(Some("b"), None), "arn:aws:s3:::b/FOLDER*", "arn:aws-cn:s3:::b/*"),
        (Resource::role("glue"), "arn:aws:iam::ACCOUNT:role/glue", "arn:aws-cn:iam::111122223333:role/glue"),
        (Resource::role("arn:aws:iam::1:role/x"), "arn:aws:iam::1:role/x", "arn:aws:iam::1:role/x"),
        (
            Resource::key(None),
            "arn:aws:kms:REGION:ACCOUNT:key/KEY",
            "arn:aws-cn:kms:cn-north-1:111122223333:key/*",
        ),
    ] {
        assert_eq!((resource.to_string(), resource.policy(account)), (page.to_owned(), policy.to_owned()));
    }
}

#[test]
fn paths_are_written_for_policies() {
    let account = Account { partition: "aws", region: "REGION", account: "ACCOUNT" };
    for (path, bucket, object, matching, folder) in [
        ("s3://raw/in/", "raw", "raw/in/", "raw/in/*", "raw/in*"),
        ("s3://raw", "raw", "raw/", "raw/*", "raw/*"),
        ("s3://raw/{{ ds }}/_DONE", "raw", "raw/*/_DONE", "raw/*/_DONE*", "raw/*/_DONE*"),
        ("s3://raw/dt={{ ds }}/", "raw", "raw/dt=*/", "raw/dt=*/*", "raw/dt=*"),
        ("s3://raw/a?/[bc]/*.csv", "raw", "raw/a${?}/[bc]/${*}.csv", "raw/a*/*/*.csv", "raw/a*/*/*.csv"),
        ("s3://raw-{{ params.land }}/in/", "raw-*", "raw-*/in/", "raw-*/in/*", "raw-*/in*"),
        ("s3://{{ params.raw }}/in/", "BUCKET", "BUCKET/in/", "BUCKET/in/*", "BUCKET/in*"),
        ("{{ params.path }}", "BUCKET", "BUCKET/FOLDER*", "BUCKET/FOLDER*", "BUCKET/FOLDER*"),
    ] {
        let path = Template::parse(path).unwrap();
        let written = |resource: Resource| resource.draft(account).replace("arn:aws:s3:::", "");
        let found = [
            written(Resource::bucket_of(&path)),
            written(Resource::object(&path)),
            written(Resource::matching(&path)),
            written(Resource::folder(&path)),
        ];
        assert_eq!(found, [bucket, object, matching, folder], "{path}");
    }
}

#[test]
fn a_name_means_itself_in_a_policy() {
    for (name, expected) in [
        ("clean", "clean"),
        ("a*b?c", "a${*}b${?}c"),
        ("cost$", "cost$"),
        ("${aws:username}", "${$}{aws:username}"),
    ] {
        assert_eq!(escaped(name), expected);
    }
}
