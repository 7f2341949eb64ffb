use simulation::{scenario::Scenario, world::World};
fn main() {
    let seed: u64 = std::env::args().nth(1).unwrap().parse().unwrap();
    let s = Scenario::of(seed);
    println!("{:#?}", s.faults);
    println!(
        "rows {} no_totals {} headers {} quota {:?} {:?}",
        s.page_rows, s.no_totals, s.headers, s.quota, s.settings
    );
    for (at, act) in &s.script {
        println!("{at} {act:?}");
    }
    let mut w = World::new(s).unwrap();
    println!("{:?}", w.run_to_end());
    let l = w.ledger.clone();
    if let Some(l) = l {
        for (n, o) in &w.ordered {
            if let Some(id) = &o.id {}
        }
    }
    let api = w.network.api.borrow();
    for m in &api.population.meetings {
        println!("{} {}", m.id, m.active);
        for p in &m.participants {
            println!("   {p:?}");
        }
    }
    for r in &w.synchronous {
        println!("sync at {} left {} requests {}", r.at, r.left, r.requests);
    }
    println!("faults end {} now {}", w.faults_end, w.clock.now());
    let left = w.network.left.borrow();
    for d in left.iter().rev().take(100000).rev() {
        println!("{d:?}");
    }
}
