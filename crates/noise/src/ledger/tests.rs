use std::process::{Command, Stdio};

use fyr_model::dp::{AccountFacts, Measure};

use super::*;

fn rho(billionths: u64) -> Amount {
    Amount {
        measure: Measure::Rho,
        billionths,
    }
}

fn question(name: &str, amount: Amount, budget: Amount) -> Question {
    Question {
        dataset: "register".to_owned(),
        unit: "person".to_owned(),
        digest: Sha256::of(name.as_bytes()),
        amount,
        budget,
    }
}

fn one(amount: Amount) -> Vec<Vector> {
    vec![Vector {
        values: vec![100; 8],
        sensitivity: 1,
        cost: amount,
    }]
}

/// Asks and draws.
fn spend(ledger: &Ledger, name: &str, amount: Amount, budget: Amount) -> Result<Answered, Refusal> {
    match ledger.ask(question(name, amount, budget), DateTime::UNIX_EPOCH)? {
        Opened::Stored(answered) => Ok(answered),
        Opened::Granted(grant) => grant.draw(&one(amount)),
    }
}

fn lines(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn the_last_billionth_is_paid_and_the_next_one_refused_with_what_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::at(dir.path().join("data").join("ledger.jsonl"));
    let budget = rho(100_000_000);
    let first = spend(&ledger, "a", rho(60_000_000), budget).unwrap();
    assert_eq!((first.standing.left, first.standing.repeated), (0.04, false));
    let refusal = spend(&ledger, "b", rho(40_000_001), budget).unwrap_err();
    assert_eq!((refusal.id.as_str(), refusal.exit_code()), ("budget-overspent", 1));
    assert!(
        refusal.message.en.contains("costs rho 0.040000001") && refusal.message.en.contains("remains rho 0.04"),
        "{}",
        refusal.message.en
    );
    assert_eq!(spend(&ledger, "c", rho(40_000_000), budget).unwrap().standing.left, 0.0);
    assert_eq!(spend(&ledger, "d", rho(1), budget).unwrap_err().id, "budget-overspent");
    // Another unit has an account of its own.
    let mut other = question("a", rho(1), budget);
    other.unit = "household".to_owned();
    assert!(matches!(ledger.ask(other, DateTime::UNIX_EPOCH), Ok(Opened::Granted(_))));
}

#[test]
fn a_repeated_question_gets_the_stored_answer_and_spends_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::at(dir.path().join("ledger.jsonl"));
    let first = spend(&ledger, "a", rho(100), rho(100)).unwrap();
    let again = spend(&ledger, "a", rho(100), rho(100)).unwrap();
    assert_eq!(again.values, first.values);
    assert_eq!((again.standing.entries, again.standing.repeated), (1, true));
    assert_eq!(again.standing.head, first.standing.head);
}

#[test]
fn the_entry_is_on_disk_before_noise_and_is_not_paid_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.jsonl");
    let ledger = Ledger::at(&path);
    let Ok(Opened::Granted(grant)) = ledger.ask(question("a", rho(60), rho(100)), DateTime::UNIX_EPOCH) else {
        panic!("granted")
    };
    assert_eq!(lines(&path).len(), 1, "booked before anything is drawn");
    drop(grant);
    assert_eq!(spend(&ledger, "a", rho(60), rho(100)).unwrap_err().id, "budget-overspent");
    assert_eq!(spend(&ledger, "a", rho(40), rho(100)).unwrap().standing.entries, 2);
}

#[test]
fn vectors_that_cost_more_than_what_is_booked_are_not_noised() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::at(dir.path().join("ledger.jsonl"));
    for dearer in [
        rho(61),
        Amount {
            measure: Measure::Epsilon,
            billionths: 1,
        },
    ] {
        let Ok(Opened::Granted(grant)) = ledger.ask(question("a", rho(60), rho(1000)), DateTime::UNIX_EPOCH) else {
            panic!("granted")
        };
        assert_eq!(grant.draw(&one(dearer)).unwrap_err().id, "budget-overspent");
    }
}

#[test]
fn a_budget_is_not_raised_by_asking_with_another() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::at(dir.path().join("ledger.jsonl"));
    spend(&ledger, "a", rho(60), rho(100)).unwrap();
    let refusal = spend(&ledger, "b", rho(60), rho(1000)).unwrap_err();
    assert_eq!((refusal.id.as_str(), refusal.exit_code()), ("budget-differs", 2));
}

#[test]
fn an_epsilon_is_paid_from_a_budget_in_rho_and_not_the_other_way() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::at(dir.path().join("ledger.jsonl"));
    let epsilon = |billionths| Amount {
        measure: Measure::Epsilon,
        billionths,
    };
    let answered = spend(&ledger, "a", epsilon(1_000_000_000), rho(600_000_000)).unwrap();
    assert_eq!(answered.standing.left, 0.1);
    let other = Ledger::at(dir.path().join("other.jsonl"));
    assert_eq!(
        spend(&other, "a", rho(1), epsilon(1_000_000_000)).unwrap_err().id,
        "budget-overspent"
    );
}

#[test]
fn a_ledger_that_was_touched_pays_for_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.jsonl");
    let ledger = Ledger::at(&path);
    for name in ["a", "b", "c"] {
        spend(&ledger, name, rho(100_000_000), rho(1_000_000_000)).unwrap();
    }
    let whole = std::fs::read_to_string(&path).unwrap();
    let all: Vec<&str> = whole.lines().collect();
    let without = |left_out: usize| {
        let kept = all.iter().enumerate().filter(|(at, _)| *at != left_out);
        kept.map(|(_, line)| format!("{line}\n")).collect::<String>()
    };
    let touched = [
        whole.replacen("100000000", "100000", 1),
        without(0),
        without(2),
        whole.trim_end().to_owned(),
        whole[..whole.len() - 9].to_owned(),
        format!("{whole}\n"),
        format!("{whole}{}\n", all[0]),
    ];
    for text in touched {
        std::fs::write(&path, &text).unwrap();
        let refusal = spend(&ledger, "d", rho(1), rho(1_000_000_000)).unwrap_err();
        assert_eq!(refusal.id, "ledger-damaged", "{text}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "and is left as it was");
    }
    std::fs::write(&path, whole).unwrap();
    assert!(spend(&ledger, "d", rho(1), rho(1_000_000_000)).is_ok());
}

#[cfg(unix)]
#[test]
fn the_ledger_is_for_its_owner_only_and_a_place_that_cannot_be_written_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("budget").join("ledger.jsonl");
    spend(&Ledger::at(&path), "a", rho(1), rho(1)).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    let refusal = spend(&Ledger::at(path.join("below a file")), "a", rho(1), rho(1)).unwrap_err();
    assert_eq!(refusal.id, "ledger-unusable");
}

#[test]
fn of_threads_that_ask_at_once_exactly_as_many_are_paid_as_the_budget_holds() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::at(dir.path().join("ledger.jsonl"));
    let asked: Vec<_> = (0..12)
        .map(|n| {
            let ledger = ledger.clone();
            std::thread::spawn(move || spend(&ledger, &format!("question {n}"), rho(30), rho(100)).is_ok())
        })
        .collect();
    let paid = asked.into_iter().map(|one| one.join().unwrap()).filter(|paid| *paid).count();
    assert_eq!(paid, 3);
}

/// Not a test of its own: one of the processes that the next test starts.
#[test]
fn process_that_asks() {
    if let Some(path) = std::env::var_os("FYR_TEST_LEDGER") {
        let answered = spend(&Ledger::at(path), "the same", rho(60), rho(100)).unwrap();
        println!("answer {:?}", answered.values);
    }
}

#[test]
fn of_two_processes_that_ask_the_same_both_get_one_answer_and_one_pays() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.jsonl");
    let start = || {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "ledger::tests::process_that_asks", "--nocapture"])
            .env("FYR_TEST_LEDGER", &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let children = [start(), start(), start()];
    let answers = children.map(|child| {
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text[text.find("answer").unwrap()..].lines().next().unwrap().to_owned()
    });
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(lines(&path).len(), 2, "one entry and one answer");
}

fn raising(budget: Amount) -> Raising {
    Raising {
        dataset: "register".to_owned(),
        unit: "person".to_owned(),
        budget,
        by: "Test Testsson".to_owned(),
        role: "dataskyddsombud".to_owned(),
        reason: "ny undersökning".to_owned(),
    }
}

#[test]
fn a_budget_is_raised_by_a_named_role_only_and_the_chain_keeps_who_and_why() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.jsonl");
    let ledger = Ledger::at(&path);
    let at = DateTime::UNIX_EPOCH;
    assert!(ledger.accounts().unwrap().is_empty() && !path.exists());
    assert_eq!(ledger.raise(raising(rho(200)), at).unwrap_err().id, "account-missing");
    let first = spend(&ledger, "a", rho(100), rho(100)).unwrap();
    assert_eq!(spend(&ledger, "b", rho(50), rho(100)).unwrap_err().id, "budget-overspent");
    // Not by a policy, not without a reason, not in another measure, not by nothing, not for another account.
    assert_eq!(spend(&ledger, "b", rho(50), rho(200)).unwrap_err().id, "budget-differs");
    let refused = |raising: Raising| ledger.raise(raising, at).unwrap_err().id;
    let hollow = Raising {
        reason: " ".to_owned(),
        ..raising(rho(200))
    };
    assert_eq!(refused(hollow), "raise-incomplete");
    assert_eq!(refused(raising(rho(100))), "raise-no-raise");
    let epsilon = Amount {
        measure: Measure::Epsilon,
        billionths: 200,
    };
    assert_eq!(refused(raising(epsilon)), "raise-no-raise");
    let other = Raising {
        unit: "hushall".to_owned(),
        ..raising(rho(200))
    };
    assert_eq!(refused(other), "account-missing");
    assert_eq!(lines(&path).len(), 2, "a refused decision leaves no line");

    let facts = ledger.raise(raising(rho(200)), at).unwrap();
    assert_eq!(
        (facts.raises.len(), facts.raises[0].role.as_str(), facts.entries),
        (1, "dataskyddsombud", 1)
    );
    assert_eq!((facts.opened_with, facts.budget), (100e-9, 200e-9));
    // From now on the policy says the new one; what was answered stays answered.
    assert_eq!(spend(&ledger, "b", rho(50), rho(100)).unwrap_err().id, "budget-differs");
    assert_eq!(spend(&ledger, "b", rho(50), rho(200)).unwrap().standing.left, 50e-9);
    assert_eq!(spend(&ledger, "a", rho(100), rho(100)).unwrap().values, first.values);
    assert_eq!(spend(&ledger, "c", rho(51), rho(200)).unwrap_err().id, "budget-overspent");
    assert_eq!(
        ledger.accounts().unwrap(),
        [AccountFacts {
            spent: 150e-9,
            left: 50e-9,
            entries: 2,
            ..facts
        }]
    );
    // Who lifts the decision out, or writes a larger one, breaks the chain.
    let whole = std::fs::read_to_string(&path).unwrap();
    for broken in [
        whole.replace("\"billionths\":200}", "\"billionths\":900}"),
        whole.replace("ny undersökning", "annat"),
        whole
            .lines()
            .enumerate()
            .filter(|(at, _)| *at != 2)
            .map(|(_, line)| format!("{line}\n"))
            .collect(),
    ] {
        std::fs::write(&path, &broken).unwrap();
        assert_eq!(ledger.accounts().unwrap_err().id, "ledger-damaged");
    }
}
