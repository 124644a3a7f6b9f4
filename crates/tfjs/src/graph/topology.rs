//! The nodes of a `model.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de::Error as _};

use crate::Error;

#[derive(Debug, Deserialize)]
struct File {
    #[serde(rename = "modelTopology")]
    topology: Topology,
    signature: Option<Signature>,
    #[serde(rename = "userDefinedMetadata")]
    metadata: Option<Metadata>,
}

#[derive(Debug, Deserialize)]
struct Topology {
    node: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    signature: Option<Signature>,
}

#[derive(Debug, Deserialize)]
struct Signature {
    #[serde(default)]
    outputs: BTreeMap<String, Output>,
}

#[derive(Debug, Deserialize)]
struct Output {
    name: String,
}

/// One operation.
#[derive(Debug, Deserialize)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) op: String,
    #[serde(default)]
    pub(super) input: Vec<String>,
    #[serde(default)]
    attr: BTreeMap<String, Attribute>,
}

/// A value of an attribute: only the kinds that are asked for.
#[derive(Debug, Deserialize)]
struct Attribute {
    s: Option<Text>,
    f: Option<f32>,
    b: Option<bool>,
    list: Option<List>,
    shape: Option<Shape>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct List {
    i: Vec<Number>,
    s: Vec<Text>,
}

#[derive(Debug, Deserialize)]
struct Shape {
    #[serde(default)]
    dim: Vec<Side>,
}

#[derive(Debug, Deserialize)]
struct Side {
    size: Number,
}

/// A 64-bit number, which JSON made from protocol buffers writes as a string.
#[derive(Debug)]
struct Number(i64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Plain(i64),
            Quoted(String),
        }
        match Either::deserialize(deserializer)? {
            Either::Plain(number) => Ok(Self(number)),
            Either::Quoted(text) => text.parse().map(Self).map_err(D::Error::custom),
        }
    }
}

/// Bytes, written in base64.
#[derive(Debug)]
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let encoded = String::deserialize(deserializer)?;
        let bytes = base64_simd::STANDARD
            .decode_to_vec(encoded)
            .map_err(D::Error::custom)?;
        String::from_utf8(bytes).map(Self).map_err(D::Error::custom)
    }
}

impl Node {
    /// The text attribute `name`.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        Some(self.attr.get(name)?.s.as_ref()?.0.as_str())
    }

    pub(super) fn float(&self, name: &str) -> Option<f32> {
        self.attr.get(name)?.f
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.attr
            .get(name)
            .and_then(|attribute| attribute.b)
            .unwrap_or(false)
    }

    /// The list of integers `name`; empty when it is not there.
    pub(super) fn ints(&self, name: &str) -> Vec<i64> {
        let list = self
            .attr
            .get(name)
            .and_then(|attribute| attribute.list.as_ref());
        list.map(|list| list.i.iter().map(|number| number.0).collect())
            .unwrap_or_default()
    }

    /// The list of texts `name`; empty when it is not there.
    pub(super) fn texts(&self, name: &str) -> Vec<&str> {
        let list = self
            .attr
            .get(name)
            .and_then(|attribute| attribute.list.as_ref());
        list.map(|list| list.s.iter().map(|text| text.0.as_str()).collect())
            .unwrap_or_default()
    }

    /// The shape that a placeholder states, -1 where a side is open.
    pub(super) fn shape(&self) -> Option<Vec<i64>> {
        let shape = self.attr.get("shape")?.shape.as_ref()?;
        Some(shape.dim.iter().map(|side| side.size.0).collect())
    }

    pub(super) fn fault(&self, reason: impl Into<String>) -> Error {
        Error::Node {
            node: self.name.clone(),
            op: self.op.clone(),
            reason: reason.into(),
        }
    }
}

/// The nodes by name.
pub(super) struct Graph {
    pub(super) nodes: BTreeMap<String, Node>,
    /// Nodes that the model's signature calls outputs, by the order of their names there.
    pub(super) outputs: Vec<String>,
}

/// Reads a `model.json`.
pub(super) fn read(json: &str) -> Result<Graph, Error> {
    let file: File =
        serde_json::from_str(json).map_err(|error| Error::Format(error.to_string()))?;
    let signature = file
        .signature
        .or_else(|| file.metadata.and_then(|data| data.signature));
    let outputs = signature
        .map(|signature| {
            signature
                .outputs
                .into_values()
                .map(|output| source(&output.name).to_owned())
                .collect()
        })
        .unwrap_or_default();
    let mut nodes = BTreeMap::new();
    for node in file.topology.node {
        let name = node.name.clone();
        if nodes.insert(name.clone(), node).is_some() {
            return Err(Error::Format(format!("two nodes are called {name}")));
        }
    }
    Ok(Graph { nodes, outputs })
}

/// The node that an input's name means: `name` or `name:0`. Other outputs than the first are not offered by any node here.
pub(super) fn source(input: &str) -> &str {
    input.strip_suffix(":0").unwrap_or(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_read_as_they_are_written() {
        let graph = read(
            r#"{"modelTopology": {"node": [{"name": "a", "op": "X", "input": ["b:0"], "attr": {
                "padding": {"s": "U0FNRQ=="}, "strides": {"list": {"i": ["1", 2]}}, "fused_ops": {"list": {"s": ["UmVsdQ=="]}},
                "alpha": {"f": 0.5}, "keep": {"b": true}, "shape": {"shape": {"dim": [{"size": "-1"}, {"size": "3"}]}}}}]},
                "userDefinedMetadata": {"signature": {"outputs": {"y": {"name": "a:0"}}}}}"#,
        )
        .unwrap();
        let node = &graph.nodes["a"];
        assert_eq!(
            (node.text("padding"), node.float("alpha"), node.flag("keep")),
            (Some("SAME"), Some(0.5), true)
        );
        assert_eq!(
            (node.ints("strides"), node.texts("fused_ops")),
            (vec![1, 2], vec!["Relu"])
        );
        assert_eq!(node.shape(), Some(vec![-1, 3]));
        assert_eq!(
            (source(&node.input[0]), graph.outputs),
            ("b", vec!["a".to_owned()])
        );
    }

    #[test]
    fn what_is_no_graph_is_refused() {
        for json in [
            "",
            "[]",
            "{}",
            r#"{"modelTopology": {"node": [{"name": "a", "op": "X"}, {"name": "a", "op": "X"}]}}"#,
            r#"{"modelTopology": {"node": [{"name": "a", "op": "X", "attr": {"p": {"s": "%"}}}]}}"#,
        ] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
