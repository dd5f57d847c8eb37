//! Design, documents, data and other services.

use super::{Rule, plausible};

pub(super) const RULES: &[Rule] = &[
    Rule::new("notion-token", &["ntn_"], r"ntn_[0-9]{8,12}[A-Za-z0-9]{32,}"),
    Rule::new("notion-token", &["secret_"], r"secret_[A-Za-z0-9]{43}").exact().check(plausible::is_random),
    Rule::new(
        "figma-token",
        &["figd_", "figo_", "figoh_", "figor_", "figu_", "figuh_", "figur_"],
        r"fig(?:d|[ou][hr]?)_[A-Za-z0-9_-]{36,}",
    ),
    Rule::new("airtable-token", &["pat"], r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}").exact(),
    Rule::new("postman-key", &["pmak-", "pmat-"], r"PMA[KT]-(?:[a-f0-9]{24}-[a-f0-9]{34}|[A-Z0-9]{26})"),
    Rule::new("contentful-token", &["cfpat-"], r"CFPAT-[A-Za-z0-9_-]{43,}"),
    Rule::new("dropbox-token", &["sl."], r"sl\.(?:u\.)?[A-Za-z0-9_-]{100,}"),
    Rule::new("typeform-token", &["tfp_"], r"tfp_[A-Za-z0-9_.-]{40,}"),
    Rule::new("onepassword-token", &["ops_eyj"], r"ops_eyJ[A-Za-z0-9_-]{80,}={0,3}"),
    Rule::new(
        "onepassword-secret-key",
        &["a3-"],
        r"A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}",
    )
    .exact(),
    Rule::new("mapbox-token", &["sk.eyj"], r"sk\.eyJ[A-Za-z0-9_-]{40,}\.[A-Za-z0-9_-]{20,}"),
    Rule::new(
        "hubspot-token",
        &["pat-na", "pat-eu"],
        r"pat-(?:na|eu)[0-9]-[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}",
    ),
    Rule::new("launchdarkly-key", &["sdk-", "api-"], r"(?:sdk|api)-[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}"),
    Rule::new("trello-token", &["atta"], r"ATTA[a-f0-9]{72}").exact(),
    Rule::new("facebook-token", &["eaac", "eaab", "eaag", "eaam", "eaad"], r"EAA[BCDGM][A-Za-z0-9]{60,}")
        .check(plausible::is_random),
    Rule::new("frameio-token", &["fio-u-"], r"fio-u-[A-Za-z0-9_=-]{64}").exact(),
    Rule::new("scalingo-token", &["tk-us-"], r"tk-us-[A-Za-z0-9_-]{48}").exact(),
    Rule::new("readme-key", &["rdme_"], r"rdme_[a-z0-9]{70}").exact(),
    Rule::new("prefect-key", &["pnu_", "pnb_"], r"pn[ub]_[A-Za-z0-9]{36}").exact().check(plausible::is_random),
    Rule::new(
        "age-key",
        &["age-secret-key-1", "age-plugin-"],
        r"AGE-(?:SECRET-KEY|PLUGIN-[A-Z0-9]{2,16})-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{40,}",
    ),
];
