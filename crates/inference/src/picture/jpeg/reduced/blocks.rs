//! Blocks of coefficients to fewer pixels than they have.

/// Pixels of a side that a block becomes: 1, 2 or 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    One = 1,
    Two = 2,
    Four = 4,
}

impl Size {
    /// The size of this many pixels a side.
    pub(super) fn of(side: usize) -> Self {
        match side {
            0 | 1 => Self::One,
            2 | 3 => Self::Two,
            _ => Self::Four,
        }
    }

    /// Whether the coefficient at `8 * row + column` shows.
    pub(super) fn shows(self, index: u8) -> bool {
        let side = self as usize;
        usize::from(index / 8) < side && usize::from(index % 8) < side
    }
}

/// One component's pixels.
pub(super) struct Plane {
    size: Size,
    width: usize,
    pixels: Vec<u8>,
    /// Pixels of the finest plane that one of these stands for, across and down: colour mostly has fewer.
    pub(super) repeat: (usize, usize),
}

impl Plane {
    /// For so many blocks across and down.
    pub(super) fn new(size: Size, [across, down]: [usize; 2], repeat: (usize, usize)) -> Self {
        let side = size as usize;
        let width = across * side;
        Self {
            size,
            width,
            pixels: vec![0; width * down * side],
            repeat,
        }
    }

    /// A row of pixels.
    pub(super) fn row(&self, y: usize) -> &[u8] {
        &self.pixels[y * self.width..][..self.width]
    }

    /// A block of one colour, given its first coefficient.
    #[inline(always)]
    pub(super) fn flat(&mut self, column: usize, row: usize, mean: f32) {
        let (value, side) = (level(mean / 8.0), self.size as usize);
        let start = row * side * self.width + column * side;
        if side == 1 {
            self.pixels[start] = value;
            return;
        }
        for y in 0..side {
            self.pixels[start + y * self.width..][..side].fill(value);
        }
    }

    /// A block, given its coefficients row by row.
    #[inline(always)]
    pub(super) fn put(&mut self, column: usize, row: usize, coefficients: &[f32; 64]) {
        match self.size {
            Size::One => self.flat(column, row, coefficients[0]),
            Size::Two => self.put_of::<2>(column, row, coefficients, &BASIS_2),
            Size::Four => self.put_of::<4>(column, row, coefficients, &BASIS_4),
        }
    }

    #[inline(always)]
    fn put_of<const N: usize>(
        &mut self,
        column: usize,
        row: usize,
        coefficients: &[f32; 64],
        basis: &[[f32; N]; N],
    ) {
        // Each row of coefficients to pixels across, then those down.
        let mut half = [[0.0_f32; N]; N];
        for (line, values) in half.iter_mut().zip(coefficients.as_chunks::<8>().0) {
            for (value, weights) in values.iter().zip(basis) {
                for (sum, weight) in line.iter_mut().zip(weights) {
                    *sum += value * weight;
                }
            }
        }
        let start = row * N * self.width + column * N;
        for y in 0..N {
            let mut sums = [0.0_f32; N];
            for (line, weights) in half.iter().zip(basis) {
                for (sum, value) in sums.iter_mut().zip(line) {
                    *sum += value * weights[y];
                }
            }
            let target = &mut self.pixels[start + y * self.width..][..N];
            for (pixel, sum) in target.iter_mut().zip(sums) {
                *pixel = level(sum);
            }
        }
    }
}

/// A sample of T.81, which lies around 0, as a pixel.
#[inline(always)]
fn level(sample: f32) -> u8 {
    (sample + 128.5) as u8
}

/// `BASIS_N[u][x]`: what the coefficient of frequency `u` of a row of eight adds to pixel `x` of N. That is the cosine transform of
/// length N, with the first coefficient's part as in that of length eight.
const BASIS_2: [[f32; 2]; 2] = [[FLAT; 2], [0.5 * COS_4, -0.5 * COS_4]];
const BASIS_4: [[f32; 4]; 4] = [
    [FLAT; 4],
    [0.5 * COS_2, 0.5 * COS_6, -0.5 * COS_6, -0.5 * COS_2],
    [0.5 * COS_4, -0.5 * COS_4, -0.5 * COS_4, 0.5 * COS_4],
    [0.5 * COS_6, -0.5 * COS_2, 0.5 * COS_2, -0.5 * COS_6],
];
/// 1 / sqrt(8).
const FLAT: f32 = 0.353_553_4;
/// cos(k pi / 16).
const COS_2: f32 = 0.923_879_5;
const COS_4: f32 = std::f32::consts::FRAC_1_SQRT_2;
const COS_6: f32 = 0.382_683_43;
