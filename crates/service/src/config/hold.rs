//! `search.hold`.

use gallery::{Held, PARTS};
use serde::{Deserialize, Serialize};
use store::CollectionId;

/// Which collections' faces this node holds in memory.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Hold {
    /// All.
    #[default]
    All,
    /// Those that fall into one of several equal ranges of a hash.
    Range {
        /// Which, from 1 on.
        number: usize,
        /// Of how many.
        of: usize,
    },
    /// These.
    Collections(Vec<CollectionId>),
}

impl Hold {
    /// The same as the search indexes take it.
    #[must_use]
    pub fn held(&self) -> Held {
        match self {
            Self::All => Held::all(),
            Self::Range { number, of } => Held::range(*number, *of),
            Self::Collections(ids) => Held::of(ids.iter().copied()),
        }
    }
}

impl TryFrom<String> for Hold {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self::All);
        }
        if let Some((number, of)) = text.split_once('/') {
            let parsed = number.trim().parse().ok().zip(of.trim().parse().ok());
            return match parsed {
                Some((number, of)) if (1..=of).contains(&number) && of <= PARTS => {
                    Ok(Self::Range { number, of })
                }
                _ => Err(format!(
                    "{text:?} is no range such as \"1/3\", of at most {PARTS}"
                )),
            };
        }
        let ids: Option<Vec<_>> = text.split(',').map(|id| id.trim().parse().ok()).collect();
        ids.map(Self::Collections).ok_or_else(|| {
            format!("{text:?} is neither \"all\", nor a range such as \"1/3\", nor ids of collections with commas between them")
        })
    }
}

impl From<Hold> for String {
    fn from(hold: Hold) -> Self {
        match hold {
            Hold::All => "all".to_owned(),
            Hold::Range { number, of } => format!("{number}/{of}"),
            Hold::Collections(ids) => {
                let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
                ids.join(",")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_all_or_a_range_or_a_list() {
        let read = |text: &str| Hold::try_from(text.to_owned());
        assert_eq!(read("all"), Ok(Hold::All));
        assert_eq!(read("2/3"), Ok(Hold::Range { number: 2, of: 3 }));
        let id = "65a1b2c3d4e5f60718293a4b";
        let listed = read(&format!("{id}, {id}")).unwrap();
        assert_eq!(String::from(listed), format!("{id},{id}"));
        for wrong in [
            "", "ALL", "0/3", "4/3", "1/0", "1/1025", "1/3/5", "staff", "-1/3",
        ] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
