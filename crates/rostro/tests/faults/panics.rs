//! A panic in a worker costs its own request and nothing else.

use inference::EngineError;

use crate::{
    client::Client,
    common::{database::Kind, figure::figure},
    with_server,
};

#[tokio::test(flavor = "multi_thread")]
async fn other_requests_go_on() {
    with_server(
        Kind::Sqlite,
        |_| (),
        async |server| {
            const PANICS: usize = 200;
            let client = Client::of(server);
            client.enrol("Early", 1).await.data();
            let engine = server.app().engine.clone();
            let panics = tokio::spawn(async move {
                for _ in 0..PANICS {
                    let job = engine
                        .run(|_| -> () { panic!("a fault of a worker") })
                        .await;
                    assert!(matches!(job, Err(EngineError::Panicked)), "{job:?}");
                }
            });
            let mut served = 0;
            while !panics.is_finished() || served == 0 {
                client.assert_stateless_calls_go_on().await;
                assert_eq!(client.found(1).await, ["Early"]);
                served += 3;
            }
            panics.await.unwrap();
            client.enrol("Late", 2).await.data();
            assert_eq!(client.found(2).await, ["Late"]);
            figure(
                "panics",
                &format!(
                    "{PANICS} panics in the only worker, {served} requests beside them, 0 failed"
                ),
            );
        },
    )
    .await;
}
