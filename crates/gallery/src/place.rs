//! Putting persons where they belong.

use std::collections::BTreeMap;

use store::{ClientId, PersonId, Template};

use crate::{
    Scope,
    roster::{Place, Roster},
    shelves::Shelves,
};

/// The templates of a batch by their persons.
pub(crate) fn by_person(batch: Vec<Template>) -> BTreeMap<(ClientId, PersonId), Vec<Template>> {
    let mut persons: BTreeMap<_, Vec<Template>> = BTreeMap::new();
    for template in batch {
        persons
            .entry((template.client, template.person))
            .or_default()
            .push(template);
    }
    persons
}

/// Puts a person's faces where they belong, and takes them from where they do not. New places come
/// first, so that a search during the move finds the person in one of them.
pub(crate) fn place(
    roster: &mut Roster,
    shelves: &Shelves,
    (client, person): (ClientId, PersonId),
    templates: &[Template],
) {
    let scopes: Vec<Scope> = match templates
        .first()
        .map(|template| template.collections.as_slice())
    {
        None => Vec::new(),
        Some([]) => vec![Scope::Loose(client)],
        Some(collections) => collections.iter().copied().map(Scope::Collection).collect(),
    };
    let before = roster.place(person);
    for scope in &scopes {
        for template in templates {
            let known = before.is_some_and(|place| {
                place.scopes.contains(scope) && place.faces.contains(&template.face)
            });
            if !known {
                shelves.insert(client, *scope, person, template.face, &template.embedding);
            }
        }
    }
    for (scope, face) in before.iter().flat_map(|place| {
        place
            .scopes
            .iter()
            .flat_map(|scope| place.faces.iter().map(move |face| (scope, face)))
    }) {
        let stays =
            scopes.contains(scope) && templates.iter().any(|template| template.face == *face);
        if !stays {
            shelves.remove(client, *scope, *face);
        }
    }
    let faces: Vec<_> = templates.iter().map(|template| template.face).collect();
    shelves.count(
        client,
        before.map_or(0, |place| place.faces.len()),
        faces.len(),
    );
    let place = (!scopes.is_empty()).then_some(Place {
        client,
        scopes,
        faces,
    });
    roster.set(person, place);
}
