//! Ten thousand runs of the ledger, each with faults.

#[test]
fn ten_thousand_seeds_hold_every_promise() {
    let started = std::time::Instant::now();
    let (totals, violations) = simulation::many(0..10_000);
    let seconds = started.elapsed().as_secs().max(1);
    println!("{totals}\n{} seeds a second", totals.runs / seconds);
    assert!(
        violations.is_empty(),
        "run `cargo run -p simulation -- --from SEED --seeds 1`: {violations:?}"
    );
    assert!(totals.runs == 10_000 && totals.crashes > 10_000 && totals.lost_answers > 5_000);
    assert!(totals.alarms_twice > 1_000 && totals.unopened > 500);
    assert_eq!(totals.unharmed, 0, "there is a fault in every run");
    assert!(totals.limited > 500 && totals.disk_failures > 1_000 && totals.outcomes > 20_000);
}

#[test]
fn a_seed_gives_the_same_run_again() {
    for seed in [3, 17, 42] {
        assert_eq!(simulation::one(seed), simulation::one(seed));
    }
}
