//! Lists, and their queries.

use serde_json::{Value, json};

use crate::{
    account::{Account, broken, ids, not_found, text},
    harness::on_both,
    pictures::face,
};

on_both! {
    collections_are_listed,
    collections_of_ids,
    collections_of_a_person,
    persons_are_listed,
    persons_are_sorted,
    queries_are_checked,
}

fn names(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap();
    list.iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect()
}

async fn collections_are_listed(account: &Account<'_>) {
    let empty = account.got("collections").await;
    assert_eq!(empty, json!({ "count": 0, "collections": [] }));
    for number in 0..21 {
        account.collection(&format!("Group {number:02}")).await;
    }
    account.stranger().await.collection("Group 99").await;
    let page = async |query: &str| account.got(&format!("collections{query}")).await;
    let first = page("").await;
    assert_eq!(first["count"], json!(21));
    assert_eq!(names(&first["collections"]).len(), 20);
    assert_eq!(names(&first["collections"])[..2], ["Group 00", "Group 01"]);
    let last = page("?skip=20").await;
    assert_eq!(
        (&last["count"], names(&last["collections"])),
        (&json!(21), vec!["Group 20"])
    );
    let down = page("?order=DESC&take=2&skip=1").await;
    assert_eq!(names(&down["collections"]), ["Group 19", "Group 18"]);
    let found = page("?search=gROUP%201&take=100").await;
    assert_eq!(
        (&found["count"], names(&found["collections"]).len()),
        (&json!(10), 10)
    );
    assert_eq!(
        page("?take=0").await,
        json!({ "count": 21, "collections": [] })
    );
    assert_eq!(page("?search=").await, first);
    assert_eq!(page("?search=%25").await["count"], json!(0));
    assert_eq!(page("?skip=10000000").await["collections"], json!([]));
}

async fn collections_of_ids(account: &Account<'_>) {
    let (one, two) = (
        account.collection("one").await,
        account.collection("two").await,
    );
    let foreign = account.stranger().await.collection("foreign").await;
    account.person("ana", 1, &[&two]).await;
    let list = account.got(&format!("collections/{two},{one}")).await;
    assert_eq!(names(&list), ["two", "one"]);
    assert_eq!(
        [&list[0]["count"], &list[1]["count"]],
        [&json!(1), &json!(0)]
    );
    let some = account
        .got(&format!("collections/{foreign},{one},nonsense"))
        .await;
    assert_eq!(ids(&some), [one.as_str()]);
    assert_eq!(account.got("collections/nonsense").await, json!([]));
    let many = vec![one.as_str(); 101].join(",");
    assert_eq!(
        account.get(&format!("collections/{many}")).await,
        broken(
            json!(["path", "collection_ids"]),
            "List should have at most 100 items after validation",
            "too_long"
        )
    );
}

async fn collections_of_a_person(account: &Account<'_>) {
    let (one, two) = (
        account.collection("one").await,
        account.collection("two").await,
    );
    account.collection("three").await;
    account.person("ana", 1, &[&two, &one]).await;
    account.person("eva", 2, &[]).await;
    let list = account.got("collections/person/ana").await;
    assert_eq!(
        (&list["count"], names(&list["collections"])),
        (&json!(2), vec!["one", "two"])
    );
    let part = account
        .got("collections/person/ana?order=DESC&take=1&search=o")
        .await;
    assert_eq!(
        (&part["count"], names(&part["collections"])),
        (&json!(2), vec!["two"])
    );
    let none = json!({ "count": 0, "collections": [] });
    assert_eq!(account.got("collections/person/eva").await, none);
    assert_eq!(account.get("collections/person/nobody").await, not_found());
}

async fn persons_are_listed(account: &Account<'_>) {
    assert_eq!(
        account.got("persons").await,
        json!({ "count": 0, "persons": [] })
    );
    let id = account.collection("one").await;
    let (nowhere, one): ([&str; 0], _) = ([], [id.as_str()]);
    for (name, who) in [("carla", 1), ("Ana", 2), ("bea", 3)] {
        let collections: &[&str] = if who == 3 { &nowhere } else { &one };
        account.person(name, who, collections).await;
    }
    let all = account.got("persons").await;
    assert_eq!(
        (&all["count"], ids(&all["persons"])),
        (&json!(3), vec!["Ana".into(), "bea".into(), "carla".into()])
    );
    assert_eq!(all["persons"][1], account.got("person/bea").await);
    let part = account.got("persons?take=1&skip=1&order=DESC").await;
    assert_eq!(
        (&part["count"], ids(&part["persons"])),
        (&json!(3), vec!["bea".to_owned()])
    );
    assert_eq!(
        ids(&account.got("persons?search=AN").await["persons"]),
        ["Ana"]
    );
    let inside = account.got(&format!("persons/{id}")).await;
    assert_eq!(
        (&inside["count"], ids(&inside["persons"])),
        (&json!(2), vec!["Ana".into(), "carla".into()])
    );
    let inside = account
        .got(&format!("persons/{id}?search=car&order_by=create_date"))
        .await;
    assert_eq!(ids(&inside["persons"]), ["carla"]);
    assert_eq!(
        account.stranger().await.got("persons").await["count"],
        json!(0)
    );
}

async fn persons_are_sorted(account: &Account<'_>) {
    let people = [
        json!({ "id": "a", "name": "Zoe", "gender": "M", "date_of_birth": "1990-01-02", "nationality": "PE" }),
        json!({ "id": "b", "name": "ana", "gender": "F", "date_of_birth": "1980-12-31", "nationality": "CO" }),
        json!({ "id": "c" }),
    ];
    for mut person in people {
        person["images"] = json!([face(1, 1)]);
        account.posted(201, "person", &person).await;
    }
    let change = json!({ "id": "a", "notes": "changed last" });
    assert_eq!(account.patch("person", &change).await.0, 200);
    let orders = [
        ("name", ["c", "b", "a"]),
        ("date_of_birth", ["c", "b", "a"]),
        ("gender", ["c", "b", "a"]),
        ("nationality", ["c", "b", "a"]),
        ("modified_date", ["b", "c", "a"]),
        ("create_date", ["a", "b", "c"]),
    ];
    for (field, mut wanted) in orders {
        let list = account.got(&format!("persons?order_by={field}")).await;
        assert_eq!(ids(&list["persons"]), wanted, "{field}");
        wanted.reverse();
        let list = account
            .got(&format!("persons?order_by={field}&order=DESC"))
            .await;
        assert_eq!(ids(&list["persons"]), wanted, "{field} DESC");
    }
    let nameless = account.got("person/c").await;
    assert_eq!(
        (&nameless["name"], text(&nameless["id"])),
        (&Value::Null, "c".to_owned())
    );
}

async fn queries_are_checked(account: &Account<'_>) {
    let id = account.collection("one").await;
    account.person("ana", 1, &[]).await;
    let long = format!("search={}", "x".repeat(301));
    let rows = [
        (
            "skip=-1",
            "skip",
            "Input should be greater than or equal to 0",
            "greater_than_equal",
        ),
        (
            "skip=one",
            "skip",
            "Input should be a valid integer",
            "int_type",
        ),
        (
            "take=101",
            "take",
            "Input should be less than or equal to 100",
            "less_than_equal",
        ),
        (
            "take=1.5",
            "take",
            "Input should be a valid integer",
            "int_type",
        ),
        (
            "order=asc",
            "order",
            "Input should be 'ASC' or 'DESC'",
            "enum",
        ),
        (
            long.as_str(),
            "search",
            "String should have at most 300 characters",
            "string_too_long",
        ),
    ];
    for list in [
        "collections",
        "collections/person/ana",
        "persons",
        &format!("persons/{id}"),
    ] {
        for (query, field, msg, kind) in rows {
            let answer = account.get(&format!("{list}?{query}")).await;
            assert_eq!(answer, broken(json!(["query", field]), msg, kind), "{list}");
        }
    }
    let msg = "Input should be 'name', 'date_of_birth', 'gender', 'nationality', 'modified_date' or 'create_date'";
    let answer = account.get("persons?order_by=id").await;
    assert_eq!(answer, broken(json!(["query", "order_by"]), msg, "enum"));
}
