//! The optima that ARX publishes for the Adult table in its own tests (`privacy.md` 7.1): the same node, loss and suppressed rows.

use fyr_model::privacy::{Closeness, ClosenessKind, Diversity, DiversityKind, KMap, Likeness, LikenessKind, PerColumn, Presence, Recoding};

use super::*;

/// What a case asks and what must come out.
struct Case {
    /// Whether occupation is sensitive; else it is the eighth of nine quasi-identifiers.
    eight: bool,
    model: Model,
    node: &'static [usize],
    loss: f64,
    suppressed: u64,
}

fn k(k: u64, limit: f64, loss: &str) -> Model {
    Model {
        k,
        suppression_max: limit,
        loss: loss.to_owned(),
        ..Model::default()
    }
}
fn t(kind: ClosenessKind, value: f64, limit: f64, loss: &str) -> Model {
    Model {
        t: Some(PerColumn::All(Closeness { kind, value })),
        ..k(5, limit, loss)
    }
}
fn presence(min: f64, max: f64, limit: f64, loss: &str) -> Model {
    let subset = "adult_subset.csv".to_owned();
    Model {
        presence: Some(Presence { min, max, subset }),
        ..k(0, limit, loss)
    }
}

fn adult_policy(columns: &[Column], eight: bool, model: Model) -> PrivacyPolicy {
    let role = |name: &str| match (eight, name) {
        (true, "occupation") => ColumnPolicy::Detailed {
            role: Role::Sensitive,
            hierarchy: Some("occupation.csv".to_owned()),
            microaggregate: None,
        },
        _ => qi(Some(&format!("{name}.csv"))),
    };
    PrivacyPolicy {
        columns: columns.iter().map(|c| (c.name.clone(), role(&c.name))).collect(),
        model: Some(model),
        ..PrivacyPolicy::default()
    }
}

/// Plans over the Adult table; nothing when the fixtures are absent.
fn planned(eight: bool, model: Model, effort: Effort<'_>) -> Option<(Result<ProtectionPlan, Refusal>, RecordBatch)> {
    let (batch, columns, hierarchies) = arx("adult")?;
    let policy = adult_policy(&columns, eight, model);
    let mut planner = Planner::new(&columns, &policy).unwrap();
    let published = match planner.second_table() {
        Some("presence") => {
            planner.take_population(&batch).unwrap();
            arx_rows("adult_subset")?
        }
        Some(_) => {
            planner.take_population(&batch).unwrap();
            arx_rows("adult_subset")?
        }
        None => batch,
    };
    planner.take(&published).unwrap();
    let started = std::time::Instant::now();
    let plan = planner.plan(&hierarchies, effort);
    if let Ok(plan) = &plan {
        let (search, proof) = (&plan.facts().search, plan.proof().unwrap());
        eprintln!(
            "{} nodes, {} visited, {:?}, {:.0?}",
            search.nodes,
            search.visited,
            proof.pruned,
            started.elapsed()
        );
    }
    Some((plan, published))
}

fn check(case: Case) {
    let Some((plan, published)) = planned(case.eight, case.model, Effort::default()) else {
        return;
    };
    let plan = plan.unwrap();
    let facts = plan.facts();
    assert_eq!(plan.node, case.node, "{}", facts.loss);
    assert!(
        (facts.loss - case.loss).abs() <= 1e-9 * case.loss,
        "{} is not {}",
        facts.loss,
        case.loss
    );
    assert_eq!(facts.suppressed_rows, case.suppressed);
    assert!(facts.search.optimal);
    let out = plan.apply(&published).unwrap();
    assert_eq!(out.num_rows() as u64, facts.rows_out);
    let names: Vec<&str> = plan.quasi.iter().map(|q| q.name.as_str()).collect();
    let k = facts
        .models
        .iter()
        .find_map(|word| word.strip_suffix("-anonymity")?.parse().ok())
        .unwrap_or(0);
    assert!(smallest_class(&out, &names) >= k);
}

#[test]
fn d1_nine_columns_four_percent_monotone() {
    let (node, loss) = (&[1, 0, 1, 1, 3, 2, 2, 0, 1], 255_559.854_557_310_67);
    check(Case {
        eight: false,
        model: k(5, 0.04, "entropy-monotone"),
        node,
        loss,
        suppressed: 906,
    });
}
#[test]
fn d2_nine_columns_without_suppression() {
    let (node, loss) = (&[1, 2, 1, 1, 3, 2, 2, 1, 1], 407_289.538_892_529_3);
    check(Case {
        eight: false,
        model: k(5, 0.0, "entropy"),
        node,
        loss,
        suppressed: 0,
    });
}
#[test]
fn d3_eight_columns_five_percent() {
    let (node, loss) = (&[0, 0, 1, 1, 2, 2, 2, 0], 180_132.408_482_446_98);
    check(Case {
        eight: true,
        model: k(5, 0.05, "entropy"),
        node,
        loss,
        suppressed: 889,
    });
}
#[test]
fn d4_eight_columns_without_suppression() {
    let (node, loss) = (&[1, 1, 1, 1, 3, 2, 2, 1], 324_620.526_991_869_2);
    check(Case {
        eight: true,
        model: k(5, 0.0, "entropy"),
        node,
        loss,
        suppressed: 0,
    });
}
#[test]
fn d5_loss_with_suppression_as_wished() {
    let (node, loss) = (&[0, 3, 0, 0, 2, 1, 1, 1, 0], 0.220_411_928_479_842_92);
    check(Case {
        eight: false,
        model: k(5, 1.0, "loss"),
        node,
        loss,
        suppressed: 2_553,
    });
}
#[test]
fn d6_loss_where_suppression_is_cheap() {
    let model = Model {
        gs_factor: 0.1,
        ..k(5, 1.0, "loss")
    };
    let (node, loss) = (&[0, 3, 0, 0, 0, 0, 0, 0, 0], 0.092_573_129_719_773_83);
    check(Case {
        eight: false,
        model,
        node,
        loss,
        suppressed: 11_182,
    });
}
#[test]
fn d7_recursive_diversity() {
    let l = Diversity {
        kind: DiversityKind::Recursive,
        value: 5.0,
        c: Some(4.0),
    };
    let model = Model {
        l: Some(PerColumn::All(l)),
        ..k(0, 0.05, "entropy-monotone")
    };
    let (node, loss) = (&[1, 0, 1, 1, 2, 2, 2, 0], 198_181.404_233_296_7);
    check(Case {
        eight: true,
        model,
        node,
        loss,
        suppressed: 1_253,
    });
}
#[test]
fn d8_equal_closeness() {
    let model = t(ClosenessKind::Equal, 0.2, 0.04, "discernibility-monotone");
    check(Case {
        eight: true,
        model,
        node: &[1, 4, 1, 0, 3, 2, 2, 1],
        loss: 311_880_088.0,
        suppressed: 848,
    });
}
#[test]
fn d9_hierarchical_closeness() {
    let model = t(ClosenessKind::Hierarchical, 0.2, 0.04, "entropy-monotone");
    let (node, loss) = (&[1, 4, 0, 0, 3, 2, 2, 1], 377_622.784_587_293_05);
    check(Case {
        eight: true,
        model,
        node,
        loss,
        suppressed: 1_088,
    });
}
#[test]
fn d10_hierarchical_closeness_without_suppression() {
    let model = t(ClosenessKind::Hierarchical, 0.2, 0.0, "entropy");
    let (node, loss) = (&[0, 4, 1, 1, 3, 2, 2, 1], 398_400.074_180_644_7);
    check(Case {
        eight: true,
        model,
        node,
        loss,
        suppressed: 0,
    });
}
#[test]
fn d11_ordered_closeness() {
    let model = t(ClosenessKind::Ordered, 0.2, 0.04, "discernibility-monotone");
    check(Case {
        eight: true,
        model,
        node: &[0, 0, 1, 1, 2, 2, 2, 0],
        loss: 2_712_340.0,
        suppressed: 1_188,
    });
}
#[test]
fn d12_ordered_closeness_without_suppression() {
    let model = t(ClosenessKind::Ordered, 0.1, 0.0, "discernibility-monotone");
    check(Case {
        eight: true,
        model,
        node: &[1, 1, 1, 2, 3, 2, 2, 1],
        loss: 97_868_020.0,
        suppressed: 0,
    });
}
#[test]
fn d13_presence_with_a_lower_bound() {
    let model = presence(0.05, 0.15, 0.0, "entropy-monotone");
    let (node, loss) = (&[1, 4, 1, 1, 1, 2, 2, 1], 37_223.249_124_828_2);
    check(Case {
        eight: true,
        model,
        node,
        loss,
        suppressed: 0,
    });
}
#[test]
fn d14_presence_by_average_class_size() {
    let model = presence(0.0, 0.2, 0.05, "average-class-size");
    check(Case {
        eight: true,
        model,
        node: &[0, 0, 1, 2, 1, 2, 2, 1],
        loss: 8.021_276_595_744_68,
        suppressed: 114,
    });
}
#[test]
fn average_risk_of_the_whole_table() {
    let model = Model {
        average_risk: Some(0.01),
        ..k(0, 0.04, "entropy")
    };
    let (node, loss) = (&[1, 0, 1, 1, 3, 2, 2, 1, 1], 314_637.846_190_486_2);
    check(Case {
        eight: false,
        model,
        node,
        loss,
        suppressed: 608,
    });
}
#[test]
fn basic_likeness() {
    let beta = Likeness {
        kind: LikenessKind::Basic,
        value: 5.0,
    };
    let model = Model {
        beta: Some(PerColumn::All(beta)),
        ..k(0, 0.4, "loss")
    };
    let Some((plan, _)) = planned(true, model, Effort::default()) else {
        return;
    };
    let loss = plan.unwrap().facts().loss;
    assert!((loss - 0.233_504_651_523_563_03).abs() <= 1e-9 * loss, "{loss}");
}
#[test]
fn entropy_of_a_hundred_values_has_no_solution() {
    let l = Diversity {
        kind: DiversityKind::Entropy,
        value: 100.0,
        c: None,
    };
    let model = Model {
        l: Some(PerColumn::All(l)),
        ..k(0, 0.05, "entropy")
    };
    let Some((plan, _)) = planned(true, model, Effort::default()) else {
        return;
    };
    assert_eq!(plan.unwrap_err().id, "no-admissible-node");
}
#[test]
fn k_map_counts_groups_in_the_population() {
    let population = "adult.csv".to_owned();
    let model = Model {
        k_map: Some(KMap { k: 20, population }),
        ..k(0, 0.05, "entropy")
    };
    let Some((plan, published)) = planned(true, model, Effort::default()) else {
        return;
    };
    let plan = plan.unwrap();
    assert_eq!((plan.facts().rows_in, published.num_rows()), (3_016, 3_016));
    assert!(plan.facts().suppressed_rows <= 150);
}

#[test]
fn the_answer_and_its_record_are_the_same_at_any_number_of_threads() {
    for (eight, model) in [
        (false, k(5, 0.04, "entropy")),
        (true, t(ClosenessKind::Equal, 0.2, 0.04, "discernibility")),
    ] {
        let with = |threads: usize| {
            planned(
                eight,
                model.clone(),
                Effort {
                    threads,
                    ..Effort::default()
                },
            )
        };
        let Some((one, _)) = with(1) else { return };
        let (one, three) = (one.unwrap(), with(3).unwrap().0.unwrap());
        assert_eq!(one.proof(), three.proof());
        assert_eq!(one.facts(), three.facts());
    }
}

#[test]
fn a_search_that_is_stopped_gives_the_best_so_far_with_its_gap() {
    let effort = Effort {
        visited_max: Some(150),
        ..Effort::default()
    };
    let Some((plan, _)) = planned(false, k(5, 1.0, "loss"), effort) else {
        return;
    };
    let plan = plan.unwrap();
    let search = &plan.facts().search;
    assert!(
        !search.optimal && search.bound <= plan.facts().loss && search.bound <= 0.220_411_928_479_842_92,
        "{search:?}"
    );
}

#[test]
fn ranked_loss_leaves_the_risk_that_arx_measures() {
    let Some((plan, batch)) = planned(false, k(2, 0.0, "loss-ranked"), Effort::default()) else {
        return;
    };
    let out = plan.unwrap().apply(&batch).unwrap();
    let quasi: Vec<String> = out.schema().fields().iter().map(|field| field.name().clone()).collect();
    let mut assessor = crate::risk::Assessor::new(&quasi, &[], false);
    assessor.take(&out).unwrap();
    let risk = assessor.assess();
    assert!(
        (risk.prosecutor_average - 0.001_922_949_406_538_028).abs() < 1e-12,
        "{}",
        risk.prosecutor_average
    );
    assert!((risk.prosecutor_max - 0.5).abs() < 1e-12, "{}", risk.prosecutor_max);
}

/// The second step over the Adult table: the same optimum before it, and less loss after it, as counted from the rows by code of its own.
fn recoded(eight: bool, model: Model, least: [(Recoding, f64); 2]) {
    for (method, known) in least {
        let model = Model {
            recoding: Some(method),
            ..model.clone()
        };
        let Some((batch, mut columns, hierarchies)) = arx("adult") else {
            return;
        };
        columns[1].kind = ColumnType::Integer;
        let policy = adult_policy(&columns, eight, model.clone());
        let mut planner = Planner::new(&columns, &policy).unwrap();
        planner.take(&batch).unwrap();
        let started = std::time::Instant::now();
        let plan = planner.plan(&hierarchies, Effort::default()).unwrap();
        let facts = plan.facts();
        let recoding = facts.recoding.as_ref().unwrap();
        eprintln!("{method:?} {:.1?}: {recoding:?}", started.elapsed());
        let out = plan.apply(&batch).unwrap();
        let names: Vec<&str> = plan.quasi.iter().map(|q| q.name.as_str()).collect();
        assert!(smallest_class(&out, &names) >= 5);
        assert!(recoding.recoded.loss <= known * (1.0 + 1e-9), "{}", recoding.recoded.loss);
        let cells = |batch: &RecordBatch| -> Vec<Vec<String>> {
            let columns: Vec<_> = names.iter().map(|name| batch.column_by_name(name).unwrap()).collect();
            let cells: Vec<_> = columns.iter().map(|array| crate::cells::Cells::of(array).unwrap()).collect();
            let row = |row| cells.iter().map(|cells| cells.get(row).unwrap().into_owned()).collect();
            (0..batch.num_rows()).map(row).collect()
        };
        let paths = |name: &&str| {
            let line = |line: &str| line.split(';').map(str::to_owned).collect::<Vec<_>>();
            let lines = hierarchies[&format!("{name}.csv")].lines().map(line);
            lines.map(|path| (path[0].clone(), path)).collect()
        };
        if out.num_rows() < batch.num_rows() {
            continue;
        }
        let trees: Vec<crate::proof::Paths> = names.iter().map(paths).collect();
        let raw: Vec<(Vec<String>, Vec<String>)> = cells(&batch).into_iter().map(|row| (row, Vec::new())).collect();
        let stars = |row: Vec<String>| (!row.iter().all(|label| label == "*")).then_some(row);
        let shown: Vec<Option<Vec<String>>> = cells(&out).into_iter().map(stars).collect();
        let asked = crate::proof::Asked {
            hierarchies: &trees,
            attributes: &[],
            rows: &raw,
            population: None,
            model: &model,
        };
        let claimed = crate::proof::Recoded {
            node: &plan.node,
            shown: &shown,
            population: None,
            loss: facts.loss,
            global: recoding.global.loss,
            suppressed: facts.suppressed_rows,
        };
        assert_eq!(crate::proof::check_recoding(&asked, &claimed), Ok(()));
    }
}

#[test]
fn d1_recoded() {
    let (local, mondrian) = (171_116.817_550_361_16, 160_927.670_091_569_42);
    recoded(
        false,
        k(5, 0.04, "entropy-monotone"),
        [(Recoding::Local, local), (Recoding::Mondrian, mondrian)],
    );
}
#[test]
fn d3_recoded() {
    let (local, mondrian) = (106_262.086_696_088_31, 105_976.361_420_989_04);
    recoded(
        true,
        k(5, 0.05, "entropy"),
        [(Recoding::Local, local), (Recoding::Mondrian, mondrian)],
    );
}
#[test]
fn d5_recoded() {
    let (local, mondrian) = (0.064_342_017_283_934_18, 0.069_392_045_075_090_89);
    recoded(false, k(5, 1.0, "loss"), [(Recoding::Local, local), (Recoding::Mondrian, mondrian)]);
}
