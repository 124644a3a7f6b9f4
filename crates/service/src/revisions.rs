//! Which revision of the stored faces an answer rests on, and the one that its caller insists on: with several nodes on one database, a
//! client that wrote through one node can ask another not to answer from before.
//!
//! The services note and ask it while they work for a request; the server's middleware, around all routes, sets and collects it.

use std::{cell::Cell, future::Future};

use store::Revision;

#[derive(Debug)]
struct Request {
    asked: Option<Revision>,
    seen: Cell<Option<Revision>>,
}

tokio::task_local! {
    static REQUEST: Request;
}

/// The least revision that the caller of the request insists on. Outside of one: none.
pub(crate) fn asked() -> Option<Revision> {
    REQUEST.try_with(|request| request.asked).ok().flatten()
}

/// Notes that the answer of the request that this task works for sees everything up to `revision`. Of several the newest counts: what
/// a write made, after what was searched before it. Outside of a request: does nothing.
pub(crate) fn tell(revision: Revision) {
    // Fails only outside of a request: commands have no answer to put it beside.
    let _ = REQUEST.try_with(|request| request.seen.set(request.seen.get().max(Some(revision))));
}

/// Does the work of a request whose caller insists on `asked`; also returns what it saw, if it depends on stored faces.
pub async fn collect<R>(
    asked: Option<Revision>,
    work: impl Future<Output = R>,
) -> (R, Option<Revision>) {
    let request = Request {
        asked,
        seen: Cell::new(None),
    };
    REQUEST
        .scope(request, async {
            let result = work.await;
            (result, REQUEST.with(|request| request.seen.get()))
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_newest_of_what_is_told_in_a_request_is_collected() {
        tell(Revision::from(9));
        assert_eq!(asked(), None);
        let (had, silent) = collect(Some(Revision::from(3)), async { asked() }).await;
        assert_eq!((had, silent), (Some(Revision::from(3)), None));
        let work = async {
            tell(Revision::from(7));
            tell(Revision::from(5));
        };
        let ((), seen) = collect(None, work).await;
        assert_eq!(seen, Some(Revision::from(7)));
    }
}
