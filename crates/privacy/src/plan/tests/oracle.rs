//! Every node of small invented lattices looked at the plain way, against the search and its proof, over all models and losses.

use fyr_model::privacy::{Closeness, ClosenessKind, Diversity, DiversityKind, KMap, Likeness, LikenessKind, PerColumn, Presence};

use super::*;
use crate::proof::{self, Asked, Proof};

/// A small generator of its own: a failing case is found again by its number.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
    fn chance(&mut self, percent: u64) -> bool {
        self.roll(100) < percent
    }
}

/// A random tree over `leaves` values as paths from leaf to `*`.
fn tree(dice: &mut Dice, name: &str, leaves: u64) -> BTreeMap<String, Vec<String>> {
    let height = 1 + dice.roll(3);
    let mut groups: Vec<u64> = (0..leaves).collect();
    let mut paths: Vec<Vec<String>> = (0..leaves).map(|leaf| vec![format!("{name}{leaf}")]).collect();
    for level in 1..height {
        let width = 1 + dice.roll(3);
        let parent: Vec<u64> = (0..leaves.max(3)).map(|_| dice.roll(width)).collect();
        for (group, path) in groups.iter_mut().zip(&mut paths) {
            *group = parent[*group as usize];
            path.push(format!("{name}-{level}-{group}"));
        }
    }
    paths.iter_mut().for_each(|path| path.push("*".to_owned()));
    paths.into_iter().map(|path| (path[0].clone(), path)).collect()
}

fn random_model(dice: &mut Dice, rows: u64) -> Model {
    let words: Vec<&str> = loss::Metric::WORDS.iter().map(|(word, _)| *word).collect();
    let percent = |dice: &mut Dice, least: u64, most: u64| (least + dice.roll(most - least)) as f64 / 100.0;
    let mut model = Model {
        loss: words[dice.roll(words.len() as u64) as usize].to_owned(),
        suppression_max: if dice.chance(35) { 0.0 } else { percent(dice, 0, 100) },
        gs_factor: [0.5, 0.1, 0.8][dice.roll(3) as usize],
        ..Model::default()
    };
    if dice.chance(60) {
        model.k = 2 + dice.roll(4);
    }
    if dice.chance(30) {
        let kind = [DiversityKind::Distinct, DiversityKind::Entropy, DiversityKind::Recursive][dice.roll(3) as usize];
        let c = (kind == DiversityKind::Recursive).then(|| 1.0 + dice.roll(4) as f64);
        model.l = Some(PerColumn::All(Diversity {
            kind,
            value: 2.0 + dice.roll(2) as f64,
            c,
        }));
    }
    if dice.chance(30) {
        let kind = [ClosenessKind::Equal, ClosenessKind::Ordered, ClosenessKind::Hierarchical][dice.roll(3) as usize];
        model.t = Some(PerColumn::All(Closeness {
            kind,
            value: percent(dice, 10, 60),
        }));
    }
    if dice.chance(20) {
        let kind = [LikenessKind::Basic, LikenessKind::Enhanced][dice.roll(2) as usize];
        model.beta = Some(PerColumn::All(Likeness {
            kind,
            value: percent(dice, 50, 400),
        }));
    }
    if dice.chance(15) {
        model.disclosure = Some(PerColumn::All(percent(dice, 50, 300)));
    }
    if dice.chance(20) {
        model.average_risk = Some(percent(dice, 10, 80));
    }
    match dice.roll(6) {
        0 => {
            model.presence = Some(Presence {
                min: [0.0, 0.2][dice.roll(2) as usize],
                max: percent(dice, 60, 100),
                subset: "s".to_owned(),
            })
        }
        1 => {
            model.k_map = Some(KMap {
                k: 2 + dice.roll(rows),
                population: "p".to_owned(),
            })
        }
        _ => {}
    }
    let asks = model.l.is_some() || model.t.is_some() || model.beta.is_some() || model.disclosure.is_some();
    if !asks && model.k == 0 && model.average_risk.is_none() && model.presence.is_none() && model.k_map.is_none() {
        model.k = 2;
    }
    model
}

/// One invented problem with its two answers.
struct Solved {
    rows: u64,
    asked: String,
    plan: Result<ProtectionPlan, Refusal>,
    exhausted: Option<proof::Best>,
    checked: Option<Result<(), String>>,
    tampered: Vec<Result<(), String>>,
}

/// A table, its hierarchies, a population that it is a part of, a model.
pub(super) struct Invented {
    pub(super) trees: Vec<Tree>,
    pub(super) sensitive: Tree,
    pub(super) rows: Vec<(Vec<String>, Vec<String>)>,
    pub(super) population: Vec<Vec<String>>,
    pub(super) model: Model,
}

pub(super) type Tree = BTreeMap<String, Vec<String>>;

pub(super) fn invent(number: u64) -> Invented {
    let mut dice = Dice(number.wrapping_mul(0x9e37_79b9) + 17);
    dice.roll(2);
    let columns = 1 + dice.roll(3) as usize;
    let trees: Vec<_> = (0..columns)
        .map(|at| {
            let leaves = 2 + dice.roll(5);
            tree(&mut dice, &format!("q{at}v"), leaves)
        })
        .collect();
    let values = 2 + dice.roll(4);
    let sensitive = tree(&mut dice, "s", values);
    let row = |dice: &mut Dice| -> (Vec<String>, Vec<String>) {
        let pick = |dice: &mut Dice, tree: &Tree| {
            let at = dice.roll(tree.len() as u64).min(dice.roll(tree.len() as u64)) as usize;
            tree.keys().nth(at).unwrap().clone()
        };
        (trees.iter().map(|tree| pick(dice, tree)).collect(), vec![pick(dice, &sensitive)])
    };
    let rows: Vec<_> = {
        let n = 1 + dice.roll(40);
        (0..n).map(|_| row(&mut dice)).collect()
    };
    let model = random_model(&mut dice, 6);
    let mut population: Vec<Vec<String>> = {
        let n = dice.roll(60);
        (0..n).map(|_| row(&mut dice).0).collect()
    };
    population.extend(rows.iter().map(|row| row.0.clone()));
    Invented {
        trees,
        sensitive,
        rows,
        population,
        model,
    }
}

/// The policy and the hierarchy files of an invented problem.
pub(super) fn written(invented: &Invented, names: &[String]) -> (PrivacyPolicy, BTreeMap<String, String>) {
    let text = |tree: &Tree| tree.values().map(|path| path.join(";")).collect::<Vec<_>>().join("\n");
    let mut hierarchies: BTreeMap<String, String> = names
        .iter()
        .zip(&invented.trees)
        .map(|(name, tree)| (format!("{name}.csv"), text(tree)))
        .collect();
    hierarchies.insert("s.csv".to_owned(), text(&invented.sensitive));
    let role = |name: &str, role: Role| {
        (
            name.to_owned(),
            ColumnPolicy::Detailed {
                role,
                hierarchy: Some(format!("{name}.csv")),
                microaggregate: None,
            },
        )
    };
    let policy = PrivacyPolicy {
        columns: names
            .iter()
            .map(|name| role(name, Role::QuasiIdentifier))
            .chain([role("s", Role::Sensitive)])
            .collect(),
        model: Some(invented.model.clone()),
        ..PrivacyPolicy::default()
    };
    (policy, hierarchies)
}

fn solve(number: u64) -> Solved {
    let invented = invent(number);
    let Invented {
        trees,
        rows,
        population,
        model,
        ..
    } = &invented;
    let columns = trees.len();
    let names: Vec<String> = (0..columns).map(|at| format!("q{at}")).collect();
    let mut cells: Vec<(&str, Vec<Option<&str>>)> = names
        .iter()
        .enumerate()
        .map(|(at, name)| (name.as_str(), rows.iter().map(|row| Some(row.0[at].as_str())).collect()))
        .collect();
    cells.push(("s", rows.iter().map(|row| Some(row.1[0].as_str())).collect()));
    let (batch, table_columns) = table(&cells);
    let of_population: Vec<(&str, Vec<Option<&str>>)> = names
        .iter()
        .enumerate()
        .map(|(at, name)| (name.as_str(), population.iter().map(|row| Some(row[at].as_str())).collect()))
        .collect();
    let (people, _) = table(&of_population);
    let (policy, hierarchies) = written(&invented, &names);
    let mut planner = Planner::new(&table_columns, &policy).unwrap();
    planner.take(&batch).unwrap();
    let second = planner.second_table().is_some();
    if second {
        planner.take_population(&people).unwrap();
    }
    let plan = planner.plan(&hierarchies, Effort::default());
    let attributes = [("s".to_owned(), false, invented.sensitive.clone())];
    let asked = Asked {
        hierarchies: trees,
        attributes: &attributes,
        rows,
        population: second.then_some(population.as_slice()),
        model,
    };
    let proof = plan.as_ref().ok().and_then(ProtectionPlan::proof);
    Solved {
        rows: rows.len() as u64,
        exhausted: proof::exhaust(&asked),
        checked: proof.map(|proof| proof::check(&asked, proof)),
        tampered: proof
            .iter()
            .flat_map(|proof| tampered(proof))
            .map(|proof| proof::check(&asked, &proof))
            .collect(),
        asked: format!("{number}: {columns} columns, {} rows, {model:?}", rows.len()),
        plan,
    }
}

/// The proof with another node, another loss, another count, and without what it leans on.
fn tampered(proof: &Proof) -> Vec<Proof> {
    let with = |change: &dyn Fn(&mut Proof)| {
        let mut other = proof.clone();
        change(&mut other);
        other
    };
    let best = |change: &'static dyn Fn(&mut proof::Best)| with(&|proof| proof.best.iter_mut().for_each(change));
    let mut all = vec![
        best(&|best| best.loss.iter_mut().for_each(|loss| *loss = *loss * 0.99 - 0.01)),
        best(&|best| best.suppressed += 1),
        with(&|proof| proof.nodes += 1),
        with(&|proof| proof.optimal = false),
        with(&|proof| proof.best = None),
    ];
    // A proof that could call its own answer inadmissible could call anything so.
    if let Some(best) = proof.best.as_ref() {
        let node = best.node.clone();
        all.push(with(&move |proof| proof.inadmissible.push(node.clone())));
    }
    all
}

#[test]
fn five_hundred_problems_have_the_same_answer_by_search_and_by_looking_at_every_node() {
    let mut answered = 0;
    for number in 0..500 {
        let solved = solve(number);
        match (&solved.plan, &solved.exhausted) {
            (Ok(plan), Some(best)) => {
                answered += 1;
                let facts = plan.facts();
                assert_eq!(plan.node, best.node, "{}: {} against {:?}", solved.asked, facts.loss, best.loss);
                assert!(
                    (facts.loss - best.loss[0]).abs() <= 1e-9 * (1.0 + best.loss[0].abs()),
                    "{}",
                    solved.asked
                );
                assert_eq!(facts.suppressed_rows, best.suppressed, "{}", solved.asked);
                assert_eq!(solved.checked, Some(Ok(())), "{}", solved.asked);
                let caught = solved.tampered.iter().all(Result::is_err);
                assert!(caught, "{}: {:?}", solved.asked, solved.tampered);
            }
            (Err(refused), Some(best)) if refused.id == "all-rows-suppressed" => {
                assert_eq!(best.suppressed, solved.rows, "{}", solved.asked)
            }
            (Err(refused), None) => assert_eq!(refused.id, "no-admissible-node", "{}", solved.asked),
            (plan, best) => panic!("{}: {:?} against {best:?}", solved.asked, plan.as_ref().map(|plan| plan.facts())),
        }
    }
    assert!(answered > 250, "{answered}");
}
