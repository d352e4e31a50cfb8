use super::*;

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
