//! Addresses as people write them and as links lead to them.

use super::*;

#[test]
fn addresses_are_taken_apart_or_say_why_not() {
    for (text, expected) in [
        ("https://api.example.com", Ok("https://api.example.com/")),
        ("HTTPS://API.Example.com:8443/v1/a?b=c#d", Ok("https://api.example.com:8443/v1/a?b=c")),
        ("http://[::1]:80/?a", Ok("http://[::1]:80/?a")),
        ("ftp://a/", Err(NoAddress::NotHttp)),
        ("api.example.com/v1", Err(NoAddress::NotHttp)),
        ("https:///v1", Err(NoAddress::NoHost)),
        ("https://me:pw@a/", Err(NoAddress::Login)),
        ("https://a:b/", Err(NoAddress::NoSuchHost)),
        ("https://a/ b", Err(NoAddress::Character(' '))),
        ("https://a/ü", Err(NoAddress::Character('ü'))),
        ("https://[::1/", Err(NoAddress::NoSuchHost)),
        ("http://2852039166/", Err(NoAddress::NoSuchHost)),
        ("http://169.16689662/", Err(NoAddress::NoSuchHost)),
        ("http://0251.0376.0251.0376/", Err(NoAddress::NoSuchHost)),
        ("http://0xA9FEA9FE/", Err(NoAddress::NoSuchHost)),
        ("http://169.254.169.0xfe./", Err(NoAddress::NoSuchHost)),
        ("https://10.0.0.1/", Ok("https://10.0.0.1/")),
        ("https://0x.example.com/", Ok("https://0x.example.com/")),
    ] {
        assert_eq!(Address::parse(text).map(|address| address.to_string()), expected.map(str::to_owned));
    }
}

/// The examples of RFC 3986, 5.4, as far as they are of HTTP.
#[test]
fn links_are_followed() {
    let base = Address::parse("http://a/b/c/d;p?q").unwrap();
    for (link, expected) in [
        ("g", "http://a/b/c/g"),
        ("./g", "http://a/b/c/g"),
        ("g/", "http://a/b/c/g/"),
        ("/g", "http://a/g"),
        ("//g", "http://g/"),
        ("?y", "http://a/b/c/d;p?y"),
        ("g?y", "http://a/b/c/g?y"),
        ("g?y/./x", "http://a/b/c/g?y/./x"),
        ("", "http://a/b/c/d;p?q"),
        ("#s", "http://a/b/c/d;p?q"),
        (".", "http://a/b/c/"),
        ("..", "http://a/b/"),
        ("../g", "http://a/b/g"),
        ("../../../g", "http://a/g"),
        ("/./g", "http://a/g"),
        ("https://x/y", "https://x/y"),
        ("/v1?at=10:30", "http://a/v1?at=10:30"),
    ] {
        assert_eq!(base.join(link).map(|joined| joined.to_string()), Ok(expected.to_owned()), "{link}");
    }
    for link in ["ftp://a/", "mailto:a", "javascript:1"] {
        assert_eq!(base.join(link), Err(NoAddress::NotHttp), "{link}");
    }
}

#[test]
fn parameters_are_set_and_taken_out() {
    let mut address = Address::parse("https://a/?page%5Bno%5D=1&limit=5").unwrap();
    address.set("page[no]", "2 3");
    assert_eq!(address.to_string(), "https://a/?limit=5&page%5Bno%5D=2%203");
    assert_eq!(address.parameters(), ["limit", "page[no]"]);
    address.remove("limit");
    address.remove("page[no]");
    assert_eq!(address.to_string(), "https://a/");
}

#[test]
fn origins_and_this_machine_are_known() {
    let parse = |text: &str| Address::parse(text).unwrap();
    assert!(parse("https://a/x").is_of_same_origin(&parse("https://A:443/y")));
    for other in ["http://a/", "https://a:444/", "https://b/"] {
        assert!(!parse("https://a/").is_of_same_origin(&parse(other)), "{other}");
    }
    for (text, loopback, local) in [
        ("http://127.0.0.1:1/", true, true),
        ("http://localhost/", true, true),
        ("http://[::1]/", true, true),
        ("http://LOCALHOST./", true, true),
        ("http://a.localhost/", true, true),
        ("http://[::ffff:127.0.0.1]/", true, true),
        ("http://169.254.170.2/", false, true),
        ("http://169.254.169.254./", false, true),
        ("http://[fd00:ec2::23]/", false, true),
        ("http://[::ffff:169.254.169.254]/", false, true),
        ("http://0.0.0.0/", false, true),
        ("http://10.0.0.1/", false, false),
        ("https://api.example.com/", false, false),
    ] {
        assert_eq!((parse(text).is_loopback(), parse(text).is_local()), (loopback, local), "{text}");
    }
}
