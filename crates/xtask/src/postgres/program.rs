//! Postgres's programs: found where systems put them, else installed by apt.

use std::{
    env,
    os::unix::fs::MetadataExt as _,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail, ensure};

use crate::report;

/// The folder that holds `initdb` and `pg_ctl`.
///
/// # Errors
/// When they are not there and cannot be installed.
pub(super) fn find_or_install() -> Result<PathBuf> {
    if let Some(programs) = find() {
        return Ok(programs);
    }
    let hint = "install the PostgreSQL server (Debian: apt-get install postgresql), or set ROSTRO_TEST_POSTGRES_URL to a server whose user may create databases";
    ensure!(
        is_root(),
        "the tests need Postgres, which is not installed: {hint}"
    );
    report::line(
        "  Postgres is not installed: installing the system's package (apt-get install postgresql postgresql-contrib)",
    );
    for arguments in [
        &["update", "-q"][..],
        &[
            "install",
            "-q",
            "-y",
            "--no-install-recommends",
            "postgresql",
            "postgresql-contrib",
        ],
    ] {
        let installed = Command::new("apt-get")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .status();
        let done = installed
            .with_context(|| format!("the tests need Postgres, and apt-get cannot be run: {hint}"))?
            .success();
        ensure!(
            done,
            "apt-get {} failed: {hint}",
            arguments.first().unwrap_or(&"")
        );
    }
    find().with_context(|| {
        format!("apt-get installed Postgres, but its programs are not where they should be: {hint}")
    })
}

/// `psql`, from the same place, else by the path.
pub(super) fn psql() -> PathBuf {
    find()
        .map(|programs| programs.join("psql"))
        .filter(|psql| psql.is_file())
        .unwrap_or_else(|| "psql".into())
}

/// The newest version in the usual places, else what the path has.
pub(super) fn find() -> Option<PathBuf> {
    let mut versions = Vec::new();
    for (parent, prefix) in [
        ("/usr/lib/postgresql", ""),
        ("/usr", "pgsql-"),
        ("/opt/homebrew/opt", "postgresql@"),
    ] {
        for entry in Path::new(parent).read_dir().into_iter().flatten().flatten() {
            let name = entry.file_name();
            let version = name
                .to_str()
                .and_then(|name| name.strip_prefix(prefix))
                .and_then(|version| version.parse::<f32>().ok());
            versions.extend(version.map(|version| (version, entry.path().join("bin"))));
        }
    }
    versions.sort_by(|left, right| right.0.total_cmp(&left.0));
    let path = env::var_os("PATH").unwrap_or_default();
    versions
        .into_iter()
        .map(|(_, folder)| folder)
        .chain(env::split_paths(&path))
        .find(|folder| {
            ["initdb", "pg_ctl", "postgres"]
                .iter()
                .all(|program| folder.join(program).is_file())
        })
}

/// The user that Postgres runs as: it refuses root.
#[derive(Debug, Clone, Copy)]
pub(super) struct User {
    /// User and group number; `None` for the user that runs this.
    pub(super) ids: Option<(u32, u32)>,
}

impl User {
    /// This user, or for root the system's `postgres` or `nobody`.
    ///
    /// # Errors
    /// When root has neither.
    pub(super) fn find() -> Result<Self> {
        if !is_root() {
            return Ok(Self { ids: None });
        }
        for name in ["postgres", "nobody"] {
            if let (Some(user), Some(group)) = (number("-u", name), number("-g", name)) {
                return Ok(Self {
                    ids: Some((user, group)),
                });
            }
        }
        bail!(
            "Postgres refuses to run as root, and there is neither a user postgres nor nobody: run the tests as another user"
        );
    }

    /// A command that runs as this user.
    pub(super) fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        // The folder that this was started in may be closed to that user.
        command.current_dir("/");
        if let Some((user, group)) = self.ids {
            command.uid(user).gid(group);
        }
        command
    }
}

fn number(kind: &str, name: &str) -> Option<u32> {
    let output = Command::new("id").args([kind, name]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// Whether this runs as root: a process's own entry in /proc, or a file it makes, belongs to its user.
fn is_root() -> bool {
    match Path::new("/proc/self").metadata() {
        Ok(own) => own.uid() == 0,
        Err(_) => Command::new("id")
            .arg("-u")
            .output()
            .is_ok_and(|output| output.stdout.trim_ascii() == b"0"),
    }
}
