//! A picture with more faces than are looked at.

use serde_json::{Value, json};

use crate::{
    common::{TestServer, with_standard},
    pictures::{encode, five_faces},
    with_own_server,
};

#[test]
fn of_many_faces_the_largest_are_told_and_how_many_were_left_out() {
    if !with_standard() {
        return;
    }
    let few = |config: &mut service::Config| config.images.max_faces = 2;
    with_own_server(few, async |server: &TestServer| {
        let body = json!({ "image": encode(&five_faces()), "return_landmarks": true });
        let asked = server.post("/v2/face-recognition/detect", &body);
        let answer = asked.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["x-rostro-faces-left-out"], "3");
        let told: Value = answer.json().await.unwrap();
        assert_eq!(told["data"]["face_count"], 2, "{told}");
    });
}
