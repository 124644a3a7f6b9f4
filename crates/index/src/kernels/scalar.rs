//! Portable kernels: the fall-back, and what the others are tested against.

use super::{FloatLine, Line, WideLine, rebuilt_dot_body};

pub(super) fn dots<const N: usize>(probes: [&[WideLine]; N], rows: &[Line], out: &mut [[i32; N]]) {
    let lines = probes.first().map_or(0, |probe| probe.len());
    for (row, out) in rows.chunks_exact(lines).zip(out) {
        for (sum, probe) in out.iter_mut().zip(probes) {
            *sum = probe
                .iter()
                .zip(row)
                .map(|(q, x)| {
                    q.0.iter()
                        .zip(&x.0)
                        .map(|(q, x)| i32::from(*q) * i32::from(*x))
                        .sum::<i32>()
                })
                .sum();
        }
    }
}

pub(super) fn dot(a: &[Line], b: &[Line]) -> i32 {
    a.iter()
        .zip(b)
        .map(|(a, b)| {
            a.0.iter()
                .zip(&b.0)
                .map(|(a, b)| i32::from(*a) * i32::from(*b))
                .sum::<i32>()
        })
        .sum()
}

pub(super) fn rebuilt_dot(probe: &[FloatLine], base: &[Line], fine: &[Line], steps: i16) -> f32 {
    rebuilt_dot_body::<false>(probe, base, fine, steps)
}
