//! Writing an archive, entry by entry.

use std::io::{self, Write};

use sha2::{Digest as _, Sha256};
use zstd::stream::write::Encoder;

use super::{
    CHECKSUMS, Checksums, HEAD, Head,
    record::Line,
    seal::{ArchiveKey, Sealer},
};
use service::hex::hex;

/// An entry is closed when it has this many bytes.
const ENTRY: usize = 4 << 20;

/// Zstandard's level: templates and JPEGs hardly shrink further.
const LEVEL: i32 = 3;

/// Where the compressed bytes go.
enum Output<W> {
    Plain(W),
    Sealed(Box<Sealer<W>>),
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(output) => output.write(bytes),
            Self::Sealed(sealer) => sealer.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(output) => output.flush(),
            Self::Sealed(sealer) => sealer.flush(),
        }
    }
}

/// Blocks while it writes.
pub(super) struct Writer<W: Write> {
    tar: tar::Builder<Encoder<'static, Output<W>>>,
    sums: Checksums,
    kind: &'static str,
    lines: Vec<u8>,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(output: W, head: &Head, key: Option<&ArchiveKey>) -> io::Result<Self> {
        let output = match key {
            Some(key) => Output::Sealed(Box::new(Sealer::new(output, key)?)),
            None => Output::Plain(output),
        };
        let mut encoder = Encoder::new(output, LEVEL)?;
        encoder.include_checksum(true)?;
        let mut writer = Self {
            tar: tar::Builder::new(encoder),
            sums: Checksums::default(),
            kind: "collections",
            lines: Vec::new(),
        };
        writer.entry(HEAD.to_owned(), &serde_json::to_vec_pretty(head)?)?;
        Ok(writer)
    }

    pub(super) fn line(&mut self, line: &Line) -> io::Result<()> {
        let contents = &mut self.sums.contents;
        let kind = match line {
            Line::Collection(_) => {
                contents.collections += 1;
                "collections"
            }
            Line::Person(_) | Line::Sealed(_) => {
                contents.persons += 1;
                "persons"
            }
        };
        for model in line.models() {
            contents.faces += 1;
            contents.models.insert(model);
        }
        if kind != self.kind || self.lines.len() >= ENTRY {
            self.flush()?;
            self.kind = kind;
        }
        serde_json::to_writer(&mut self.lines, line)?;
        self.lines.push(b'\n');
        Ok(())
    }

    /// Writes what is left, and the checksums. Returns what is in the archive, and the output.
    pub(super) fn finish(mut self) -> io::Result<(super::Contents, W)> {
        self.flush()?;
        let sums = serde_json::to_vec_pretty(&self.sums)?;
        let contents = self.sums.contents.clone();
        self.entry(CHECKSUMS.to_owned(), &sums)?;
        let output = match self.tar.into_inner()?.finish()? {
            Output::Plain(output) => output,
            Output::Sealed(sealer) => sealer.finish()?,
        };
        Ok((contents, output))
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let lines = std::mem::take(&mut self.lines);
        let same = |name: &&String| name.starts_with(self.kind);
        let number = self.sums.entries.keys().filter(same).count() + 1;
        self.entry(format!("{}-{number:06}.jsonl", self.kind), &lines)
    }

    fn entry(&mut self, name: String, bytes: &[u8]) -> io::Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(0);
        self.tar.append_data(&mut header, &name, bytes)?;
        self.sums.entries.insert(name, hex(&Sha256::digest(bytes)));
        Ok(())
    }
}
