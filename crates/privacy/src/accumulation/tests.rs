use std::collections::{BTreeMap, HashSet};

use super::*;

mod all_at_once;

/// A column and how its values are shown.
type Shown<'a> = (&'a str, fn(&str) -> String);

/// A release of rows given as values, each column shown through its own function; a row that `kept` refuses is suppressed.
struct Release<'a> {
    name: &'a str,
    columns: &'a [Shown<'a>],
    kept: fn(&[&str]) -> bool,
    exact: bool,
}

impl Release<'_> {
    /// `places` says where in a row each column stands.
    fn of(&self, rows: &[Vec<String>], places: &[usize]) -> Trace {
        let sketcher = Sketcher::new(b"sixteen bytes and more").unwrap();
        let mut groups: BTreeMap<(Vec<u64>, Option<Vec<u64>>), u64> = BTreeMap::new();
        for row in rows {
            let values: Vec<&str> = places.iter().map(|place| row[*place].as_str()).collect();
            let raw = self
                .columns
                .iter()
                .zip(&values)
                .map(|((name, _), value)| sketcher.digest(name, Some(value)))
                .collect();
            let shown = self
                .columns
                .iter()
                .zip(&values)
                .map(|((name, show), value)| sketcher.digest(name, Some(&show(value))));
            let shown = (self.kept)(&values).then(|| shown.collect());
            *groups.entry((raw, shown)).or_insert(0) += 1;
        }
        Trace {
            release: self.name.to_owned(),
            population: "registret".to_owned(),
            exact: self.exact,
            table: false,
            pseudonyms: None,
            sums: Vec::new(),
            spent: None,
            columns: self.columns.iter().map(|(name, _)| (*name).to_owned()).collect(),
            groups: groups.into_iter().map(|((raw, shown), rows)| Group { raw, shown, rows }).collect(),
        }
    }
}

fn same(value: &str) -> String {
    value.to_owned()
}
fn star(_: &str) -> String {
    "*".to_owned()
}
fn all(_: &[&str]) -> bool {
    true
}

/// Age, place and sex of 240 invented people: 6 ages, 8 places, five in each pair.
fn people() -> Vec<Vec<String>> {
    (0..240)
        .map(|n| {
            vec![
                format!("{}", 30 + n % 6),
                format!("ort {}", n / 6 % 8),
                ["kvinna", "man"][usize::from(n % 30 == 0)].to_owned(),
            ]
        })
        .collect()
}

#[test]
fn two_releases_each_safe_alone_and_unsafe_together_are_caught() {
    let by_age = Release {
        name: "ålder 1.0.0",
        columns: &[("alder", same), ("ort", star)],
        kept: all,
        exact: true,
    };
    let by_place = Release {
        name: "ort 1.0.0",
        columns: &[("alder", star), ("ort", same)],
        kept: all,
        exact: true,
    };
    let rows = people();
    let (first, second) = (by_age.of(&rows, &[0, 1]), by_place.of(&rows, &[0, 1]));
    let found = judge(&second, std::slice::from_ref(&first), 10);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].kind, found[0].smallest, found[0].records), (Kind::Join, 5, 240));
    assert_eq!(found[0].releases, ["ålder 1.0.0", "ort 1.0.0"]);
    assert!(
        judge(&second, &[first], 5).is_empty(),
        "five in each group are enough when five are asked for"
    );
}

#[test]
fn a_subgroup_and_its_total_published_in_different_months_are_caught() {
    let total = Release {
        name: "maj 1.0.0",
        columns: &[("ort", same)],
        kept: all,
        exact: true,
    };
    let women = Release {
        name: "juni 1.0.0",
        columns: &[("ort", same), ("kon", same)],
        kept: |values| values[1] == "kvinna",
        exact: true,
    };
    let rows = people();
    let found = judge(&women.of(&rows, &[1, 2]), &[total.of(&rows, &[1])], 10);
    assert_eq!(found.len(), 1);
    // 240 people, every thirtieth a man: one or two in each place.
    assert_eq!((found[0].kind, found[0].smallest, found[0].records), (Kind::Difference, 1, 8));
    assert_eq!(found[0].columns, ["ort"]);
}

#[test]
fn tables_with_shifted_counts_are_not_flagged() {
    let total = Release {
        name: "maj 1.0.0",
        columns: &[("ort", same)],
        kept: all,
        exact: false,
    };
    let women = Release {
        name: "juni 1.0.0",
        columns: &[("ort", same), ("kon", same)],
        kept: |values| values[1] == "kvinna",
        exact: false,
    };
    let rows = people();
    assert!(judge(&women.of(&rows, &[1, 2]), &[total.of(&rows, &[1])], 10).is_empty());
}

#[test]
fn a_new_version_with_one_more_person_is_caught_and_an_equal_one_is_not() {
    let version = |name: &'static str| Release {
        name,
        columns: &[("alder", same), ("ort", star)],
        kept: all,
        exact: true,
    };
    let rows = people();
    let old = version("1.0.0").of(&rows, &[0, 1]);
    assert!(judge(&version("1.0.1").of(&rows, &[0, 1]), std::slice::from_ref(&old), 10).is_empty());
    let more = [rows, vec![vec!["33".to_owned(), "ort 2".to_owned(), "man".to_owned()]]].concat();
    let found = judge(&version("1.1.0").of(&more, &[0, 1]), &[old], 10);
    assert_eq!(
        found.iter().map(|one| (one.kind, one.smallest)).collect::<Vec<_>>(),
        [(Kind::Difference, 1)]
    );
    assert_eq!(
        found,
        judge(&version("1.1.0").of(&more, &[0, 1]), &[version("1.0.0").of(&people(), &[0, 1])], 10),
        "the same finding, with the same id"
    );
}

#[test]
fn other_people_and_other_columns_are_not_compared() {
    let rows = people();
    let one = Release {
        name: "a",
        columns: &[("ort", same)],
        kept: all,
        exact: true,
    }
    .of(&rows, &[1]);
    let other = Trace {
        population: "ett annat register".into(),
        release: "b".into(),
        ..one.clone()
    };
    let smaller = Trace {
        groups: other
            .groups
            .iter()
            .map(|group| Group {
                rows: group.rows - 1,
                ..group.clone()
            })
            .collect(),
        ..other
    };
    assert!(judge(&smaller, std::slice::from_ref(&one), 10).is_empty());
    let unlike = Release {
        name: "c",
        columns: &[("alder", same)],
        kept: all,
        exact: true,
    }
    .of(&rows, &[0]);
    assert!(judge(&unlike, &[one], 10).is_empty());
}

#[test]
fn a_short_secret_makes_no_sketch() {
    assert!(Sketcher::new(b"short").is_none());
}

#[test]
fn a_total_by_county_less_a_subgroup_by_municipality_is_caught_though_the_levels_differ() {
    let half = |value: &str| if value < "ort 4" { "norr".to_owned() } else { "soder".to_owned() };
    let total = Release {
        name: "lan 1.0.0",
        columns: &[("ort", half)],
        kept: all,
        exact: true,
    };
    let women = Release {
        name: "kvinnor 1.0.0",
        columns: &[("ort", same), ("kon", same)],
        kept: |values| values[1] == "kvinna",
        exact: true,
    };
    let rows = people();
    let (total, women) = (total.of(&rows, &[1]), women.of(&rows, &[1, 2]));
    let only = |found: Vec<Found>| found.into_iter().filter(|one| one.kind == Kind::Difference).collect::<Vec<_>>();
    let found = only(judge(&women, std::slice::from_ref(&total), 10));
    // Eight men, four in each county.
    assert_eq!(found.iter().map(|one| (one.smallest, one.records)).collect::<Vec<_>>(), [(4, 8)]);
    assert_eq!(only(judge(&total, &[women], 10)).len(), 1, "in the other order too");
}

#[test]
fn three_releases_that_no_two_of_them_give_away_are_caught_by_the_chain() {
    // 64 people by three properties of two values each, eight in each combination; a release shows two of them.
    let rows: Vec<Vec<String>> = (0..64)
        .map(|n| vec![format!("a{}", n % 2), format!("b{}", n / 2 % 2), format!("c{}", n / 4 % 2)])
        .collect();
    let one = |name, place: usize| {
        let columns: [&[Shown<'_>]; 3] = [
            &[("a", same), ("b", star), ("c", star)],
            &[("a", star), ("b", same), ("c", star)],
            &[("a", star), ("b", star), ("c", same)],
        ];
        Release {
            name,
            columns: columns[place],
            kept: all,
            exact: true,
        }
        .of(&rows, &[0, 1, 2])
    };
    let (a, b, c) = (one("a 1", 0), one("b 1", 1), one("c 1", 2));
    assert!(judge(&b, std::slice::from_ref(&a), 10).is_empty(), "sixteen in each pair");
    assert!(judge(&c, std::slice::from_ref(&b), 10).is_empty());
    let found = judge(&c, &[a.clone(), b.clone()], 10);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].kind, found[0].smallest, found[0].records), (Kind::Join, 8, 64));
    assert_eq!(found[0].releases, ["a 1", "b 1", "c 1"]);
    assert!(judge(&c, &[a.clone(), b.clone()], 8).is_empty());
    // A chain through what the one between shares with each: the outer two share no column.
    let short = |trace: &Trace, places: &[usize]| Trace {
        columns: places.iter().map(|place| trace.columns[*place].clone()).collect(),
        groups: trace
            .groups
            .iter()
            .map(|group| {
                let pick = |digests: &[u64]| places.iter().map(|place| digests[*place]).collect::<Vec<_>>();
                Group {
                    raw: pick(&group.raw),
                    shown: group.shown.as_deref().map(pick),
                    rows: group.rows,
                }
            })
            .collect(),
        ..trace.clone()
    };
    let found = judge(&b, &[short(&a, &[0]), short(&c, &[2])], 10);
    assert_eq!(found.iter().map(|one| one.releases.len()).collect::<Vec<_>>(), [3], "{found:?}");
}

#[test]
fn two_hundred_versions_that_show_alike_are_one_to_lay_beside_the_others() {
    let version = |name: &'static str| Release {
        name,
        columns: &[("alder", same), ("ort", star)],
        kept: all,
        exact: true,
    };
    let rows = people();
    let old: Vec<Trace> = std::iter::repeat_n(version("a 1").of(&rows, &[0, 1]), 200).collect();
    let began = std::time::Instant::now();
    assert!(judge(&version("a 2").of(&rows, &[0, 1]), &old, 10).is_empty());
    assert!(began.elapsed().as_secs() < 5);
}

#[test]
fn a_total_less_two_parts_of_it_is_caught() {
    // By place: thirty people, of whom a share is in the first part, a share in the second and two in neither.
    let rows: Vec<Vec<String>> = (0..240)
        .map(|n| {
            let part = if n % 30 < 2 {
                "okänd"
            } else if n % 2 == 0 {
                "offentlig"
            } else {
                "privat"
            };
            vec![format!("ort {}", n / 30), part.to_owned()]
        })
        .collect();
    let of = |name, kept| {
        Release {
            name,
            columns: &[("ort", same), ("sektor", same)],
            kept,
            exact: true,
        }
        .of(&rows, &[0, 1])
    };
    let total = Release {
        name: "alla 1.0.0",
        columns: &[("ort", same)],
        kept: all,
        exact: true,
    }
    .of(&rows, &[0]);
    let (public, private) = (
        of("offentlig 1.0.0", |values| values[1] == "offentlig"),
        of("privat 1.0.0", |values| values[1] == "privat"),
    );
    assert!(judge(&public, std::slice::from_ref(&total), 10).is_empty(), "sixteen are left");
    assert!(judge(&private, std::slice::from_ref(&public), 10).is_empty());
    let found = judge(&private, &[total.clone(), public.clone()], 10);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].kind, found[0].smallest, found[0].records), (Kind::Difference, 2, 16));
    // Two releases about everybody are no parts of a third.
    let again = Trace {
        release: "igen 1.0.0".into(),
        ..total.clone()
    };
    assert!(judge(&again, &[total, public], 10).is_empty());
}

#[test]
fn the_same_scope_of_pseudonyms_under_two_names_is_told_once_for_all_versions() {
    let release = |name: &str, scope| Trace {
        release: name.into(),
        pseudonyms: Some(Pseudonyms {
            scope,
            columns: vec!["person".into()],
            rows: 40,
        }),
        ..Trace::default()
    };
    let found = judge(&release("b 1.0.0", 7), &[release("a 1.0.0", 7)], 10);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].kind, found[0].records), (Kind::Pseudonyms, 40));
    assert_eq!(
        found[0].id,
        judge(&release("b 1.1.0", 7), &[release("a 2.0.0", 7)], 10)[0].id,
        "a person resolves it once"
    );
    assert!(judge(&release("b 1.0.0", 8), &[release("a 1.0.0", 7)], 10).is_empty());
    assert!(judge(&release("a 1.1.0", 7), &[release("a 1.0.0", 7)], 10).is_empty());
}

/// The traces of a table of place by part, each cell published that `kept` lets through.
fn table(name: &str, rows: &[Vec<String>], by: &[&str], exact: bool, kept: fn(&[String]) -> bool) -> Vec<Trace> {
    let by: Vec<String> = by.iter().map(ToString::to_string).collect();
    let parents = BTreeMap::new();
    let mut combinations: BTreeMap<Vec<String>, u64> = BTreeMap::new();
    for row in rows {
        *combinations.entry(row.clone()).or_insert(0) += 1;
    }
    let mut cells: HashSet<Vec<String>> = HashSet::new();
    for row in combinations.keys() {
        for mask in 0..1u32 << row.len() {
            let cell = row
                .iter()
                .enumerate()
                .map(|(at, value)| if mask >> at & 1 == 1 { "*".to_owned() } else { value.clone() });
            cells.insert(cell.collect());
        }
    }
    cells.retain(|cell| kept(cell));
    let told = Told {
        by: &by,
        cells,
        parents: &parents,
        exact,
        sums: None,
    };
    let combinations: Vec<(Vec<String>, u64)> = combinations.into_iter().collect();
    tables(
        &told,
        &combinations,
        &Sketcher::new(b"sixteen bytes and more").unwrap(),
        name,
        "registret",
    )
}

#[test]
fn tables_are_compared_margin_by_margin_and_only_where_they_are_exact() {
    let rows: Vec<Vec<String>> = (0..240)
        .map(|n| vec![format!("ort {}", n / 30), format!("del {}", n % 3)])
        .collect();
    let first = table("maj 1", &rows, &["ort", "del"], true, |_| true);
    let names: Vec<Vec<String>> = first.iter().map(|trace| trace.columns.clone()).collect();
    assert_eq!(
        names,
        [vec!["ort".to_owned(), "del".into()], vec!["ort".into()], vec!["del".into()]]
    );
    assert_eq!(first[1].groups.iter().map(|group| group.rows).collect::<Vec<_>>(), [30; 8]);
    // Three people moved to a place between the two.
    let mut later = rows.clone();
    later.extend((0..3).map(|_| vec!["ort 1".to_owned(), "del 1".to_owned()]));
    let all_found = |candidate: &[Trace], earlier: &[Trace]| -> Vec<(Kind, u64, Vec<String>)> {
        candidate
            .iter()
            .flat_map(|trace| judge(trace, earlier, 10))
            .map(|one| (one.kind, one.smallest, one.columns))
            .collect()
    };
    let found = all_found(&table("juni 1", &later, &["ort", "del"], true, |_| true), &first);
    assert!(
        found.iter().all(|(kind, smallest, _)| (*kind, *smallest) == (Kind::Difference, 3)),
        "{found:?}"
    );
    assert!(found.iter().any(|(_, _, columns)| columns == &["ort"]), "{found:?}");
    assert!(all_found(&table("juni 1", &later, &["ort", "del"], false, |_| true), &first).is_empty());
    // Of the same people nothing is told, also where one of the tables hides cells.
    let hidden = table("juli 1", &rows, &["ort", "del"], true, |cell| {
        cell != ["ort 1", "del 1"] && cell != ["ort 1", "del 2"]
    });
    assert!(all_found(&hidden, &first).is_empty());
}
