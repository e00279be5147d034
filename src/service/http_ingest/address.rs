//! Addresses of HTTP: taken apart, changed, and followed as RFC 3986 says.

use crate::service::console::encode;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// An address: `https://host:port/path?query`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// It is one of `https`.
    pub is_secure: bool,
    /// The host in small letters, an address of IPv6 in its brackets.
    pub host: String,
    /// The port, where one is written.
    pub port: Option<u16>,
    /// The path, with the slash at its beginning.
    pub path: String,
    /// What stands behind `?`.
    pub query: Option<String>,
}

/// Why a text is no address. The user's fault, or of who has sent a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAddress {
    /// Another scheme, or none.
    #[error("it does not begin with `https://`")]
    NotHttp,
    /// There is no host.
    #[error("it names no host")]
    NoHost,
    /// The host or the port is none.
    #[error("its host has letters, digits, `.` and `-`, and its port is a number")]
    NoSuchHost,
    /// A user and a password stand before the host.
    #[error("a login stands before its host")]
    Login,
    /// A character that must be encoded.
    #[error("`{}` cannot stand in it as it is", .0.escape_default())]
    Character(char),
}

impl Address {
    /// Takes an address apart. What stands behind `#` is no part of it.
    pub fn parse(text: &str) -> Result<Self, NoAddress> {
        let (is_secure, rest) = scheme(text).ok_or(NoAddress::NotHttp)?;
        let rest = rest.split('#').next().unwrap_or_default();
        if let Some(wrong) = rest.chars().find(|c| !is_of_address(*c)) {
            return Err(NoAddress::Character(wrong));
        }
        let (authority, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(NoAddress::Login);
        }
        let (host, port) = host_and_port(authority)?;
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (rest, None),
        };
        let path = if path.is_empty() { "/".to_owned() } else { path.to_owned() };
        Ok(Self { is_secure, host, port, path, query })
    }

    /// Follows a link that stands in what this address has given (RFC 3986, 5.2).
    pub fn join(&self, link: &str) -> Result<Self, NoAddress> {
        let link = link.trim().split('#').next().unwrap_or_default();
        if scheme(link).is_some() {
            return Self::parse(link);
        }
        let begins = &link[..link.find(['/', '?']).unwrap_or(link.len())];
        if begins.contains(':') {
            return Err(NoAddress::NotHttp);
        }
        let origin = self.origin();
        if link.starts_with("//") {
            return Self::parse(&format!("{}:{link}", self.scheme()));
        }
        let query = self.query.as_ref().map_or(String::new(), |query| format!("?{query}"));
        let whole = match link.chars().next() {
            None => format!("{origin}{}{query}", self.path),
            Some('?') => format!("{origin}{}{link}", self.path),
            Some('/') => format!("{origin}{link}"),
            Some(_) => {
                let folder = self.path.rfind('/').map_or("/", |slash| &self.path[..=slash]);
                format!("{origin}{folder}{link}")
            }
        };
        let mut joined = Self::parse(&whole)?;
        joined.path = without_dots(&joined.path);
        Ok(joined)
    }

    /// Says whether another address is of the same scheme, host and port.
    pub fn is_of_same_origin(&self, other: &Self) -> bool {
        let of = |address: &Self| (address.is_secure, address.host.clone(), address.port_or_usual());
        of(self) == of(other)
    }

    /// Says whether the host is this machine itself.
    pub fn is_loopback(&self) -> bool {
        let host = self.host.trim_end_matches('.');
        let is_named = host == "localhost" || host.ends_with(".localhost");
        is_named || self.ip().is_some_and(|ip| ip.is_loopback() || is_mapped(ip, |ip| ip.is_loopback()))
    }

    /// Says whether the host is this machine, or one that only this machine reaches: AWS gives credentials there.
    pub fn is_local(&self) -> bool {
        self.is_loopback()
            || match self.ip() {
                Some(IpAddr::V4(ip)) => ip.is_link_local() || ip.is_unspecified(),
                Some(IpAddr::V6(ip)) => {
                    let begin = ip.segments()[0];
                    ip.is_unspecified()
                        || begin & 0xffc0 == 0xfe80
                        || ip.segments().starts_with(&[0xfd00, 0x0ec2])
                        || is_mapped(IpAddr::V6(ip), |ip| ip.is_link_local() || ip.is_unspecified())
                }
                None => false,
            }
    }

    /// Sets a parameter of the query, in the place of one of the same name.
    pub fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        let pair = format!("{}={}", encode(name), encode(value));
        self.query = Some(match self.query.take().filter(|query| !query.is_empty()) {
            Some(query) => format!("{query}&{pair}"),
            None => pair,
        });
    }

    /// Takes a parameter out of the query.
    pub fn remove(&mut self, name: &str) {
        let Some(query) = &self.query else { return };
        let pairs = query.split('&').filter(|pair| decoded(name_of(pair)) != name);
        let left = pairs.collect::<Vec<_>>().join("&");
        self.query = Some(left).filter(|left| !left.is_empty());
    }

    /// Names the parameters of the query.
    pub fn parameters(&self) -> Vec<String> {
        let pairs = self.query.iter().flat_map(|query| query.split('&'));
        pairs.map(|pair| decoded(name_of(pair))).collect()
    }

    /// Writes scheme, host and port.
    pub fn origin(&self) -> String {
        let port = self.port.map_or(String::new(), |port| format!(":{port}"));
        format!("{}://{}{port}", self.scheme(), self.host)
    }

    fn scheme(&self) -> &'static str {
        if self.is_secure { "https" } else { "http" }
    }

    fn port_or_usual(&self) -> u16 {
        self.port.unwrap_or(if self.is_secure { 443 } else { 80 })
    }

    fn ip(&self) -> Option<IpAddr> {
        self.host.trim_end_matches('.').trim_start_matches('[').trim_end_matches(']').parse().ok()
    }
}

/// Says it of the address of IPv4 that stands in one of IPv6.
fn is_mapped(ip: IpAddr, says: impl Fn(Ipv4Addr) -> bool) -> bool {
    let IpAddr::V6(ip) = ip else { return false };
    ip.to_ipv4_mapped().is_some_and(says)
}

/// Says whether a host is a number that is not written as four of them: resolvers take `2852039166` and `0xa9.0xfea9fe` for
/// addresses too (`inet_aton`), which nobody recognises.
fn is_hidden_ip(host: &str) -> bool {
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let is_number = last.starts_with("0x") || last.chars().all(|c| c.is_ascii_digit());
    !last.is_empty() && is_number && host.trim_end_matches('.').parse::<Ipv4Addr>().is_err()
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin(), self.path)?;
        self.query.as_ref().map_or(Ok(()), |query| write!(f, "?{query}"))
    }
}

fn scheme(text: &str) -> Option<(bool, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    if scheme.eq_ignore_ascii_case("https") {
        Some((true, rest))
    } else {
        scheme.eq_ignore_ascii_case("http").then_some((false, rest))
    }
}

/// What may stand in an address (RFC 3986, 2), with the marks that servers take beside.
fn is_of_address(c: char) -> bool {
    c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"' | '\\' | '^' | '`' | '{' | '}')
}

fn host_and_port(authority: &str) -> Result<(String, Option<u16>), NoAddress> {
    let (host, port) = if let Some(inside) = authority.strip_prefix('[') {
        let (inside, port) = inside.split_once(']').ok_or(NoAddress::NoSuchHost)?;
        let ip: IpAddr = inside.parse().map_err(|_| NoAddress::NoSuchHost)?;
        (format!("[{ip}]"), port)
    } else {
        let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
        if !host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')) {
            return Err(NoAddress::NoSuchHost);
        }
        let host = host.to_ascii_lowercase();
        if is_hidden_ip(&host) {
            return Err(NoAddress::NoSuchHost);
        }
        (host, port)
    };
    if host.is_empty() {
        return Err(NoAddress::NoHost);
    }
    let port = match port {
        "" => None,
        port => {
            let digits = port.strip_prefix(':').ok_or(NoAddress::NoSuchHost)?;
            Some(digits.parse().map_err(|_| NoAddress::NoSuchHost)?)
        }
    };
    Ok((host, port))
}

fn name_of(pair: &str) -> &str {
    pair.split('=').next().unwrap_or_default()
}

/// Reads a part of a query.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let code = behind.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        let code = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        match (first, code) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = behind.get(2..).unwrap_or_default();
                continue;
            }
            (b'+', _) => bytes.push(b' '),
            (byte, _) => bytes.push(*byte),
        }
        rest = behind;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Resolves `.` and `..` in a path (RFC 3986, 5.2.4).
fn without_dots(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let all: Vec<&str> = path.split('/').skip(1).collect();
    for (n, part) in all.iter().enumerate() {
        let is_last = n + 1 == all.len();
        match *part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => {
                parts.push(part);
                continue;
            }
        }
        if is_last {
            parts.push("");
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests;
