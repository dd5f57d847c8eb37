//! A `git` that never asks: where nobody waits for a question, a password that is missing is an error at once.

use crate::git::spawn::Git;

/// Turns every way of asking off. A command for ssh that the user set stays as it is, and gets one more option where it
/// is OpenSSH's; which of the settings counts is git's own rule (gitenvironment, `GIT_SSH`).
pub(super) fn off<'v>(git: Git, var: impl Fn(&str) -> Option<&'v str>, setting: Option<String>) -> Git {
    let git = git.with("GIT_TERMINAL_PROMPT", "0").with("GIT_ASKPASS", "").with("GCM_INTERACTIVE", "never");
    let git = git.with("SSH_ASKPASS_REQUIRE", "never");
    let set = var("GIT_SSH_COMMAND").map(str::to_owned).or(setting);
    let command = match set {
        None if var("GIT_SSH").is_some() => return git,
        None => "ssh".to_owned(),
        Some(command) => command,
    };
    let variant = var("GIT_SSH_VARIANT");
    if is_openssh(&command) && variant.is_none_or(|v| v == "ssh" || v == "auto") {
        git.with("GIT_SSH_COMMAND", format!("{command} -o BatchMode=yes"))
    } else {
        git
    }
}

/// Whether a command for ssh starts OpenSSH itself: of any other one it is not known how it takes options.
fn is_openssh(command: &str) -> bool {
    let command = command.trim_start();
    let program = match command.strip_prefix(['"', '\'']) {
        Some(rest) => rest.split(['"', '\'']).next(),
        None => command.split_whitespace().next(),
    };
    let name = program.unwrap_or_default().rsplit(['/', '\\']).next().unwrap_or_default();
    matches!(name, "ssh" | "ssh.exe")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;
    use crate::env::Env;

    fn ssh(vars: &[(&'static str, &'static str)], setting: Option<&str>) -> Option<String> {
        let env = Env::new(BTreeMap::new(), "/".into(), "/".into());
        let vars: BTreeMap<&str, &str> = vars.iter().copied().collect();
        off(Git::new(&env, Path::new("/")), |name| vars.get(name).copied(), setting.map(str::to_owned))
            .var("GIT_SSH_COMMAND")
            .map(str::to_owned)
    }

    #[test]
    fn the_users_own_ssh_is_used() {
        let batch = |command: &str| Some(format!("{command} -o BatchMode=yes"));
        assert_eq!(ssh(&[], None), batch("ssh"));
        assert_eq!(ssh(&[], Some("ssh -i key")), batch("ssh -i key"));
        assert_eq!(ssh(&[("GIT_SSH_COMMAND", "ssh -F x")], Some("ssh -i key")), batch("ssh -F x"));
        assert_eq!(ssh(&[], Some("\"/usr/bin/ssh\" -4")), batch("\"/usr/bin/ssh\" -4"));
        assert_eq!(ssh(&[("GIT_SSH", "plink")], None), None);
        assert_eq!(ssh(&[], Some("tunnel ssh")), None);
        assert_eq!(ssh(&[("GIT_SSH_VARIANT", "plink")], Some("/opt/ssh")), None);
    }
}
