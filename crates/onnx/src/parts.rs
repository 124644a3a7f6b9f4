//! The parts of a graph: nodes, their attributes, and constants. Field numbers are those of `onnx.proto`.

use crate::Message;

/// `TensorProto.DataType` of 32-bit floats.
pub const FLOAT: i64 = 1;
/// `TensorProto.DataType` of 64-bit integers.
pub const INT64: i64 = 7;

/// An attribute of a node.
#[derive(Debug, Clone)]
pub enum Attribute {
    /// A whole number.
    Int(&'static str, i64),
    /// A list of whole numbers.
    Ints(&'static str, Vec<i64>),
    /// A number.
    Float(&'static str, f32),
    /// A string.
    Text(&'static str, &'static str),
}

impl Attribute {
    fn message(&self) -> Message {
        let mut message = Message::default();
        match self {
            Self::Float(name, value) => message.bytes(1, name).float(2, *value).number(20, 1),
            Self::Int(name, value) => message.bytes(1, name).number(3, *value).number(20, 2),
            Self::Text(name, value) => message.bytes(1, name).bytes(4, value).number(20, 3),
            Self::Ints(name, values) => {
                message.bytes(1, name);
                for value in values {
                    message.number(8, *value);
                }
                message.number(20, 7)
            }
        };
        message
    }
}

/// A node with one output.
#[must_use]
pub fn node(operator: &str, inputs: &[&str], output: &str, attributes: &[Attribute]) -> Message {
    let mut node = Message::default();
    for input in inputs {
        node.bytes(1, input);
    }
    node.bytes(2, output).bytes(4, operator);
    for attribute in attributes {
        node.message(5, attribute.message());
    }
    node
}

/// A constant of this `kind`, [`FLOAT`] or [`INT64`], with its values as little-endian bytes.
#[must_use]
pub fn tensor(name: &str, sides: &[usize], kind: i64, raw: &[u8]) -> Message {
    let mut tensor = Message::default();
    for side in sides {
        tensor.number(1, *side as i64);
    }
    tensor.number(2, kind).bytes(8, name).bytes(9, raw);
    tensor
}
