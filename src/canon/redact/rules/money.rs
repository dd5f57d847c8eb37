//! Payment and shops.

use super::{Rule, plausible};

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "stripe-key",
        &["sk_live_", "sk_test_", "rk_live_", "rk_test_", "sk_prod_", "rk_prod_"],
        r"[sr]k_(?:live|test|prod)_[A-Za-z0-9]{16,}",
    ),
    Rule::new("webhook-secret", &["whsec_"], r"whsec_[A-Za-z0-9+/]{24,}={0,2}"),
    Rule::new(
        "square-token",
        &["eaaa", "sq0atp-", "sq0csp-"],
        r"(?:EAAA[A-Za-z0-9_-]{56,64}|sq0(?:atp|csp)-[A-Za-z0-9_-]{22,43})",
    )
    .exact(),
    Rule::new("shopify-token", &["shpat_", "shpca_", "shppa_", "shpss_"], r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    Rule::new("paypal-token", &["access_token$"], r"access_token\$(?:production|sandbox)\$[a-z0-9]{16}\$[a-f0-9]{32}"),
    Rule::new(
        "plaid-token",
        &["access-sandbox-", "access-production-", "access-development-"],
        r"access-(?:sandbox|production|development)-[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}",
    ),
    Rule::new("flutterwave-key", &["flwseck"], r"FLWSECK(?:_TEST)?-[A-Za-z0-9-]{24,}"),
    Rule::new("easypost-key", &["ezak", "eztk"], r"EZ[AT]K[A-Za-z0-9]{54}").exact(),
    Rule::new("shippo-token", &["shippo_"], r"shippo_(?:live|test)_[a-f0-9]{40}"),
    Rule::new("duffel-token", &["duffel_"], r"duffel_(?:live|test)_[A-Za-z0-9_=-]{43,}"),
    Rule::new("adyen-key", &["aqe"], r"AQE[a-z][A-Za-z0-9+/]{80,}={0,2}-[A-Za-z0-9+/]{30,}={0,2}-[^\s'\x22]{10,}")
        .check(plausible::is_random),
];
