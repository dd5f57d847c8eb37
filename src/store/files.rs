//! One stored file as a folder of segments: written, listed and put together again.

use crate::canon::Canonical;
use crate::format::manifest::Extent;
use crate::format::segments;
use crate::git::Repo;
use crate::git::objects::{Entry, EntryType};
use crate::model::ids::Oid;
use crate::store::StoreError;

/// A stored file: its folder of segments, and how long each is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// The tree of folders of segments.
    pub tree: Oid,
    /// Each segment's length, in order.
    pub segments: Vec<Extent>,
}

impl StoredFile {
    /// The length of the whole.
    pub fn extent(&self) -> Extent {
        let add = |sum: Extent, e: &Extent| Extent { lines: sum.lines + e.lines, bytes: sum.bytes + e.bytes };
        self.segments.iter().fold(Extent::default(), add)
    }
}

/// Writes a file. What is there already is not written again.
pub fn write(repo: &Repo, file: &Canonical) -> Result<StoredFile, StoreError> {
    let mut folders: Vec<(String, Vec<Entry>)> = Vec::new();
    let mut extents = Vec::new();
    for (n, range) in segments::cut(file.bytes()).into_iter().enumerate() {
        let bytes = &file.bytes()[range];
        let (folder, name) = segments::name(n);
        if folders.last().is_none_or(|(last, _)| *last != folder) {
            folders.push((folder, Vec::new()));
        }
        let entry = Entry { name, kind: EntryType::File, oid: repo.write_blob(bytes)? };
        if let Some((_, entries)) = folders.last_mut() {
            entries.push(entry);
        }
        extents.push(Extent::of(bytes));
    }
    let mut top = Vec::new();
    for (name, entries) in folders {
        top.push(Entry { name, kind: EntryType::Folder, oid: repo.write_tree(&entries)? });
    }
    Ok(StoredFile { tree: repo.write_tree(&top)?, segments: extents })
}

/// Where a file stands, for errors.
pub struct Label<'a> {
    /// Agent and short id.
    pub session: &'a str,
    /// What the file is: empty for the log itself, else `of <name>`.
    pub of: &'a str,
    /// The commit.
    pub place: &'a str,
}

/// Puts a file together and holds each segment against what the manifest says of it (`None`: lengths are not known).
pub fn read(
    repo: &Repo,
    tree: &Oid,
    said: Option<&[Extent]>,
    total: Extent,
    label: &Label<'_>,
) -> Result<Vec<u8>, StoreError> {
    let mut found = Vec::new();
    for folder in repo.tree(tree)? {
        if folder.kind == EntryType::Folder {
            found.extend(repo.tree(&folder.oid)?.into_iter().filter(|e| e.kind == EntryType::File));
        }
    }
    let count = said.map_or(found.len(), <[Extent]>::len);
    let mut bytes = Vec::with_capacity(usize::try_from(total.bytes.min(64 << 20)).unwrap_or(0));
    let mut line = 1_u64;
    for n in 0..count {
        let (_, name) = segments::name(n);
        let said = said.map(|s| s[n]);
        let part = format!("segment {name}{}", label.of);
        let hole = || StoreError::Hole {
            session: label.session.to_owned(),
            part: part.clone(),
            extent: said.map_or("size unknown".into(), |e| {
                format!("{}, lines {line}-{}", size(e.bytes), line.saturating_add(e.lines.max(1) - 1))
            }),
            place: label.place.to_owned(),
        };
        let entry = found.iter().find(|e| e.name == name).ok_or_else(hole)?;
        if !repo.has(&entry.oid) {
            return Err(hole());
        }
        let segment = repo.blob(&entry.oid)?;
        let is = Extent::of(&segment);
        if said.is_some_and(|s| s != is) {
            return Err(altered(label, &part, is, said.unwrap_or_default()));
        }
        line = line.saturating_add(is.lines);
        if bytes.len() as u64 + is.bytes > total.bytes {
            break;
        }
        bytes.extend_from_slice(&segment);
    }
    let is = Extent::of(&bytes);
    if is == total { Ok(bytes) } else { Err(altered(label, &format!("the whole{}", label.of), is, total)) }
}

fn altered(label: &Label<'_>, part: &str, is: Extent, said: Extent) -> StoreError {
    let words = |e: Extent| format!("{} lines in {} bytes", e.lines, e.bytes);
    StoreError::Altered {
        session: label.session.to_owned(),
        part: part.to_owned(),
        found: words(is),
        said: words(said),
        place: label.place.to_owned(),
    }
}

/// A number of bytes for people.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..=1023 => format!("{bytes} B"),
        1024..=1_048_575 => format!("{} KiB", bytes.div_ceil(1024)),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}
