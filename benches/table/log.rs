//! A session's log in Claude Code's shape, from a seed: varied text, long tool results, said twice as the agent says them.

use std::fmt::Write as _;

/// A session that goes on as long as it is asked to.
pub(crate) struct Log {
    chance: u64,
    words: Vec<String>,
    cwd: String,
    id: &'static str,
    parent: Option<String>,
    lines: u64,
}

impl Log {
    pub(crate) fn new(cwd: &str, id: &'static str) -> Log {
        let mut log =
            Log { chance: 0x9e37_79b9_7f4a_7c15, words: Vec::new(), cwd: cwd.into(), id, parent: None, lines: 0 };
        for _ in 0..20_000 {
            let length = 2 + log.below(10);
            let word = (0..length).map(|_| char::from(b'a' + log.below(26) as u8)).collect();
            log.words.push(word);
        }
        log
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.chance = self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.chance >> 33) % limit
    }

    fn text(&mut self, length: usize) -> String {
        let mut text = String::new();
        while text.len() < length {
            let word = self.below(20_000) as usize;
            text.push_str(&self.words[word]);
            match self.below(30) {
                0 => text.push_str("\\n"),
                1 => text.push_str(" (x, y)"),
                2 => drop(write!(text, " = 0x{:x}", self.chance >> 32)),
                3 => drop(write!(text, " {}/src/{}.rs", self.cwd, self.words[word / 2])),
                _ => text.push(' '),
            }
        }
        text
    }

    fn line(&mut self, kind: &str, rest: &str, out: &mut String) {
        self.lines += 1;
        let uuid = format!("{:08x}-0000-4000-8000-{:012x}", self.below(1 << 31), self.lines);
        let parent = self.parent.replace(uuid.clone()).map_or("null".into(), |p| format!("\"{p}\""));
        let (cwd, id, at) = (&self.cwd, self.id, self.lines);
        let (hour, minute, second) = (at / 3600 % 24, at / 60 % 60, at % 60);
        let _ = writeln!(
            out,
            r#"{{"parentUuid":{parent},"isSidechain":false,"userType":"external","cwd":"{cwd}","sessionId":"{id}","version":"2.1.330","gitBranch":"main","type":"{kind}","uuid":"{uuid}","timestamp":"2026-11-20T{hour:02}:{minute:02}:{second:02}.000Z",{rest}}}"#
        );
    }

    /// At least so many bytes more.
    pub(crate) fn more(&mut self, bytes: usize) -> String {
        let mut out = String::with_capacity(bytes + 100_000);
        while out.len() < bytes {
            let prompt = self.text(80);
            self.line("user", &format!(r#""message":{{"role":"user","content":"{prompt}"}}"#), &mut out);
            for _ in 0..2 + self.below(10) {
                self.call(&mut out);
            }
        }
        out
    }

    fn call(&mut self, out: &mut String) {
        let n = self.lines;
        let length = 50 + self.below(550) as usize;
        let said = self.text(length);
        let message = |content: String| {
            format!(r#""message":{{"id":"msg_{n}","role":"assistant","model":"m","content":[{content}]}}"#)
        };
        self.line("assistant", &message(format!(r#"{{"type":"text","text":"{said}"}}"#)), out);
        let command = self.text(40);
        let call =
            format!(r#"{{"type":"tool_use","id":"toolu_{n}","name":"Bash","input":{{"command":"cat {command}"}}}}"#);
        self.line("assistant", &message(call), out);
        // Most results are short, some are long.
        let length = 600 << self.below(6).min(self.below(6));
        let result = self.text(length);
        let answer = format!(
            r#""message":{{"role":"user","content":[{{"type":"tool_result","tool_use_id":"toolu_{n}","content":"{result}"}}]}},"toolUseResult":{{"stdout":"{result}","stderr":"","interrupted":false}}"#
        );
        self.line("user", &answer, out);
    }
}
