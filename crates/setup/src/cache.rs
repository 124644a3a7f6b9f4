//! The cache folder: one set-up at a time, and what a killed one left is swept away.

use std::{
    fs::{self, File, TryLockError},
    path::Path,
};

use anyhow::{Context as _, Result};

use crate::report;

/// How the names of unfinished files and folders begin.
pub(crate) const PART: &str = ".part-";

/// Waits until no other set-up works in `cache`. The lock goes with the value, and with the process however it ends.
///
/// # Errors
/// When the folder cannot be written.
pub(crate) fn lock(cache: &Path) -> Result<File> {
    let path = cache.join("lock");
    fs::create_dir_all(cache)
        .and_then(|()| File::create(&path))
        .and_then(|file| match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => {
                report::line("another set-up is running; waiting for it");
                file.lock().map(|()| file)
            }
            Err(TryLockError::Error(error)) => Err(error),
        })
        .with_context(|| {
            format!(
                "the cache {} cannot be used: set ROSTRO_CACHE to a folder you can write",
                cache.display()
            )
        })
}

/// Makes `folder` and removes what a killed set-up left unfinished in it. Call with the lock held.
///
/// # Errors
/// When the folder cannot be made.
pub(crate) fn prepare(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)
        .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    for entry in folder.read_dir().into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(PART) {
            // A pip whose set-up was killed may still write there; what stays now goes the next time.
            let _left = fs::remove_file(entry.path()).or_else(|_| fs::remove_dir_all(entry.path()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        thread,
    };

    use super::*;

    #[test]
    fn only_one_holds_the_lock() {
        let cache = tempfile::tempdir().unwrap();
        let inside = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..25 {
                        let _lock = lock(cache.path()).unwrap();
                        assert_eq!(
                            inside.fetch_add(1, Ordering::SeqCst),
                            0,
                            "two set-ups are inside at once"
                        );
                        thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                    }
                });
            }
        });
    }

    #[test]
    fn unfinished_things_are_swept_and_others_kept() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".part-abc"), "half").unwrap();
        fs::create_dir_all(folder.path().join(".part-pip/deep")).unwrap();
        fs::write(folder.path().join("model.onnx"), "whole").unwrap();
        prepare(folder.path()).unwrap();
        let left: Vec<_> = folder
            .path()
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left, ["model.onnx"]);
    }
}
