//! Links into the AWS console: what those of all services have in common.

/// Returns where the consoles of a region are.
pub fn base(region: &str) -> String {
    let domain = if region.starts_with("cn-") {
        "amazonaws.cn"
    } else if region.starts_with("us-gov-") {
        "amazonaws-us-gov.com"
    } else {
        "aws.amazon.com"
    };
    format!("https://{region}.console.{domain}")
}

/// A log stream.
pub fn log_stream(region: &str, group: &str, stream: &str) -> String {
    // The CloudWatch console wants its own encoding twice over, with `$` for `%`.
    let encode = |text: &str| encode(&encode(text)).replace('%', "$");
    let (base, group, stream) = (base(region), encode(group), encode(stream));
    format!("{base}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{group}/log-events/{stream}")
}

/// A log group.
pub fn log_group(region: &str, group: &str) -> String {
    let group = encode(&encode(group)).replace('%', "$");
    format!("{}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{group}", base(region))
}

/// Encodes a part of a link.
pub fn encode(text: &str) -> String {
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
        assert_eq!(base("eu-west-1"), "https://eu-west-1.console.aws.amazon.com");
        assert_eq!(encode("a/b=1 "), "a%2Fb%3D1%20");
        assert_eq!(
            log_group("eu-west-1", "/a/b"),
            "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1\
             #logsV2:log-groups/log-group/$252Fa$252Fb"
        );
        assert_eq!(
            log_stream("cn-north-1", "/aws-glue/jobs", "jr_1"),
            "https://cn-north-1.console.amazonaws.cn/cloudwatch/home?region=cn-north-1\
             #logsV2:log-groups/log-group/$252Faws-glue$252Fjobs/log-events/jr_1"
        );
    }
}
