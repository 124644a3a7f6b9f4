//! Dot products of quantised rows, with the fastest kernel this processor has.
//!
//! Rows are whole cache lines ([`Line`]) padded with zeros, so that no kernel has a tail; they have no `Debug`, templates are in no
//! log. All `unsafe` of the crate is
//! in this folder: calls of functions compiled for a processor feature that [`Kernel::detect`] has seen, and loads.

#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

/// Components in one [`Line`].
pub(crate) const LINE: usize = 64;

/// 64 int8 components: one cache line of a stored row.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Line(pub(crate) [i8; LINE]);

/// 64 int16 components of a probe, matching one [`Line`] of a row.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct WideLine(pub(crate) [i16; LINE]);

/// 64 f32 components of a probe, matching one [`Line`] of a row.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct FloatLine(pub(crate) [f32; LINE]);

/// The instruction sets that the kernels are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kernel {
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl Kernel {
    /// Every kernel that runs on this processor, slowest first.
    pub(crate) fn available() -> Vec<Self> {
        let mut all = vec![Self::Scalar];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("fma")
                && is_x86_feature_detected!("popcnt")
            {
                all.push(Self::Avx2);
            }
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vnni")
                && is_x86_feature_detected!("avx512vpopcntdq")
                && is_x86_feature_detected!("popcnt")
            {
                all.push(Self::Avx512Vnni);
            }
        }
        #[cfg(target_arch = "aarch64")]
        all.push(Self::Neon); // part of every aarch64 target
        all
    }

    /// The fastest kernel of this processor, looked up once.
    pub(crate) fn detect() -> Self {
        static BEST: OnceLock<Kernel> = OnceLock::new();
        *BEST.get_or_init(|| Self::available().last().copied().unwrap_or(Self::Scalar))
    }

    /// The name that operators see.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => "avx512-vnni",
            #[cfg(target_arch = "aarch64")]
            Self::Neon => "neon",
        }
    }

    /// The name of what [`Kernel::rebuilt_dot`] runs on.
    pub(crate) fn rescore_name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => "avx2-fma",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => "avx512",
            #[cfg(target_arch = "aarch64")]
            Self::Neon => "neon",
        }
    }

    /// `out[n][r]` = probe `n` times row `r`. Every probe has the same number of lines as a row, and each part of `out`
    /// has the number of rows. The caller scales probes so that no sum passes an i32 (see `quantise::Probe`).
    pub(crate) fn dots<const N: usize>(
        self,
        probes: [&[WideLine]; N],
        rows: &[Line],
        mut out: [&mut [i32]; N],
    ) {
        let lines = probes.first().map_or(0, |probe| probe.len());
        assert!(probes.iter().all(|probe| probe.len() == lines));
        assert!(out.iter().all(|out| rows.len() == lines * out.len()));
        if lines == 0 {
            out.iter_mut().for_each(|out| out.fill(0));
            return;
        }
        match self {
            Self::Scalar => scalar::dots(probes, rows, out),
            // SAFETY: `detect` and `available` give this value only on a processor with AVX2.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { avx2::dots(probes, rows, out) },
            // SAFETY: `detect` and `available` give this value only with AVX-512 F, BW, VNNI and VPOPCNTDQ.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => unsafe { avx512::dots(probes, rows, out) },
            // SAFETY: NEON is part of every aarch64 target.
            #[cfg(target_arch = "aarch64")]
            Self::Neon => unsafe { neon::dots(probes, rows, out) },
        }
    }

    /// The dot product of two int8 rows of the same number of lines (at most 2,048, so that the sum fits an i32).
    pub(crate) fn dot(self, a: &[Line], b: &[Line]) -> i32 {
        match self {
            Self::Scalar => scalar::dot(a, b),
            // SAFETY: `detect` and `available` give this value only on a processor with AVX2.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { avx2::dot(a, b) },
            // SAFETY: `detect` and `available` give this value only with AVX-512 F, BW, VNNI and VPOPCNTDQ.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => unsafe { avx512::dot(a, b) },
            // SAFETY: NEON is part of every aarch64 target.
            #[cfg(target_arch = "aarch64")]
            Self::Neon => unsafe { neon::dot(a, b) },
        }
    }

    /// `out[r]` = bits in which sketch `r` of `rows` differs from `probe`'s. Every sketch has as many words as `probe`, and
    /// `out` has the number of sketches.
    pub(crate) fn differences(self, probe: &[u64], rows: &[u64], out: &mut [u32]) {
        assert_eq!(rows.len(), probe.len() * out.len());
        if probe.is_empty() {
            return out.fill(0);
        }
        match self {
            Self::Scalar => scalar::differences(probe, rows, out),
            // SAFETY: `detect` and `available` give this value only with AVX2 and POPCNT.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { avx2::differences(probe, rows, out) },
            // SAFETY: `detect` and `available` give this value only with AVX-512 F, BW and VPOPCNTDQ, and POPCNT.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => unsafe { avx512::differences(probe, rows, out) },
            // The compiler makes NEON of the portable loop: NEON is in the target's base.
            #[cfg(target_arch = "aarch64")]
            Self::Neon => scalar::differences(probe, rows, out),
        }
    }

    /// Asks for lines to be brought into the cache. A hint: it changes no result.
    pub(crate) fn prefetch(self, lines: &[Line]) {
        #[cfg(target_arch = "x86_64")]
        for line in lines {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            // SAFETY: SSE is part of every x86-64 target, and a prefetch reads nothing that the program can see.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(line).cast::<i8>()) };
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = lines; // no stable intrinsic
    }

    /// The f32 sum of `probe[i] * (base[i] * steps + fine[i])`: a row rebuilt from its two planes.
    pub(crate) fn rebuilt_dot(
        self,
        probe: &[FloatLine],
        base: &[Line],
        fine: &[Line],
        steps: i16,
    ) -> f32 {
        match self {
            Self::Scalar => scalar::rebuilt_dot(probe, base, fine, steps),
            // SAFETY: `detect` and `available` give this value only with AVX2 and FMA.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { avx2::rebuilt_dot(probe, base, fine, steps) },
            // SAFETY: `detect` and `available` give this value only with AVX-512 F and BW.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => unsafe { avx512::rebuilt_dot(probe, base, fine, steps) },
            // The compiler makes NEON of the portable loop: NEON is in the target's base.
            #[cfg(target_arch = "aarch64")]
            Self::Neon => scalar::rebuilt_dot(probe, base, fine, steps),
        }
    }
}
