//! The side files of a session: subagents' logs grow like the main one, long tool results come and stay.

use std::collections::BTreeMap;
use std::io::Read;

use sha2::{Digest, Sha256};

use super::here::carried;
use super::reach::Stamp;
use super::{Capture, here::Here};
use crate::agents::RawFile;
use crate::canon::{self, Canonical, Met};
use crate::fault::{AnyFault, FileFault};
use crate::jsonl::LONGEST_LINE;
use crate::store::files::{StoredFile, Writer};

impl Capture<'_> {
    /// The stored side files with what the agent has now. `known`: how they were when they were stored; what did not
    /// change is not read.
    pub(super) fn side_files(
        &self,
        have: &BTreeMap<String, StoredFile>,
        known: Option<&BTreeMap<String, Stamp>>,
    ) -> Result<BTreeMap<String, StoredFile>, AnyFault> {
        let mut files = have.clone();
        for (name, raw) in &self.files {
            let before = known.and_then(|known| known.get(name));
            if before.is_some() && before == Stamp::of(raw).as_ref() && have.contains_key(name) {
                continue;
            }
            let old = have.get(name).cloned().unwrap_or_default();
            let new = if name.ends_with(".jsonl") { self.grown(&old, raw)? } else { self.text(name, &old, raw)? };
            files.extend(new.map(|new| (name.clone(), new)));
        }
        Ok(files)
    }

    fn grown(&self, old: &StoredFile, raw: &RawFile) -> Result<Option<StoredFile>, AnyFault> {
        let mut walk = self.here.walk(self.ctx, old, carried(self.agent(), raw), &[]);
        if walk.meet()? != Met::All {
            return Ok(None);
        }
        let mut writer = Writer::after(&self.ctx.repo, old.clone());
        while let Some(line) = walk.next_new()? {
            writer.line(&line)?;
        }
        Ok(Some(writer.finish()?))
    }

    fn text(&self, name: &str, old: &StoredFile, raw: &RawFile) -> Result<Option<StoredFile>, AnyFault> {
        let new = cleaned(&self.here, name, raw)?;
        let stored = old.bytes(&self.ctx.repo)?;
        // Redacted or not, it is the one that is stored.
        let same =
            raw.len() == stored.len() as u64 && canon::localise_file(&self.here.roots, name, &stored) == whole(raw)?;
        if same || new.bytes() == stored {
            return Ok(None);
        }
        let mut writer = Writer::new(&self.ctx.repo);
        writer.push(&new)?;
        Ok(Some(writer.finish()?))
    }
}

/// A text file as it is stored. Like a line, a text that is too long is left out, and named by its size and hash.
pub fn cleaned(here: &Here, name: &str, raw: &RawFile) -> Result<Canonical, AnyFault> {
    if raw.len() <= LONGEST_LINE as u64 {
        return Ok(here.canon().file(name, &whole(raw)?));
    }
    let mut hash = Sha256::new();
    let mut reader = raw.reader()?;
    std::io::copy(&mut reader, &mut hash).map_err(on(raw))?;
    Ok(canon::left_out(raw.len(), &hash.finalize()))
}

fn whole(raw: &RawFile) -> Result<Vec<u8>, AnyFault> {
    let mut bytes = Vec::new();
    raw.reader()?.read_to_end(&mut bytes).map_err(on(raw))?;
    Ok(bytes)
}

fn on(raw: &RawFile) -> impl FnOnce(std::io::Error) -> FileFault {
    let path = raw.paths().next().map(std::path::Path::to_path_buf).unwrap_or_default();
    move |source| FileFault { action: "read", path, source }
}
