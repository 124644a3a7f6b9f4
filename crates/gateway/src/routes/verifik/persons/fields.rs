//! The fields that describe a person, as requests give them.

use store::{CollectionRef, Gender, NewPerson, PersonUpdate};
use time::Date;

use crate::routes::verifik::body::{Field, Fields, Invalid, Rule, each_once};
use service::PictureSource;

/// Most pictures of one person.
const MAX_IMAGES: usize = 3;

/// Longest name, nationality, and so on, in characters.
const MAX_TEXT: usize = 300;

/// Longest notes, in characters.
const MAX_NOTES: usize = 10_000;

/// Most e-mail addresses, and most phone numbers, of one person.
const MAX_ADDRESSES: usize = 100;

/// Pictures of one person.
pub(super) fn images(fields: &Fields<'_>) -> Field<Vec<PictureSource>> {
    fields.pictures_up_to(MAX_IMAGES, "images")
}

/// The name, as it is stored: without digits.
pub(super) fn name(fields: &Fields<'_>) -> Field<String> {
    let name = fields.text("name").max_length(MAX_TEXT);
    name.convert(|text| match without_digits(&text) {
        name if name.is_empty() => Err(Rule::Empty),
        name => Ok(name),
    })
}

/// A name without digits, and without the blanks that they leave behind.
pub(super) fn without_digits(name: &str) -> String {
    let letters = name.replace(|c: char| c.is_ascii_digit(), "");
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `M` or `F`.
pub(super) fn gender(fields: &Fields<'_>) -> Field<Gender> {
    let letters = fields.text("gender");
    letters.one_of(&["M", "F"], &[Gender::Male, Gender::Female])
}

/// The day of birth.
pub(super) fn date_of_birth(fields: &Fields<'_>) -> Field<Date> {
    fields.day("date_of_birth")
}

/// What a request says of a person; a field is `None` when it is absent, `Some(None)` when it is empty.
#[derive(Debug, Default)]
pub(super) struct Description {
    gender: Option<Option<Gender>>,
    date_of_birth: Option<Option<Date>>,
    nationality: Option<Option<String>>,
    collections: Option<Vec<CollectionRef>>,
    notes: Option<Option<String>>,
    emails: Option<Vec<String>>,
    phones: Option<Vec<String>>,
}

impl Description {
    /// Everything but name and pictures.
    pub(super) fn read(fields: &Fields<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            gender: fields.clearable("gender", gender)?,
            date_of_birth: fields.clearable("date_of_birth", date_of_birth)?,
            nationality: text(fields, "nationality", MAX_TEXT)?,
            collections: collections(fields)?,
            notes: text(fields, "notes", MAX_NOTES)?,
            emails: addresses(fields, "emails", "email")?,
            phones: addresses(fields, "phones", "phone")?,
        })
    }

    /// A person of this name, without faces yet.
    pub(super) fn into_new(self, name: String) -> NewPerson {
        NewPerson {
            name,
            gender: self.gender.flatten(),
            date_of_birth: self.date_of_birth.flatten(),
            nationality: self.nationality.flatten(),
            notes: self.notes.flatten(),
            emails: self.emails.unwrap_or_default(),
            phones: self.phones.unwrap_or_default(),
            collections: self.collections.unwrap_or_default(),
            ..NewPerson::default()
        }
    }

    /// What changes of a person, but for the faces.
    pub(super) fn into_update(self, name: Option<String>) -> PersonUpdate {
        PersonUpdate {
            name,
            gender: self.gender,
            date_of_birth: self.date_of_birth,
            nationality: self.nationality,
            notes: self.notes,
            emails: self.emails,
            phones: self.phones,
            collections: self.collections,
            ..PersonUpdate::default()
        }
    }
}

fn text(fields: &Fields<'_>, name: &str, most: usize) -> Result<Option<Option<String>>, Invalid> {
    fields.clearable(name, |fields| fields.text(name).max_length(most))
}

/// The collections, also under the name that one of the published samples misspells.
fn collections(fields: &Fields<'_>) -> Result<Option<Vec<CollectionRef>>, Invalid> {
    let collections = fields.collections("collections").optional()?;
    match collections {
        None => fields.collections("colletions").optional(),
        some => Ok(some),
    }
}

/// A list and the single field beside it, each address once.
fn addresses(fields: &Fields<'_>, list: &str, one: &str) -> Result<Option<Vec<String>>, Invalid> {
    let (many, single) = (
        fields.texts(list, MAX_ADDRESSES).optional()?,
        fields.texts(one, MAX_ADDRESSES).optional()?,
    );
    if many.is_none() && single.is_none() {
        return Ok(None);
    }
    Ok(Some(each_once(many.into_iter().chain(single).flatten())))
}
