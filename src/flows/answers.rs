//! What a remote answered when it was first sent a handoff, remembered, so that it is not asked at every push.

use std::path::PathBuf;

use crate::fault::FileFault;
use crate::flows::local::Local;

/// What a remote does with refs below `refs/handoff/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It takes them.
    Takes,
    /// It does not.
    Refuses {
        /// Its words.
        why: String,
    },
}

const TAKES: &str = "takes handoffs";
const REFUSES: &str = "refuses handoffs: ";
/// A remote's words are cut here, in characters.
const MOST_WORDS: usize = 200;

impl Local {
    /// What a remote answered last.
    pub fn answer_of(&self, remote: &str) -> Option<Answer> {
        let note = self.read(&name(remote))?;
        match note.trim().strip_prefix(REFUSES) {
            Some(why) => Some(Answer::Refuses { why: why.into() }),
            None => (note.trim() == TAKES).then_some(Answer::Takes),
        }
    }

    /// Notes what a remote answered.
    pub fn note_answer(&self, remote: &str, answer: &Answer) -> Result<(), FileFault> {
        let text = match answer {
            Answer::Takes => TAKES.to_owned(),
            Answer::Refuses { why } => {
                let words = why.split_whitespace().collect::<Vec<_>>().join(" ");
                format!("{REFUSES}{}", words.chars().take(MOST_WORDS).collect::<String>())
            }
        };
        self.write(&name(remote), &format!("{text}\n"))
    }

    /// Forgets what a remote answered, so that the next push asks again.
    pub fn forget_answer(&self, remote: &str) -> Result<(), FileFault> {
        let path: PathBuf = self.dir().join(name(remote));
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(FileFault::on("remove", &path)(error)),
            _ => Ok(()),
        }
    }
}

fn name(remote: &str) -> String {
    format!("remotes/{}", remote.replace('/', "%2F"))
}
