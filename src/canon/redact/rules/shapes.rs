//! Tokens of open standards, and places where the text around says that a secret follows.

use super::{Rule, plausible};

pub(super) const RULES: &[Rule] = &[
    // Signed: three parts, of which the last may be cut off. Encrypted: five, of which the second may be empty.
    Rule::new("jwt", &["eyj"], r"eyJ[A-Za-z0-9_-]{8,}\.(?:eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]{4,})?|[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]{8,}){3})").window(2048),
    // Base64 of a whole PEM file, as in a kubeconfig: "-----BEGIN ", and "PRIVATE" in its three alignments.
    Rule::new("private-key", &["ls0tls1crudjti"], r"LS0tLS1CRUdJTi[A-Za-z0-9+/]{0,60}(?:UFJJVkFUR|BSSVZBVE|QUklWQVRF)[A-Za-z0-9+/]{20,}={0,2}"),
    // PuTTY's own format, from the line that announces the private half.
    Rule::new("private-key", &["private-lines: "], r"Private-Lines: [0-9]{1,3}\r?\n([A-Za-z0-9+/]{16,64}={0,2}(?:\r?\n[A-Za-z0-9+/]{16,64}={0,2}){0,80}(?:\r?\n[A-Za-z0-9+/]{1,62}={1,2})?)").window(8192),
    // crypt(3): $id$[parameters$]salt$hash.
    Rule::new("password-hash", &["$1$", "$5$", "$6$", "$y$", "$7$", "$apr1$", "$gy$"], r"\$(?:1|5|6|7|y|gy|apr1)\$(?:rounds=[0-9]+\$)?[A-Za-z0-9./]{1,32}\$(?:[A-Za-z0-9./]{1,64}\$)?[A-Za-z0-9./]{22,}").check(plausible::is_any),
    Rule::new("password-hash", &["$2a$", "$2b$", "$2y$"], r"\$2[aby]\$[0-9]{2}\$[A-Za-z0-9./]{53}").check(plausible::is_any),
    Rule::new("password-hash", &["$argon2", "$scrypt$", "$pbkdf2"], r"\$(?:argon2(?:id|i|d)|scrypt|pbkdf2[a-z0-9-]*)\$[A-Za-z0-9+/=,$.]{30,}").check(plausible::is_any),
    Rule::new("password-hash", &["pbkdf2_sha"], r"pbkdf2_sha(?:1|256|512)\$[0-9]{3,}\$[A-Za-z0-9+/.]{8,}\$[A-Za-z0-9+/]{20,}={0,2}").check(plausible::is_any),
    // Headers, in HTTP's own words and as arguments or members.
    Rule::new("authorization", &["authorization"], r#"(?i)authorization\\*['"]?(?:\s*[:=]\s*|\s*,\s*)\\*['"]?(?:bearer|basic|token|bot|apikey|api-key|key|digest|negotiate|ntlm|splunk|sso-key|genie|hawk|oauth)[ +]+(?:token=)?\\*['"]?([^\s'"\\,;`<>{}$()]{8,})"#).check(plausible::is_credential),
    Rule::new("authorization", &["authorization"], r#"(?i)authorization\\*['"]?\s*[:=]\s*\\*['"]?([A-Za-z0-9._~+/=:-]{16,})"#).check(plausible::is_random),
    Rule::new("bearer-token", &["bearer"], r"(?i)bearer(?:\s+|%20|:\s*)([A-Za-z0-9._~+/=-]{16,})").check(plausible::is_random),
    Rule::new("basic-auth", &["basic "], r"(?i)basic ([A-Za-z0-9+/]{16,}={0,2})").check(plausible::is_basic),
    Rule::new("signed-url", &["sig=", "signature=", "security-token=", "x-goog-signature", "hdnts=", "hmac="], r"(?i)(?:sig|(?:x-amz-|x-goog-)?signature|(?:x-amz-)?security-token|hdnts|hmac)=([A-Za-z0-9%+/=_~.:-]{20,})").back(8).check(plausible::is_random),
    // Files whose grammar names the secret by position.
    Rule::new("netrc", &["login"], r#"login\s+[^\s'"/]{1,128}\s+password\s+([^\s'"\\]{4,256})"#).check(plausible::is_no_stand_in),
    Rule::new("netrc", &["machine"], r#"machine\s+[^\s'"]{1,256}\s+password\s+([^\s'"\\]{4,256})"#).check(plausible::is_no_stand_in),
    Rule::new("npmrc", &["_auth", "_password"], r#"_(?:auth|password)\s*=\s*['"]?([A-Za-z0-9+/_-]{8,}={0,2})"#).check(plausible::is_no_stand_in),
    Rule::new("docker-auth", &["\"auth\"", "\\\"auth\\\""], r#"\\*"auth\\*"\s*:\s*\\*"([A-Za-z0-9+/]{12,}={0,2})"#).check(plausible::is_basic),
    Rule::new("pgpass", &[":5432:"], r#":5432:[^\s:'"]{1,64}:[^\s:'"]{1,64}:([^\s:'"@/]{4,128})"#).check(plausible::is_no_stand_in),
    // Programs that take a password by a flag of their own.
    Rule::new("password", &["mysql", "mariadb"], r#"(?:mysql|mariadb)[a-z_-]{0,12}\s(?:[^\n|;&]{0,200}?\s)??-p\\?['"]?([^\s'"\\]{4,128})"#).check(plausible::is_no_stand_in),
    Rule::new("password", &["sshpass"], r#"sshpass\s+-p\s*\\?['"]?([^\s'"\\]{3,128})"#).check(plausible::is_no_stand_in),
    Rule::new("password", &["smbclient", "rpcclient", "net use"], r#"(?:smbclient|rpcclient|net use)\s[^\n|;&]{0,200}?(?:-U|--user=?|/user:)\s*\\?['"]?[^\s%'"]{1,64}%([^\s'"\\]{3,128})"#).check(plausible::is_no_stand_in),
    Rule::new("basic-auth", &["curl", "wget", "http"], r#"(?:curl|wget|https?)\s(?:[^\n|;&]{0,300}?\s)??(?:-u|--user|--proxy-user|-a|--auth)[ =]?\\?['"]?[^\s:'"$]{1,64}:([^\s'"\\]{4,128})"#).check(plausible::is_no_stand_in),
    Rule::new("password", &["docker login", "podman login", "helm registry login", "az login", "ldapsearch", "redis-cli"], r#"(?:(?:docker|podman|az) login|helm registry login|ldapsearch|redis-cli)\s(?:[^\n|;&]{0,200}?\s)??(?:-p|-w|-a)\s*\\?['"]?([^\s'"\\-][^\s'"\\]{3,128})"#).check(plausible::is_no_stand_in),
    Rule::new("password", &["-passin", "-passout", "-pass "], r#"-pass(?:in|out)?\s+pass:([^\s'"\\]{3,128})"#).check(plausible::is_no_stand_in),
    Rule::new("password", &["identified by"], r#"(?i)identified by\s+(?:password\s+)?['"]([^'"]{4,128})['"]"#).check(plausible::is_no_stand_in),
];
