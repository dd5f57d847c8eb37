//! Examples are made at run time, from the rules' own patterns or from pieces, so that no scanner fires on this file.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::string::bytes_regex;
use proptest::test_runner::TestRunner;

use super::*;

fn redact(redactor: &mut Redactor, key: Option<&str>, text: &str) -> String {
    let found = redactor.find(key, text);
    replaced(text, &found)
}

/// Where a pattern allows any byte, a letter does.
fn plain(byte: u8) -> char {
    char::from(if byte.is_ascii() { byte } else { b'a' + byte % 26 })
}

#[test]
fn every_rule_finds_an_example_of_its_own() {
    // What no pattern says: base64 of a pair.
    let pair = ["YWxpY2U6", "czNjcjN0", "eHg5eHg="].concat();
    let made = [format!("Basic {pair}"), format!("\"auth\": \"{pair}\""), format!("\\\"auth\\\": \\\"{pair}\\\"")];
    let mut runner = TestRunner::deterministic();
    for rule in rules::all() {
        let strategy = bytes_regex(&format!("(?-u){}", rule.pattern)).expect("a pattern");
        let generated = (0..400).map(|_| strategy.new_tree(&mut runner).expect("an example").current());
        let example = generated
            .map(|bytes| bytes.into_iter().map(plain).collect::<String>())
            .chain(made.clone())
            .find(|example| scan(&format!(" {example} ")).hits.iter().any(|hit| hit.kind == rule.kind));
        let example = example.unwrap_or_else(|| panic!("{}: {}", rule.kind, rule.pattern)).to_ascii_lowercase();
        assert!(rule.keywords.iter().any(|keyword| example.contains(keyword)), "{}: {example}", rule.kind);
    }
}

#[test]
fn a_secret_is_replaced_whole_and_keeps_its_number() {
    let token = format!("ghp_{}", "a1B2c3D4e5".repeat(4));
    let mut redactor = Redactor::new();
    let text = format!("export GH_TOKEN={token}\n# again: {token}\n");
    assert_eq!(
        redact(&mut redactor, None, &text),
        "export GH_TOKEN=[REDACTED:github-token#1]\n# again: [REDACTED:github-token#1]\n"
    );
    let other = format!("ghp_{}", "z9Y8x7W6v5".repeat(4));
    assert_eq!(redact(&mut redactor, None, &other), "[REDACTED:github-token#2]");
    assert_eq!(redactor.counts()["github-token"], 3);
}

#[test]
fn a_placeholder_in_the_text_keeps_its_number() {
    let mut redactor = Redactor::new();
    let text = format!("a [REDACTED:password#7] password={}", "9fK2mQ7xLpa1");
    assert_eq!(redact(&mut redactor, None, &text), "a [REDACTED:password#7] password=[REDACTED:password#8]");
    assert_eq!(redactor.counts()["password"], 2);
}

#[test]
fn a_member_name_speaks_for_its_value() {
    let mut redactor = Redactor::new();
    let table = [
        (Some("password"), "hunter2hunter2", "[REDACTED:password#1]"),
        (Some("authorization"), "Bearer 9fK2mQ7xLpa1", "Bearer [REDACTED:authorization#1]"),
        (Some("password"), "Mot de passe oublié", "Mot de passe oublié"),
        (Some("token_id"), "9fK2mQ7xLpa1", "9fK2mQ7xLpa1"),
        (None, "9fK2mQ7xLpa1", "9fK2mQ7xLpa1"),
    ];
    for (key, text, expected) in table {
        assert_eq!(redact(&mut redactor, key, text), expected);
    }
}

#[test]
fn memory_carries_numbers_over() {
    let mut first = Redactor::remembering([7; 32], Memory::default());
    redact(&mut first, Some("password"), "hunter2hunter2");
    let mut second = Redactor::remembering([7; 32], first.memory().clone());
    assert_eq!(redact(&mut second, Some("password"), "hunter2hunter2"), "[REDACTED:password#1]");
    assert_eq!(redact(&mut second, Some("password"), "hunter3hunter3"), "[REDACTED:password#2]");
}

#[test]
fn hostile_repetition_is_linear() {
    let pieces = [
        "-----BEGIN PRIVATE KEY-----",
        "eyJ-",
        "ghp_",
        "://a:b@",
        "password=",
        "curl -u ",
        "[REDACTED:a#1",
        "cookie: ",
    ];
    for piece in pieces {
        let text = piece.repeat((64 << 10) / piece.len());
        Redactor::new().find(None, &text);
    }
}

/// Pieces that combine into what the layers react to.
fn piece() -> impl Strategy<Value = String> {
    let fixed = [
        "password=",
        "PASSWORD: ",
        "token is ",
        "\"api_key\": \"",
        "Authorization: Bearer ",
        "://",
        "user:",
        "@host",
        "\n",
        " ",
        "\"",
        "'",
        "\\n",
        "\\\"",
        "--token ",
        "[REDACTED:token#3]",
        "[REDACTED:",
        "#1]",
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----END RSA PRIVATE KEY-----",
        "é",
        "→",
        "curl -u a:",
        "cookie: sid=",
        ";",
        "&",
        "kind: Secret\ndata:\n  a: ",
        "sig=",
        "eyJ",
        ".",
        "machine x login y password ",
        "basic ",
        "=",
        ":",
        ",",
        "\u{1b}[1m",
        "mysql -p",
        "key",
        "is ",
    ];
    prop_oneof![
        4 => proptest::sample::select(fixed.map(str::to_owned).to_vec()),
        2 => "[A-Za-z0-9]{6,48}",
        1 => "[A-Za-z0-9+/]{60,70}",
        1 => "[ -~]{1,12}",
        1 => ("gh[ps]_", "[A-Za-z0-9]{36}").prop_map(|(prefix, body)| prefix + &body),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_is_redacted_is_not_redacted_again(
        pieces in proptest::collection::vec(piece(), 1..16),
        key in proptest::option::of(proptest::sample::select(vec!["password", "text", "authorization", "api_key"])),
    ) {
        let text = pieces.concat();
        let mut redactor = Redactor::new();
        let found = redactor.find(key, &text);
        for pair in found.windows(2) {
            prop_assert!(pair[0].0.end <= pair[1].0.start, "{text:?} {found:?}");
        }
        let once = replaced(&text, &found);
        prop_assert_eq!(Redactor::new().find(key, &once), Vec::new(), "{:?} -> {:?}", text, once);
    }
}
