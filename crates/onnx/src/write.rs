//! Writing protocol buffers' wire format.

/// A message under construction: fields in the order in which they are put.
#[derive(Debug, Default, Clone)]
pub struct Message(Vec<u8>);

impl Message {
    /// The message as it is written.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// A number: the types int32, int64, enum. Negative ones take ten bytes, as the format says.
    pub fn number(&mut self, field: u32, value: i64) -> &mut Self {
        self.key(field, 0);
        self.varint(value as u64);
        self
    }

    /// A 32-bit float.
    pub fn float(&mut self, field: u32, value: f32) -> &mut Self {
        self.key(field, 5);
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    /// A string or raw bytes.
    pub fn bytes(&mut self, field: u32, value: impl AsRef<[u8]>) -> &mut Self {
        let value = value.as_ref();
        self.key(field, 2);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    /// A message inside this one.
    pub fn message(&mut self, field: u32, value: Self) -> &mut Self {
        self.bytes(field, value.0)
    }

    /// Fields as they stand in another message.
    pub(crate) fn copy(&mut self, raw: &[u8]) {
        self.0.extend_from_slice(raw);
    }

    fn key(&mut self, field: u32, kind: u32) {
        self.varint(u64::from(field << 3 | kind));
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(put: impl FnOnce(&mut Message)) -> Vec<u8> {
        let mut message = Message::default();
        put(&mut message);
        message.into_bytes()
    }

    // The examples of the format's own description.
    #[test]
    fn fields_are_written_as_the_format_says() {
        assert_eq!(
            written(|m| {
                m.number(1, 150);
            }),
            [0x08, 0x96, 0x01]
        );
        assert_eq!(
            written(|m| {
                m.bytes(2, "testing");
            }),
            b"\x12\x07testing"
        );
        assert_eq!(
            written(|m| {
                m.number(1, -1);
            }),
            [
                0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01
            ]
        );
        assert_eq!(
            written(|m| {
                m.float(2, 1.0);
            }),
            [0x15, 0, 0, 0x80, 0x3f]
        );
        let mut inner = Message::default();
        inner.number(1, 150);
        assert_eq!(
            written(|m| {
                m.message(3, inner);
            }),
            [0x1a, 0x03, 0x08, 0x96, 0x01]
        );
        assert_eq!(
            written(|m| {
                m.number(20, 0);
            }),
            [0xa0, 0x01, 0x00]
        );
    }
}
