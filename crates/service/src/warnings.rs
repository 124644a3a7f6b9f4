//! What could be better about the pictures of a request, told beside its answer: bodies are the contracts', so it goes into a header.
//!
//! The services note it while they work for a request; the server's middleware, around all routes, collects it.

use std::{cell::RefCell, fmt::Write as _, future::Future};

use inference::Finding;

/// Most findings of one answer: a header is no place for a list without end.
const MOST: usize = 12;

/// A finding, and which of the request's pictures it is about, from 1, where there are several.
#[derive(Debug, Clone, Copy)]
struct Warning {
    picture: Option<usize>,
    finding: Finding,
}

#[derive(Default)]
struct Notes {
    warnings: Vec<Warning>,
    left_out: usize,
}

tokio::task_local! {
    static TOLD: RefCell<Notes>;
}

/// What is to be told beside an answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// What could be better, as a list of structured fields (RFC 9651), if there is something:
    /// `too_small;measured=31.2;limit=50.0;remedy="move closer: ..."`.
    pub warnings: Option<String>,
    /// The most faces of one picture that were not looked at closer, if there were any.
    pub faces_left_out: Option<usize>,
}

/// Has what was found in the only picture told with the answer of the request that this task works for. Outside of one: does nothing.
pub fn tell(findings: &[Finding]) {
    note(findings.iter().map(|finding| Warning {
        picture: None,
        finding: *finding,
    }));
}

/// As [`tell`], for several pictures in their order.
pub(crate) fn tell_each(pictures: &[Vec<Finding>]) {
    if let [only] = pictures {
        return tell(only);
    }
    let numbered = pictures.iter().enumerate();
    note(numbered.flat_map(|(index, findings)| {
        findings.iter().map(move |finding| Warning {
            picture: Some(index + 1),
            finding: *finding,
        })
    }));
}

fn note(warnings: impl Iterator<Item = Warning>) {
    // Fails only outside of a request: commands have no answer to put it beside.
    let _ = TOLD.try_with(|told| told.borrow_mut().warnings.extend(warnings));
}

/// Has it told that so many faces of a picture were not looked at closer.
pub(crate) fn faces_left_out(faces: usize) {
    let _ = TOLD.try_with(|told| {
        let mut told = told.borrow_mut();
        told.left_out = told.left_out.max(faces);
    });
}

/// Does the work of a request; also returns what there is to tell beside its answer.
pub async fn collect<R>(work: impl Future<Output = R>) -> (R, Told) {
    TOLD.scope(RefCell::default(), async {
        let result = work.await;
        let Notes { warnings, left_out } = TOLD.with(RefCell::take);
        let told = Told {
            warnings: (!warnings.is_empty()).then(|| text(&warnings)),
            faces_left_out: (left_out > 0).then_some(left_out),
        };
        (result, told)
    })
    .await
}

fn text(warnings: &[Warning]) -> String {
    let mut text = String::new();
    for Warning { picture, finding } in warnings.iter().take(MOST) {
        let separator = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{separator}{}", finding.fault.name());
        if let Some(picture) = picture {
            let _ = write!(text, ";picture={picture}");
        }
        let _ = write!(
            text,
            ";measured={:.2};limit={:.2};remedy=\"{}\"",
            finding.measured,
            finding.limit,
            finding.remedy()
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use inference::{CaptureFault, Figure};

    use super::*;

    const FAR: Finding = Finding {
        fault: CaptureFault::TooSmall,
        figure: Figure::Pupils,
        measured: 31.2,
        limit: 50.0,
    };

    #[tokio::test]
    async fn what_is_told_in_a_request_is_collected_and_nothing_else() {
        tell(&[FAR]);
        let ((), silent) = collect(async {}).await;
        assert_eq!(silent, Told::default());
        let ((), told) = collect(async { tell_each(&[vec![], vec![FAR]]) }).await;
        assert_eq!(
            told.warnings.as_deref(),
            Some(
                r#"too_small;picture=2;measured=31.20;limit=50.00;remedy="move closer: the pupils are 31 px apart, 50 needed""#
            )
        );
    }

    #[tokio::test]
    async fn of_several_pictures_the_most_faces_are_told() {
        let (_, told) = collect(async { [3, 7, 0].map(faces_left_out) }).await;
        assert_eq!(told.faces_left_out, Some(7));
    }

    #[tokio::test]
    async fn a_header_has_an_end() {
        let ((), told) = collect(async { tell(&[FAR; 100]) }).await;
        assert_eq!(told.warnings.unwrap().matches("too_small").count(), MOST);
    }
}
