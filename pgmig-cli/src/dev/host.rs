//! Whether a database is on this machine, by its address alone. Every host that an address names has
//! to be, for libraries do not agree on which of them counts.

use std::net::IpAddr;

use percent_encoding::percent_decode_str;

/// The first host of an address that is not this machine, as it is spelled there; `None` where all
/// are. An address is a URL (`postgres://user@host:5432/name?host=/run/postgresql`), what libpq calls
/// keywords and values (`host=localhost dbname=shop`), or a bare host. One without a host means
/// this machine, unless `default`, the value of `PGHOST`, says otherwise.
pub(super) fn elsewhere(address: &str, default: Option<&str>) -> Option<String> {
    let mut hosts = hosts(address);
    hosts.retain(|host| !host.is_empty());
    if hosts.is_empty() {
        hosts.extend(default.map(str::to_owned));
    }
    hosts.into_iter().find(|host| !is_local(host))
}

fn hosts(address: &str) -> Vec<String> {
    let address = address.trim();
    // node-postgres has a scheme for sockets of its own, and takes a bare path.
    if address.starts_with(['/', '@']) || address.starts_with("socket:") {
        return Vec::new();
    }
    match address.split_once("://") {
        Some((_, rest)) => of_url(rest),
        None if address.contains('=') => of_words(address),
        None => vec![without_port(address)],
    }
}

fn of_url(rest: &str) -> Vec<String> {
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = rest.split('/').next().unwrap_or_default();
    let (_, servers) = authority.rsplit_once('@').unwrap_or(("", authority));
    let mut hosts: Vec<String> = servers
        .split(',')
        .map(|server| without_port(&decoded(server)))
        .collect();
    for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        hosts.extend(named(key, &decoded(value)));
    }
    hosts
}

/// `host=localhost port=5432`, values perhaps in quotes.
fn of_words(address: &str) -> Vec<String> {
    let mut hosts = Vec::new();
    let mut rest = address;
    while let Some((key, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let (value, left) = match after.strip_prefix('\'') {
            Some(quoted) => quoted.split_once('\'').unwrap_or((quoted, "")),
            None => after.split_once(char::is_whitespace).unwrap_or((after, "")),
        };
        hosts.extend(named(key.trim(), value));
        rest = left;
    }
    hosts
}

/// The hosts that a parameter names. A service is in a file of libpq's: nobody knows where it leads.
fn named(key: &str, value: &str) -> Vec<String> {
    match key {
        "host" | "hostaddr" => value.split(',').map(str::to_owned).collect(),
        "service" => vec![format!("service {value}")],
        _ => Vec::new(),
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn without_port(server: &str) -> String {
    let server = server.trim();
    if server.starts_with('/') {
        return server.to_owned();
    }
    if let Some(end) = server.find(']') {
        return server[..end].trim_start_matches('[').to_owned();
    }
    match server.split_once(':') {
        // More colons than one are an IPv6 address.
        Some((host, port)) if !port.contains(':') => host.to_owned(),
        _ => server.to_owned(),
    }
}

fn is_local(host: &str) -> bool {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    let is_loopback = |ip: IpAddr| ip.to_canonical().is_loopback();
    host.starts_with(['/', '@'])
        || name == "localhost"
        || name.ends_with(".localhost")
        || name.parse().is_ok_and(is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_on_this_machine_is_one_however_it_is_written() {
        for address in [
            "postgres://localhost/shop",
            "postgresql://me:pa%40ss@127.0.0.1:5432/shop?sslmode=disable",
            "postgres://me@[::1]:5432/shop",
            "postgres://[::ffff:127.0.0.1]/shop",
            "postgres://LOCALHOST./shop",
            "postgres://db.localhost/shop",
            "postgres:///shop",
            "postgres://me@/shop?host=/var/run/postgresql",
            "postgres://%2Fvar%2Frun%2Fpostgresql/shop",
            "postgres://localhost:5432,127.0.0.1:5433/shop",
            "postgres:///shop?host=localhost&hostaddr=127.0.0.1",
            "host=localhost dbname=shop",
            "host='/var/run/postgresql' dbname = shop",
            "dbname=shop",
            "/var/run/postgresql shop",
            "socket:/var/run/postgresql?db=shop",
            "localhost",
            "127.0.0.2:5432",
            "::1",
        ] {
            assert_eq!(elsewhere(address, None), None, "{address}");
        }
    }

    #[test]
    fn an_address_elsewhere_is_one_however_it_is_written() {
        for (address, host) in [
            ("postgres://db.example.com/shop", "db.example.com"),
            ("postgres://me@10.0.0.1:5432/shop", "10.0.0.1"),
            ("postgres://localhost:x@db/shop", "db"),
            ("postgres://me:p@localhost@db/shop", "db"),
            ("postgres:///shop?host=db", "db"),
            ("postgres://localhost/shop?host=db", "db"),
            ("postgres://localhost/shop?hostaddr=10.0.0.1", "10.0.0.1"),
            ("postgres://db/shop?host=localhost", "db"),
            ("postgres://localhost:5432,db:5433/shop", "db"),
            ("postgres://[2001:db8::1]/shop", "2001:db8::1"),
            ("host=db dbname=localhost", "db"),
            ("dbname='a b' host='db'", "db"),
            ("host = localhost,db", "db"),
            ("service=production", "service production"),
            ("localhost.example.com", "localhost.example.com"),
            ("0.0.0.0", "0.0.0.0"),
        ] {
            assert_eq!(elsewhere(address, None).as_deref(), Some(host), "{address}");
        }
    }

    #[test]
    fn an_address_without_a_host_is_where_the_environment_says() {
        let elsewhere = |address| elsewhere(address, Some("db"));
        assert_eq!(elsewhere("postgres:///shop").as_deref(), Some("db"));
        assert_eq!(elsewhere("dbname=shop").as_deref(), Some("db"));
        assert_eq!(elsewhere("postgres://localhost/shop"), None);
    }
}
