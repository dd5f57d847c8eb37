//! The folders in which the segments of a file stand.

use crate::format::manifest::{Extent, Measure};
use crate::format::segments;
use crate::git::Repo;
use crate::git::objects::{Entry, EntryType};
use crate::model::ids::Oid;
use crate::store::StoreError;
use crate::store::files::{Segment, StoredFile};

/// Writes the folders of a file's segments.
pub fn write_tree(repo: &Repo, file: &StoredFile) -> Result<Oid, StoreError> {
    let mut top = Vec::new();
    for (n, part) in file.segments.chunks(segments::PER_FOLDER).enumerate() {
        let entry = |(m, s): (usize, &Segment)| {
            let name = segments::name(n * segments::PER_FOLDER + m).1;
            Entry { name, kind: EntryType::File, oid: s.oid.clone() }
        };
        let entries: Vec<Entry> = part.iter().enumerate().map(entry).collect();
        let name = segments::name(n * segments::PER_FOLDER).0;
        top.push(Entry { name, kind: EntryType::Folder, oid: repo.write_tree(&entries)? });
    }
    Ok(repo.write_tree(&top)?)
}

/// Where a file stands, for errors.
pub struct Label<'a> {
    /// Agent and short id.
    pub session: &'a str,
    /// What the file is: empty for the log itself, else ` of <name>`.
    pub of: &'a str,
    /// The commit.
    pub place: &'a str,
}

impl Label<'_> {
    fn hole(&self, name: &str, extent: String) -> StoreError {
        StoreError::Hole {
            session: self.session.to_owned(),
            part: format!("segment {name}{}", self.of),
            extent,
            place: self.place.to_owned(),
        }
    }

    fn altered(&self, name: &str, is: Extent, said: Extent) -> StoreError {
        let words = |e: Extent| format!("{} lines in {} bytes", e.lines, e.bytes);
        StoreError::Altered {
            session: self.session.to_owned(),
            part: format!("segment {name}{}", self.of),
            found: words(is),
            said: words(said),
            place: self.place.to_owned(),
        }
    }
}

/// The segments of a file; `each`: every one of them must be here. What they hold is not read yet, see [`verify`].
pub fn listed(
    repo: &Repo,
    tree: &Oid,
    said: &Measure,
    label: &Label<'_>,
    each: bool,
) -> Result<StoredFile, StoreError> {
    let mut found = Vec::new();
    for folder in repo.tree(tree)?.into_iter().filter(|e| e.kind == EntryType::Folder) {
        found.extend(repo.tree(&folder.oid)?.into_iter().filter(|e| e.kind == EntryType::File));
    }
    let mut all = Vec::with_capacity(found.len().min(said.segments.len()));
    let mut line = 1_u64;
    for (n, extent) in said.segments.iter().enumerate() {
        let (_, name) = segments::name(n);
        // In order as they are written; another order is nobody's.
        let entry = found.get(n).filter(|e| e.name == name && (!each || repo.has(&e.oid)));
        let Some(entry) = entry else {
            let last = line.saturating_add(extent.lines.max(1) - 1);
            return Err(label.hole(&name, format!("{}, lines {line}-{last}", size(extent.bytes))));
        };
        line = line.saturating_add(extent.lines);
        all.push(Segment { oid: entry.oid.clone(), extent: *extent });
    }
    Ok(StoredFile { segments: all, redactions: said.redactions.clone() })
}

/// Holds each segment against what the manifest says of it.
pub fn verify(repo: &Repo, file: &StoredFile, label: &Label<'_>) -> Result<(), StoreError> {
    for (n, segment) in file.segments.iter().enumerate() {
        let is = Extent::of(&repo.blob(&segment.oid)?);
        if is != segment.extent {
            return Err(label.altered(&segments::name(n).1, is, segment.extent));
        }
    }
    Ok(())
}

/// A number of bytes for people.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..=1023 => format!("{bytes} B"),
        1024..=1_048_575 => format!("{} KiB", bytes.div_ceil(1024)),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}
