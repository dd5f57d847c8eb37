//! Clouds, hosting and databases as a service.

use super::{Rule, plausible};

pub(super) const RULES: &[Rule] = &[
    Rule::new("aws-key-id", &["akia", "asia", "abia", "acca"], r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}").exact(),
    Rule::new("aws-bedrock-key", &["absk"], r"ABSK[A-Za-z0-9+/]{60,}={0,2}"),
    Rule::new("aws-bedrock-key", &["bedrock-api-key-"], r"bedrock-api-key-[A-Za-z0-9+/]{40,}={0,2}"),
    Rule::new(
        "aws-session-token",
        &["iqojb3jpz2lu", "fwogzxivyxdz"],
        r"(?:IQoJb3JpZ2lu|FwoGZXIvYXdz)[A-Za-z0-9+/]{80,}={0,2}",
    ),
    Rule::new("azure-client-secret", &["7q~", "8q~", "9q~"], r"[A-Za-z0-9_~.-]{3}[789]Q~[A-Za-z0-9_~.-]{28,}").back(3),
    Rule::new("azure-devops-token", &["azdo"], r"[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}").back(76).exact(),
    Rule::new(
        "azure-key",
        &["acdb", "+asta", "+amc", "aaac"],
        r"[A-Za-z0-9+/]{76}(?:ACDb|\+ASt[A-D]|\+AMC[A-D]|AAAC)[A-Za-z0-9+/]{5,6}={1,2}",
    )
    .back(76),
    Rule::new("google-api-key", &["aiza"], r"AIza[A-Za-z0-9_-]{35,}"),
    Rule::new("google-client-secret", &["gocspx-"], r"GOCSPX-[A-Za-z0-9_-]{24,}"),
    Rule::new("google-access-token", &["ya29."], r"ya29\.[A-Za-z0-9_.-]{20,}"),
    Rule::new("google-refresh-token", &["1//0"], r"1//0[A-Za-z0-9_-]{40,}"),
    Rule::new("alibaba-key-id", &["ltai"], r"LTAI[A-Za-z0-9]{16,24}").exact().check(plausible::is_random),
    Rule::new("tencent-key-id", &["akid"], r"AKID[A-Za-z0-9]{32}").exact().check(plausible::is_random),
    Rule::new(
        "yandex-key",
        &["aqvn", "t1."],
        r"(?:AQVN[A-Za-z0-9_-]{35,}|t1\.[A-Z0-9a-z_-]{40,}={0,2}\.[A-Za-z0-9_-]{60,}={0,2})",
    ),
    Rule::new("digitalocean-token", &["dop_v1_", "doo_v1_", "dor_v1_"], r"do[opr]_v1_[a-f0-9]{40,}"),
    Rule::new("cloudflare-key", &["v1.0-"], r"v1\.0-[a-f0-9]{24}-[a-f0-9]{100,}"),
    Rule::new("heroku-key", &["hrku-"], r"HRKU-[A-Za-z0-9_-]{36,}"),
    Rule::new("netlify-token", &["nfp_", "nfc_", "nfo_", "nfu_", "nfb_"], r"nf[pcoub]_[A-Za-z0-9]{36,}"),
    Rule::new(
        "vercel-token",
        &["vcp_", "vci_", "vca_", "vcr_", "vck_", "vercel_blob_rw_"],
        r"(?:vc[pirak]_[A-Za-z0-9]{40,}|vercel_blob_rw_[A-Za-z0-9]{12,}_[A-Za-z0-9]{24,})",
    ),
    Rule::new("render-key", &["rnd_"], r"rnd_[A-Za-z0-9]{24,}").check(plausible::is_random),
    Rule::new(
        "fly-token",
        &["fm1_", "fm1r_", "fm2_", "fo1_", "flyv1 "],
        r"(?:FlyV1 )?(?:fm1r|fm[12]|fo1)_[A-Za-z0-9+/_-]{40,}={0,3}(?:,fm2_[A-Za-z0-9+/_-]{40,}={0,3}){0,4}",
    )
    .window(4096),
    Rule::new("supabase-key", &["sb_secret_", "sbp_"], r"(?:sb_secret_[A-Za-z0-9_-]{20,}|sbp_(?:v0_)?[a-f0-9]{40,})"),
    Rule::new("planetscale-token", &["pscale_"], r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{30,}"),
    Rule::new("neon-key", &["napi_", "npg_"], r"(?:napi_[a-z0-9]{40,}|npg_[A-Za-z0-9]{12,})")
        .check(plausible::is_random),
    Rule::new("databricks-token", &["dapi", "dkea", "dose"], r"(?:dapi|dkea|dose)[a-f0-9]{32}(?:-[0-9]+)?").exact(),
    Rule::new("mongodb-secret", &["mdb_sa_sk_"], r"mdb_sa_sk_[A-Za-z0-9_-]{30,}"),
    Rule::new(
        "doppler-token",
        &["dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."],
        r"dp\.(?:pt|ct|sa|scim|audit|st(?:\.[a-z0-9_-]{2,35})?)\.[A-Za-z0-9]{40,}",
    ),
    Rule::new("vault-token", &["hvs.", "hvb.", "hvr."], r"hv[sbr]\.[A-Za-z0-9_-]{24,}"),
    Rule::new("terraform-token", &[".atlasv1."], r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,}").back(14),
    Rule::new("pulumi-token", &["pul-"], r"pul-[a-f0-9]{40}").exact(),
    Rule::new("infracost-key", &["ico-"], r"ico-[A-Za-z0-9]{32}").exact().check(plausible::is_random),
    Rule::new("tailscale-key", &["tskey-"], r"tskey-[a-z]{3,12}-[A-Za-z0-9]{8,}(?:CNTRL)?-[A-Za-z0-9]{20,}"),
    Rule::new("kubernetes-token", &["k8s-aws-v1."], r"k8s-aws-v1\.[A-Za-z0-9_-]{60,}"),
];
