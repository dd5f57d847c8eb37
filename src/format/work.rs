//! `work.yaml`: uncommitted work as bytes. The contents stand beside it, `index/<path>` and `worktree/<path>`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::format::{FormatError, VERSION, yaml};
use crate::model::ids::Oid;
use crate::model::work::{Change, Content, LeftOut, Mode, Work, is_path};

/// The folder of contents that are staged.
pub const INDEX: &str = "index";
/// The folder of contents that are not.
pub const WORKTREE: &str = "worktree";

/// The contents of one side, by path.
pub type Blobs = BTreeMap<String, Oid>;

#[derive(Serialize, Deserialize)]
struct Wire {
    version: String,
    head: String,
    #[serde(default)]
    index: Vec<ChangeWire>,
    #[serde(default)]
    worktree: Vec<ChangeWire>,
    #[serde(default)]
    renames: Vec<RenameWire>,
    #[serde(default)]
    unmerged: Vec<String>,
    #[serde(default)]
    left_out: Vec<LeftOutWire>,
}

#[derive(Serialize, Deserialize)]
struct ChangeWire {
    path: String,
    mode: Option<String>,
    deleted: Option<bool>,
    untracked: Option<bool>,
}

#[derive(Serialize, Deserialize)]
struct RenameWire {
    old: String,
    new: String,
}

#[derive(Serialize, Deserialize)]
struct LeftOutWire {
    path: String,
    why: String,
}

/// The bytes of `work.yaml`.
pub fn write(work: &Work) -> String {
    let changes = |all: &[Change]| {
        let wire = |c: &Change| ChangeWire {
            path: c.path.clone(),
            mode: c.to.as_ref().map(|to| to.mode.as_str().into()),
            deleted: c.to.is_none().then_some(true),
            untracked: c.untracked.then_some(true),
        };
        all.iter().map(wire).collect()
    };
    let wire = Wire {
        version: VERSION.into(),
        head: work.head.to_string(),
        index: changes(&work.index),
        worktree: changes(&work.worktree),
        renames: work.renames.iter().map(|(o, n)| RenameWire { old: o.clone(), new: n.clone() }).collect(),
        unmerged: work.unmerged.clone(),
        left_out: work.left_out.iter().map(|l| LeftOutWire { path: l.path.clone(), why: l.why.clone() }).collect(),
    };
    yaml::write(&serde_json::to_value(wire).expect("plain values"))
}

/// Reads `work.yaml`, with the contents that stand beside it. `object` names it in errors.
pub fn read(object: &str, bytes: &[u8], index: &Blobs, worktree: &Blobs) -> Result<Work, FormatError> {
    let wire: Wire = yaml::read(object, bytes)?;
    let text = |t: &String| t.chars().filter(|c| !c.is_control()).take(4_096).collect::<String>();
    Ok(Work {
        head: wire.head.parse().map_err(FormatError::invalid(object))?,
        index: changes(object, wire.index, index)?,
        worktree: changes(object, wire.worktree, worktree)?,
        renames: wire.renames.iter().map(|r| (text(&r.old), text(&r.new))).collect(),
        left_out: wire.left_out.iter().map(|l| LeftOut { path: text(&l.path), why: text(&l.why) }).collect(),
        unmerged: wire.unmerged.iter().map(text).collect(),
    })
}

/// The changes of one side: each path once, each fit for a work tree, none below a file of the same side.
fn changes(object: &str, wire: Vec<ChangeWire>, blobs: &Blobs) -> Result<Vec<Change>, FormatError> {
    let bad =
        |path: &str, why: &str| FormatError::Invalid { object: object.to_owned(), why: format!("{path:?} {why}") };
    let mut all: BTreeMap<String, Change> = BTreeMap::new();
    for ChangeWire { path, mode, deleted, untracked } in wire {
        if !is_path(&path) {
            return Err(bad(&path, "is no path in a work tree"));
        }
        let to = match (mode.as_deref().map(Mode::of), deleted) {
            (None, Some(true)) => None,
            (Some(Some(mode)), None | Some(false)) => {
                let blob = blobs.get(&path).ok_or_else(|| bad(&path, "has no content"))?.clone();
                Some(Content { mode, blob })
            }
            _ => return Err(bad(&path, "is neither a file nor deleted")),
        };
        let change = Change { path: path.clone(), to, untracked: untracked == Some(true) };
        if all.insert(path.clone(), change).is_some() {
            return Err(bad(&path, "stands there twice"));
        }
    }
    let is_file = |path: &str| all.get(path).is_some_and(|c| c.to.is_some());
    for change in all.values().filter(|c| c.to.is_some()) {
        if change.path.match_indices('/').any(|(at, _)| is_file(&change.path[..at])) {
            return Err(bad(&change.path, "is below a file"));
        }
    }
    Ok(all.into_values().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oid(n: u8) -> Oid {
        format!("{n:040x}").parse().expect("an id")
    }

    fn of(changes: &str) -> Result<Work, FormatError> {
        let text = format!("version: \"1\"\nhead: \"{}\"\nworktree:\n{changes}", oid(9));
        let blobs: Blobs = ["a", "a/b", "../x", ".git/config"].map(|p| (p.to_owned(), oid(1))).into();
        read("x", text.as_bytes(), &Blobs::new(), &blobs)
    }

    #[test]
    fn work_comes_back() {
        let change = |path: &str, to, untracked| Change { path: path.into(), to, untracked };
        let file = |mode, n| Some(Content { mode, blob: oid(n) });
        let work = Work {
            head: oid(9),
            index: vec![change("gone", None, false), change("run.sh", file(Mode::Executable, 1), false)],
            worktree: vec![change("-new é", file(Mode::Plain, 2), true), change("run.sh", file(Mode::Link, 3), false)],
            renames: vec![("gone".into(), "run.sh".into())],
            left_out: vec![LeftOut { path: ".env".into(), why: "it looks secret".into() }],
            unmerged: vec!["x".into()],
        };
        let index = [("run.sh".to_owned(), oid(1))].into();
        let worktree = [("run.sh".to_owned(), oid(3)), ("-new é".to_owned(), oid(2))].into();
        assert_eq!(read("x", write(&work).as_bytes(), &index, &worktree).expect("readable"), work);
    }

    #[test]
    fn hostile_work_is_refused() {
        of("  - path: \"a\"\n    mode: \"100644\"\n").expect("fine");
        for bad in [
            "  - path: \"../x\"\n    mode: \"100644\"\n",
            "  - path: \".git/config\"\n    mode: \"100644\"\n",
            "  - path: \"a\"\n    mode: \"160000\"\n",
            "  - path: \"a\"\n",
            "  - path: \"b\"\n    mode: \"100644\"\n",
            "  - path: \"a\"\n    mode: \"100644\"\n  - path: \"a\"\n    deleted: true\n",
            "  - path: \"a\"\n    mode: \"120000\"\n  - path: \"a/b\"\n    mode: \"100644\"\n",
        ] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }
}
