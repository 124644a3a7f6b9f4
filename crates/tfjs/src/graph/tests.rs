//! Every operator against small cases computed by hand, run by ONNX Runtime; and graphs that are wrong.
//!
//! Running needs `ORT_DYLIB_PATH`; without it a test says so and only converts.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::{GraphOptions, convert};
use crate::{Error, testing::run};

/// A graph of one operator on the input `x`.
#[derive(Default)]
struct Case {
    /// `[N, H, W, C]`, as TensorFlow has it.
    shape: [usize; 4],
    op: &'static str,
    attributes: &'static str,
    /// Name, shape and values; named like the node's inputs.
    constants: Vec<(&'static str, Vec<usize>, Vec<f32>)>,
    integers: Vec<(&'static str, Vec<usize>, Vec<i32>)>,
}

impl Case {
    fn json(&self) -> (String, Vec<u8>) {
        let [n, h, w, c] = self.shape;
        let mut nodes = format!(
            r#"{{"name": "x", "op": "Placeholder", "attr": {{"shape": {{"shape": {{"dim": [{{"size": "{n}"}}, {{"size": "{h}"}}, {{"size": "{w}"}}, {{"size": "{c}"}}]}}}}}}}}"#
        );
        let mut inputs = r#""x""#.to_owned();
        let mut weights = Vec::new();
        let mut bytes = Vec::new();
        let mut add = |name: &str, shape: &[usize], kind: &str| {
            let _ = write!(nodes, r#", {{"name": "{name}", "op": "Const"}}"#);
            let _ = write!(inputs, r#", "{name}:0""#);
            weights.push(format!(
                r#"{{"name": "{name}", "shape": {shape:?}, "dtype": "{kind}"}}"#
            ));
        };
        for (name, shape, values) in &self.constants {
            add(name, shape, "float32");
            bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        }
        for (name, shape, values) in &self.integers {
            add(name, shape, "int32");
            bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        }
        let _ = write!(
            nodes,
            r#", {{"name": "y", "op": "{}", "input": [{inputs}], "attr": {{{}}}}}"#,
            self.op, self.attributes
        );
        let json = format!(
            r#"{{"modelTopology": {{"node": [{nodes}]}}, "signature": {{"outputs": {{"y": {{"name": "y:0"}}}}}},
                "weightsManifest": [{{"paths": ["w.bin"], "weights": [{}]}}]}}"#,
            weights.join(", ")
        );
        (json, bytes)
    }

    fn converted(&self) -> Result<Vec<u8>, Error> {
        let (json, bytes) = self.json();
        convert(&json, &bytes, &GraphOptions::default())
    }

    /// Runs it on 1, 2, 3, ... in ONNX's order, `[N, C, H, W]`, and compares.
    fn gives(&self, shape: &[i64], expected: &[f32]) {
        let model = self.converted().unwrap();
        let [n, h, w, c] = self.shape;
        let input: Vec<f32> = (1..=n * h * w * c).map(|value| value as f32).collect();
        let Some(outputs) = run(&model, [n, c, h, w], &input) else {
            return;
        };
        let (found, values) = &outputs["y"];
        assert_eq!(found, shape, "{}", self.op);
        for (value, right) in values.iter().zip(expected) {
            assert!(
                (value - right).abs() < 1e-5,
                "{}: {values:?} instead of {expected:?}",
                self.op
            );
        }
        assert_eq!(values.len(), expected.len());
    }
}

const STRIDE_1: &str =
    r#""strides": {"list": {"i": ["1", "1", "1", "1"]}}, "padding": {"s": "VkFMSUQ="}"#;
const STRIDE_2_SAME: &str =
    r#""strides": {"list": {"i": ["1", "2", "2", "1"]}}, "padding": {"s": "U0FNRQ=="}"#;

#[test]
fn a_convolution_reads_filters_of_height_width_in_out() {
    Case {
        shape: [1, 1, 2, 2],
        op: "Conv2D",
        attributes: STRIDE_1,
        // In channel 0 counts 1 and 10, in channel 1 counts 100 and 1000.
        constants: vec![("w", vec![1, 1, 2, 2], vec![1.0, 10.0, 100.0, 1000.0])],
        ..Case::default()
    }
    .gives(&[1, 2, 1, 2], &[301.0, 402.0, 3010.0, 4020.0]);
}

#[test]
fn same_padding_puts_the_odd_row_last() {
    // 2 x 2 with stride 2 and a 3 x 3 filter of ones: one pixel is added at the end only.
    Case {
        shape: [1, 2, 2, 1],
        op: "Conv2D",
        attributes: STRIDE_2_SAME,
        constants: vec![(
            "w",
            vec![3, 3, 1, 1],
            vec![1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 5.0],
        )],
        ..Case::default()
    }
    .gives(&[1, 1, 1, 1], &[1.0]);
}

#[test]
fn bias_and_activation_follow_in_the_same_node() {
    let fused = |names: &'static str| Case {
        shape: [1, 1, 2, 1],
        op: "_FusedConv2D",
        attributes: names,
        constants: vec![
            ("w", vec![1, 1, 1, 1], vec![1.0]),
            ("b", vec![1], vec![-2.0]),
            ("a", vec![1, 1, 1], vec![0.5]),
        ],
        ..Case::default()
    };
    let relu = r#""strides": {"list": {"i": [1, 1, 1, 1]}}, "padding": {"s": "VkFMSUQ="}, "fused_ops": {"list": {"s": ["Qmlhc0FkZA==", "UmVsdQ=="]}}"#;
    fused(relu).gives(&[1, 1, 1, 2], &[0.0, 0.0]);
    let prelu = r#""strides": {"list": {"i": [1, 1, 1, 1]}}, "padding": {"s": "VkFMSUQ="}, "fused_ops": {"list": {"s": ["Qmlhc0FkZA==", "UHJlbHU="]}}"#;
    fused(prelu).gives(&[1, 1, 1, 2], &[-0.5, 0.0]);
}

#[test]
fn a_depthwise_convolution_keeps_channels_apart() {
    Case {
        shape: [1, 1, 1, 2],
        op: "DepthwiseConv2dNative",
        attributes: STRIDE_1,
        constants: vec![("w", vec![1, 1, 2, 2], vec![1.0, 10.0, 100.0, 1000.0])],
        ..Case::default()
    }
    .gives(&[1, 4, 1, 1], &[1.0, 10.0, 200.0, 2000.0]);
}

#[test]
fn pools_leave_the_border_out() {
    let pool = |op| Case {
        shape: [1, 3, 3, 1],
        op,
        attributes: r#""ksize": {"list": {"i": [1, 2, 2, 1]}}, "strides": {"list": {"i": [1, 2, 2, 1]}}, "padding": {"s": "U0FNRQ=="}"#,
        ..Case::default()
    };
    pool("MaxPool").gives(&[1, 1, 2, 2], &[5.0, 6.0, 8.0, 9.0]);
    pool("AvgPool").gives(&[1, 1, 2, 2], &[3.0, 4.5, 7.5, 9.0]);
}

#[test]
fn arithmetic_spreads_over_the_last_dimension() {
    let with = |op| Case {
        shape: [1, 1, 2, 2],
        op,
        constants: vec![("k", vec![2], vec![2.0, 3.0])],
        ..Case::default()
    };
    // The input is 1 2 in channel 0 and 3 4 in channel 1.
    let shape = [1, 2, 1, 2];
    with("Add").gives(&shape, &[3.0, 4.0, 6.0, 7.0]);
    with("AddV2").gives(&shape, &[3.0, 4.0, 6.0, 7.0]);
    with("BiasAdd").gives(&shape, &[3.0, 4.0, 6.0, 7.0]);
    with("Sub").gives(&shape, &[-1.0, 0.0, 0.0, 1.0]);
    with("Mul").gives(&shape, &[2.0, 4.0, 9.0, 12.0]);
    with("RealDiv").gives(&shape, &[0.5, 1.0, 1.0, 4.0 / 3.0]);
    with("Minimum").gives(&shape, &[1.0, 2.0, 3.0, 3.0]);
    with("Maximum").gives(&shape, &[2.0, 2.0, 3.0, 4.0]);
}

#[test]
fn activations_are_what_they_are_called() {
    let of = |op, attributes| Case {
        shape: [1, 1, 2, 1],
        op,
        attributes,
        ..Case::default()
    };
    let shape = [1, 1, 1, 2];
    of("Relu", "").gives(&shape, &[1.0, 2.0]);
    of("Relu6", "").gives(&shape, &[1.0, 2.0]);
    of("LeakyRelu", r#""alpha": {"f": 0.1}"#).gives(&shape, &[1.0, 2.0]);
    of("Tanh", "").gives(&shape, &[0.761_594_2, 0.964_027_6]);
    of("Sigmoid", "").gives(&shape, &[0.731_058_6, 0.880_797]);
    of("Identity", "").gives(&shape, &[1.0, 2.0]);
    let channels = Case {
        shape: [1, 1, 1, 2],
        op: "Softmax",
        ..Case::default()
    };
    channels.gives(&[1, 2, 1, 1], &[0.268_941_4, 0.731_058_6]);
    Case {
        shape: [1, 1, 2, 1],
        op: "Prelu",
        constants: vec![("a", vec![1, 1, 1], vec![0.5])],
        ..Case::default()
    }
    .gives(&shape, &[1.0, 2.0]);
}

#[test]
fn shapes_change_in_tensorflows_order() {
    let with = |op, attributes, integers| Case {
        shape: [1, 2, 1, 2],
        op,
        attributes,
        integers,
        ..Case::default()
    };
    // The input is 1 2 in channel 0 and 3 4 in channel 1; TensorFlow's order is 1 3 2 4.
    with("Reshape", "", vec![("s", vec![2], vec![1, -1])]).gives(&[1, 4], &[1.0, 3.0, 2.0, 4.0]);
    with("Reshape", "", vec![("s", vec![4], vec![1, 1, 2, 2])])
        .gives(&[1, 2, 1, 2], &[1.0, 2.0, 3.0, 4.0]);
    with(
        "Squeeze",
        r#""squeeze_dims": {"list": {"i": ["0", "2"]}}"#,
        vec![],
    )
    .gives(&[2, 2], &[1.0, 3.0, 2.0, 4.0]);
    with("Mean", "", vec![("a", vec![2], vec![1, 2])]).gives(&[1, 2], &[1.5, 3.5]);
    let kept = r#""keep_dims": {"b": true}"#;
    with("Mean", kept, vec![("a", vec![2], vec![1, -2])]).gives(&[1, 2, 1, 1], &[1.5, 3.5]);
    with(
        "Pad",
        "",
        vec![("p", vec![4, 2], vec![0, 0, 1, 0, 0, 0, 0, 1])],
    )
    .gives(
        &[1, 3, 3, 1],
        &[0.0, 1.0, 2.0, 0.0, 3.0, 4.0, 0.0, 0.0, 0.0],
    );
}

/// A flat graph after the picture: `x` reshaped to 1 x 2, then more.
fn flat(more: &str, weights: &str, bytes: &[f32]) -> Result<Vec<u8>, Error> {
    let json = format!(
        r#"{{"modelTopology": {{"node": [
            {{"name": "x", "op": "Placeholder", "attr": {{"shape": {{"shape": {{"dim": [{{"size": "1"}}, {{"size": "1"}}, {{"size": "1"}}, {{"size": "2"}}]}}}}}}}},
            {{"name": "s", "op": "Const"}}, {{"name": "f", "op": "Reshape", "input": ["x", "s"]}}, {more}]}},
            "signature": {{"outputs": {{"y": {{"name": "y"}}}}}},
            "weightsManifest": [{{"weights": [{{"name": "s", "shape": [2], "dtype": "int32"}}{weights}]}}]}}"#
    );
    let mut all: Vec<u8> = [1_i32, 2]
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    all.extend(bytes.iter().flat_map(|value| value.to_le_bytes()));
    convert(&json, &all, &GraphOptions::default())
}

#[test]
fn a_matrix_product_with_bias() {
    let node = r#"{"name": "w", "op": "Const"}, {"name": "b", "op": "Const"},
        {"name": "y", "op": "_FusedMatMul", "input": ["f", "w", "b"], "attr": {"fused_ops": {"list": {"s": ["Qmlhc0FkZA=="]}}}}"#;
    let weights = r#", {"name": "w", "shape": [2, 1], "dtype": "float32"}, {"name": "b", "shape": [1], "dtype": "float32"}"#;
    let model = flat(node, weights, &[1.0, 10.0, 0.5]).unwrap();
    let Some(outputs) = run(&model, [1, 2, 1, 1], &[1.0, 2.0]) else {
        return;
    };
    assert_eq!(outputs["y"].1, [21.5]);
}

#[test]
fn values_are_joined() {
    let node = r#"{"name": "c", "op": "Const"}, {"name": "y", "op": "ConcatV2", "input": ["f", "f", "c", "^x"]}"#;
    let model = flat(
        node,
        r#", {"name": "c", "shape": [], "dtype": "float32"}"#,
        &[0.0],
    );
    assert!(model.is_err(), "its dimension must be an integer");
    let json = r#", {"name": "c", "shape": [], "dtype": "int32"}"#;
    let model = flat(node, json, &[f32::from_bits(1)]).unwrap();
    let Some(outputs) = run(&model, [1, 2, 1, 1], &[1.0, 2.0]) else {
        return;
    };
    assert_eq!(outputs["y"], (vec![1, 4], vec![1.0, 2.0, 1.0, 2.0]));
}

#[test]
fn what_is_not_translated_is_said() {
    let refused = |case: Case, part: &str| {
        let said = case.converted().unwrap_err().to_string();
        assert!(said.contains(part), "{said}");
    };
    let shape = [1, 2, 2, 1];
    refused(
        Case {
            shape,
            op: "Erf",
            ..Case::default()
        },
        "not translated",
    );
    refused(
        Case {
            shape,
            op: "Conv2D",
            attributes: STRIDE_1,
            ..Case::default()
        },
        "no input 1",
    );
    refused(
        Case {
            shape,
            op: "MaxPool",
            ..Case::default()
        },
        "padding",
    );
    let constants = vec![("k", vec![1, 1, 1, 1, 1], vec![1.0])];
    refused(
        Case {
            shape,
            op: "Add",
            constants,
            ..Case::default()
        },
        "does not fit",
    );
    let circle = r#"{"name": "y", "op": "Relu", "input": ["z"]}, {"name": "z", "op": "Relu", "input": ["y"]}"#;
    assert!(
        flat(circle, "", &[])
            .unwrap_err()
            .to_string()
            .contains("depends on itself")
    );
    assert!(
        flat(
            r#"{"name": "y", "op": "Relu", "input": ["nobody"]}"#,
            "",
            &[]
        )
        .is_err()
    );
    assert!(
        flat(r#"{"name": "y", "op": "Const"}"#, "", &[])
            .unwrap_err()
            .to_string()
            .contains("missing")
    );
}

#[test]
fn a_graph_as_deep_as_it_is_long_is_walked() {
    let mut nodes = String::new();
    for index in 0..20_000 {
        let from = if index == 0 {
            "f".to_owned()
        } else {
            format!("n{}", index - 1)
        };
        let _ = write!(
            nodes,
            r#"{{"name": "n{index}", "op": "Identity", "input": ["{from}"]}}, "#
        );
    }
    nodes.push_str(r#"{"name": "y", "op": "Identity", "input": ["n19999"]}"#);
    flat(&nodes, "", &[]).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Operators with inputs, attributes and constants that may or may not fit: an error at most.
    #[test]
    fn no_graph_can_crash_it(
        op in prop::sample::select(vec![
            "Conv2D", "_FusedConv2D", "DepthwiseConv2dNative", "MaxPool", "AvgPool", "MatMul", "Add", "Prelu", "Softmax", "Pad",
            "Mean", "Reshape", "Squeeze", "ConcatV2", "Identity", "Placeholder", "Const",
        ]),
        attributes in prop::sample::select(vec![
            "", STRIDE_1, STRIDE_2_SAME, r#""ksize": {"list": {"i": ["1", "0", "-1", "1"]}}, "padding": {"s": "VkFMSUQ="}"#,
            r#""squeeze_dims": {"list": {"i": ["-9", "9223372036854775807"]}}"#,
            r#""fused_ops": {"list": {"s": ["Qmlhc0FkZA==", "UHJlbHU="]}}, "padding": {"s": "U0FNRQ=="}"#,
        ]),
        shape in prop::collection::vec(0..4_usize, 0..6),
        integers in prop::collection::vec(any::<i32>(), 0..9),
    ) {
        let count = shape.iter().product();
        let case = Case {
            shape: [1, 3, 3, 2],
            op,
            attributes,
            constants: vec![("w", shape, vec![0.5; count])],
            integers: vec![("i", vec![integers.len()], integers)],
        };
        let _ = case.converted();
        let (json, bytes) = case.json();
        for cut in [0, json.len() / 3, json.len() / 2, json.len() - 1] {
            prop_assert!(convert(&json[..cut], &bytes, &GraphOptions::default()).is_err());
        }
    }
}
