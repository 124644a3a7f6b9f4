use rand::SeedableRng as _;

use super::*;

fn run(cores: usize, clients: usize, deviation: f64) -> Outcome {
    let setting = Setting {
        cores,
        clients,
        mean: 10.0,
        deviation,
        requests: 50_000,
    };
    simulate(&setting, &mut StdRng::seed_from_u64(7))
}

fn near(value: f64, wanted: f64) {
    assert!(
        (value / wanted - 1.0).abs() < 0.02,
        "{value} instead of {wanted}"
    );
}

#[test]
fn clients_that_wait_for_their_answers_keep_all_cores_busy() {
    for deviation in [0.0, 0.3] {
        let outcome = run(2, 6, deviation);
        assert_eq!(outcome.took.len(), 50_000);
        near(outcome.rate(), 200.0);
        // Little's law: six requests are there at any time.
        let mean = outcome.took.iter().sum::<f64>() / outcome.took.len() as f64;
        near(mean, 30.0);
    }
    near(run(2, 6, 0.0).quantile(0.99), 30.0);
    assert!(run(2, 6, 0.3).quantile(0.99) > 33.0);
}

#[test]
fn nobody_waits_where_there_are_more_cores_than_clients() {
    let outcome = run(8, 3, 0.0);
    near(outcome.rate(), 300.0);
    near(outcome.quantile(1.0), 10.0);
}

#[test]
fn the_same_seed_gives_the_same() {
    assert_eq!(run(2, 6, 0.3), run(2, 6, 0.3));
}
