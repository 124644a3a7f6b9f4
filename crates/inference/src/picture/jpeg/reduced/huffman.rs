//! Huffman codes.

use super::bits::Bits;

/// Codes of up to so many bits are looked up at once.
const LOOK: u32 = 12;

/// A table of codes.
pub(super) struct Table {
    /// By the next bits: the symbol and the length of its code; 0 for codes that are longer.
    short: Box<[u16; 1 << LOOK]>,
    /// By the next bits, in tables of coefficients: what to pass over at once.
    steps: Box<[Step; 1 << LOOK]>,
    /// For each length, the first code behind those of it, as the top of 16 bits.
    bounds: [u32; 17],
    /// For each length, what to add to a code for the place of its symbol.
    offsets: [i32; 17],
    symbols: Vec<u8>,
}

/// One or several coefficients that are passed over together: from the lowest bit on, five for the bits of their codes and values
/// (0: the code is a long one), seven for the coefficients, zeros included, and one when they are the last of their block.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Step(u16);

impl Step {
    /// The longest: a looked-up code and its value.
    pub(super) const MOST_BITS: u32 = LOOK + 15;

    fn new(bits: u32, coefficients: u32, ends: bool) -> Self {
        Self((bits | coefficients << 5 | u32::from(ends) << 12) as u16)
    }

    #[inline(always)]
    pub(super) fn bits(self) -> u32 {
        u32::from(self.0 & 31)
    }

    #[inline(always)]
    pub(super) fn coefficients(self) -> usize {
        usize::from(self.0 >> 5 & 127)
    }

    #[inline(always)]
    pub(super) fn ends(self) -> bool {
        self.0 >> 12 != 0
    }
}

impl Table {
    /// From the number of codes of each length, 1 to 16, and their symbols in order; `None` when they are too many.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut table = Self {
            short: Box::new([0; 1 << LOOK]),
            steps: Box::new([Step::default(); 1 << LOOK]),
            bounds: [0; 17],
            offsets: [0; 17],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut place) = (0_u32, 0_usize);
        for (length, count) in (1_u32..).zip(counts) {
            let count = u32::from(*count);
            let behind = code + count;
            if behind > 1 << length {
                return None;
            }
            table.offsets[length as usize] = place as i32 - code as i32;
            table.bounds[length as usize] = behind << (16 - length);
            for code in code..behind {
                let symbol = *symbols.get(place)?;
                place += 1;
                if length <= LOOK {
                    let first = (code << (LOOK - length)) as usize;
                    let same = first..first + (1 << (LOOK - length));
                    table.short[same].fill(u16::from(symbol) << 8 | length as u16);
                }
            }
            code = behind << 1;
        }
        table.fill_steps();
        Some(table)
    }

    fn fill_steps(&mut self) {
        for index in 0..1_u32 << LOOK {
            let (mut used, mut coefficients, mut ends) = (0, 0, false);
            while used < LOOK && !ends {
                // Zeros stand for the bits that are not known yet.
                let left = index << used & ((1 << LOOK) - 1);
                let entry = self.short[left as usize];
                let (symbol, length) = (entry >> 8, u32::from(entry & 15));
                if length == 0 || used + length > LOOK {
                    break;
                }
                let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
                let more = match (run, size) {
                    (0, 0) => 0,
                    (15, 0) => 16,
                    // Not to be; the slow way refuses it.
                    (_, 0) => break,
                    _ => run + 1,
                };
                if coefficients + more > 63 {
                    break;
                }
                used += length + size;
                coefficients += more;
                ends = more == 0;
            }
            self.steps[index as usize] = Step::new(used, coefficients, ends);
        }
    }

    /// The next symbol; `None` when the bits are no code. At least 16 bits must be ready.
    #[inline(always)]
    pub(super) fn symbol(&self, bits: &mut Bits<'_>) -> Option<u8> {
        let entry = self.short[bits.peek(LOOK) as usize & ((1 << LOOK) - 1)];
        let (symbol, length) = if entry == 0 {
            self.long(bits.peek(16))?
        } else {
            ((entry >> 8) as u8, u32::from(entry & 15))
        };
        bits.skip(length);
        Some(symbol)
    }

    /// The symbol whose long code these 16 bits start with, and the code's length.
    #[cold]
    #[inline(never)]
    fn long(&self, next: u32) -> Option<(u8, u32)> {
        let length = (LOOK as usize + 1..=16).find(|length| next < self.bounds[*length])?;
        let place = (next >> (16 - length)) as i32 + self.offsets[length];
        let symbol = self.symbols.get(usize::try_from(place).ok()?)?;
        Some((*symbol, length as u32))
    }

    /// What the next bits allow to pass over at once.
    #[inline(always)]
    pub(super) fn step(&self, bits: &Bits<'_>) -> Step {
        self.steps[bits.peek(LOOK) as usize & ((1 << LOOK) - 1)]
    }
}
