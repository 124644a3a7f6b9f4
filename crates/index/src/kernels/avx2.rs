//! AVX2: 16 int8 components are widened to int16 and multiplied in pairs by one instruction (`vpmaddwd`).
//!
//! The probe is int16 already: that costs nothing here (int8 has to be widened anyway) and makes its own rounding
//! error vanish.

use super::{FloatLine, Line, WideLine};
use std::arch::x86_64::{
    __m128i, __m256, __m256i, _mm_add_epi32, _mm_add_ps, _mm_add_ss, _mm_cvtsi128_si32,
    _mm_cvtss_f32, _mm_load_si128, _mm_movehdup_ps, _mm_movehl_ps, _mm_shuffle_epi32,
    _mm256_add_epi16, _mm256_add_epi32, _mm256_add_ps, _mm256_castps256_ps128,
    _mm256_castsi256_si128, _mm256_cvtepi8_epi16, _mm256_cvtepi16_epi32, _mm256_cvtepi32_ps,
    _mm256_extractf128_ps, _mm256_extracti128_si256, _mm256_fmadd_ps, _mm256_load_ps,
    _mm256_load_si256, _mm256_madd_epi16, _mm256_mullo_epi16, _mm256_set1_epi16, _mm256_setzero_ps,
    _mm256_setzero_si256,
};

/// Components per step.
const STEP: usize = 16;

/// With the instruction that counts bits, which every processor with AVX2 has.
#[target_feature(enable = "avx2,popcnt")]
pub(super) fn differences(probe: &[u64], rows: &[u64], out: &mut [u32]) {
    super::scalar::differences(probe, rows, out);
}

#[target_feature(enable = "avx2")]
pub(super) fn dots<const N: usize>(
    probes: [&[WideLine]; N],
    rows: &[Line],
    mut out: [&mut [i32]; N],
) {
    let lines = probes.first().map_or(0, |probe| probe.len());
    let probes = probes.map(|probe| &probe[..lines]);
    for (r, row) in rows.chunks_exact(lines).enumerate() {
        let mut sums = [_mm256_setzero_si256(); N];
        for (i, line) in row.iter().enumerate() {
            for part in 0..4 {
                let x = widened(line, part);
                for (sum, probe) in sums.iter_mut().zip(probes) {
                    let q = wide(&probe[i], part);
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(q, x));
                }
            }
        }
        for (out, sum) in out.iter_mut().zip(sums) {
            out[r] = total(sum);
        }
    }
}

#[target_feature(enable = "avx2")]
pub(super) fn dot(a: &[Line], b: &[Line]) -> i32 {
    let mut sum = _mm256_setzero_si256();
    for (a, b) in a.iter().zip(b) {
        for part in 0..4 {
            let product = _mm256_madd_epi16(widened(a, part), widened(b, part));
            sum = _mm256_add_epi32(sum, product);
        }
    }
    total(sum)
}

#[target_feature(enable = "avx2,fma")]
pub(super) fn rebuilt_dot(probe: &[FloatLine], base: &[Line], fine: &[Line], steps: i16) -> f32 {
    let steps = _mm256_set1_epi16(steps);
    let mut sums = [_mm256_setzero_ps(); 2];
    for ((probe, base), fine) in probe.iter().zip(base).zip(fine) {
        for part in 0..4 {
            // At most 127 * 254 + 127: it fits an i16.
            let whole = _mm256_mullo_epi16(widened(base, part), steps);
            let value = _mm256_add_epi16(whole, widened(fine, part));
            let low = _mm256_cvtepi16_epi32(_mm256_castsi256_si128(value));
            let high = _mm256_cvtepi16_epi32(_mm256_extracti128_si256::<1>(value));
            sums[0] = _mm256_fmadd_ps(floats(probe, 2 * part), _mm256_cvtepi32_ps(low), sums[0]);
            sums[1] = _mm256_fmadd_ps(
                floats(probe, 2 * part + 1),
                _mm256_cvtepi32_ps(high),
                sums[1],
            );
        }
    }
    let eight = _mm256_add_ps(sums[0], sums[1]);
    let four = _mm_add_ps(
        _mm256_castps256_ps128(eight),
        _mm256_extractf128_ps::<1>(eight),
    );
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    let one = _mm_add_ss(two, _mm_movehdup_ps(two));
    _mm_cvtss_f32(one)
}

/// Components `16 * part ..` of a row's line, as int16; `part` is below 4.
#[target_feature(enable = "avx2")]
fn widened(line: &Line, part: usize) -> __m256i {
    let bytes = line.0[STEP * part..STEP * (part + 1)].as_ptr();
    // SAFETY: the slice above has 16 bytes, and it starts at a multiple of 16 in a line aligned to 64.
    let bytes = unsafe { _mm_load_si128(bytes.cast::<__m128i>()) };
    _mm256_cvtepi8_epi16(bytes)
}

/// Components `16 * part ..` of a probe's line; `part` is below 4.
#[target_feature(enable = "avx2")]
fn wide(line: &WideLine, part: usize) -> __m256i {
    let words = line.0[STEP * part..STEP * (part + 1)].as_ptr();
    // SAFETY: the slice above has 32 bytes, and it starts at a multiple of 32 in a line aligned to 64.
    unsafe { _mm256_load_si256(words.cast::<__m256i>()) }
}

/// Components `8 * part ..` of a probe's f32 line; `part` is below 8.
#[target_feature(enable = "avx2")]
fn floats(line: &FloatLine, part: usize) -> __m256 {
    let floats = line.0[8 * part..8 * (part + 1)].as_ptr();
    // SAFETY: the slice above has 32 bytes, and it starts at a multiple of 32 in a line aligned to 64.
    unsafe { _mm256_load_ps(floats) }
}

#[target_feature(enable = "avx2")]
fn total(sum: __m256i) -> i32 {
    let four = _mm_add_epi32(
        _mm256_castsi256_si128(sum),
        _mm256_extracti128_si256::<1>(sum),
    );
    let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b00_00_11_10>(four));
    let one = _mm_add_epi32(two, _mm_shuffle_epi32::<0b00_00_00_01>(two));
    _mm_cvtsi128_si32(one)
}
