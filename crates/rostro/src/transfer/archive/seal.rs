//! An archive that is encrypted as a whole, under what is in a key file: the way to another installation.
//!
//! The file is `ROSTROA1`, a salt of 16 bytes, and pieces of 64 KiB, each sealed with AES-256-GCM; the last one is shorter, possibly
//! empty. The key is made of the key file's content and the salt with PBKDF2 (HMAC-SHA-256), so that a passphrase will do. A nonce is the number
//! of its piece and whether that is the last one: pieces cannot be left out, repeated, exchanged or cut off.

use std::{
    io::{self, Read, Write},
    num::NonZeroU32,
    path::Path,
};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    pbkdf2,
};
use zeroize::Zeroizing;

pub(super) const MAGIC: &[u8; 8] = b"ROSTROA1";
const SALT: usize = 16;
const PIECE: usize = 64 << 10;
const TAG: usize = 16;
/// What OWASP asks of PBKDF2-HMAC-SHA-256 (Password Storage Cheat Sheet, 2023).
const ROUNDS: NonZeroU32 = match NonZeroU32::new(600_000) {
    Some(rounds) => rounds,
    None => NonZeroU32::MAX,
};
/// A key file with less is refused: a passphrase of four random words is longer.
const SHORTEST: usize = 16;

/// What is in a key file.
#[derive(Clone)]
pub struct ArchiveKey(Zeroizing<Vec<u8>>);

impl ArchiveKey {
    /// The content of a file, without white space around it: a passphrase, or random characters.
    ///
    /// # Errors
    /// It cannot be read, or is shorter than 16 bytes.
    pub fn read(path: &Path) -> io::Result<Self> {
        let content = Zeroizing::new(std::fs::read(path)?);
        let key = content.trim_ascii();
        if key.len() < SHORTEST {
            let text = format!("a key file has at least {SHORTEST} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        Ok(Self(Zeroizing::new(key.to_vec())))
    }

    fn cipher(&self, salt: &[u8; SALT]) -> io::Result<LessSafeKey> {
        let mut key = Zeroizing::new([0; 32]);
        pbkdf2::derive(
            pbkdf2::PBKDF2_HMAC_SHA256,
            ROUNDS,
            salt,
            &self.0,
            key.as_mut_slice(),
        );
        let key = UnboundKey::new(&AES_256_GCM, key.as_slice()).map_err(|_| failed())?;
        Ok(LessSafeKey::new(key))
    }
}

fn nonce(number: u64, last: bool) -> Nonce {
    let mut nonce = [0; 12];
    nonce[..8].copy_from_slice(&number.to_be_bytes());
    nonce[11] = u8::from(last);
    Nonce::assume_unique_for_key(nonce)
}

fn failed() -> io::Error {
    io::Error::other("the cryptographic library failed")
}

/// Encrypts what is written to it; [`Sealer::finish`] writes the end.
pub(super) struct Sealer<W> {
    output: W,
    cipher: LessSafeKey,
    number: u64,
    piece: Vec<u8>,
}

impl<W: Write> Sealer<W> {
    pub(super) fn new(mut output: W, key: &ArchiveKey) -> io::Result<Self> {
        let mut salt = [0; SALT];
        aws_lc_rs::rand::fill(&mut salt).map_err(|_| failed())?;
        output.write_all(MAGIC)?;
        output.write_all(&salt)?;
        Ok(Self {
            output,
            cipher: key.cipher(&salt)?,
            number: 0,
            piece: Vec::with_capacity(PIECE + TAG),
        })
    }

    fn put(&mut self, last: bool) -> io::Result<()> {
        self.cipher
            .seal_in_place_append_tag(nonce(self.number, last), Aad::empty(), &mut self.piece)
            .map_err(|_| failed())?;
        self.output.write_all(&self.piece)?;
        self.piece.clear();
        self.number += 1;
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<W> {
        self.put(true)?;
        Ok(self.output)
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&bytes[..taken]);
        if self.piece.len() == PIECE {
            self.put(false)?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// Decrypts what [`Sealer`] wrote, from behind [`MAGIC`] on.
pub(super) struct Opener<R> {
    input: R,
    cipher: LessSafeKey,
    number: u64,
    piece: Zeroizing<Vec<u8>>,
    read: usize,
    ended: bool,
}

impl<R: Read> Opener<R> {
    pub(super) fn new(mut input: R, key: &ArchiveKey) -> io::Result<Self> {
        let mut salt = [0; SALT];
        input.read_exact(&mut salt)?;
        Ok(Self {
            input,
            cipher: key.cipher(&salt)?,
            number: 0,
            piece: Zeroizing::default(),
            read: 0,
            ended: false,
        })
    }

    fn next(&mut self) -> io::Result<()> {
        self.piece.clear();
        self.read = 0;
        let whole = (PIECE + TAG) as u64;
        let length = self
            .input
            .by_ref()
            .take(whole)
            .read_to_end(&mut self.piece)?;
        self.ended = length as u64 != whole;
        let opened = self
            .cipher
            .open_in_place(
                nonce(self.number, self.ended),
                Aad::empty(),
                &mut self.piece,
            )
            .map_err(|_| {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    "the key is the wrong one, or the file is damaged",
                )
            })?;
        let length = opened.len();
        self.piece.truncate(length);
        self.number += 1;
        Ok(())
    }
}

impl<R: Read> Read for Opener<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.read == self.piece.len() && !self.ended {
            self.next()?;
        }
        let taken = into.len().min(self.piece.len() - self.read);
        into[..taken].copy_from_slice(&self.piece[self.read..self.read + taken]);
        self.read += taken;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> ArchiveKey {
        ArchiveKey(Zeroizing::new(vec![seed; 32]))
    }

    fn sealed(bytes: &[u8]) -> Vec<u8> {
        let mut sealer = Sealer::new(Vec::new(), &key(1)).unwrap();
        sealer.write_all(bytes).unwrap();
        sealer.finish().unwrap()
    }

    fn opened(sealed: &[u8], key: &ArchiveKey) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        Opener::new(&sealed[MAGIC.len()..], key)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    #[test]
    fn there_and_back_whatever_the_length() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE] {
            let bytes: Vec<u8> = (0..length).map(|number| number as u8).collect();
            assert_eq!(opened(&sealed(&bytes), &key(1)).unwrap(), bytes, "{length}");
        }
    }

    #[test]
    fn what_was_changed_or_cut_does_not_open() {
        let whole = sealed(&[7; PIECE + 100]);
        assert!(opened(&whole, &key(2)).is_err());
        let head = MAGIC.len() + SALT;
        for end in [whole.len() - 1, head + PIECE + TAG, head + 5, head] {
            assert!(opened(&whole[..end], &key(1)).is_err(), "{end}");
        }
        let mut changed = whole.clone();
        changed[head + 9] ^= 1;
        assert!(opened(&changed, &key(1)).is_err());
        let swapped = [
            &whole[..head],
            &whole[head + PIECE + TAG..],
            &whole[head..head + PIECE + TAG],
        ]
        .concat();
        assert!(opened(&swapped, &key(1)).is_err());
    }
}
