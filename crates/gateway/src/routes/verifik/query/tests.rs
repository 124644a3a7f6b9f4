//! What query strings mean.

use proptest::prelude::*;
use store::{Comparison, Condition, Listing, PersonField, Sort};

use super::{Query, paged::Pagination};

fn field(name: &str) -> Option<PersonField> {
    match name {
        "name" => Some(PersonField::Name),
        "createdAt" => Some(PersonField::CreatedAt),
        "__v" => Some(PersonField::Version),
        _ => None,
    }
}

fn listing(text: &str) -> Option<Listing<PersonField>> {
    let query = Query::parse(text);
    query.listing(query.paging(Some(10), 100), field)
}

fn conditions(text: &str) -> Vec<Condition<PersonField>> {
    listing(text).unwrap().conditions
}

fn one(field: PersonField, comparison: Comparison, values: &[&str]) -> Vec<Condition<PersonField>> {
    vec![Condition::new(field, comparison, values).unwrap()]
}

#[test]
fn conditions_are_read() {
    let name = PersonField::Name;
    let rows = [
        ("where_name=a", one(name, Comparison::Equal, &["a"])),
        ("wherenot_name=a", one(name, Comparison::NotEqual, &["a"])),
        (
            "like_name=a+b%20c",
            one(name, Comparison::Contains, &["a b c"]),
        ),
        ("search=a", one(name, Comparison::Contains, &["a"])),
        (
            "in_name=a&in_name=b",
            one(name, Comparison::In, &["a", "b"]),
        ),
        (
            "in_name[]=a&in_name%5B%5D=b",
            one(name, Comparison::In, &["a", "b"]),
        ),
        (
            "in_name[0]=a&in_name[1]=b",
            one(name, Comparison::In, &["a", "b"]),
        ),
        (
            "where>___v=7",
            one(PersonField::Version, Comparison::Greater, &["7"]),
        ),
        (
            "where%3C___v=7",
            one(PersonField::Version, Comparison::Less, &["7"]),
        ),
        ("where_password=a&like_=b&in=c&where_name=&name=d", vec![]),
    ];
    for (text, wanted) in rows {
        assert_eq!(conditions(text), wanted, "{text}");
    }
}

#[test]
fn what_no_value_can_fulfil_finds_nothing() {
    assert_eq!(listing("where___v=one"), None);
    assert_eq!(listing("where>_createdAt=yesterday"), None);
    assert_eq!(listing("like_name=a%00b"), None);
    assert_eq!(conditions("wherenot___v=one"), []);
}

#[test]
fn the_order_is_read() {
    let by = |field, descending| Sort { field, descending };
    let (name, created) = (PersonField::Name, PersonField::CreatedAt);
    let rows = [
        ("sort=-createdAt", vec![by(created, true)]),
        (
            "sort=name,-createdAt",
            vec![by(name, false), by(created, true)],
        ),
        (
            "sort=name&sort=createdAt",
            vec![by(name, false), by(created, false)],
        ),
        ("sortBy=name&sortOrder=DESC", vec![by(name, true)]),
        ("orderBy=name&order=asc", vec![by(name, false)]),
        ("sort=password", vec![]),
    ];
    for (text, wanted) in rows {
        assert_eq!(listing(text).unwrap().sort, wanted, "{text}");
    }
}

#[test]
fn pages_are_counted() {
    let shown = |text: &str, total| {
        let paging = Query::parse(text).paging(Some(10), 100);
        serde_json::to_value(Pagination::new(paging, total)).unwrap()
    };
    let wanted = |page: u64, limit: u64, total: u64, pages: u64| serde_json::json!({ "page": page, "limit": limit, "total": total, "pages": pages });
    assert_eq!(shown("", 0), wanted(1, 10, 0, 0));
    assert_eq!(shown("page=3", 21), wanted(3, 10, 21, 3));
    assert_eq!(shown("limit=200", 21), wanted(1, 100, 21, 1));
    assert_eq!(shown("offset=20&perPage=5", 21), wanted(5, 5, 21, 5));
    let all = Query::parse("").paging(None, 100);
    let shown = serde_json::to_value(Pagination::new(all, 321)).unwrap();
    assert_eq!(shown, wanted(1, 321, 321, 1));
}

proptest! {
    #[test]
    fn any_query_at_all_is_read(text in "\\PC{0,80}", page in any::<u64>(), limit in any::<u64>()) {
        let query = Query::parse(&format!("page={page}&limit={limit}&{text}"));
        let paging = query.paging(Some(10), 100);
        prop_assert!(paging.limit.is_some_and(|limit| (1..=100).contains(&limit)));
        prop_assert!(i64::try_from(paging.offset).is_ok());
        let _ = query.listing(paging, field);
    }
}
