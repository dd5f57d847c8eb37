//! Package registries.

use super::{Rule, plausible};

pub(super) const RULES: &[Rule] = &[
    Rule::new("npm-token", &["npm_"], r"npm_[A-Za-z0-9]{36,}").check(plausible::is_random),
    Rule::new("pypi-token", &["pypi-age"], r"pypi-AgE[A-Za-z0-9_-]{50,}"),
    Rule::new("crates-token", &["cio"], r"cio[A-Za-z0-9]{32}").exact().check(plausible::is_random),
    Rule::new("rubygems-key", &["rubygems_"], r"rubygems_[a-f0-9]{48}"),
    Rule::new("nuget-key", &["oy2"], r"oy2[a-z0-9]{43}").exact(),
    Rule::new("docker-token", &["dckr_pat_", "dckr_oat_"], r"dckr_[po]at_[A-Za-z0-9_-]{24,}"),
    Rule::new("artifactory-key", &["akcp"], r"AKCp[A-Za-z0-9]{60,}"),
    // Base64 of "reftkn:".
    Rule::new("artifactory-key", &["cmvmdgtu"], r"cmVmdGtu[A-Za-z0-9]{50,}"),
    Rule::new("clojars-token", &["clojars_"], r"CLOJARS_[a-z0-9]{60}").exact(),
    Rule::new("packagist-token", &["packagist_"], r"packagist_[a-z]{3}_[a-f0-9]{60,}"),
];
