//! Whose turn it is: the engine's jobs of one account wait in one lane.

use inference::{EngineError, Lane, Pipeline};
use store::ClientId;

use super::Call;
use crate::{App, warnings};

impl App {
    /// Runs `job` on the engine, in the lane of the account whose request the current task works on, and has it told when faces were left out.
    ///
    /// # Errors
    /// Those of [`inference::Engine::run_for`].
    pub(super) async fn infer<R, F>(&self, job: F) -> Result<R, EngineError>
    where
        R: Send + 'static,
        F: FnOnce(&mut Pipeline) -> R + Send + 'static,
    {
        let client = Call::current().and_then(|call| call.client);
        let lane = client.map_or(Lane::STRANGERS, lane_of);
        let job = move |pipeline: &mut Pipeline| (job(pipeline), pipeline.faces_left_out());
        let (done, left_out) = self.engine.run_for(lane, job).await?;
        warnings::faces_left_out(left_out);
        Ok(done)
    }
}

fn lane_of(client: ClientId) -> Lane {
    let bytes = client.bytes().iter();
    Lane(bytes.fold(0, |lane, byte| lane << 8 | u128::from(*byte)))
}
