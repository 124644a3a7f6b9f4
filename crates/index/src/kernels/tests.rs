use super::{FloatLine, Kernel, LINE, Line, WideLine};
use proptest::prelude::*;

fn lines(values: &[i8]) -> Vec<Line> {
    values
        .chunks(LINE)
        .map(|part| {
            let mut line = Line([0; LINE]);
            line.0[..part.len()].copy_from_slice(part);
            line
        })
        .collect()
}

fn wide_lines(values: &[i16]) -> Vec<WideLine> {
    values
        .chunks(LINE)
        .map(|part| {
            let mut line = WideLine([0; LINE]);
            line.0[..part.len()].copy_from_slice(part);
            line
        })
        .collect()
}

fn float_lines(values: &[f32]) -> Vec<FloatLine> {
    values
        .chunks(LINE)
        .map(|part| {
            let mut line = FloatLine([0.0; LINE]);
            line.0[..part.len()].copy_from_slice(part);
            line
        })
        .collect()
}

/// A row length (odd ones too), then two probes and three rows of that length, the extremes of i8 included.
fn case() -> impl Strategy<Value = (Vec<Vec<i16>>, Vec<Vec<i8>>)> {
    (1_usize..600).prop_flat_map(|length| {
        (
            prop::collection::vec(prop::collection::vec(-4000_i16..=4000, length), 2),
            prop::collection::vec(prop::collection::vec(any::<i8>(), length), 3),
        )
    })
}

proptest! {
    #[test]
    fn every_kernel_counts_the_same_bits(
        (probe, rows) in (1_usize..20).prop_flat_map(|words| {
            let sketch = move || prop::collection::vec(any::<u64>(), words);
            (sketch(), prop::collection::vec(sketch(), 0..5))
        })
    ) {
        let differing = |row: &Vec<u64>| probe.iter().zip(row).map(|(a, b)| (a ^ b).count_ones()).sum();
        let expected: Vec<u32> = rows.iter().map(differing).collect();
        for kernel in Kernel::available() {
            let mut out = vec![7; rows.len()];
            kernel.differences(&probe, &rows.concat(), &mut out);
            prop_assert_eq!(&out, &expected, "{}", kernel.name());
        }
    }

    #[test]
    fn every_kernel_gives_the_plain_sum((probes, rows) in case()) {
        let wide: Vec<_> = probes.iter().map(|probe| wide_lines(probe)).collect();
        let stored: Vec<_> = rows.iter().flat_map(|row| lines(row)).collect();
        let expected = [0, 1].map(|n: usize| -> Vec<i32> {
            let products = |row: &Vec<i8>| probes[n].iter().zip(row).map(|(q, x)| i32::from(*q) * i32::from(*x)).sum();
            rows.iter().map(products).collect()
        });
        for kernel in Kernel::available() {
            let (mut a, mut b) = (vec![0; rows.len()], vec![0; rows.len()]);
            kernel.dots([&wide[0], &wide[1]], &stored, [&mut a, &mut b]);
            prop_assert_eq!(&[a, b], &expected, "{}", kernel.name());
            let mut alone = vec![0; rows.len()];
            kernel.dots([&wide[1]], &stored, [&mut alone]);
            prop_assert_eq!(&alone, &expected[1], "{}", kernel.name());
        }
    }

    #[test]
    fn every_kernel_multiplies_rows((_, rows) in case()) {
        let (a, b) = (lines(&rows[0]), lines(&rows[1]));
        let expected: i32 = rows[0].iter().zip(&rows[1]).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum();
        for kernel in Kernel::available() {
            prop_assert_eq!(kernel.dot(&a, &b), expected, "{}", kernel.name());
        }
    }

    #[test]
    fn every_kernel_rebuilds_rows((probes, rows) in case()) {
        let probe: Vec<f32> = probes[0].iter().map(|q| f32::from(*q) / 4000.0).collect();
        let clamped = |row: &Vec<i8>| row.iter().map(|x| (*x).max(-127)).collect::<Vec<_>>();
        let (base, fine) = (clamped(&rows[0]), clamped(&rows[1]));
        let terms = || probe.iter().zip(&base).zip(&fine).map(|((q, b), f)| {
            f64::from(*q) * (f64::from(*b) * 254.0 + f64::from(*f))
        });
        let (expected, size) = (terms().sum::<f64>(), terms().map(f64::abs).sum::<f64>());
        for kernel in Kernel::available() {
            let got = kernel.rebuilt_dot(&float_lines(&probe), &lines(&base), &lines(&fine), 254);
            prop_assert!((f64::from(got) - expected).abs() <= size * 4e-6, "{}", kernel.name());
        }
    }
}

#[test]
fn the_widest_sum_does_not_wrap() {
    // 512 components at the ends of both types: 512 * 127 * 32767 fits an i32 by a hair.
    let probe = wide_lines(&[i16::MAX; 512]);
    let rows = lines(&[127; 512]);
    for kernel in Kernel::available() {
        let mut out = [0];
        kernel.dots([&probe], &rows, [&mut out]);
        assert_eq!(out[0], 512 * 127 * 32767, "{}", kernel.name());
    }
}

#[test]
fn the_fastest_kernel_is_used() {
    assert_eq!(Kernel::available().last(), Some(&Kernel::detect()));
}
