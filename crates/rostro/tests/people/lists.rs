//! Sections 5.4, 5.5 and 5.8 of the contract, and the list of collections.

use serde_json::{Value, json};

use crate::{
    account::{Account, COLLECTIONS, PERSONS, broken, text},
    common::shared::on_both,
    pictures::face,
};

on_both! {
    Account<'_>,
    persons_are_listed_by_page,
    persons_are_filtered_and_sorted,
    persons_are_looked_up_by_name,
    collections_are_listed,
}

/// Five persons, two of them in a collection.
async fn crowd(account: &Account<'_>) -> Value {
    let one = account.collection("one").await;
    let crowd = [
        ("Ana Lopez", "F", "1990-01-15", "CO"),
        ("Ben Adams", "M", "1985-06-01", "US"),
        ("Carla Anaya", "F", "2001-12-31", "CO"),
        ("Dan_ O'Neil", "M", "1985-06-01", "IE"),
        ("Émile", "M", "1970-01-01", ""),
    ];
    for (index, (name, gender, born, nationality)) in crowd.into_iter().enumerate() {
        let collections = if index < 2 {
            json!([one["code"]])
        } else {
            json!([])
        };
        let request = json!({
            "name": name, "gender": gender, "date_of_birth": born, "nationality": nationality,
            "images": [face(1, 1)], "collections": collections,
        });
        let (status, body) = account.post(PERSONS, &request).await;
        assert_eq!(status, 200, "{body}");
    }
    one
}

async fn persons_are_listed_by_page(account: &Account<'_>) {
    let empty = account.get(PERSONS).await;
    assert_eq!(
        (empty.0, &empty.1["data"], &empty.1["total"]),
        (200, &json!([]), &json!(0))
    );
    crowd(account).await;
    let (_, body) = account.get(PERSONS).await;
    let pagination = json!({ "page": 1, "limit": 10, "total": 5, "pages": 1 });
    assert_eq!(body["pagination"], pagination);
    for key in ["page", "limit", "total", "pages"] {
        assert_eq!(body[key], pagination[key], "{key}");
    }
    assert_eq!(body["signature"]["message"], "Certified by Verifik.co");
    assert_eq!(body["id"].as_str().map(str::len), Some(5));
    let (_, body) = account
        .get(&format!("{PERSONS}?page=2&limit=2&sort=createdAt"))
        .await;
    assert_eq!(
        body["pagination"],
        json!({ "page": 2, "limit": 2, "total": 5, "pages": 3 })
    );
    assert_eq!(body["data"].as_array().map(Vec::len), Some(2));
    assert_eq!(body["data"][0]["name"], "Carla Anaya");
    // Asked for too much, or for nonsense: never refused.
    for (query, limit) in [
        ("limit=200", 200),
        ("limit=99999999999", 200),
        ("limit=-1&page=x", 10),
        ("perPage=3", 3),
        ("limit=0", 10),
    ] {
        let (status, body) = account.get(&format!("{PERSONS}?{query}")).await;
        assert_eq!((status, &body["limit"]), (200, &json!(limit)), "{query}");
    }
    for (query, names) in [
        ("page=2&limit=3", ["Dan_ O'Neil", "Émile"].as_slice()),
        ("offset=4", &["Émile"]),
        ("page=100000&limit=10", &[]),
    ] {
        assert_eq!(
            account.names(&format!("{PERSONS}?{query}")).await,
            names,
            "{query}"
        );
    }
    for query in ["page=100001&limit=10", "page=18446744073709551615&limit=10"] {
        let (status, _) = account.get(&format!("{PERSONS}?{query}")).await;
        assert_eq!(status, 409, "{query}");
    }
}

async fn persons_are_filtered_and_sorted(account: &Account<'_>) {
    let one = crowd(account).await;
    let (code, id) = (text(&one["code"]), text(&one["_id"]));
    let (ana, ben, carla, dan, emile) = (
        "Ana Lopez",
        "Ben Adams",
        "Carla Anaya",
        "Dan_ O'Neil",
        "Émile",
    );
    let all = [ana, ben, carla, dan, emile];
    let rows: Vec<(String, Vec<&str>)> = vec![
        (String::new(), all.to_vec()),
        (format!("in_collections={code}"), vec![ana, ben]),
        (format!("in_collections[]={id}"), vec![ana, ben]),
        (format!("collection={code}"), vec![ana, ben]),
        (format!("where_collections={id}&like_name=ben"), vec![ben]),
        (
            format!("in_collections={code}&in_collections=nonsense"),
            vec![ana, ben],
        ),
        ("in_collections=nonsense".into(), vec![]),
        ("like_name=ANA".into(), vec![ana, carla]),
        ("search=ana".into(), vec![ana, carla]),
        ("like_name=%C3%A9mi".into(), vec![emile]),
        ("like_name=_".into(), vec![dan]),
        ("like_name=%25".into(), vec![]),
        ("like_name=o%27neil".into(), vec![dan]),
        ("like_name=".into(), all.to_vec()),
        ("where_gender=F".into(), vec![ana, carla]),
        ("wherenot_gender=F".into(), vec![ben, dan, emile]),
        ("wherenot_nationality=CO".into(), vec![ben, dan, emile]),
        ("where_date_of_birth=1985-06-01".into(), vec![ben, dan]),
        ("where>_date_of_birth=1985-06-01".into(), vec![ana, carla]),
        (
            "where%3C_date_of_birth=1985-06-01T00:00:00.000Z".into(),
            vec![emile],
        ),
        ("where_date_of_birth=nonsense".into(), vec![]),
        ("wherenot_date_of_birth=nonsense".into(), all.to_vec()),
        (
            "in_nationality=CO&in_nationality=IE".into(),
            vec![ana, carla, dan],
        ),
        ("where>_createdAt=2999-01-01".into(), vec![]),
        ("where_name=ana%20lopez".into(), vec![ana]),
        (
            "where_nothing=1&status=active&populates[]=client&x".into(),
            all.to_vec(),
        ),
        ("sort=-name".into(), vec![emile, dan, carla, ben, ana]),
        (
            "sort=-date_of_birth,name".into(),
            vec![carla, ana, ben, dan, emile],
        ),
        (
            "sortBy=name&sortOrder=desc&limit=2".into(),
            vec![emile, dan],
        ),
        (
            "orderBy=date_of_birth&order=asc&limit=1".into(),
            vec![emile],
        ),
        ("sort=password".into(), all.to_vec()),
    ];
    for (query, names) in rows {
        assert_eq!(
            account.names(&format!("{PERSONS}?{query}")).await,
            names,
            "{query}"
        );
    }
    let nobody: [&str; 0] = [];
    let nul = format!("{PERSONS}?like_name=a%00b");
    assert_eq!(account.names(&nul).await, nobody);
    let populated = account
        .data(&format!("{PERSONS}?populates[]=collections&limit=1"))
        .await;
    let label = json!([{ "_id": one["_id"], "code": one["code"], "name": "one" }]);
    assert_eq!(populated[0]["collections"], label);
}

async fn persons_are_looked_up_by_name(account: &Account<'_>) {
    let one = crowd(account).await;
    let lookup = |query: &str| format!("{PERSONS}/lookup?{query}");
    let (status, body) = account.get(&lookup("name=LOPEZ")).await;
    assert_eq!((status, &body["total"]), (200, &json!(1)));
    let person = &body["data"][0];
    assert_eq!(
        (&person["name"], &person["date_of_birth"]),
        (&json!("Ana Lopez"), &json!("1990-01-15"))
    );
    assert_eq!(
        person["collections"],
        json!([{ "_id": one["_id"], "code": one["code"], "name": "one" }])
    );
    assert_eq!(person["thumbnails"].as_array().map(Vec::len), Some(1));
    let keys: Vec<_> = person.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "_id",
            "collections",
            "date_of_birth",
            "gender",
            "name",
            "thumbnails"
        ]
    );
    for (query, names) in [
        ("name=ana", ["Ana Lopez", "Carla Anaya"].as_slice()),
        ("name=4ana7", &["Ana Lopez", "Carla Anaya"]),
        ("name=ana&limit=1&page=2", &["Carla Anaya"]),
        ("name=ana&date_of_birth=2001-12-31", &["Carla Anaya"]),
        ("name=ana&like_name=lopez", &["Ana Lopez", "Carla Anaya"]),
        ("name=nobody", &[]),
    ] {
        assert_eq!(account.names(&lookup(query)).await, names, "{query}");
    }
    let (_, body) = account.get(&lookup("name=nobody")).await;
    assert_eq!((&body["data"], &body["total"]), (&json!([]), &json!(0)));
    let (_, body) = account.get(&lookup("name=ana&limit=1000")).await;
    assert_eq!(body["limit"], 100);
    for (query, message) in [
        ("", "name is required"),
        ("name=", "name is required"),
        ("name=an", "name_too_short"),
        ("name=an123456", "name_too_short"),
        (
            "name=ana&date_of_birth=nonsense",
            "\"date_of_birth\" must be a valid date",
        ),
    ] {
        assert_eq!(
            account.get(&lookup(query)).await,
            (409, broken(message)),
            "{query}"
        );
    }
}

async fn collections_are_listed(account: &Account<'_>) {
    for name in ["alpha", "Beta", "gamma ALPHA"] {
        account.collection(name).await;
    }
    let beta = account.data(&format!("{COLLECTIONS}?like_name=beta")).await;
    let rows = [
        (String::new(), ["alpha", "Beta", "gamma ALPHA"].as_slice()),
        ("like_name=ALPHA".into(), &["alpha", "gamma ALPHA"]),
        ("like_name=nothing".into(), &[]),
        ("sort=-name&limit=2".into(), &["gamma ALPHA", "Beta"]),
        ("page=2&perPage=2".into(), &["gamma ALPHA"]),
        (format!("where_code={}", text(&beta[0]["code"])), &["Beta"]),
        (format!("in__id={}", text(&beta[0]["_id"])), &["Beta"]),
        ("where_code=nonsense".into(), &[]),
    ];
    for (query, names) in rows {
        assert_eq!(
            account.names(&format!("{COLLECTIONS}?{query}")).await,
            names,
            "{query}"
        );
    }
    let (_, body) = account.get(COLLECTIONS).await;
    assert_eq!(
        body["pagination"],
        json!({ "page": 1, "limit": 3, "total": 3, "pages": 1 })
    );
}
