//! Where a service is: by region, unless the environment or a profile says an address.

use super::Service;
use aws_config::SdkConfig;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::endpoint::{EndpointFuture, EndpointResolverParams, ResolveEndpoint};
use aws_smithy_types::endpoint;
use aws_types::service_config::ServiceConfigKey;

/// The partitions: what their regions begin with, the domain of their addresses, and the one of those that IPv6 reaches
/// too (`partitions.json` of the SDKs). Others are called as those of `aws`.
const PARTITIONS: &[(&str, &str, &str)] = &[
    ("cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    ("us-gov-", "amazonaws.com", "api.aws"),
    ("us-iso-", "c2s.ic.gov", "api.aws.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov", "api.aws.scloud"),
    ("eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    ("us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
    ("eusc-", "amazonaws.eu", "api.amazonwebservices.eu"),
    ("", "amazonaws.com", "api.aws"),
];

/// What stands behind a service's name in some regions, whatever is asked for: the service, what the regions begin with,
/// whether IPv6 is asked for too (`endpoint-rule-set-1.json` of each service, which the SDK's own clients follow).
const SUFFIXES: &[(&str, &str, bool, &str)] = &[
    ("elasticmapreduce", "us-gov-", false, ""),
    ("logs", "us-gov-", false, ""),
    ("states", "us-gov-", true, "-fips"),
    ("states", "us-gov-west-1", false, ""),
];

/// The address of a service, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint(Result<String, &'static str>);

impl Endpoint {
    /// Finds it as the SDK's own clients do: an address of this service's or of all services', or the region's.
    pub(super) fn of(service: &Service, config: &SdkConfig) -> Self {
        let (fips, dual) = (config.use_fips().unwrap_or(false), config.use_dual_stack().unwrap_or(false));
        Self(match (told(service, config), config.region()) {
            (Some(_), _) if fips => Err("an address of one's own cannot be asked for FIPS"),
            (Some(_), _) if dual => Err("an address of one's own cannot be asked for both IPv4 and IPv6"),
            (Some(address), _) => Ok(address),
            (None, Some(region)) => Ok(by_region(service.name, region.as_ref(), fips, dual)),
            (None, None) => Err("the AWS region is not known"),
        })
    }
}

impl Endpoint {
    /// The host of one call, which has this before the service's; as in the SDK's own clients also where somebody has
    /// told the address.
    pub(super) fn before(self, prefix: &str) -> Self {
        if prefix.is_empty() {
            return self;
        }
        Self(self.0.map(|address| match address.split_once("://") {
            Some((scheme, host)) => format!("{scheme}://{prefix}{host}"),
            None => address,
        }))
    }
}

fn told(service: &Service, config: &SdkConfig) -> Option<String> {
    let of_all = || config.endpoint_url().map(str::to_owned);
    if config.get_origin("endpoint_url").is_client_config() {
        return of_all();
    }
    let key = ServiceConfigKey::builder()
        .service_id(service.id)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    config.service_config().and_then(|own| own.load_config(key)).or_else(of_all)
}

fn by_region(name: &str, region: &str, fips: bool, dual: bool) -> String {
    let row = PARTITIONS.iter().find(|(prefix, ..)| region.starts_with(prefix));
    let (domain, both) = row.map_or(("amazonaws.com", "api.aws"), |(_, domain, both)| (*domain, *both));
    let domain = if dual { both } else { domain };
    let own = SUFFIXES
        .iter()
        .find(|(service, regions, both, _)| *service == name && region.starts_with(regions) && *both == dual);
    let usual = if fips { "-fips" } else { "" };
    let suffix = own.map_or(usual, |(.., suffix)| suffix);
    format!("https://{name}{suffix}.{region}.{domain}")
}

impl ResolveEndpoint for Endpoint {
    fn resolve_endpoint<'a>(&'a self, _: &'a EndpointResolverParams) -> EndpointFuture<'a> {
        EndpointFuture::ready(match &self.0 {
            Ok(url) => Ok(endpoint::Endpoint::builder().url(url.clone()).build()),
            Err(why) => Err(BoxError::from(*why)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::client::unconnected;
    use aws_config::Region;
    use aws_types::service_config::LoadServiceConfig;

    const ATHENA: Service = Service { id: "Athena", name: "athena", target: "AmazonAthena", version: "1.1" };

    fn url(config: &SdkConfig) -> Result<String, &'static str> {
        Endpoint::of(&ATHENA, config).0
    }

    #[test]
    fn a_region_has_addresses() {
        for (region, fips, dual, expected) in [
            ("eu-west-1", false, false, "https://athena.eu-west-1.amazonaws.com"),
            ("us-east-1", true, false, "https://athena-fips.us-east-1.amazonaws.com"),
            ("us-east-1", false, true, "https://athena.us-east-1.api.aws"),
            ("us-east-1", true, true, "https://athena-fips.us-east-1.api.aws"),
            ("us-gov-west-1", true, false, "https://athena-fips.us-gov-west-1.amazonaws.com"),
            ("cn-north-1", false, false, "https://athena.cn-north-1.amazonaws.com.cn"),
            ("cn-north-1", false, true, "https://athena.cn-north-1.api.amazonwebservices.com.cn"),
            ("us-isob-east-1", false, false, "https://athena.us-isob-east-1.sc2s.sgov.gov"),
        ] {
            let config = SdkConfig::builder().region(Region::new(region)).use_fips(fips).use_dual_stack(dual);
            assert_eq!(url(&config.build()).as_deref(), Ok(expected));
        }
        assert!(url(&SdkConfig::builder().build()).is_err());
    }

    #[test]
    fn a_service_may_have_an_address_of_its_own() {
        for (name, region, fips, dual, expected) in [
            ("logs", "us-gov-west-1", true, false, "https://logs.us-gov-west-1.amazonaws.com"),
            ("logs", "us-gov-east-1", true, true, "https://logs-fips.us-gov-east-1.api.aws"),
            ("logs", "us-east-1", true, false, "https://logs-fips.us-east-1.amazonaws.com"),
            ("states", "us-gov-west-1", true, false, "https://states.us-gov-west-1.amazonaws.com"),
            ("states", "us-gov-east-1", true, false, "https://states-fips.us-gov-east-1.amazonaws.com"),
            ("states", "us-gov-east-1", false, true, "https://states-fips.us-gov-east-1.api.aws"),
        ] {
            assert_eq!(by_region(name, region, fips, dual), expected);
        }
    }

    #[test]
    fn a_call_may_have_a_host_of_its_own() {
        let config = || SdkConfig::builder().region(Region::new("eu-west-1"));
        let of = |config: SdkConfig| Endpoint::of(&ATHENA, &config).before("sync-").0;
        assert_eq!(of(config().build()).as_deref(), Ok("https://sync-athena.eu-west-1.amazonaws.com"));
        assert_eq!(of(config().endpoint_url("http://aws.lab").build()).as_deref(), Ok("http://sync-aws.lab"));
    }

    #[derive(Debug)]
    struct Told;

    impl LoadServiceConfig for Told {
        fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
            let known = (key.service_id(), key.env(), key.profile());
            (known == ("Athena", "AWS_ENDPOINT_URL", "endpoint_url")).then(|| "http://own:1".to_owned())
        }
    }

    #[test]
    fn an_address_of_the_service_goes_before_that_of_all() {
        let all = unconnected("eu-west-1").into_builder().endpoint_url("http://all:1").build();
        assert_eq!(url(&all).as_deref(), Ok("http://all:1"));
        let own = all.to_builder().service_config(Told).build();
        assert_eq!(url(&own).as_deref(), Ok("http://own:1"));
        assert!(url(&own.to_builder().use_fips(true).build()).is_err());
        assert!(url(&own.to_builder().use_dual_stack(true).build()).is_err());
    }
}
