//! Portable kernels: the fall-back, and what the others are tested against.

use super::{FloatLine, LINE, Line, WideLine};

pub(super) fn dots<const N: usize>(
    probes: [&[WideLine]; N],
    rows: &[Line],
    mut out: [&mut [i32]; N],
) {
    let lines = probes.first().map_or(0, |probe| probe.len());
    for (r, row) in rows.chunks_exact(lines).enumerate() {
        for (out, probe) in out.iter_mut().zip(probes) {
            let pairs = probe.iter().zip(row);
            out[r] = pairs.fold(0, |sum, (q, x)| sum + products(&q.0, &x.0));
        }
    }
}

pub(super) fn dot(a: &[Line], b: &[Line]) -> i32 {
    a.iter()
        .zip(b)
        .fold(0, |sum, (a, b)| sum + products(&a.0, &b.0))
}

pub(super) fn rebuilt_dot(probe: &[FloatLine], base: &[Line], fine: &[Line], steps: i16) -> f32 {
    let mut sums = [0.0_f32; LINE];
    for ((probe, base), fine) in probe.iter().zip(base).zip(fine) {
        for (i, sum) in sums.iter_mut().enumerate() {
            // At most 127 * 254 + 127: it fits an i16.
            let whole = i16::from(base.0[i]).wrapping_mul(steps);
            *sum += probe.0[i] * f32::from(whole.wrapping_add(i16::from(fine.0[i])));
        }
    }
    sums.iter().sum()
}

/// Inlined into each kernel, so that the compiler uses what that kernel may.
#[inline(always)]
pub(super) fn differences(probe: &[u64], rows: &[u64], out: &mut [u32]) {
    for (row, out) in rows.chunks_exact(probe.len()).zip(out) {
        let words = probe.iter().zip(row);
        *out = words.map(|(a, b)| (a ^ b).count_ones()).sum();
    }
}

/// The sum of products of one line. No part of a sum passes an i32 (see `quantise::Probe`), and checks would stop the
/// compiler's SIMD.
fn products<A: Copy + Into<i32>, B: Copy + Into<i32>>(a: &[A], b: &[B]) -> i32 {
    a.iter().zip(b).fold(0, |sum: i32, (a, b)| {
        sum.wrapping_add((*a).into().wrapping_mul((*b).into()))
    })
}
