//! NEON (aarch64): 16 int8 components are widened to int16 and multiplied into four int32 sums (`smlal`).

use super::{Line, WideLine};
use std::arch::aarch64::{
    int8x16_t, int16x8_t, int32x4_t, vaddq_s32, vaddvq_s32, vdupq_n_s32, vget_low_s8, vget_low_s16,
    vld1q_s8, vld1q_s16, vmlal_high_s16, vmlal_s16, vmovl_high_s8, vmovl_s8,
};

/// Components per step.
const STEP: usize = 16;

#[target_feature(enable = "neon")]
pub(super) fn dots<const N: usize>(probes: [&[WideLine]; N], rows: &[Line], out: [&mut [i32]; N]) {
    let lines = probes.first().map_or(0, |probe| probe.len());
    let probes = probes.map(|probe| &probe[..lines]);
    for (r, row) in rows.chunks_exact(lines).enumerate() {
        // Two sums per probe: one would make each step wait for the one before.
        let mut low = [vdupq_n_s32(0); N];
        let mut high = [vdupq_n_s32(0); N];
        for (i, line) in row.iter().enumerate() {
            for part in 0..4 {
                let x = bytes(line, part);
                let (x0, x1) = (vmovl_s8(vget_low_s8(x)), vmovl_high_s8(x));
                for n in 0..N {
                    low[n] = multiply_add(low[n], words(&probes[n][i], 2 * part), x0);
                    high[n] = multiply_add(high[n], words(&probes[n][i], 2 * part + 1), x1);
                }
            }
        }
        for n in 0..N {
            out[n][r] = vaddvq_s32(vaddq_s32(low[n], high[n]));
        }
    }
}

#[target_feature(enable = "neon")]
pub(super) fn dot(a: &[Line], b: &[Line]) -> i32 {
    let (mut low, mut high) = (vdupq_n_s32(0), vdupq_n_s32(0));
    for (a, b) in a.iter().zip(b) {
        for part in 0..4 {
            let (a, b) = (bytes(a, part), bytes(b, part));
            low = multiply_add(low, vmovl_s8(vget_low_s8(a)), vmovl_s8(vget_low_s8(b)));
            high = multiply_add(high, vmovl_high_s8(a), vmovl_high_s8(b));
        }
    }
    vaddvq_s32(vaddq_s32(low, high))
}

/// Components `16 * part ..` of a row's line; `part` is below 4.
#[target_feature(enable = "neon")]
fn bytes(line: &Line, part: usize) -> int8x16_t {
    let bytes = line.0[STEP * part..STEP * (part + 1)].as_ptr();
    // SAFETY: the slice above has 16 bytes; the load asks for no alignment.
    unsafe { vld1q_s8(bytes) }
}

/// Components `8 * part ..` of a probe's line; `part` is below 8.
#[target_feature(enable = "neon")]
fn words(line: &WideLine, part: usize) -> int16x8_t {
    let words = line.0[8 * part..8 * (part + 1)].as_ptr();
    // SAFETY: the slice above has 8 words; the load asks for no alignment.
    unsafe { vld1q_s16(words) }
}

#[target_feature(enable = "neon")]
fn multiply_add(sum: int32x4_t, a: int16x8_t, b: int16x8_t) -> int32x4_t {
    let sum = vmlal_s16(sum, vget_low_s16(a), vget_low_s16(b));
    vmlal_high_s16(sum, a, b)
}
