//! What the role of a crawler must be allowed.
//!
//! From the AWS Glue Developer Guide ("Create an IAM policy for the AWS Glue service"), on the plan's own resources.

use super::job::{Crawl, CrawlerDefinition};
use crate::service::arn::Resource;
use crate::service::role::{Holder, Lends, Lent};
use crate::template::Template;

impl Lends for CrawlerDefinition {
    fn lends(&self) -> Vec<Lent> {
        let lent = Lent::to(Holder::Role(self.role.clone())).log("log-group:/aws-glue/crawlers");
        let lent = lent.write_tables(&self.database, self.table_prefix.as_deref().unwrap_or_default());
        let lent = match &self.security_configuration {
            Some(name) => lent.unknown(format!(
                "the keys of KMS of the security configuration `{name}`, and what they ask for"
            )),
            None => lent,
        };
        let paths = self.targets.iter().map(|target| Template::text(target.path.as_str()));
        vec![paths.fold(lent, |lent, path| lent.read(&Resource::folder(&path), &Resource::bucket_of(&path)))]
    }
}

impl Lends for Crawl {
    fn lends(&self) -> Vec<Lent> {
        vec![Lent::to(Holder::Of(format!("crawler:{}", self.crawler)))]
    }
}
