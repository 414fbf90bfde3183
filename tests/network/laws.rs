//! Unknown is never no: whatever answer is missing, who was admitted is not kept out for certain,
//! and who was kept out is not let in for certain.

use super::answers::*;
use catchment::reach::Strength::{self, Always, Never};

fn without_each(answers: &Answers, ask: impl Fn(&Answers) -> Strength) {
    let whole = ask(answers);
    let mut asked = 0;
    for file in answers.files() {
        let mut fewer = answers.clone();
        fewer.without(&file);
        // Without the two ends there is nothing to ask about.
        let estate = fewer.estate();
        if estate.hosts.is_empty() || estate.subnets.is_empty() {
            continue;
        }
        let strength = ask(&fewer);
        assert!(
            whole == Never || strength > Never,
            "without {file} it is said to be kept out"
        );
        assert!(
            whole == Always || strength < Always,
            "without {file} it is said to be let in"
        );
        asked += 1;
    }
    assert!(asked > 3);
}

#[test]
fn no_missing_answer_settles_a_connection() {
    // The subnets too are only missing, not gone, where a host is asked about.
    for ask in [Answers::app, Answers::other] {
        for answers in [Answers::new(), super::peerings::peered("active")] {
            let whole = ask(&answers);
            let mut fewer = answers.clone();
            let strength = ask(fewer.without("ec2-describe-subnets"));
            assert!(whole == Never || strength > Never);
        }
    }
    without_each(&Answers::new(), Answers::app);
    without_each(&Answers::new(), Answers::other);
    without_each(&Answers::new(), |a| a.subnet("subnet-a2"));
    without_each(&super::peerings::peered("active"), Answers::other);
    without_each(&super::peerings::peered("active"), |a| {
        a.subnet("subnet-b1")
    });
    without_each(&super::transit::joined(), Answers::other);
    without_each(&super::outside::open(), Answers::internet);
    let mut fronted = super::balancers::fronted("internet-facing", "instance", "healthy");
    fronted.admitting(&from("0.0.0.0/0"));
    without_each(&fronted, Answers::internet);
}
