//! Model providers and what is built around them.

use super::{Rule, plausible};

pub(super) const RULES: &[Rule] = &[
    Rule::new("anthropic-key", &["sk-ant-"], r"sk-ant-[a-z]{2,8}[0-9]{2}-[A-Za-z0-9_-]{20,}"),
    Rule::new(
        "openai-key",
        &["sk-proj-", "sk-svcacct-", "sk-admin-", "sk-service-"],
        r"sk-(?:proj|svcacct|admin|service)-[A-Za-z0-9_-]{20,}",
    ),
    // The middle is base64 of "OpenAI".
    Rule::new("openai-key", &["sk-"], r"sk-[A-Za-z0-9_-]{16,}T3BlbkFJ[A-Za-z0-9_-]{16,}"),
    Rule::new("openrouter-key", &["sk-or-"], r"sk-or-v1-[a-f0-9]{32,}"),
    Rule::new("langfuse-key", &["sk-lf-"], r"sk-lf-[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}"),
    Rule::new("litellm-key", &["sk-"], r"sk-[A-Za-z0-9_-]{22}").exact().check(plausible::is_random),
    Rule::new("model-key", &["sk-"], r"sk-[A-Za-z0-9]{32,}").check(plausible::is_random),
    Rule::new("cerebras-key", &["csk-"], r"csk-[a-z0-9]{40,}"),
    Rule::new("groq-key", &["gsk_"], r"gsk_[A-Za-z0-9]{40,}"),
    Rule::new("xai-key", &["xai-"], r"xai-[A-Za-z0-9]{60,}"),
    Rule::new("perplexity-key", &["pplx-"], r"pplx-[A-Za-z0-9]{40,}"),
    Rule::new("replicate-token", &["r8_"], r"r8_[A-Za-z0-9]{37,}"),
    Rule::new("huggingface-token", &["hf_", "api_org_"], r"(?:hf_|api_org_)[A-Za-z0-9]{30,}"),
    Rule::new("langsmith-key", &["lsv2_pt_", "lsv2_sk_"], r"lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}"),
    Rule::new("fireworks-key", &["fw_"], r"fw_[A-Za-z0-9]{20,}").check(plausible::is_random),
    Rule::new("together-key", &["tgp_v1_"], r"tgp_v1_[A-Za-z0-9_-]{40,}"),
    Rule::new("nvidia-key", &["nvapi-"], r"nvapi-[A-Za-z0-9_-]{60,}"),
    Rule::new("voyage-key", &["pa-"], r"pa-[A-Za-z0-9_-]{43}").exact().check(plausible::is_random),
    Rule::new("jina-key", &["jina_"], r"jina_[A-Za-z0-9_-]{50,}"),
    Rule::new("tavily-key", &["tvly-"], r"tvly-(?:dev-|prod-)?[A-Za-z0-9]{28,}"),
    Rule::new("elevenlabs-key", &["sk_"], r"sk_[a-f0-9]{48}").exact(),
    Rule::new("firecrawl-key", &["fc-"], r"fc-[a-f0-9]{32}").exact(),
    Rule::new("e2b-key", &["e2b_"], r"e2b_[a-f0-9]{40}").exact(),
    Rule::new("cursor-key", &["crsr_", "key_"], r"(?:crsr|key)_[a-f0-9]{64}").exact(),
    Rule::new("pinecone-key", &["pcsk_"], r"pcsk_[A-Za-z0-9]{4,8}_[A-Za-z0-9]{40,}"),
    Rule::new("logfire-token", &["pylf_v"], r"pylf_v[0-9]_[a-z]{2,8}_[A-Za-z0-9]{40,}"),
];
