//! Everything before the picture's data.

use super::huffman::Table;

/// Rows and columns of a block in the order in which its coefficients are coded: `8 * row + column`.
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// One colour component.
#[derive(Debug, Clone, Copy)]
pub(super) struct Component {
    id: u8,
    /// Blocks across and down in one unit of the scan, 1 to 4.
    pub(super) across: usize,
    pub(super) down: usize,
    quantisation: usize,
    dc: usize,
    ac: usize,
}

/// The tables and the frame of a file.
pub(super) struct Header {
    pub(super) width: u32,
    pub(super) height: u32,
    /// One (grey) or three (YCbCr).
    pub(super) components: Vec<Component>,
    /// Units between two restart markers; 0: there are none.
    pub(super) restart: usize,
    /// Where the coded data starts.
    pub(super) data: usize,
    quantisation: [Option<[u16; 64]>; 4],
    dc: [Option<Table>; 4],
    ac: [Option<Table>; 4],
}

/// What one component's blocks are decoded with.
pub(super) struct Tables<'a> {
    /// In the order of coding.
    pub(super) quantisation: &'a [u16; 64],
    pub(super) dc: &'a Table,
    pub(super) ac: &'a Table,
}

impl Header {
    /// `None` when the file is not sequential, Huffman-coded, of 8 bits, grey or YCbCr, in one scan.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut header = Self {
            width: 0,
            height: 0,
            components: Vec::new(),
            restart: 0,
            data: 0,
            quantisation: [None; 4],
            dc: [const { None }; 4],
            ac: [const { None }; 4],
        };
        let mut at = 2;
        loop {
            if *bytes.get(at)? != 0xFF {
                return None;
            }
            while *bytes.get(at)? == 0xFF {
                at += 1;
            }
            let marker = *bytes.get(at)?;
            at += 1;
            let length = usize::from(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
            let segment = bytes.get(at + 2..at + length)?;
            at += length;
            match marker {
                0xC0 | 0xC1 => header.frame(segment)?,
                0xC4 => header.huffman(segment)?,
                0xDB => header.quantisation(segment)?,
                0xDD => {
                    header.restart =
                        usize::from(u16::from_be_bytes([*segment.first()?, *segment.get(1)?]));
                }
                // Adobe's: 1 is YCbCr.
                0xEE if segment.starts_with(b"Adobe") && segment.get(11) != Some(&1) => {
                    return None;
                }
                0xDA => {
                    header.scan(segment)?;
                    header.data = at;
                    return Some(header);
                }
                // Progressive, lossless, arithmetic, hierarchical; a height that comes later.
                0xC2..=0xCF | 0xDC | 0x00..=0x01 | 0xD0..=0xD9 => return None,
                _ => {}
            }
        }
    }

    /// The tables of a component.
    pub(super) fn tables(&self, component: &Component) -> Option<Tables<'_>> {
        Some(Tables {
            quantisation: self.quantisation.get(component.quantisation)?.as_ref()?,
            dc: self.dc.get(component.dc)?.as_ref()?,
            ac: self.ac.get(component.ac)?.as_ref()?,
        })
    }

    fn frame(&mut self, segment: &[u8]) -> Option<()> {
        let &[8, h0, h1, w0, w1, count, ref rest @ ..] = segment else {
            return None;
        };
        self.height = u32::from(u16::from_be_bytes([h0, h1]));
        self.width = u32::from(u16::from_be_bytes([w0, w1]));
        let known = self.width > 0
            && self.height > 0
            && self.components.is_empty()
            && matches!(count, 1 | 3)
            && rest.len() == 3 * usize::from(count);
        if !known {
            return None;
        }
        for &[id, sampling, quantisation] in rest.as_chunks::<3>().0 {
            let (across, down) = (usize::from(sampling >> 4), usize::from(sampling & 15));
            if !(1..=4).contains(&across) || !(1..=4).contains(&down) {
                return None;
            }
            self.components.push(Component {
                id,
                // One component alone is not interleaved: a unit of the scan is a block.
                across: if count == 1 { 1 } else { across },
                down: if count == 1 { 1 } else { down },
                quantisation: usize::from(quantisation),
                dc: 0,
                ac: 0,
            });
        }
        // Some programs write RGB and say so by nothing else.
        let ids: Vec<u8> = self.components.iter().map(|one| one.id).collect();
        (ids != *b"RGB").then_some(())
    }

    fn scan(&mut self, segment: &[u8]) -> Option<()> {
        let count = usize::from(*segment.first()?);
        if count == 0
            || count != self.components.len()
            || segment.get(1 + 2 * count..)? != [0, 63, 0]
        {
            return None;
        }
        for (component, pair) in self.components.iter_mut().zip(segment[1..].chunks_exact(2)) {
            if component.id != pair[0] {
                return None;
            }
            (component.dc, component.ac) = (usize::from(pair[1] >> 4), usize::from(pair[1] & 15));
        }
        Some(())
    }

    fn quantisation(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((&kind, rest)) = segment.split_first() {
            let wide = match kind >> 4 {
                0 => 1,
                1 => 2,
                _ => return None,
            };
            let (values, rest) = rest.split_at_checked(64 * wide)?;
            let mut table = [0; 64];
            for (entry, value) in table.iter_mut().zip(values.chunks_exact(wide)) {
                *entry = value
                    .iter()
                    .fold(0, |sum, byte| sum << 8 | u16::from(*byte));
            }
            *self.quantisation.get_mut(usize::from(kind & 15))? = Some(table);
            segment = rest;
        }
        Some(())
    }

    fn huffman(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((&kind, rest)) = segment.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let total = counts.iter().map(|count| usize::from(*count)).sum();
            let (symbols, rest) = rest.split_at_checked(total)?;
            let tables = match kind >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return None,
            };
            *tables.get_mut(usize::from(kind & 15))? = Some(Table::new(counts, symbols)?);
            segment = rest;
        }
        Some(())
    }
}
