//! Whose turn it is: the engine's jobs of one account wait in one lane.

use inference::{EngineError, Lane, Pipeline};
use store::ClientId;

use super::Call;
use crate::App;

impl App {
    /// Runs `job` on the engine, in the lane of the account whose request the current task works on.
    ///
    /// # Errors
    /// Those of [`inference::Engine::run_for`].
    pub(super) async fn infer<R, F>(&self, job: F) -> Result<R, EngineError>
    where
        R: Send + 'static,
        F: FnOnce(&mut Pipeline) -> R + Send + 'static,
    {
        let client = Call::current().and_then(|call| call.client);
        self.engine
            .run_for(client.map(lane_of).unwrap_or_default(), job)
            .await
    }
}

fn lane_of(client: ClientId) -> Lane {
    let bytes = client.bytes().iter();
    Lane(bytes.fold(0, |lane, byte| lane << 8 | u128::from(*byte)))
}
