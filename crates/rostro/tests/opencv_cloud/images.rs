//! The pictures of a person.

use serde_json::json;

use crate::{
    account::{Account, ids, not_found},
    harness::on_both,
    pictures::face,
};

on_both! {
    pictures_are_added,
    pictures_are_added_and_removed_together,
    a_picture_is_removed,
}

async fn pictures_are_added(account: &Account<'_>) {
    let one = account.person("ada", 1, &[]).await;
    let more = json!({ "person_id": "ada", "images": [face(2, 1), face(2, 3)] });
    let added = account.posted(201, "person/images", &more).await;
    let now = account.got("person/ada").await;
    let known = ids(&now["thumbnails"]);
    assert_eq!(known[0], ids(&one["thumbnails"])[0]);
    assert_eq!(known[1..], ids(&added));
    for (image, thumbnail) in added
        .as_array()
        .unwrap()
        .iter()
        .zip(&now["thumbnails"].as_array().unwrap()[1..])
    {
        assert_eq!(image["person_id"], json!("ada"));
        assert_eq!(image["thumbnail"], thumbnail["thumbnail"]);
    }
    assert_eq!(account.found(1, None).await, ["ada"]);
    assert_eq!(account.found(2, None).await, ["ada"]);
    let nobody = json!({ "person_id": "nobody", "images": [face(1, 1)] });
    assert_eq!(account.post("person/images", &nobody).await, not_found());
}

async fn pictures_are_added_and_removed_together(account: &Account<'_>) {
    let old = account.person("ada", 1, &[]).await;
    let first = ids(&old["thumbnails"]).remove(0);
    let change = json!({ "id": "ada", "name": "Ada", "new_images": [face(2, 1)], "removed_thumbnail_ids": [first] });
    let (status, now) = account.patch("person/images", &change).await;
    assert_eq!(
        (
            status,
            &now["name"],
            now["thumbnails"].as_array().unwrap().len()
        ),
        (200, &json!("Ada"), 1)
    );
    assert_eq!(account.got("person/ada").await, now);
    assert_eq!(account.found(1, None).await, [""; 0]);
    assert_eq!(account.found(2, None).await, ["ada"]);
    // All or nothing: the picture that is gone already.
    let again = json!({ "id": "ada", "name": "Eva", "new_images": [face(3, 1)], "removed_thumbnail_ids": [first] });
    assert_eq!(account.patch("person/images", &again).await, not_found());
    let other = account.person("other", 4, &[]).await;
    let theirs =
        json!({ "id": "ada", "name": "Eva", "removed_thumbnail_ids": ids(&other["thumbnails"]) });
    assert_eq!(account.patch("person/images", &theirs).await, not_found());
    assert_eq!(account.got("person/ada").await, now);
    // Either alone, and neither.
    let add = json!({ "id": "ada", "new_images": [face(3, 1)] });
    let (status, more) = account.patch("person/images", &add).await;
    assert_eq!(
        (status, more["thumbnails"].as_array().unwrap().len()),
        (200, 2)
    );
    let remove = json!({ "id": "ada", "removed_thumbnail_ids": ids(&now["thumbnails"]), "new_images": null });
    let (status, less) = account.patch("person/images", &remove).await;
    assert_eq!(
        (status, ids(&less["thumbnails"])),
        (200, ids(&more["thumbnails"])[1..].to_vec())
    );
    assert_eq!(
        account
            .patch("person/images", &json!({ "id": "ada" }))
            .await
            .0,
        200
    );
    assert_eq!(
        account
            .patch("person/images", &json!({ "id": "nobody" }))
            .await,
        not_found()
    );
}

async fn a_picture_is_removed(account: &Account<'_>) {
    let person = account.person("ada", 1, &[]).await;
    account.person("eva", 2, &[]).await;
    let id = ids(&person["thumbnails"]).remove(0);
    for path in [
        format!("nobody/{id}"),
        format!("eva/{id}"),
        format!("ada/{}", uuid::Uuid::new_v4()),
        "ada/x".to_owned(),
    ] {
        assert_eq!(
            account.delete(&format!("person/image/{path}")).await,
            not_found(),
            "{path}"
        );
    }
    assert_eq!(account.found(1, None).await, ["ada"]);
    let path = format!("person/image/ada/{id}");
    assert_eq!(account.delete(&path).await, (200, json!({ "id": id })));
    assert_eq!(account.delete(&path).await, not_found());
    assert_eq!(account.got("person/ada").await["thumbnails"], json!([]));
    assert_eq!(account.found(1, None).await, [""; 0]);
}
