//! SHA-256 of files: the identity of a model.

use std::{fs::File, io, io::Read, path::Path};

use sha2::{Digest, Sha256};

/// SHA-256 of the file at `path`, in lower-case hex.
///
/// # Errors
/// Whatever reading the file fails with.
pub fn sha256_of_file(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0_u8; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
    }
    Ok(hex(&hasher.finalize()))
}

/// SHA-256 of `bytes`, in lower-case hex.
#[must_use]
pub fn sha256_of_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
