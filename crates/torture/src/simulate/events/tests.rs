use rand::SeedableRng as _;

use super::*;

const REQUESTS: usize = 400_000;

/// One node, each visit 1 ms on average.
fn one_node(cores: usize, load: f64, spread: Spread, queue: usize) -> Outcome {
    let setting = Setting {
        nodes: 1,
        cores,
        queue,
        spread,
        source: Source::Open(1e3 * load * cores as f64),
        requests: REQUESTS,
    };
    let way = |_: &mut StdRng| Way {
        first: (0, 1.0),
        then: None,
    };
    simulate(&setting, &mut StdRng::seed_from_u64(7), way)
}

fn near(value: f64, wanted: f64) {
    assert!(
        (value / wanted - 1.0).abs() < 0.05,
        "{value} instead of {wanted}"
    );
}

/// Erlang's C: the part of requests that wait for one of `cores`.
fn waiting(cores: i32, load: f64) -> f64 {
    let offered = load * f64::from(cores);
    let factorial = |n: i32| (1..=n).map(f64::from).product::<f64>();
    let all_busy = offered.powi(cores) / factorial(cores) / (1.0 - load);
    let below: f64 = (0..cores).map(|n| offered.powi(n) / factorial(n)).sum();
    all_busy / (below + all_busy)
}

#[test]
fn one_core_waits_as_the_formulas_say() {
    for load in [0.3, 0.7, 0.9] {
        // M/M/1: 1 / (1 - load), and its times are exponential.
        let exponential = one_node(1, load, Spread::Exponential, usize::MAX);
        near(exponential.mean(), 1.0 / (1.0 - load));
        near(exponential.quantile(0.99), 100_f64.ln() / (1.0 - load));
        // M/D/1, by Pollaczek and Khinchine.
        let fixed = one_node(1, load, Spread::None, usize::MAX);
        near(fixed.mean(), 1.0 + load / (2.0 * (1.0 - load)));
        let variance = 0.3 * 0.3;
        let spread = one_node(1, load, Spread::Lognormal(0.3), usize::MAX);
        near(
            spread.mean(),
            1.0 + load * (1.0 + variance) / (2.0 * (1.0 - load)),
        );
    }
}

#[test]
fn several_cores_wait_as_erlang_says() {
    for (cores, load) in [(2, 0.6), (8, 0.8)] {
        let outcome = one_node(cores, load, Spread::Exponential, usize::MAX);
        let count = i32::try_from(cores).unwrap_or_default();
        let wait = waiting(count, load) / (f64::from(count) * (1.0 - load));
        near(outcome.mean(), 1.0 + wait);
    }
}

#[test]
fn every_request_is_answered_or_refused() {
    for (load, queue) in [(0.5, 0), (2.0, 16), (0.9, usize::MAX)] {
        let outcome = one_node(2, load, Spread::Lognormal(0.3), queue);
        assert_eq!(outcome.took.len() + outcome.refused, REQUESTS);
        assert!(outcome.busy.iter().sum::<f64>() <= outcome.lasted * 2.0);
        assert_eq!(queue == usize::MAX, outcome.refused == 0);
    }
}

#[test]
fn clients_that_wait_for_their_answers_keep_all_cores_busy() {
    let setting = Setting {
        nodes: 1,
        cores: 2,
        queue: 100,
        spread: Spread::None,
        source: Source::Closed(6),
        requests: 10_000,
    };
    let way = |_: &mut StdRng| Way {
        first: (0, 10.0),
        then: None,
    };
    let outcome = simulate(&setting, &mut StdRng::seed_from_u64(1), way);
    near(outcome.rate(), 200.0);
    near(outcome.quantile(0.5), 30.0);
}

#[test]
fn the_same_seed_gives_the_same() {
    let again = || one_node(2, 0.7, Spread::Lognormal(0.3), 16);
    assert_eq!(again(), again());
}
