//! Embeds the migrations: sqlx's own macro would build sqlx and SQLite a second time, for the compiler.

use std::{env, fmt::Write as _, fs, io, path::Path};

fn main() -> io::Result<()> {
    let root = Path::new("../../migrations");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut code = String::new();
    for database in ["postgres", "sqlite"] {
        let folder = root.join(database);
        println!("cargo::rerun-if-changed={}", folder.display());
        let mut files: Vec<_> = fs::read_dir(&folder)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()?;
        files.retain(|file| file.extension().is_some_and(|ending| ending == "sql"));
        files.sort();
        let name = database.to_uppercase();
        let _ = writeln!(code, "pub(crate) const {name}: &[(i64, &str, &str)] = &[");
        for file in files {
            println!("cargo::rerun-if-changed={}", file.display());
            let stem = file.file_stem().unwrap_or_default().to_string_lossy();
            let (version, words) = stem.split_once('_').ok_or_else(|| misnamed(&file))?;
            let version: i64 = version.parse().map_err(|_| misnamed(&file))?;
            let words = words.replace('_', " ");
            let path = file.canonicalize()?;
            let _ = writeln!(code, "    ({version}, {words:?}, include_str!({path:?})),");
        }
        code.push_str("];\n");
    }
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    fs::write(Path::new(&out).join("migrations.rs"), code)
}

fn misnamed(file: &Path) -> io::Error {
    io::Error::other(format!("{} is not named NUMBER_WORDS.sql", file.display()))
}
