//! Links into the AWS console.

/// Where the consoles of a region are.
fn base(region: &str) -> String {
    let domain = if region.starts_with("cn-") {
        "amazonaws.cn"
    } else if region.starts_with("us-gov-") {
        "amazonaws-us-gov.com"
    } else {
        "aws.amazon.com"
    };
    format!("https://{region}.console.{domain}")
}

/// A run of a Glue job.
pub(crate) fn glue_run(region: &str, job: &str, run: &str) -> String {
    let (base, job) = (base(region), encode(job));
    format!("{base}/gluestudio/home?region={region}#/job/{job}/run/{run}")
}

/// All runs of a Glue job.
pub(crate) fn glue_runs(region: &str, job: &str) -> String {
    let (base, job) = (base(region), encode(job));
    format!("{base}/gluestudio/home?region={region}#/editor/job/{job}/runs")
}

/// A crawler.
pub(crate) fn crawler(region: &str, name: &str) -> String {
    let (base, name) = (base(region), encode(name));
    format!("{base}/glue/home?region={region}#/v2/data-catalog/crawlers/view/{name}")
}

/// The queries of a workgroup or a cluster.
pub(crate) fn redshift(region: &str, workgroup: Option<&str>, cluster: Option<&str>) -> String {
    let base = base(region);
    match (workgroup, cluster) {
        (None, Some(cluster)) => {
            let cluster = encode(cluster);
            format!(
                "{base}/redshiftv2/home?region={region}#cluster-details?cluster={cluster}&tab=query-monitoring"
            )
        }
        _ => format!("{base}/redshiftv2/home?region={region}#serverless-query-and-database-monitoring"),
    }
}

/// Objects under a prefix.
pub(crate) fn objects(region: &str, bucket: &str, prefix: &str) -> String {
    let (base, prefix) = (base(region), encode(prefix));
    format!("{base}/s3/buckets/{bucket}?region={region}&prefix={prefix}")
}

/// A log stream.
pub(crate) fn log_stream(region: &str, group: &str, stream: &str) -> String {
    // The CloudWatch console wants its own encoding twice over, with `$` for `%`.
    let encode = |text: &str| encode(&encode(text)).replace('%', "$");
    let (base, group, stream) = (base(region), encode(group), encode(stream));
    format!("{base}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{group}/log-events/{stream}")
}

/// Encodes a part of a link.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_encoded() {
        assert_eq!(
            glue_run("eu-west-1", "clean flights", "jr_1"),
            "https://eu-west-1.console.aws.amazon.com/gluestudio/home?region=eu-west-1#/job/clean%20flights/run/jr_1"
        );
        assert_eq!(
            log_stream("cn-north-1", "/aws-glue/jobs", "jr_1"),
            "https://cn-north-1.console.amazonaws.cn/cloudwatch/home?region=cn-north-1\
             #logsV2:log-groups/log-group/$252Faws-glue$252Fjobs/log-events/jr_1"
        );
        assert!(
            redshift("us-east-1", None, Some("c"))
                .ends_with("#cluster-details?cluster=c&tab=query-monitoring")
        );
        assert!(objects("us-east-1", "raw", "a/b=1").ends_with("?region=us-east-1&prefix=a%2Fb%3D1"));
    }
}
