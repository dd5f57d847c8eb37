//! Writes a file of an agent's whole, by rename: never half, and never over something newer.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use crate::agents::RawFile;
use crate::fault::{AnyFault, FileFault};
use crate::flows::Stuck;
use crate::flows::capture::reach::Stamp;

/// Writes what `content` gives, readable by its owner only; refuses if the file is no longer the `old` one.
pub(super) fn put(
    path: &Path,
    old: Option<&Stamp>,
    content: impl FnOnce(&mut dyn Write) -> Result<(), AnyFault>,
) -> Result<(), AnyFault> {
    let parent = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(parent).map_err(FileFault::on("create", parent))?;
    let file =
        tempfile::Builder::new().prefix(".handoff-").tempfile_in(parent).map_err(FileFault::on("write in", parent))?;
    let mut out = Hashed { out: BufWriter::new(file), hash: blake3::Hasher::new() };
    content(&mut out)?;
    let Hashed { out, hash } = out;
    let file = out.into_inner().map_err(|e| FileFault::on("write", path)(e.into_error()))?;
    file.as_file().sync_all().map_err(FileFault::on("write", path))?;
    let mut back = blake3::Hasher::new();
    let again = File::open(file.path()).and_then(|mut written| io::copy(&mut written, &mut back));
    again.map_err(FileFault::on("read back", file.path()))?;
    if back.finalize() != hash.finalize() {
        let next = "the disk gave back something else than was written; nothing was changed";
        return Err(Stuck::failed(format!("could not write {}", path.display()), next).into());
    }
    if Stamp::at(path).as_ref() != old {
        let next = "an agent is writing to it; end it there and run the same command again";
        return Err(Stuck::failed(format!("{} changed meanwhile", path.display()), next).into());
    }
    file.persist(path).map_err(|e| FileFault { action: "write", path: path.to_path_buf(), source: e.error })?;
    Ok(())
}

/// Copies a file; whether it ends with a line, or is empty.
pub(super) fn copy(file: &RawFile, out: &mut dyn Write) -> Result<bool, AnyFault> {
    let path = file.paths().next().map(Path::to_path_buf).unwrap_or_default();
    let mut reader = file.reader()?;
    let mut part = vec![0; 64 << 10];
    let mut last = b'\n';
    loop {
        let read = reader.read(&mut part).map_err(FileFault::on("read", &path))?;
        let Some(end) = read.checked_sub(1) else { return Ok(last == b'\n') };
        last = part[end];
        out.write_all(&part[..read]).map_err(FileFault::on("copy", &path))?;
    }
}

/// What is written, and its hash.
struct Hashed<W> {
    out: W,
    hash: blake3::Hasher,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
