//! Forges, CI services and trackers.

use super::{Rule, plausible};

pub(super) const RULES: &[Rule] = &[
    Rule::new("github-token", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"gh[pousr]_[A-Za-z0-9]{30,}"),
    Rule::new("github-token", &["github_pat_"], r"github_pat_[A-Za-z0-9]{16,}_[A-Za-z0-9]{40,}"),
    Rule::new(
        "gitlab-token",
        &[
            "glpat-", "glrt-", "glrtr-", "gldt-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-", "gloas-",
            "glsoat-", "glffct-", "glwt-",
        ],
        r"gl(?:pat|rtr?|dt|cbt|ptt|ft|imt|agent|oas|soat|ffct|wt)-[A-Za-z0-9_-]{20,}(?:\.[0-9a-z]{2}\.?[0-9a-z]{7,9})?",
    ),
    Rule::new("gitlab-token", &["gr1348941"], r"GR1348941[A-Za-z0-9_-]{20,}"),
    Rule::new("bitbucket-token", &["atctt3", "atbb"], r"(?:ATCTT3[A-Za-z0-9_=-]{100,}|ATBB[A-Za-z0-9]{24,})")
        .check(plausible::is_random),
    Rule::new("atlassian-token", &["atatt3"], r"ATATT3[A-Za-z0-9_=-]{60,}"),
    Rule::new("buildkite-token", &["bkua_"], r"bkua_[a-z0-9]{40,}"),
    Rule::new("circleci-token", &["ccipat_", "cciprj_"], r"CCIP(?:AT|RJ)_[A-Za-z0-9]{16,}_[a-f0-9]{40}"),
    Rule::new("sonar-token", &["squ_", "sqp_", "sqa_"], r"sq[upa]_[a-f0-9]{40}").exact(),
    Rule::new("sourcegraph-token", &["sgp_"], r"sgp_(?:[a-f0-9]{16}_|local_)?[a-f0-9]{40}").exact(),
    Rule::new("linear-key", &["lin_api_", "lin_oauth_", "lin_wh_"], r"lin_(?:api|oauth|wh)_[A-Za-z0-9]{32,}"),
    Rule::new("harness-key", &["pat.", "sat."], r"[ps]at\.[A-Za-z0-9_-]{22}\.[a-f0-9]{24}\.[A-Za-z0-9]{20}").exact(),
    Rule::new("octopus-key", &["api-"], r"API-[A-Z0-9]{25,27}").exact().check(plausible::is_random),
    Rule::new(
        "snyk-token",
        &["snyk_uat.", "snyk_sat."],
        r"snyk_[us]at\.[a-z0-9]{8}\.[A-Za-z0-9_-]{40,}(?:\.[A-Za-z0-9_-]+)?",
    )
    .window(2048),
    Rule::new("django-key", &["django-insecure-"], r"django-insecure-[^\s'\x22\\]{20,}"),
];
