//! Monitoring, logging and analytics.

use super::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "newrelic-key",
        &["nrak-", "nrii-", "nriq-", "nrra-", "nral-", "nrjs-"],
        r"NR(?:AK|II|IQ|RA|AL|JS)-[A-Za-z0-9_-]{19,}",
    ),
    Rule::new("newrelic-key", &["nral"], r"[a-f0-9]{36}NRAL").back(36).exact(),
    Rule::new("datadog-key", &["ddapi_", "ddapp_", "ddpat_"], r"dd(?:api|app|pat)_[A-Za-z0-9]{32,}"),
    Rule::new("grafana-token", &["glsa_"], r"glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}"),
    Rule::new("grafana-token", &["glc_"], r"glc_[A-Za-z0-9+/]{32,}={0,2}"),
    Rule::new("sentry-token", &["sntrys_"], r"sntrys_[A-Za-z0-9+/=]{60,}(?:_[A-Za-z0-9+/]{40,})?"),
    Rule::new("sentry-token", &["sntryu_"], r"sntryu_[a-f0-9]{60,}"),
    Rule::new("honeycomb-key", &["hcaik_", "hcaic_", "hcbik_", "hcxik_", "hcamk_"], r"hc[abx][im][kc]_[a-z0-9]{26,}"),
    Rule::new("dynatrace-token", &["dt0c01.", "dt0s01.", "dt0s16."], r"dt0[a-z]\d{2}\.[A-Z0-9]{8,24}\.[A-Z0-9]{64}"),
    Rule::new("elastic-key", &["essu_"], r"essu_[A-Za-z0-9+/=]{40,}"),
    Rule::new("posthog-key", &["phx_", "phs_"], r"ph[xs]_[A-Za-z0-9]{32,}"),
    Rule::new("openobserve-key", &["o2oi_"], r"o2oi_[A-Za-z0-9]{32,}"),
    Rule::new("axiom-token", &["xaat-", "xapt-"], r"xa(?:at|pt)-[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}"),
];
