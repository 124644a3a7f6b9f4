//! AVX-512 with VNNI: 32 components per instruction (`vpdpwssd` multiplies int16 pairs and accumulates).

use super::{FloatLine, Line, WideLine};
use std::arch::x86_64::{
    __m256i, __m512, __m512i, _mm256_load_si256, _mm512_add_epi16, _mm512_add_epi32, _mm512_add_ps,
    _mm512_castsi512_si256, _mm512_cvtepi8_epi16, _mm512_cvtepi16_epi32, _mm512_cvtepi32_ps,
    _mm512_dpwssd_epi32, _mm512_extracti64x4_epi64, _mm512_fmadd_ps, _mm512_load_ps,
    _mm512_load_si512, _mm512_mullo_epi16, _mm512_reduce_add_epi32, _mm512_reduce_add_ps,
    _mm512_set1_epi16, _mm512_setzero_ps, _mm512_setzero_si512,
};

/// Components per step.
const STEP: usize = 32;

/// The compiler makes one `vpopcntq` of eight words.
#[target_feature(enable = "avx512f,avx512bw,avx512vpopcntdq,popcnt")]
pub(super) fn differences(probe: &[u64], rows: &[u64], out: &mut [u32]) {
    // Whole registers of a known number: what the compiler needs to see.
    if let [probe] = probe.as_chunks::<8>().0
        && probe.len() * out.len() == rows.len()
    {
        for (row, out) in rows.as_chunks::<8>().0.iter().zip(out) {
            let words: [u64; 8] =
                std::array::from_fn(|i| u64::from((probe[i] ^ row[i]).count_ones()));
            *out = words.iter().sum::<u64>() as u32;
        }
        return;
    }
    super::scalar::differences(probe, rows, out);
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn dots<const N: usize>(probes: [&[WideLine]; N], rows: &[Line], out: [&mut [i32]; N]) {
    let lines = probes.first().map_or(0, |probe| probe.len());
    let probes = probes.map(|probe| &probe[..lines]);
    for (r, row) in rows.chunks_exact(lines).enumerate() {
        // Two sums per probe: one would make each step wait for the one before.
        let mut low = [_mm512_setzero_si512(); N];
        let mut high = [_mm512_setzero_si512(); N];
        for (i, line) in row.iter().enumerate() {
            let (x0, x1) = (widened(line, 0), widened(line, 1));
            for n in 0..N {
                let q = &probes[n][i];
                low[n] = _mm512_dpwssd_epi32(low[n], wide(q, 0), x0);
                high[n] = _mm512_dpwssd_epi32(high[n], wide(q, 1), x1);
            }
        }
        for n in 0..N {
            out[n][r] = _mm512_reduce_add_epi32(_mm512_add_epi32(low[n], high[n]));
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn dot(a: &[Line], b: &[Line]) -> i32 {
    let (mut low, mut high) = (_mm512_setzero_si512(), _mm512_setzero_si512());
    for (a, b) in a.iter().zip(b) {
        low = _mm512_dpwssd_epi32(low, widened(a, 0), widened(b, 0));
        high = _mm512_dpwssd_epi32(high, widened(a, 1), widened(b, 1));
    }
    _mm512_reduce_add_epi32(_mm512_add_epi32(low, high))
}

#[target_feature(enable = "avx512f,avx512bw")]
pub(super) fn rebuilt_dot(probe: &[FloatLine], base: &[Line], fine: &[Line], steps: i16) -> f32 {
    let steps = _mm512_set1_epi16(steps);
    let mut sums = [_mm512_setzero_ps(); 2];
    for ((probe, base), fine) in probe.iter().zip(base).zip(fine) {
        for part in 0..2 {
            // At most 127 * 254 + 127: it fits an i16.
            let whole = _mm512_mullo_epi16(widened(base, part), steps);
            let value = _mm512_add_epi16(whole, widened(fine, part));
            let low = _mm512_cvtepi16_epi32(_mm512_castsi512_si256(value));
            let high = _mm512_cvtepi16_epi32(_mm512_extracti64x4_epi64::<1>(value));
            sums[0] = _mm512_fmadd_ps(floats(probe, 2 * part), _mm512_cvtepi32_ps(low), sums[0]);
            sums[1] = _mm512_fmadd_ps(
                floats(probe, 2 * part + 1),
                _mm512_cvtepi32_ps(high),
                sums[1],
            );
        }
    }
    _mm512_reduce_add_ps(_mm512_add_ps(sums[0], sums[1]))
}

/// Components `32 * part ..` of a row's line, as int16; `part` is below 2.
#[target_feature(enable = "avx512f,avx512bw")]
fn widened(line: &Line, part: usize) -> __m512i {
    let bytes = line.0[STEP * part..STEP * (part + 1)].as_ptr();
    // SAFETY: the slice above has 32 bytes, and it starts at a multiple of 32 in a line aligned to 64.
    let bytes = unsafe { _mm256_load_si256(bytes.cast::<__m256i>()) };
    _mm512_cvtepi8_epi16(bytes)
}

/// Components `32 * part ..` of a probe's line; `part` is below 2.
#[target_feature(enable = "avx512f")]
fn wide(line: &WideLine, part: usize) -> __m512i {
    let words = line.0[STEP * part..STEP * (part + 1)].as_ptr();
    // SAFETY: the slice above has 64 bytes, and it starts at a multiple of 64 in a line aligned to 64.
    unsafe { _mm512_load_si512(words.cast::<__m512i>()) }
}

/// Components `16 * part ..` of a probe's f32 line; `part` is below 4.
#[target_feature(enable = "avx512f")]
fn floats(line: &FloatLine, part: usize) -> __m512 {
    let floats = line.0[16 * part..16 * (part + 1)].as_ptr();
    // SAFETY: the slice above has 64 bytes, and it starts at a multiple of 64 in a line aligned to 64.
    unsafe { _mm512_load_ps(floats) }
}
