//! `PUT /persons`.

use serde_json::{Value, json};

use crate::{
    common::keyed::{Account, refusals, with_own_server},
    common::shared::on_both,
    enrol::ssai,
    pictures::{encode, face, nobody, pixels, save},
};

on_both! { Account<'_>, each_for_itself, fields }

fn one(id: &str, picture: &str) -> Value {
    json!({ "person_id": id, "person_name": format!("Name of {id}"), "face_base_64": picture, "metadata": { "k": id } })
}

fn all(persons: &[Value]) -> Value {
    json!({ "collection_name": "SSAI", "face_storage_type": "StoreThumbnails", "persons": persons })
}

async fn each_for_itself(account: &Account<'_>) {
    ssai(account).await;
    assert_eq!(
        account.call("PUT", "/persons", &all(&[])).await,
        (200, json!([]))
    );
    let people = [
        one("JD1", &face(1, 1)),
        one("no picture", "abc"),
        one("JD2", &face(2, 1)),
        one("nobody", &encode(&nobody())),
        one("JD1", &face(3, 1)),
    ];
    let (status, failed) = account.call("PUT", "/persons", &all(&people)).await;
    assert_eq!(status, 200);
    insta::with_settings!({ prepend_module_to_snapshot => false }, {
        insta::assert_json_snapshot!("bulk-failures", failed);
    });
    let there = account.get("/persons?collection_name=SSAI").await;
    let ids: Vec<&Value> = there
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["person_id"])
        .collect();
    assert_eq!(ids, ["JD1", "JD2"]);
    assert_eq!(there[0]["metadata"], json!({ "k": "JD1" }));
    // The later picture of one id counts.
    let search = json!({ "collection_name": "SSAI", "face_base_64": face(3, 2) });
    let found = account.ask("POST", "/face-search", &search).await;
    assert_eq!(found[0]["person_id"], "JD1");
}

async fn fields(account: &Account<'_>) {
    ssai(account).await;
    let invalid = "Collection names can only contain alphanumeric characters, underscores, hyphens, and periods.";
    let missing = "The requested entity could not be found.";
    let code = "ERR_UNPROCESSABLE_CONTENT";
    let mut named = all(&[one("1", &face(1, 1))]);
    named["collection_name"] = json!("no name");
    let mut unknown = named.clone();
    unknown["collection_name"] = json!("unknown");
    let mut nameless = all(&[one("1", &face(1, 1)), one("2", &face(2, 1))]);
    nameless["persons"][1]["person_id"] = json!(null);
    let mut kept = all(&[]);
    kept["face_storage_type"] = json!("All");
    let mut none = all(&[]);
    none["persons"] = json!("none");
    refusals(
        account,
        &[
            ("PUT", "/persons", named, 400, "ERR_INVALID_COLLECTION_NAME", invalid),
            ("PUT", "/persons", unknown, 404, "ERR_NOT_FOUND", missing),
            ("PUT", "/persons", nameless, 422, code, "Invalid request: persons[1].person_id is required"),
            ("PUT", "/persons", none, 422, code, "Invalid request: persons must be an array"),
            (
                "PUT",
                "/persons",
                kept,
                422,
                code,
                "Invalid request: face_storage_type must be one of NoStorage, StoreThumbnails, StoreFullImage",
            ),
        ],
    )
    .await;
    // Nobody was enrolled before the whole was understood.
    let there = account.get("/persons?collection_name=SSAI").await;
    assert_eq!(there, json!([]));
}

/// 5,000 at once, most of them with one small picture of nobody: what is tested is the size, not the models.
#[test]
fn five_thousand_persons_in_one_call() {
    with_own_server(
        |config| config.server.request_timeout = std::time::Duration::from_secs(20),
        async |account| {
            ssai(account).await;
            let small = image::imageops::resize(
                &pixels(1, 1),
                90,
                110,
                image::imageops::FilterType::Triangle,
            );
            let small = encode(&save(&small.into(), image::ImageFormat::Jpeg));
            let wall = image::RgbImage::from_pixel(32, 32, image::Rgb([180, 180, 180]));
            let wall = encode(&save(&wall.into(), image::ImageFormat::Png));
            let picture = |index: usize| if index % 100 == 7 { &small } else { &wall };
            let people: Vec<Value> = (0..5000)
                .map(|index| one(&format!("E{index}"), picture(index)))
                .collect();
            let (status, failed) = account.call("PUT", "/persons", &all(&people)).await;
            assert_eq!(status, 200, "{failed}");
            let failed = failed.as_array().unwrap();
            assert_eq!(failed.len(), 4950);
            assert!(
                failed
                    .iter()
                    .all(|one| one["code"] == "ERR_FACE_NOT_DETECTED")
            );
            assert_eq!(
                failed[4949]["metadata"],
                json!({ "index": "4999", "person_id": "E4999" })
            );
            let collection = account.get("/collection?name=SSAI").await;
            assert_eq!(collection["num_persons"], 50);
        },
    );
}
