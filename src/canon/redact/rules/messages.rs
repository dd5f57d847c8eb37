//! Chat, mail and telephony.

use super::{Rule, plausible};

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "slack-token",
        &["xoxa-", "xoxb-", "xoxc-", "xoxd-", "xoxe-", "xoxe.", "xoxo-", "xoxp-", "xoxr-", "xoxs-"],
        r"xox[a-eoprs](?:-|\.xox[bp]-)[A-Za-z0-9%/+-]{20,}",
    ),
    Rule::new("slack-token", &["xapp-", "xwfp-"], r"x(?:app|wfp)-[0-9]-[A-Z0-9]{6,}-[0-9]{6,}-[A-Za-z0-9]{20,}"),
    Rule::new(
        "slack-webhook",
        &["hooks.slack.com/"],
        r"hooks\.slack\.com/(?:services|workflows|triggers)/(T?[A-Za-z0-9_]{6,}/[A-Za-z0-9_]{6,}/[A-Za-z0-9_/]{12,})",
    ),
    // The first part is base64 of a number of 17 to 20 digits.
    Rule::new(
        "discord-token",
        &["mt", "mj", "mz", "nd", "nt", "nj", "nz", "od", "ot"],
        r"(?:M[Tjz]|N[DTjz]|O[DT])[A-Za-z0-9]{20,26}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}",
    ),
    Rule::new("discord-webhook", &["/api/webhooks/"], r"/api/webhooks/[0-9]{15,21}/([A-Za-z0-9_-]{40,})"),
    Rule::new("telegram-token", &[":aa"], r"[0-9]{8,10}:AA[A-Za-z0-9_-]{33}").back(10).exact(),
    Rule::new(
        "teams-webhook",
        &["webhook.office.com/"],
        r"webhook\.office\.com/webhookb2/([A-Za-z0-9@-]{36,}/IncomingWebhook/[a-f0-9]{32}/[A-Za-z0-9-]{36,})",
    ),
    Rule::new("zapier-webhook", &["hooks.zapier.com/"], r"hooks\.zapier\.com/hooks/catch/([0-9]{4,}/[A-Za-z0-9]{5,})"),
    Rule::new("twilio-key", &["sk"], r"SK[a-f0-9]{32}").exact(),
    Rule::new("sendgrid-key", &["sg."], r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{32,}"),
    Rule::new("mailgun-key", &["key-", "pubkey-"], r"(?:pub)?key-[a-f0-9]{32}").exact(),
    Rule::new("mailchimp-key", &["-us"], r"[a-f0-9]{32}-us[0-9]{1,2}").back(32).exact(),
    Rule::new("brevo-key", &["xkeysib-", "xsmtpsib-"], r"x(?:key|smtp)sib-[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    Rule::new("resend-key", &["re_"], r"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}").exact().check(plausible::is_random),
];
