//! Four releases and more, tables in one system, sums and means: caught when unsafe, and left alone when safe.

use super::*;

fn kinds(found: &[Found]) -> Vec<(Kind, u64, usize)> {
    found.iter().map(|one| (one.kind, one.smallest, one.releases.len())).collect()
}

#[test]
fn a_total_less_three_parts_of_it_is_caught_and_with_enough_left_it_is_not() {
    // By place 40 people: twelve in each of three sectors, and so many in none that `rest` leaves.
    let rows = |rest: usize| -> Vec<Vec<String>> {
        let place = |at: usize| {
            (0..36 + rest).map(move |n| {
                let sector = ["kommun", "region", "stat"].get(n / 12).copied().unwrap_or("okänd");
                vec![format!("ort {at}"), sector.to_owned()]
            })
        };
        (0..4).flat_map(place).collect()
    };
    let of = |name, rows: &[Vec<String>], kept| {
        Release {
            name,
            columns: &[("ort", same), ("sektor", same)],
            kept,
            exact: true,
        }
        .of(rows, &[0, 1])
    };
    let check = |rest: usize, expected: &[(Kind, u64, usize)]| {
        let rows = rows(rest);
        let total = Release {
            name: "alla 1.0.0",
            columns: &[("ort", same)],
            kept: all,
            exact: true,
        }
        .of(&rows, &[0]);
        let parts = [
            of("kommun 1.0.0", &rows, |values| values[1] == "kommun"),
            of("region 1.0.0", &rows, |values| values[1] == "region"),
            of("stat 1.0.0", &rows, |values| values[1] == "stat"),
        ];
        let [kommun, region, stat] = &parts;
        let three = judge(stat, &[total.clone(), kommun.clone()], 10);
        assert!(three.is_empty(), "with two parts more are left: {three:?}");
        let found = judge(stat, &[total.clone(), kommun.clone(), region.clone()], 10);
        assert_eq!(kinds(&found), expected, "{rest}: {found:?}");
        let found = judge(&total, &parts, 10);
        assert_eq!(kinds(&found), expected, "the total last: {found:?}");
        let shifted = parts.clone().map(|part| Trace { exact: false, ..part });
        assert!(judge(&total, &shifted, 10).is_empty(), "shifted counts are not subtracted");
    };
    check(4, &[(Kind::Difference, 4, 4)]);
    check(0, &[]);
    check(10, &[]);
}

#[test]
fn four_releases_that_no_three_of_them_give_away_are_caught_by_the_star() {
    // 160 people by four properties of two values each, ten in each combination; a release shows one of them.
    let names = ["a", "b", "c", "d"];
    let rows: Vec<Vec<String>> = (0..160)
        .map(|n| (0..4).map(|at| format!("{}{}", names[at], n >> at & 1)).collect())
        .collect();
    let columns: [[Shown<'_>; 4]; 4] = [
        [("a", same), ("b", star), ("c", star), ("d", star)],
        [("a", star), ("b", same), ("c", star), ("d", star)],
        [("a", star), ("b", star), ("c", same), ("d", star)],
        [("a", star), ("b", star), ("c", star), ("d", same)],
    ];
    let one = |at: usize| {
        Release {
            name: ["a 1", "b 1", "c 1", "d 1"][at],
            columns: &columns[at],
            kept: all,
            exact: true,
        }
        .of(&rows, &[0, 1, 2, 3])
    };
    let (a, b, c, d) = (one(0), one(1), one(2), one(3));
    assert!(judge(&c, &[a.clone(), b.clone()], 15).is_empty(), "twenty in each three");
    let found = judge(&d, &[a.clone(), b.clone(), c.clone()], 15);
    assert_eq!(kinds(&found), [(Kind::Join, 10, 4)], "{found:?}");
    assert_eq!((found[0].records, found[0].releases.last().unwrap().as_str()), (160, "d 1"));
    assert!(
        judge(&d, &[a, b, c], 10).is_empty(),
        "ten in each four are enough when ten are asked for"
    );
}

#[test]
fn more_releases_than_can_be_followed_at_once_wait_for_a_person() {
    let rows = people();
    // Each shows ages cut at another place, so that none stands for another.
    fn cut(value: &str, at: u32) -> String {
        if value.parse::<u32>().unwrap() < at {
            "unga".into()
        } else {
            "gamla".into()
        }
    }
    let many: Vec<Trace> = (0..many::STAR_MAX as u64 + 2)
        .map(|n| {
            let own = Release {
                name: "x",
                columns: &[("alder", |value| cut(value, 33)), ("ort", star)],
                kept: all,
                exact: true,
            };
            let mut trace = own.of(&rows, &[0, 1]);
            trace.release = format!("r{n} 1");
            let shown = trace.groups.iter_mut().flat_map(|group| group.shown.as_mut());
            shown.for_each(|shown| shown[1] ^= n);
            trace
        })
        .collect();
    let (last, earlier) = many.split_last().unwrap();
    let found = judge(last, earlier, 10);
    assert!(found.iter().any(|one| one.kind == Kind::Unjudged), "{found:?}");
}

/// Tables of the same people by place and part; `kept` says which cells are published.
fn tables_of(name: &str, rows: &[Vec<String>], exact: bool, kept: fn(&[String]) -> bool) -> Vec<Trace> {
    table(name, rows, &["ort", "del"], exact, kept)
}

/// Three places by three parts; one cell with four people.
fn register() -> Vec<Vec<String>> {
    let counts = [[4, 20, 30], [25, 40, 50], [35, 60, 70]];
    let cell = |place: usize, part: usize| std::iter::repeat_n(vec![format!("ort {place}"), format!("del {part}")], counts[place][part]);
    (0..3).flat_map(|place| (0..3).flat_map(move |part| cell(place, part))).collect()
}

fn is(cell: &[String], hidden: &[[&str; 2]]) -> bool {
    hidden.iter().any(|one| cell[0] == one[0] && cell[1] == one[1])
}

#[test]
fn tables_that_hide_different_cells_of_the_same_people_are_caught_whatever_the_number() {
    let rows = register();
    // Each pattern is a square round the small cell, safe alone; of the first two together the small cell is the row less the rest.
    let one = tables_of("maj 1", &rows, true, |cell| {
        !is(
            cell,
            &[["ort 0", "del 0"], ["ort 0", "del 1"], ["ort 1", "del 0"], ["ort 1", "del 1"]],
        )
    });
    let two = tables_of("juni 1", &rows, true, |cell| {
        !is(
            cell,
            &[["ort 0", "del 0"], ["ort 0", "del 2"], ["ort 2", "del 0"], ["ort 2", "del 2"]],
        )
    });
    let refs = |traces: &[Trace]| -> Vec<Trace> { traces.to_vec() };
    let judged = |candidate: &[Trace], earlier: &[Trace]| together(&candidate.iter().collect::<Vec<_>>(), earlier, 10);
    assert!(judged(&two, &[]).is_empty());
    let found = judged(&two, &one);
    assert_eq!(kinds(&found), [(Kind::Equations, 4, 2)], "{found:?}");
    assert_eq!(found[0].releases, ["maj 1", "juni 1"]);
    // The same pattern once more tells nothing; neither do shifted tables, nor those of other people.
    let again = tables_of("juli 1", &rows, true, |cell| {
        !is(
            cell,
            &[["ort 0", "del 0"], ["ort 0", "del 1"], ["ort 1", "del 0"], ["ort 1", "del 1"]],
        )
    });
    assert!(judged(&again, &one).is_empty());
    let shifted = tables_of("juni 1", &rows, false, |cell| !is(cell, &[["ort 0", "del 0"]]));
    assert!(judged(&shifted, &one).is_empty() && judged(&two, &shifted).is_empty());
    let elsewhere: Vec<Trace> = one
        .iter()
        .map(|trace| Trace {
            population: "andra".into(),
            ..trace.clone()
        })
        .collect();
    assert!(judged(&two, &elsewhere).is_empty());
    // What was told before the candidate came is not the candidate's to answer for.
    let both = [refs(&one), refs(&two)].concat();
    assert!(judged(&again, &both).is_empty());
}

#[test]
fn four_tables_of_which_each_publishes_another_cell_are_caught() {
    // By row and column alone: the small cell is the row less three cells, each published by another table.
    let rows: Vec<Vec<String>> = [3usize, 20, 30, 40]
        .iter()
        .enumerate()
        .flat_map(|(part, count)| std::iter::repeat_n(vec!["ort 0".to_owned(), format!("del {part}")], *count))
        .collect();
    let total = tables_of("alla 1", &rows, true, |cell| cell[1] == "*");
    let first = tables_of("ett 1", &rows, true, |cell| is(cell, &[["ort 0", "del 1"]]));
    let second = tables_of("två 1", &rows, true, |cell| is(cell, &[["ort 0", "del 2"]]));
    let third = tables_of("tre 1", &rows, true, |cell| is(cell, &[["ort 0", "del 3"]]));
    // A table that publishes one cell has one combination more than what others say of these people: here all have all.
    let earlier = [total, first, second].concat();
    let found = together(&third.iter().collect::<Vec<_>>(), &earlier, 10);
    assert_eq!(kinds(&found), [(Kind::Equations, 3, 4)], "{found:?}");
    assert!(together(&third.iter().collect::<Vec<_>>(), &earlier, 3).is_empty());
}

/// Contributions by place: who brings what.
fn salaries(name: &str, brought: &[(&str, i128)], exact: bool) -> Vec<Trace> {
    let by = ["ort".to_owned()];
    let mut of: BTreeMap<Vec<String>, Vec<i128>> = BTreeMap::new();
    for (place, value) in brought {
        of.entry(vec![(*place).to_owned()]).or_default().push(*value);
    }
    let rows: Vec<(Vec<String>, u64)> = of.iter().map(|(key, all)| (key.clone(), all.len() as u64)).collect();
    let each: Vec<Vec<i128>> = of.values().cloned().collect();
    let told = Told {
        by: &by,
        cells: of.keys().cloned().collect(),
        parents: &BTreeMap::new(),
        exact,
        sums: Some(("lon", &each)),
    };
    tables(&told, &rows, &Sketcher::new(b"sixteen bytes and more").unwrap(), name, "registret")
}

#[test]
fn a_sum_that_changed_by_one_persons_value_is_caught_though_every_count_is_the_same() {
    let people = |changed: usize, more: usize| -> Vec<(&'static str, i128)> {
        let value = |n: usize| 30_000 + 10 * n as i128 + if n < changed { 500 } else { 0 };
        (0..40 + more).map(|n| (["Norrby", "Soderby"][n % 2], value(n))).collect()
    };
    let old = salaries("2025 1", &people(0, 0), true);
    let check = |changed, more, exact, expected: &[(Kind, u64, usize)]| {
        let new = salaries("2026 1", &people(changed, more), exact);
        let found = judge(&new[0], &old, 10);
        assert_eq!(kinds(&found), expected, "{changed} {more}: {found:?}");
    };
    check(0, 0, true, &[]);
    check(1, 0, true, &[(Kind::Sum, 1, 2)]);
    check(4, 0, true, &[(Kind::Sum, 2, 2)]);
    check(1, 0, false, &[]);
    // Everybody's value changed, or enough people came: nobody stands alone behind the difference.
    check(40, 0, true, &[]);
    check(0, 20, true, &[]);
    // One more on each side: the counts tell, and the sums tell the value.
    check(0, 2, true, &[(Kind::Difference, 1, 2), (Kind::Sum, 1, 2)]);
}

/// A release by place with the mean of a column in each group.
fn means(name: &'static str, rows: &[Vec<String>]) -> Trace {
    let sketcher = Sketcher::new(b"sixteen bytes and more").unwrap();
    let own = Release {
        name,
        columns: &[("ort", same)],
        kept: all,
        exact: true,
    };
    let mut trace = own.of(rows, &[0]);
    let mut summing = Summing::of("lon");
    for row in rows {
        let digest = sketcher.digest("ort", Some(&row[0]));
        summing.take(&sketcher, &[digest], &row[1], &[Some(vec![digest])]);
    }
    trace.sums = vec![summing.finish()];
    trace
}

#[test]
fn the_means_of_two_versions_give_nobodys_value_away() {
    let rows = |leaves: Option<usize>| -> Vec<Vec<String>> {
        let all = (0..60).map(|n| vec![format!("ort {}", n % 3), format!("{}", 25_000 + 137 * n)]);
        let mut rows: Vec<Vec<String>> = all.collect();
        if let Some(at) = leaves {
            // One leaves and another comes: as many people as before, in the same groups.
            rows[at][1] = "99000".into();
        }
        rows
    };
    let (old, same, changed) = (
        means("1.0.0", &rows(None)),
        means("1.0.1", &rows(None)),
        means("1.1.0", &rows(Some(7))),
    );
    assert!(judge(&same, std::slice::from_ref(&old), 10).is_empty());
    let found = judge(&changed, std::slice::from_ref(&old), 10);
    assert_eq!(kinds(&found), [(Kind::Sum, 1, 2)], "{found:?}");
    assert_eq!(
        (found[0].columns.as_slice(), found[0].records),
        (&["ort".to_owned(), "lon".into()][..], 1)
    );
    let without = Trace {
        sums: Vec::new(),
        ..changed
    };
    assert!(judge(&without, &[old], 10).is_empty(), "the counts alone tell nothing");
}

#[test]
fn a_release_with_noise_is_subtracted_from_nothing() {
    let noised = Trace {
        release: "brus 1".into(),
        population: "registret".into(),
        table: true,
        spent: Some(Spent {
            dataset: "lon".into(),
            unit: "person".into(),
            question: fyr_model::Sha256::of(b"q"),
            amount: fyr_model::dp::Amount {
                measure: fyr_model::dp::Measure::Rho,
                billionths: 1,
            },
            delta: Some(1e-6),
        }),
        ..Trace::default()
    };
    let rows = register();
    let exact = tables_of("maj 1", &rows, true, |_| true);
    assert!(exact.iter().all(|trace| judge(trace, std::slice::from_ref(&noised), 10).is_empty()));
    assert!(judge(&noised, &exact, 10).is_empty());
    assert!(together(&[&noised], &exact, 10).is_empty());
    let text = serde_json::to_string(&noised).unwrap();
    assert_eq!(serde_json::from_str::<Trace>(&text).unwrap(), noised);
}
