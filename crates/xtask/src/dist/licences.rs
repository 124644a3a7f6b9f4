//! Licences of what is packed.

use std::{collections::BTreeMap, fmt::Write as _, fs};

use anyhow::Result;

use super::parts::Part;

/// How the names of files with terms begin, in lower case.
const TERMS: [&str; 5] = ["licen", "copying", "notice", "unlicense", "copyright"];

/// Every crate with its licence, then every text of terms once, with the crates that have it.
///
/// # Errors
/// Sources that cannot be read.
pub(super) fn of_crates(parts: &[Part]) -> Result<String> {
    let mut list = "Crates that the program is linked from\n\n".to_owned();
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for part in parts {
        let licence = part.licence.as_deref().unwrap_or("see its terms below");
        let name = format!("{} {}", part.name, part.version);
        let _ = writeln!(list, "{name}: {licence}");
        for entry in part.folder.read_dir()? {
            let path = entry?.path();
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            let file = file.to_lowercase();
            if path.is_file() && TERMS.iter().any(|start| file.starts_with(start)) {
                let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
                texts.entry(text).or_default().push(name.clone());
            }
        }
    }
    for (text, mut names) in texts {
        names.dedup();
        let _ = write!(
            list,
            "\n{}\n{}\n\n{text}\n",
            "=".repeat(80),
            names.join(", ")
        );
    }
    Ok(list)
}
