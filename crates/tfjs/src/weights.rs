//! The weights manifest: names, shapes, and how the bytes that follow each other become numbers.

use std::collections::BTreeMap;

use half::f16;
use serde::Deserialize;

use crate::{
    Error,
    tensor::{Tensor, Values, count},
};

#[derive(Debug, Deserialize)]
pub(crate) struct Group {
    #[serde(default)]
    paths: Vec<String>,
    weights: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    name: String,
    shape: Vec<usize>,
    dtype: String,
    quantization: Option<Quantization>,
}

#[derive(Debug, Deserialize)]
struct Quantization {
    dtype: String,
    #[serde(default)]
    scale: f64,
    #[serde(default)]
    min: f64,
}

/// Weights by name.
pub(crate) type Weights = BTreeMap<String, Tensor>;

/// The groups of a bare manifest (an array), or of the one inside a `model.json`.
pub(crate) fn groups(json: &str) -> Result<Vec<Group>, Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Bare(Vec<Group>),
        Model {
            #[serde(rename = "weightsManifest")]
            manifest: Vec<Group>,
        },
    }
    match serde_json::from_str(json).map_err(|error| Error::Format(error.to_string()))? {
        Either::Bare(groups) | Either::Model { manifest: groups } => Ok(groups),
    }
}

/// Names of the files that hold the weights, in the order in which their bytes follow each other. `json` is a `model.json` or a
/// bare weights manifest.
///
/// # Errors
/// [`Error::Format`].
pub fn weight_files(json: &str) -> Result<Vec<String>, Error> {
    Ok(groups(json)?
        .into_iter()
        .flat_map(|group| group.paths)
        .collect())
}

/// The weights in `bytes`, made plain numbers.
pub(crate) fn read(groups: &[Group], mut bytes: &[u8]) -> Result<Weights, Error> {
    let mut weights = Weights::new();
    for entry in groups.iter().flat_map(|group| &group.weights) {
        let tensor = entry.read(&mut bytes)?;
        if weights.insert(entry.name.clone(), tensor).is_some() {
            return Err(Error::weight(&entry.name, "it is there twice"));
        }
    }
    if bytes.is_empty() {
        Ok(weights)
    } else {
        let left = bytes.len();
        Err(Error::Format(format!(
            "{left} bytes follow after the last weight"
        )))
    }
}

impl Entry {
    fn read(&self, bytes: &mut &[u8]) -> Result<Tensor, Error> {
        let fault = |reason: String| Error::weight(&self.name, reason);
        let count = count(&self.shape).ok_or_else(|| fault("its shape is absurd".to_owned()))?;
        let stored = self
            .quantization
            .as_ref()
            .map_or(&self.dtype, |how| &how.dtype);
        let width = match stored.as_str() {
            "float32" | "int32" => 4,
            "float16" | "uint16" => 2,
            "uint8" => 1,
            other => return Err(fault(format!("{other} is not read"))),
        };
        let Some((raw, rest)) = bytes.split_at_checked(count * width) else {
            return Err(fault(format!(
                "it needs {} bytes, {} are left",
                count * width,
                bytes.len()
            )));
        };
        *bytes = rest;
        let values = match (self.dtype.as_str(), stored.as_str(), &self.quantization) {
            ("float32", "float32", None) => Values::Float(each(raw, f32::from_le_bytes)),
            ("int32", "int32", None) => Values::Int(each(raw, i32::from_le_bytes)),
            ("float32", "float16", Some(_)) => {
                Values::Float(each(raw, |two| f16::from_le_bytes(two).to_f32()))
            }
            (target, "uint8", Some(how)) => how.numbers(target, each(raw, |[one]| f64::from(one))),
            (target, "uint16", Some(how)) => {
                how.numbers(target, each(raw, |two| f64::from(u16::from_le_bytes(two))))
            }
            (target, stored, _) => return Err(fault(format!("{stored} does not become {target}"))),
        };
        Ok(Tensor {
            shape: self.shape.clone(),
            values,
        })
    }
}

impl Quantization {
    /// As TensorFlow.js does: in double precision, then rounded once.
    fn numbers(&self, target: &str, steps: Vec<f64>) -> Values {
        let numbers = steps.into_iter().map(|step| step * self.scale + self.min);
        match target {
            "int32" => Values::Int(numbers.map(|number| number.round() as i32).collect()),
            _ => Values::Float(numbers.map(|number| number as f32).collect()),
        }
    }
}

fn each<const N: usize, T>(raw: &[u8], number: impl Fn([u8; N]) -> T) -> Vec<T> {
    raw.as_chunks::<N>()
        .0
        .iter()
        .map(|bytes| number(*bytes))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(json: &str, bytes: &[u8]) -> Result<Tensor, Error> {
        let groups = groups(&format!(r#"[{{"weights": [{json}]}}]"#))?;
        Ok(read(&groups, bytes)?.remove("w").unwrap())
    }

    #[test]
    fn every_kind_of_number_is_read() {
        let plain = one(
            r#"{"name": "w", "shape": [2], "dtype": "float32"}"#,
            &[0, 0, 128, 63, 0, 0, 0, 192],
        );
        assert_eq!(plain.unwrap().floats().unwrap(), [1.0, -2.0]);
        let whole = one(
            r#"{"name": "w", "shape": [1], "dtype": "int32"}"#,
            &[255; 4],
        );
        assert_eq!(whole.unwrap().ints().unwrap(), [-1]);
        let half = r#"{"name": "w", "shape": [1], "dtype": "float32", "quantization": {"dtype": "float16"}}"#;
        assert_eq!(one(half, &[0, 60]).unwrap().floats().unwrap(), [1.0]);
        let step = r#"{"name": "w", "shape": [2], "dtype": "float32", "quantization": {"dtype": "uint8", "scale": 0.5, "min": -1}}"#;
        assert_eq!(one(step, &[0, 4]).unwrap().floats().unwrap(), [-1.0, 1.0]);
        let wide = r#"{"name": "w", "shape": [], "dtype": "int32", "quantization": {"dtype": "uint16", "scale": 1, "min": 3}}"#;
        assert_eq!(one(wide, &[0, 1]).unwrap().ints().unwrap(), [259]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let plain = r#"{"name": "w", "shape": [2], "dtype": "float32"}"#;
        for bytes in [0, 7, 9] {
            one(plain, &vec![0; bytes]).unwrap_err();
        }
        one(
            r#"{"name": "w", "shape": [99999999999, 99999999999], "dtype": "float32"}"#,
            &[],
        )
        .unwrap_err();
        one(r#"{"name": "w", "shape": [1], "dtype": "string"}"#, &[0; 8]).unwrap_err();
        one(&format!("{plain}, {plain}"), &[0; 16]).unwrap_err();
        groups("{}").unwrap_err();
    }

    #[test]
    fn the_files_are_named_in_order() {
        let json = r#"{"weightsManifest": [{"paths": ["a", "b"], "weights": []}, {"paths": ["c"], "weights": []}]}"#;
        assert_eq!(weight_files(json).unwrap(), ["a", "b", "c"]);
    }

    proptest! {
        #[test]
        fn no_bytes_and_no_shape_can_crash_it(
            shape in prop::collection::vec(prop_oneof![0..9_usize, Just(usize::MAX), Just(1 << 40)], 0..5),
            kind in "(float32|int32|uint8|bool)", stored in "(uint8|uint16|float16|int32|x)",
            bytes in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            let json = format!(
                r#"{{"name": "w", "shape": {shape:?}, "dtype": "{kind}", "quantization": {{"dtype": "{stored}", "scale": 1e300}}}}"#
            );
            if let Ok(tensor) = one(&json, &bytes) {
                prop_assert_eq!(count(&tensor.shape), Some(tensor.floats().map_or_else(|| tensor.ints().unwrap().len(), <[f32]>::len)));
            }
        }
    }
}
