use super::*;

pub(super) fn load(pairs: &[(&str, &str)]) -> Result<Config, String> {
    Config::load(None, |name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
}

#[test]
fn nothing_has_to_be_set() {
    let config = load(&[]).unwrap();
    assert_eq!((config.listen.port(), config.max_video_bytes), (8080, 100_000_000));
    assert_eq!(config.base_url(), "http://127.0.0.1:8080");
    assert!(config.database_url.expose().starts_with("sqlite://"));
}

#[test]
fn every_problem_is_listed_and_no_secret_is_shown() {
    let problems = load(&[
        ("VIRALFORGE_LISTEN", "somewhere"),
        ("VIRALFORGE_API_KEY", "hunter2"),
        ("DATABASE_URL", "mysql://root:geheim@db"),
        ("VIRALFORGE_LEASE_SECONDS", "0"),
        ("REDIS_URL", "http://:geheim@redis"),
    ])
    .unwrap_err()
    .to_string();
    assert_eq!(problems.lines().count(), 5, "{problems}");
    assert!(!problems.contains("hunter2") && !problems.contains("geheim"), "{problems}");
    let config = load(&[("VIRALFORGE_API_KEY", "0123456789abcdef0123456789abcdef")]).unwrap();
    assert!(!format!("{config:?}").contains("0123456789"));
}

#[test]
fn a_provider_is_set_up_whole_or_not_at_all() {
    let problems = load(&[
        ("VIRALFORGE_GOOGLE_CLIENT_ID", "id"),
        ("VIRALFORGE_TIKTOK_CLIENT_SECRET", "geheim"),
        ("VIRALFORGE_OIDC_CLIENT_ID", "id"),
        ("VIRALFORGE_OIDC_CLIENT_SECRET", "geheim"),
        ("VIRALFORGE_OIDC_ISSUER", "somewhere"),
    ])
    .unwrap_err()
    .to_string();
    for problem in ["GOOGLE_CLIENT_SECRET is missing", "TIKTOK_CLIENT_ID is missing", "OIDC_ISSUER is no address"] {
        assert!(problems.contains(problem), "{problems}");
    }
    assert!(!problems.contains("geheim"));
    let issuer = [("VIRALFORGE_OIDC_ISSUER", "https://sign-in.example.com")];
    assert!(load(&issuer).unwrap_err().to_string().contains("VIRALFORGE_OIDC_CLIENT_ID"));
    let config = load(&[("VIRALFORGE_GOOGLE_CLIENT_ID", "id"), ("VIRALFORGE_GOOGLE_CLIENT_SECRET", "geheim")]).unwrap();
    assert_eq!((config.clients.len(), config.clients[0].issuer.as_str()), (1, "https://accounts.google.com"));
    assert!(!format!("{config:?}").contains("geheim"));
}

#[test]
fn files_that_prove_who_we_are_have_to_be_there_and_to_fit() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key.pem").display().to_string();
    std::fs::write(&path, "no key").unwrap();
    let told = |pairs: &[(&str, &str)]| load(pairs).unwrap_err();
    let redis = ("REDIS_URL", "rediss://127.0.0.1:6379");
    assert!(told(&[("REDIS_URL", "redis://127.0.0.1:6379"), ("REDIS_AUTHORITY_FILE", &path)]).contains("rediss://"));
    assert!(told(&[redis, ("REDIS_KEY_FILE", &path)]).contains("one is missing"));
    assert!(told(&[redis, ("REDIS_AUTHORITY_FILE", "/nowhere.pem")]).contains("cannot be read"));
    let both = told(&[redis, ("REDIS_CERTIFICATE_FILE", &path), ("REDIS_KEY_FILE", &path)]);
    assert!(both.contains("the settings of redis cannot be used"), "{both}");
    let oidc = [("VIRALFORGE_OIDC_ISSUER", "https://a.example"), ("VIRALFORGE_OIDC_CLIENT_ID", "id")];
    let key = ("VIRALFORGE_OIDC_CLIENT_KEY_FILE", path.as_str());
    assert!(told(&[oidc[0], oidc[1], key]).contains("is no key of P-256 or Ed25519"));
    let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
    std::fs::write(&path, pem).unwrap();
    let config = load(&[oidc[0], oidc[1], key]).unwrap();
    assert!(matches!(config.clients[0].credential, Credential::Key(_)));
    assert!(told(&[oidc[0], oidc[1], key, ("VIRALFORGE_OIDC_CLIENT_SECRET", "geheim")]).contains("set one"));
}

#[test]
fn a_proxy_sends_files_only_where_it_is_trusted_and_has_them() {
    let location = ("VIRALFORGE_ACCEL_LOCATION", "/media/");
    let proxies = ("VIRALFORGE_TRUSTED_PROXIES", "127.0.0.1/32");
    assert_eq!(load(&[location, proxies]).unwrap().accel_location.as_deref(), Some("/media/"));
    assert!(load(&[location]).unwrap_err().contains("VIRALFORGE_TRUSTED_PROXIES"));
    let s3 =
        [("S3_ENDPOINT", "http://s3"), ("S3_BUCKET", "b"), ("S3_ACCESS_KEY_ID", "i"), ("S3_SECRET_ACCESS_KEY", "k")];
    assert!(load(&[&[location, proxies], &s3[..]].concat()).unwrap_err().contains("in a folder"));
    for wrong in ["/", "media/", "/media", "/a//", "/a?b/", "/a b/", "/%2e/"] {
        let told = load(&[("VIRALFORGE_ACCEL_LOCATION", wrong), proxies]).unwrap_err();
        assert!(told.contains("begins and ends with a slash"), "{wrong}: {told}");
    }
}

#[test]
fn the_environment_goes_before_the_file_and_typos_in_the_file_are_problems() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("viralforge.toml");
    std::fs::write(&path, "VIRALFORGE_WORKERS = 7\nVIRALFORGE_LEASE_SECONDS = 9\n").unwrap();
    let config = Config::load(Some(&path), |name| (name == "VIRALFORGE_WORKERS").then(|| "3".to_owned())).unwrap();
    assert_eq!((config.workers, config.lease), (3, Duration::from_secs(9)));
    std::fs::write(&path, "VIRALFORGE_WORKER = 7\n").unwrap();
    let problems = Config::load(Some(&path), |_| None).unwrap_err().to_string();
    assert!(problems.contains("VIRALFORGE_WORKER is not a setting"), "{problems}");
}

#[test]
fn the_example_lists_every_setting_with_its_default() {
    let asked = std::cell::RefCell::new(Vec::new());
    let config = Config::load(None, |name| {
        asked.borrow_mut().push(name.to_owned());
        None
    });
    let default = format!("{:?}", config.unwrap());
    let text = include_str!("../../.env.example");
    // A setting is a comment (what it means) and a line that is a comment as well, for it changes nothing.
    let listed: Vec<(&str, &str)> = text
        .lines()
        .filter_map(|line| line.strip_prefix('#')?.split_once('='))
        .filter(|(name, _)| !name.contains(' '))
        .collect();
    let names: Vec<&str> = listed.iter().map(|(name, _)| *name).collect();
    let mut asked = asked.into_inner();
    asked.sort_unstable();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, asked);
    let value =
        |name: &str| listed.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()).filter(|v| !v.is_empty());
    assert_eq!(format!("{:?}", Config::load(None, value).unwrap()), default);
}
