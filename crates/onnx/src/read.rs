//! Reading protocol buffers' wire format: the fields of a message, and nothing copied.

/// A field's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    /// The types int32, int64, enum.
    Number(u64),
    /// A 32-bit float.
    Four([u8; 4]),
    /// A 64-bit float.
    Eight,
    /// A string, raw bytes, a message, or packed numbers.
    Bytes(&'a [u8]),
}

/// A field of a message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Field<'a> {
    pub(crate) number: u64,
    pub(crate) value: Value<'a>,
    /// All of it, its key included, to be copied.
    pub(crate) raw: &'a [u8],
}

impl<'a> Field<'a> {
    /// The bytes of the field `number`, if this is it.
    pub(crate) fn bytes(&self, number: u64) -> Option<&'a [u8]> {
        match self.value {
            Value::Bytes(bytes) if self.number == number => Some(bytes),
            _ => None,
        }
    }
}

/// The fields of a message in their order; `None` when it is none.
pub(crate) fn fields(mut message: &[u8]) -> Option<Vec<Field<'_>>> {
    let mut fields = Vec::new();
    while !message.is_empty() {
        let before = message;
        let key = varint(&mut message)?;
        let value = match key & 7 {
            0 => Value::Number(varint(&mut message)?),
            1 => {
                take(&mut message, 8)?;
                Value::Eight
            }
            2 => {
                let length = usize::try_from(varint(&mut message)?).ok()?;
                Value::Bytes(take(&mut message, length)?)
            }
            5 => Value::Four(take(&mut message, 4)?.try_into().ok()?),
            // Groups, which nobody writes any more.
            _ => return None,
        };
        fields.push(Field {
            number: key >> 3,
            value,
            raw: before.get(..before.len() - message.len())?,
        });
    }
    Some(fields)
}

/// The numbers of a packed field.
pub(crate) fn packed(mut bytes: &[u8]) -> Option<Vec<u64>> {
    let mut numbers = Vec::new();
    while !bytes.is_empty() {
        numbers.push(varint(&mut bytes)?);
    }
    Some(numbers)
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for place in 0..10 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Message;

    proptest! {
        #[test]
        fn what_was_written_is_read(numbers in prop::collection::vec(any::<i64>(), 0..5), text in prop::collection::vec(any::<u8>(), 0..300), float in any::<f32>()) {
            let mut message = Message::default();
            for number in &numbers {
                message.number(3, *number);
            }
            message.bytes(200, &text).float(4, float);
            let bytes = message.into_bytes();
            let read = fields(&bytes).unwrap();
            prop_assert_eq!(read.len(), numbers.len() + 2);
            for (field, number) in read.iter().zip(&numbers) {
                prop_assert_eq!((field.number, field.value), (3, Value::Number(*number as u64)));
            }
            prop_assert_eq!(read[numbers.len()].bytes(200), Some(text.as_slice()));
            prop_assert_eq!(read[numbers.len() + 1].value, Value::Four(float.to_le_bytes()));
            let again: Vec<u8> = read.iter().flat_map(|field| field.raw.to_vec()).collect();
            prop_assert_eq!(again, bytes);
        }

        #[test]
        fn anything_at_all_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some(read) = fields(&bytes) {
                let again: Vec<u8> = read.iter().flat_map(|field| field.raw.to_vec()).collect();
                prop_assert_eq!(again, bytes);
            }
        }
    }
}
