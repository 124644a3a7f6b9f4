//! The scale of DET plots: on it normal distributions give straight lines (Martin et al. 1997).

/// How many standard deviations from the middle this share of a normal distribution ends; -8.3 to 8.3.
pub(super) fn probit(share: f64) -> f64 {
    let share = share.clamp(1e-16, 1.0 - 1e-16);
    // Acklam's rational approximation: its relative error is below 1.2e-9.
    const A: [f64; 6] = [
        -3.969683028665376e1,
        2.209460984245205e2,
        -2.759285104469687e2,
        1.38357751867269e2,
        -3.066479806614716e1,
        2.506628277459239,
    ];
    const B: [f64; 6] = [
        -5.447609879822406e1,
        1.615858368580409e2,
        -1.556989798598866e2,
        6.680131188771972e1,
        -1.328068155288572e1,
        1.0,
    ];
    const C: [f64; 6] = [
        -7.784894002430293e-3,
        -3.223964580411365e-1,
        -2.400758277161838,
        -2.549732539343734,
        4.374664141464968,
        2.938163982698783,
    ];
    const D: [f64; 5] = [
        7.784695709041462e-3,
        3.224671290700398e-1,
        2.445134137142996,
        3.754408661907416,
        1.0,
    ];
    const LOW: f64 = 0.02425;
    let series = |factors: &[f64], x: f64| factors.iter().fold(0.0, |sum, factor| sum * x + factor);
    let tail = |share: f64| {
        let x = (-2.0 * share.ln()).sqrt();
        series(&C, x) / series(&D, x)
    };
    if share < LOW {
        tail(share)
    } else if share > 1.0 - LOW {
        -tail(1.0 - share)
    } else {
        let x = share - 0.5;
        x * series(&A, x * x) / series(&B, x * x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_table_of_the_normal_distribution() {
        for (share, deviations) in [
            (0.5, 0.0),
            (0.841_344_746, 1.0),
            (0.977_249_868, 2.0),
            (1e-3, -3.090_232_306),
            (1e-6, -4.753_424_309),
            (0.95, 1.644_853_627),
        ] {
            assert!(
                (probit(share) - deviations).abs() < 1e-7,
                "{share}: {}",
                probit(share)
            );
        }
        assert!(probit(0.0).is_finite() && probit(1.0).is_finite() && probit(0.0) < probit(1e-9));
    }
}
