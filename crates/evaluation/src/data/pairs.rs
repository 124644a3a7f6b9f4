//! A list of pairs to compare: LFW's `pairs.txt`, or a CSV file.

use std::{collections::BTreeMap, path::Path};

use super::DataSet;
use crate::EvalError;

/// Folds when the list does not say how many it has.
const FOLDS: usize = 10;

/// Two pictures to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// Place of one picture in the data set.
    pub first: usize,
    /// Place of the other.
    pub second: usize,
    /// Whether they show one person.
    pub same: bool,
    /// The part of the protocol that it belongs to, from 0.
    pub fold: usize,
}

/// The pairs of a protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairList {
    /// Those whose pictures are in the data set.
    pub pairs: Vec<Pair>,
    /// Pairs that name a picture that is not.
    pub left_out: usize,
    /// The pictures that are not there, in the order of the list, each once.
    pub missing: Vec<String>,
}

/// A pair as the file says it.
struct Named {
    first: String,
    second: String,
    same: bool,
    fold: usize,
}

impl PairList {
    /// Reads `file`: CSV with the columns `first`, `second` (`PERSON/FILE`) and `same` when it ends so, else LFW's format: a line with
    /// the number of folds and of pairs, then `NAME n m` or `NAME n OTHER m`, where picture n of NAME is `NAME/NAME_000n.*`.
    ///
    /// # Errors
    /// [`EvalError::Read`]; [`EvalError::Pairs`] with the line; [`EvalError::NoPairs`] when none is left.
    pub fn read(file: &Path, data: &DataSet) -> Result<Self, EvalError> {
        let text = std::fs::read(file).map_err(EvalError::read(file))?;
        let text = String::from_utf8_lossy(&text);
        let is_csv = file
            .extension()
            .is_some_and(|end| end.eq_ignore_ascii_case("csv"));
        let named = if is_csv { table(&text) } else { lfw(&text) };
        let named = named.map_err(|(line, fault)| EvalError::Pairs {
            path: file.to_owned(),
            line,
            fault,
        })?;
        let list = Self::resolve(named, data);
        match list.missing.first() {
            Some(missing) if list.pairs.is_empty() => Err(EvalError::NoPairs {
                path: file.to_owned(),
                missing: missing.clone(),
            }),
            _ => Ok(list),
        }
    }

    fn resolve(named: Vec<Named>, data: &DataSet) -> Self {
        let full = data.by_name();
        // LFW's lists leave the ending out.
        let stems: BTreeMap<&str, usize> = full
            .iter()
            .filter_map(|(name, place)| Some((name.rsplit_once('.')?.0, *place)))
            .collect();
        let find = |name: &str| full.get(name).or_else(|| stems.get(name)).copied();
        let mut list = Self {
            pairs: Vec::with_capacity(named.len()),
            left_out: 0,
            missing: Vec::new(),
        };
        let mut known = std::collections::BTreeSet::new();
        for pair in named {
            let found = (find(&pair.first), find(&pair.second));
            if let (Some(first), Some(second)) = found {
                list.pairs.push(Pair {
                    first,
                    second,
                    same: pair.same,
                    fold: pair.fold,
                });
                continue;
            }
            list.left_out += 1;
            for (name, found) in [(pair.first, found.0), (pair.second, found.1)] {
                if found.is_none() && known.insert(name.clone()) {
                    list.missing.push(name);
                }
            }
        }
        list
    }
}

/// A fault and its line.
type Fault = (u64, String);

fn lfw(text: &str) -> Result<Vec<Named>, Fault> {
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(at, line)| (at as u64 + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty());
    let (number, head) = lines.next().ok_or((1, "the file is empty".to_owned()))?;
    let counts: Option<Vec<usize>> = head
        .split_whitespace()
        .map(|count| count.parse().ok())
        .collect();
    let (folds, half) = match counts.as_deref() {
        Some(&[folds, half]) if folds >= 2 && half >= 1 => (Some(folds), half),
        Some(&[half]) if half >= 1 => (None, half),
        _ => {
            return Err((
                number,
                "the first line is not the number of folds and of pairs".to_owned(),
            ));
        }
    };
    let mut named = Vec::new();
    let mut last = number;
    for (number, line) in lines {
        let at = named.len();
        let (first, second, same) = lfw_line(line).map_err(|fault| (number, fault))?;
        let fold = match folds {
            // Each fold is a block: its same-person pairs, then as many others.
            Some(_) => at / half.saturating_mul(2),
            // No folds in the list: they are dealt out.
            None => at % FOLDS,
        };
        named.push(Named {
            first,
            second,
            same,
            fold,
        });
        last = number;
    }
    let expected = folds.unwrap_or(1).saturating_mul(half).saturating_mul(2);
    if named.len() != expected {
        let found = named.len();
        return Err((
            last,
            format!("there are {found} pairs, but the first line announces {expected}"),
        ));
    }
    Ok(named)
}

fn lfw_line(line: &str) -> Result<(String, String, bool), String> {
    // Tabs in LFW's own files: only there may a name hold a space.
    let fields: Vec<&str> = if line.contains('\t') {
        line.split('\t').map(str::trim).collect()
    } else {
        line.split_whitespace().collect()
    };
    let picture = |name: &str, number: &str| match number.parse::<u32>() {
        Ok(number) => Ok(format!("{name}/{name}_{number:04}")),
        Err(_) => Err(format!("{number:?} is not the number of a picture")),
    };
    match fields[..] {
        [name, first, second] => Ok((picture(name, first)?, picture(name, second)?, true)),
        [name, first, other, second] => Ok((picture(name, first)?, picture(other, second)?, false)),
        _ => Err("a line is NAME n m, or NAME n OTHER m".to_owned()),
    }
}

fn table(text: &str) -> Result<Vec<Named>, Fault> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let broken = |error: &csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        (
            line,
            "this is no line of a CSV file with as many columns as its header".to_owned(),
        )
    };
    let header = reader.headers().map_err(|error| broken(&error))?.clone();
    let column = |wanted: &str| {
        let found = header
            .iter()
            .position(|name| name.eq_ignore_ascii_case(wanted));
        found.ok_or_else(|| (1, format!("the header has no column {wanted:?}")))
    };
    let (first, second, same) = (column("first")?, column("second")?, column("same")?);
    let mut named = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| broken(&error))?;
        let line = record.position().map_or(1, csv::Position::line);
        let field = |at: usize| record.get(at).unwrap_or_default().to_owned();
        let same = match field(same).to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "same" => true,
            "0" | "false" | "no" | "different" => false,
            other => {
                return Err((
                    line,
                    format!("the column same says {other:?}, not yes or no"),
                ));
            }
        };
        let fold = named.len() % FOLDS;
        named.push(Named {
            first: field(first),
            second: field(second),
            same,
            fold,
        });
    }
    if named.is_empty() {
        return Err((1, "there is no pair in the file".to_owned()));
    }
    Ok(named)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn data() -> DataSet {
        let mut data = DataSet {
            folder: "x".into(),
            people: ["Ana", "Bo Li"].map(str::to_owned).to_vec(),
            pictures: Vec::new(),
            pairs: None,
        };
        for (person, name) in [
            (0, "Ana/Ana_0001.jpg"),
            (0, "Ana/Ana_0002.png"),
            (1, "Bo Li/Bo Li_0001.jpg"),
        ] {
            data.pictures.push(super::super::Picture {
                path: name.into(),
                name: name.to_owned(),
                person,
            });
        }
        data
    }

    fn read(name: &str, text: &str) -> Result<PairList, EvalError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        PairList::read(&file, &data())
    }

    #[test]
    fn the_format_of_lfw_is_read() {
        let list = read(
            "pairs.txt",
            "2\t1\r\nAna\t1\t2\r\nAna\t2\tBo Li\t1\r\nAna\t2\t1\nBo Li\t1\tAna\t9\n\n",
        )
        .unwrap();
        let pair = |first, second, same, fold| Pair {
            first,
            second,
            same,
            fold,
        };
        assert_eq!(
            list.pairs,
            [
                pair(0, 1, true, 0),
                pair(1, 2, false, 0),
                pair(1, 0, true, 1)
            ]
        );
        assert_eq!(
            (list.left_out, list.missing),
            (1, vec!["Ana/Ana_0009".to_owned()])
        );
    }

    #[test]
    fn a_table_is_read() {
        let list = read("p.csv", "same, second ,First\nyes,Ana/Ana_0002.png,Ana/Ana_0001.jpg\n0,Bo Li/Bo Li_0001,Ana/Ana_0001.jpg\n").unwrap();
        assert_eq!(list.pairs.len(), 2);
        assert!(
            list.pairs[0].same
                && !list.pairs[1].same
                && list.pairs[1].second == 2
                && list.missing.is_empty()
        );
    }

    #[test]
    fn faults_name_the_line() {
        let fault = |name: &str, text: &str| read(name, text).unwrap_err().to_string();
        for (name, text, words) in [
            ("pairs.txt", "", "line 1: the file is empty"),
            ("pairs.txt", "Ana\t1\t2\n", "line 1: the first line is not"),
            (
                "pairs.txt",
                "10 300\nAna 1 2\n",
                "line 2: there are 1 pairs, but the first line announces 6000",
            ),
            (
                "pairs.txt",
                "1\nAna 1 2\nAna x Bo 1\n",
                "line 3: \"x\" is not the number",
            ),
            ("pairs.txt", "1\nAna\n", "line 2: a line is NAME n m"),
            (
                "pairs.txt",
                "1\nX 1 2\nY 1 Z 2\n",
                "names no pair of pictures that are in the folder; the first that is missing is X/X_0001",
            ),
            (
                "p.csv",
                "first,second\na,b\n",
                "line 1: the header has no column \"same\"",
            ),
            ("p.csv", "first,second,same\n", "line 1: there is no pair"),
            (
                "p.csv",
                "first,second,same\na,b,maybe\n",
                "line 2: the column same says \"maybe\"",
            ),
            (
                "p.csv",
                "first,second,same\na,b\n",
                "line 2: this is no line",
            ),
        ] {
            let found = fault(name, text);
            assert!(found.contains(words), "{found}");
            assert_eq!(found.lines().count(), 1);
        }
    }

    proptest! {
        #[test]
        fn no_text_stops_the_reader(text in "([A-Za-z0-9_./\\t ,\"\n\u{e9}-]|[0-9]{20}){0,200}") {
            let _ = lfw(&text);
            let _ = table(&text);
        }
    }
}
