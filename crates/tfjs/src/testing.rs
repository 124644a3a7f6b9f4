//! Running converted models in tests.

use std::{collections::BTreeMap, sync::Mutex};

use ort::{environment::Environment, session::builder::SessionBuilder, value::TensorRef};

/// A shape and its values.
type Tensor = (Vec<i64>, Vec<f32>);

/// The library is loaded once a process.
static LOADED: Mutex<Option<Environment>> = Mutex::new(None);

/// Shape and values of each output, by name; `None` (and a loud word) when there is no ONNX Runtime.
pub(crate) fn run(
    model: &[u8],
    shape: [usize; 4],
    input: &[f32],
) -> Option<BTreeMap<String, Tensor>> {
    let Some(library) = std::env::var_os("ORT_DYLIB_PATH") else {
        eprintln!("SKIPPED: running the converted model needs ORT_DYLIB_PATH");
        return None;
    };
    let environment = {
        let mut loaded = LOADED
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let load = || {
            ort::init_from(library)
                .unwrap()
                .with_telemetry(false)
                .build()
                .unwrap()
        };
        loaded.get_or_insert_with(load).clone()
    };
    let mut session = SessionBuilder::new(&environment)
        .unwrap()
        .commit_from_memory(model)
        .unwrap();
    let tensor = TensorRef::from_array_view((shape, input)).unwrap();
    let outputs = session.run(ort::inputs!["input" => tensor]).unwrap();
    let read = outputs.iter().map(|(name, value)| {
        let (shape, values) = value.try_extract_tensor::<f32>().unwrap();
        (name.to_owned(), (shape.to_vec(), values.to_vec()))
    });
    Some(read.collect())
}

/// Numbers from 0 to 1 that any language can make: the fraction of `i` times Knuth's constant in 2^32.
pub(crate) fn synthetic(count: usize) -> Vec<f32> {
    (0..count as u32)
        .map(|i| (f64::from(i.wrapping_mul(2_654_435_761)) / 4_294_967_296.0) as f32)
        .collect()
}
