//! The fields that describe a person, as requests give them.

use store::{CollectionRef, Gender, NewPerson, PersonUpdate};
use time::Date;

use crate::routes::{
    opencv::body::{Reader, day, text},
    opencv_cloud::kinds::{code, gender},
};

/// Longest name, in characters.
const LONGEST_NAME: usize = 100;

/// Longest nationality, in characters. The contract states none.
const LONGEST_NATIONALITY: usize = 100;

/// Longest notes, in characters.
const LONGEST_NOTES: usize = 500;

/// Most collections of one person that a request names.
const MOST_COLLECTIONS: usize = 1000;

/// What a request says of a person; `null` is the same as absent.
#[derive(Debug)]
pub(super) struct Description {
    name: Option<String>,
    gender: Option<Gender>,
    date_of_birth: Option<Date>,
    nationality: Option<String>,
    collections: Option<Vec<CollectionRef>>,
    notes: Option<String>,
}

impl Description {
    /// The fields; `None` when something is wrong, which is noted.
    pub(super) fn read(reader: &Reader<'_, '_>) -> Option<Self> {
        let name = reader.optional("name", text(1..=LONGEST_NAME));
        let gender = reader.optional("gender", gender);
        let date_of_birth = reader.optional("date_of_birth", day);
        let nationality = reader.optional("nationality", text(0..=LONGEST_NATIONALITY));
        let collections = reader.optional_list("collections", (0, MOST_COLLECTIONS), code);
        let notes = reader.optional("notes", text(0..=LONGEST_NOTES));
        Some(Self {
            name: name?,
            gender: gender?,
            date_of_birth: date_of_birth?,
            nationality: nationality?,
            collections: collections?,
            notes: notes?,
        })
    }

    /// A person to enrol under this id, or one that the server makes.
    pub(super) fn into_new(self, id: Option<String>) -> NewPerson {
        NewPerson {
            external_id: id,
            name: self.name.unwrap_or_default(),
            gender: self.gender,
            date_of_birth: self.date_of_birth,
            nationality: self.nationality,
            notes: self.notes,
            collections: self.collections.unwrap_or_default(),
            // Persons of this dialect are told apart by their ids.
            namesakes: true,
            ..NewPerson::default()
        }
    }

    /// The changes of a person. An empty text takes a field away.
    pub(super) fn into_update(self) -> PersonUpdate {
        let or_none = |text: String| Some(text).filter(|text| !text.is_empty());
        PersonUpdate {
            name: self.name,
            gender: self.gender.map(Some),
            date_of_birth: self.date_of_birth.map(Some),
            nationality: self.nationality.map(or_none),
            notes: self.notes.map(or_none),
            collections: self.collections,
            ..PersonUpdate::default()
        }
    }
}

/// The same, for the OpenAPI document.
macro_rules! person_schema {
    ($(#[$about:meta])* $name:ident { $($own:tt)* }) => {
        #[derive(utoipa::ToSchema)]
        $(#[$about])*
        #[expect(dead_code, reason = "the OpenAPI document is made from it")]
        pub(in crate::routes::opencv_cloud) struct $name {
            $($own)*
            #[schema(min_length = 1, max_length = 100)]
            name: Option<String>,
            /// `M` or `F`.
            #[schema(value_type = Option<$crate::routes::opencv::document::GenderLetter>, inline)]
            gender: Option<String>,
            #[schema(format = Date, example = "1990-01-01")]
            date_of_birth: Option<String>,
            #[schema(max_length = 100)]
            nationality: Option<String>,
            /// Ids of collections.
            #[schema(value_type = Option<Vec<$crate::routes::opencv::document::CollectionIdText>>, inline, max_items = 1000)]
            collections: Option<Vec<String>>,
            #[schema(max_length = 500)]
            notes: Option<String>,
        }
    };
}
pub(super) use person_schema;
