//! Which crawlers are changed, and in what.

use super::*;
use crate::publish::manifest::Manifest;
use crate::service::glue_crawler::job::CrawlTarget;

fn target(path: &str) -> CrawlTarget {
    CrawlTarget { path: path.to_owned(), exclusions: vec!["_*".to_owned()] }
}

fn definition() -> CrawlerDefinition {
    CrawlerDefinition {
        name: "raw".to_owned(),
        description: None,
        role: "glue".to_owned(),
        database: "raw".to_owned(),
        targets: vec![target("s3://raw/flights/")],
        security_configuration: None,
        table_prefix: None,
        recrawl: Recrawl::Everything,
        on_schema_change: OnSchemaChange::Update,
    }
}

fn there(settings: &Settings) -> Crawler {
    Crawler::builder()
        .name("raw")
        .role(&settings.role)
        .database_name(&settings.database)
        .description(&settings.description)
        .targets(settings.targets())
        .crawler_security_configuration(&settings.security_configuration)
        .recrawl_policy(settings.recrawl_policy())
        .schema_change_policy(settings.schema_change_policy())
        .build()
}

#[test]
fn compares() {
    let manifest = Manifest::new("acme", "dev");
    let owner = Owner { mark: "[dagc acme/dev]".to_owned(), manifest: &manifest, adopt: false };
    let name = "crawler/raw";
    let (action, made) = compare(name, &definition(), None, &owner).unwrap();
    assert_eq!(action, Action::Create);
    let mut crawler = there(&made);
    assert_eq!(compare(name, &definition(), Some(&crawler), &owner).unwrap().0, Action::Nothing);

    let tuned = S3Target::builder()
        .path("s3://raw/flights/")
        .sample_size(5)
        .exclusions("x/**")
        .exclusions("_*")
        .build();
    crawler.targets = Some(CrawlerTargets::builder().s3_targets(tuned).build());
    assert_eq!(compare(name, &definition(), Some(&crawler), &owner).unwrap().0, Action::Nothing);

    for (change, expected) in [
        (
            Box::new(|d: &mut CrawlerDefinition| d.database = "lake".to_owned())
                as Box<dyn Fn(&mut CrawlerDefinition)>,
            vec!["database"],
        ),
        (Box::new(|d| d.security_configuration = Some("kms".to_owned())), vec!["security_configuration"]),
        (Box::new(|d| d.targets[0].exclusions.push("done.txt".to_owned())), vec!["targets"]),
        (Box::new(|d| d.targets.push(target("s3://raw/planes/"))), vec!["targets"]),
        (Box::new(|d| d.table_prefix = Some("x_".to_owned())), vec!["table_prefix"]),
        (Box::new(|d| d.recrawl = Recrawl::NewFolders), vec!["recrawl", "on_schema_change"]),
        (Box::new(|d| d.on_schema_change = OnSchemaChange::Log), vec!["on_schema_change"]),
    ] {
        let mut definition = definition();
        change(&mut definition);
        let (action, settings) = compare(name, &definition, Some(&crawler), &owner).unwrap();
        assert_eq!(action, Action::Update(expected));
        assert_eq!(settings.targets[0].sample_size(), Some(5));
        assert_eq!(settings.targets[0].exclusions()[..2], ["x/**", "_*"]);
    }

    let events = CrawlerDefinition { recrawl: Recrawl::Events, ..definition() };
    assert!(compare(name, &events, Some(&crawler), &owner).is_err());
    crawler.description = None;
    assert_eq!(compare(name, &definition(), Some(&crawler), &owner).unwrap().0, Action::Foreign);
}
