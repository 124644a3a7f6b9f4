//! Which group each person belongs to, by a column of a table.

use std::{collections::BTreeMap, path::Path};

use crate::EvalError;

/// More groups than this are not groups but a number per person.
pub const MAX_GROUPS: usize = 20;

/// Names of the column that says who a line is about.
const PERSON: [&str; 2] = ["person", "name"];

/// People by the value of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    /// The column.
    pub field: String,
    /// Its values, sorted.
    pub names: Vec<String>,
    /// For each person of the data set the place of the value in `names`, if the table has one.
    pub of_person: Vec<Option<usize>>,
    /// Lines about nobody in the data set, by name.
    pub unknown: Vec<String>,
}

impl Groups {
    /// Reads column `field` of the CSV file `file`, which has a column `person` (or `name`) with names as in `people`; `_` and a space
    /// are the same there.
    ///
    /// # Errors
    /// [`EvalError::Read`]; [`EvalError::People`] when a column is missing, two lines about one person differ, nobody is known, or
    /// there are more than [`MAX_GROUPS`] values.
    pub fn read(file: &Path, field: &str, people: &[String]) -> Result<Self, EvalError> {
        let text = std::fs::read(file).map_err(EvalError::read(file))?;
        Self::parse(&String::from_utf8_lossy(&text), field, people).map_err(|fault| {
            EvalError::People {
                path: file.to_owned(),
                fault,
            }
        })
    }

    fn parse(text: &str, field: &str, people: &[String]) -> Result<Self, String> {
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let broken = |error: csv::Error| {
            let line = error.position().map_or(1, csv::Position::line);
            format!("line {line} has not as many columns as the header")
        };
        let header = reader.headers().map_err(broken)?.clone();
        let column = |wanted: &str| {
            header
                .iter()
                .position(|name| name.eq_ignore_ascii_case(wanted))
        };
        let person = PERSON.iter().find_map(|name| column(name));
        let person = person.ok_or("the header has no column \"person\"")?;
        let value = column(field).ok_or_else(|| {
            let others: Vec<&str> = header.iter().collect();
            format!(
                "the header has no column {field:?}, but {}",
                others.join(", ")
            )
        })?;
        let places: BTreeMap<String, usize> = people
            .iter()
            .enumerate()
            .map(|(place, name)| (plain(name), place))
            .collect();
        let (mut values, mut unknown) = (BTreeMap::new(), Vec::new());
        for record in reader.records() {
            let record = record.map_err(broken)?;
            let name = record.get(person).unwrap_or_default();
            let group = record.get(value).unwrap_or_default();
            let Some(place) = places.get(&plain(name)) else {
                unknown.push(name.to_owned());
                continue;
            };
            if group.is_empty() {
                continue;
            }
            let before = values.insert(*place, group.to_owned());
            if before.is_some_and(|before| before != group) {
                return Err(format!("two lines about {name} differ in {field}"));
            }
        }
        let mut names: Vec<String> = values.values().cloned().collect();
        names.sort();
        names.dedup();
        match names.len() {
            0 => Err(format!(
                "it says the {field} of nobody who is in the folder"
            )),
            count if count > MAX_GROUPS => Err(format!(
                "{field} has {count} values, at most {MAX_GROUPS} make sense: give ranges, for example 18-29"
            )),
            _ => Ok(Self {
                field: field.to_owned(),
                of_person: (0..people.len())
                    .map(|place| names.binary_search(values.get(&place)?).ok())
                    .collect(),
                names,
                unknown,
            }),
        }
    }
}

/// A name as it is compared.
fn plain(name: &str) -> String {
    name.replace('_', " ").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn people() -> Vec<String> {
        ["Ana_Pérez", "Bo", "Cy"].map(str::to_owned).to_vec()
    }

    fn parse(text: &str, field: &str) -> Result<Groups, String> {
        Groups::parse(text, field, &people())
    }

    #[test]
    fn people_are_put_into_groups() {
        let text = "age,Person,sex\n30,Ana Pérez,f\n40,Bo,m\n50,Dee,f\n60,Cy,\n40,Bo,m\n";
        let groups = parse(text, "sex").unwrap();
        assert_eq!(groups.names, ["f", "m"]);
        assert_eq!(groups.of_person, [Some(0), Some(1), None]);
        assert_eq!(groups.unknown, ["Dee"]);
        assert_eq!(
            parse("name,g\nBo,x\n", "G").unwrap().of_person,
            [None, Some(0), None]
        );
    }

    #[test]
    fn a_table_that_says_nothing_is_refused() {
        for (text, words) in [
            ("", "no column \"person\""),
            ("who,sex\nBo,m\n", "no column \"person\""),
            ("person,age\nBo,3\n", "no column \"sex\", but person, age"),
            ("person,sex\nDee,f\n", "of nobody who is in the folder"),
            (
                "person,sex\nBo,m\nBo,f\n",
                "two lines about Bo differ in sex",
            ),
            ("person,sex\nBo,m,extra\n", "line 2 has not as many columns"),
        ] {
            let fault = parse(text, "sex").unwrap_err();
            assert!(fault.contains(words), "{text:?}: {fault}");
        }
        let many: Vec<String> = (0..30).map(|n| format!("p{n}")).collect();
        let text: String = many.iter().map(|name| format!("{name},{name}\n")).collect();
        let fault = Groups::parse(&format!("person,age\n{text}"), "age", &many).unwrap_err();
        assert!(fault.contains("age has 30 values"), "{fault}");
    }

    proptest! {
        #[test]
        fn no_text_stops_the_reader(text in "([a-zA-Z0-9_, \"\n;-]|person|sex){0,120}") {
            let _ = parse(&text, "sex");
        }
    }
}
