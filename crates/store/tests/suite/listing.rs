//! Filters, sorting, paging.

use store::{
    CollectionField, CollectionId, Comparison, Condition, Listing, NewPerson, PersonField,
    PersonUpdate, Sort,
};
use time::macros::date;

use crate::harness::{Bench, on_both, someone};

on_both! { persons_by_name, persons_by_collection, persons_by_conditions, persons_in_order, pages, collections }

fn listing(conditions: Vec<Condition<PersonField>>) -> Listing<PersonField> {
    Listing {
        conditions,
        ..Listing::default()
    }
}

fn condition(
    field: PersonField,
    comparison: Comparison,
    values: &[&str],
) -> Condition<PersonField> {
    Condition::new(field, comparison, values).unwrap()
}

async fn names(
    bench: &Bench,
    owner: store::ClientId,
    conditions: Vec<Condition<PersonField>>,
) -> Vec<String> {
    let page = bench
        .catalog
        .persons(owner, None, listing(conditions))
        .await
        .unwrap();
    assert_eq!(page.total, page.items.len() as u64);
    let mut names: Vec<String> = page.items.into_iter().map(|person| person.name).collect();
    names.sort_unstable();
    names
}

async fn persons_by_name(bench: Bench) {
    let owner = bench.account("one").await.id;
    for name in [
        "Maria Perez",
        "JOSÉ MUÑOZ",
        "100%",
        "100 percent",
        "a_b",
        "aXb",
        "back\\slash",
        "wow!",
    ] {
        bench.person(owner, name, &[]).await;
    }
    let like = async |text: &str| {
        names(
            &bench,
            owner,
            vec![condition(PersonField::Name, Comparison::Contains, &[text])],
        )
        .await
    };
    assert_eq!(like("pEReZ").await, ["Maria Perez"]);
    assert_eq!(like("josé muñ").await, ["JOSÉ MUÑOZ"]);
    assert_eq!(like("%").await, ["100%"]);
    assert_eq!(like("A_B").await, ["a_b"]);
    assert_eq!(like("\\").await, ["back\\slash"]);
    assert_eq!(like("!").await, ["wow!"]);
    assert_eq!(like("nobody").await, Vec::<String>::new());
    assert_eq!(like("").await.len(), 8);
    let equal = names(
        &bench,
        owner,
        vec![condition(
            PersonField::Name,
            Comparison::Equal,
            &["maria perez"],
        )],
    )
    .await;
    assert_eq!(equal, ["Maria Perez"]);
}

async fn persons_by_collection(bench: Bench) {
    let owner = bench.account("one").await.id;
    let (a, b) = (
        bench.collection(owner, "A").await,
        bench.collection(owner, "B").await,
    );
    bench.person(owner, "in a", &[a.id]).await;
    bench.person(owner, "in both", &[a.id, b.id]).await;
    bench.person(owner, "in none", &[]).await;
    let of = async |collections: Vec<store::CollectionRef>| {
        let page = bench
            .catalog
            .persons(owner, Some(collections), Listing::default())
            .await
            .unwrap();
        (
            page.total,
            page.items
                .into_iter()
                .map(|person| person.name)
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(
        of(vec![b.code.into()]).await,
        (1, vec!["in both".to_owned()])
    );
    assert_eq!(of(vec![a.id.into(), b.id.into()]).await.0, 2);
    assert_eq!(of(vec![CollectionId::random().into()]).await.0, 0);
    assert_eq!(of(vec![]).await.0, 0);
}

async fn persons_by_conditions(bench: Bench) {
    let owner = bench.account("one").await.id;
    let born = |name: &str, day| NewPerson {
        date_of_birth: Some(day),
        ..someone(name, &[])
    };
    let old = bench
        .catalog
        .create_person(owner, born("old", date!(1950 - 12 - 31)))
        .await
        .unwrap()
        .value;
    bench
        .catalog
        .create_person(owner, born("young", date!(2001 - 01 - 01)))
        .await
        .unwrap();
    let emails = vec!["q\"uote@example.org".to_owned(), "B@example.org".to_owned()];
    let mailed = NewPerson {
        emails,
        nationality: Some("Ñ".to_owned()),
        ..someone("mailed", &[])
    };
    let mailed = bench
        .catalog
        .create_person(owner, mailed)
        .await
        .unwrap()
        .value;
    bench
        .catalog
        .update_person(owner, mailed.id, PersonUpdate::default())
        .await
        .unwrap();
    let find = async |field, comparison, values: &[&str]| {
        names(&bench, owner, vec![condition(field, comparison, values)]).await
    };
    use Comparison::{Contains, Equal, Greater, In, Less, NotEqual};
    use PersonField::{CreatedAt, DateOfBirth, Emails, Id, Nationality, Version};
    assert_eq!(
        find(DateOfBirth, Equal, &["1950-12-31T00:00:00.000Z"]).await,
        ["old"]
    );
    assert_eq!(find(DateOfBirth, Greater, &["1999-01-01"]).await, ["young"]);
    assert_eq!(find(DateOfBirth, Less, &["1999-01-01"]).await, ["old"]);
    // Unequal to a day is also who has none.
    assert_eq!(
        find(DateOfBirth, NotEqual, &["1950-12-31"]).await,
        ["mailed", "young"]
    );
    assert_eq!(find(Emails, Equal, &["B@example.org"]).await, ["mailed"]);
    assert_eq!(
        find(Emails, Equal, &["example.org"]).await,
        Vec::<String>::new()
    );
    assert_eq!(
        find(Emails, In, &["q\"uote@example.org", "other"]).await,
        ["mailed"]
    );
    assert_eq!(find(Emails, In, &[]).await, Vec::<String>::new());
    assert_eq!(
        find(Emails, NotEqual, &["B@example.org"]).await,
        ["old", "young"]
    );
    assert_eq!(find(Emails, Contains, &["b@EXAMPLE"]).await, ["mailed"]);
    assert_eq!(find(Nationality, Contains, &["Ñ"]).await, ["mailed"]);
    assert_eq!(find(Version, Greater, &["0"]).await, ["mailed"]);
    assert_eq!(
        find(
            Id,
            In,
            &[&old.id.to_string(), &mailed.id.to_string(), "no id"]
        )
        .await,
        ["mailed", "old"]
    );
    assert_eq!(find(Id, In, &[]).await, Vec::<String>::new());
    assert_eq!(find(CreatedAt, Greater, &["2020-01-01"]).await.len(), 3);
    assert_eq!(
        find(CreatedAt, Less, &["2020-01-01T00:00:00Z"]).await.len(),
        0
    );
    let both = vec![
        condition(Version, Equal, &["0"]),
        condition(DateOfBirth, Greater, &["1999-01-01"]),
    ];
    assert_eq!(names(&bench, owner, both).await, ["young"]);
}

async fn persons_in_order(bench: Bench) {
    let owner = bench.account("one").await.id;
    for (name, day) in [
        ("b", None),
        ("C", Some(date!(2000 - 01 - 01))),
        ("a", Some(date!(1990 - 01 - 01))),
    ] {
        bench
            .catalog
            .create_person(
                owner,
                NewPerson {
                    date_of_birth: day,
                    ..someone(name, &[])
                },
            )
            .await
            .unwrap();
    }
    let sorted = async |field, descending| {
        let listing = Listing {
            sort: vec![Sort { field, descending }],
            ..Listing::default()
        };
        let page = bench.catalog.persons(owner, None, listing).await.unwrap();
        page.items
            .into_iter()
            .map(|person| person.name)
            .collect::<Vec<_>>()
            .concat()
    };
    assert_eq!(sorted(PersonField::Name, false).await, "abC");
    assert_eq!(sorted(PersonField::Name, true).await, "Cba");
    assert_eq!(sorted(PersonField::DateOfBirth, false).await, "baC");
    assert_eq!(sorted(PersonField::DateOfBirth, true).await, "Cab");
}

async fn pages(bench: Bench) {
    let owner = bench.account("one").await.id;
    for number in 0..7 {
        bench.person(owner, &number.to_string(), &[]).await;
    }
    let part = async |offset, limit| {
        let sort = vec![Sort {
            field: PersonField::Name,
            descending: false,
        }];
        let page = bench
            .catalog
            .persons(
                owner,
                None,
                Listing {
                    sort,
                    offset,
                    limit,
                    ..Listing::default()
                },
            )
            .await
            .unwrap();
        assert_eq!(page.total, 7);
        page.items
            .into_iter()
            .map(|person| person.name)
            .collect::<Vec<_>>()
            .concat()
    };
    assert_eq!(part(0, 3).await, "012");
    assert_eq!(part(3, 3).await, "345");
    assert_eq!(part(6, 3).await, "6");
    assert_eq!(part(7, 3).await, "");
    assert_eq!(part(u64::MAX, u32::MAX).await, "");
    assert_eq!(part(0, 0).await, "");
}

async fn collections(bench: Bench) {
    let owner = bench.account("one").await.id;
    let a = bench.collection(owner, "Alpha").await;
    let b = bench.collection(owner, "beta").await;
    let find = async |conditions| {
        let listing = Listing {
            conditions,
            sort: vec![Sort {
                field: CollectionField::Name,
                descending: true,
            }],
            ..Listing::default()
        };
        let page = bench.catalog.collections(owner, listing).await.unwrap();
        assert_eq!(page.total, page.items.len() as u64);
        page.items
    };
    assert_eq!(find(vec![]).await, [b.clone(), a.clone()]);
    let like = Condition::new(CollectionField::Name, Comparison::Contains, &["ALP"]).unwrap();
    assert_eq!(find(vec![like]).await, std::slice::from_ref(&a));
    let code = Condition::new(
        CollectionField::Code,
        Comparison::Equal,
        &[b.code.to_string()],
    )
    .unwrap();
    assert_eq!(find(vec![code]).await, std::slice::from_ref(&b));
    let codes = Condition::new(
        CollectionField::Code,
        Comparison::In,
        &[a.code.to_string(), b.code.to_string()],
    )
    .unwrap();
    assert_eq!(find(vec![codes]).await, [b, a]);
    let none = Condition::new(CollectionField::Description, Comparison::Equal, &[""]).unwrap();
    assert_eq!(find(vec![none]).await, []);
}
