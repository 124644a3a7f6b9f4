//! Entry point for the fuzzer (`cargo xtask fuzz tfjs`). Not in the program: only tests and the fuzzer are built with it.

use crate::{GraphOptions, graph_to_onnx, nets, weight_files};

/// A model to import: the JSON up to a zero byte, then the weights.
pub fn import(data: &[u8]) {
    let end = data
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(data.len());
    let (json, weights) = data.split_at(end);
    let (Ok(json), weights) = (
        std::str::from_utf8(json),
        weights.get(1..).unwrap_or_default(),
    ) else {
        return;
    };
    let _ = weight_files(json);
    for any_size in [false, true] {
        let options = GraphOptions {
            outputs: &[],
            any_size,
        };
        let _ = graph_to_onnx(json, weights, &options);
    }
    let _ = nets::face_recognition(json, weights);
    let _ = nets::landmarks_68(json, weights);
}

#[cfg(test)]
mod tests {
    use mutation::Mutator;

    /// The seeds of the fuzzer, changed at random for a while.
    #[test]
    fn changed_models_are_converted_or_refused() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds/tfjs");
        let seeds = Mutator::of_folder(folder.as_ref()).unwrap();
        seeds.run(20_000, super::import);
    }
}
