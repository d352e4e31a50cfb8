use std::fs::File;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;

use super::*;

struct Case {
    _dir: tempfile::TempDir,
    columns: Vec<String>,
    work: PopulationWork,
}

impl Case {
    /// A population of these columns.
    fn new(columns: &[(&str, ArrayRef)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("people.parquet");
        let batch = RecordBatch::try_from_iter(columns.iter().map(|(name, cells)| (*name, cells.clone()))).unwrap();
        let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        Self {
            _dir: dir,
            columns: columns.iter().map(|(name, _)| (*name).to_owned()).collect(),
            work: PopulationWork {
                files: vec![path],
                ..PopulationWork::default()
            },
        }
    }

    fn text(mut self, column: &str, text: &str) -> Self {
        self.work.texts.insert(column.to_owned(), text.to_owned());
        self
    }

    fn above(mut self, column: &str, above: &[(&str, &[&str])]) -> Self {
        let row = |(leaf, row): &(&str, &[&str])| ((*leaf).to_owned(), row.iter().map(|label| (*label).to_owned()).collect());
        self.work.above.insert(column.to_owned(), above.iter().map(row).collect());
        self
    }

    fn count(&self, groups: &[(&[&str], u64)]) -> Result<Counted, String> {
        count(&self.columns, &made(groups), &self.work)
    }

    /// Whether so many people stand behind each group.
    fn holds(&self, groups: &[(&[&str], u64)], k: u64) -> bool {
        self.count(groups).unwrap().map(&made(groups), k).holds
    }

    /// People behind each group at least, and at most.
    fn behind(&self, groups: &[(&[&str], u64)]) -> Vec<(u64, u64)> {
        people_behind(&self.count(groups).unwrap())
    }
}

fn people_behind(counted: &Counted) -> Vec<(u64, u64)> {
    let more = |group: usize| -> u64 {
        let kinds = counted.undecided.iter().filter(|kind| kind.groups.contains(&group));
        kinds.map(|kind| kind.people).sum()
    };
    let groups = counted.least.iter().enumerate();
    groups.map(|(group, least)| (*least, least + more(group))).collect()
}

/// Groups by what they show; `?` is a missing cell.
fn made(groups: &[(&[&str], u64)]) -> Vec<Group> {
    let cell = |cell: &&str| Some((*cell).to_owned()).filter(|cell| cell != "?");
    let group = |(cells, rows): &(&[&str], u64)| Group {
        cells: cells.iter().map(cell).collect(),
        rows: *rows,
    };
    groups.iter().map(group).collect()
}

fn text(cells: &[&str]) -> ArrayRef {
    Arc::new(
        cells
            .iter()
            .map(|cell| Some(*cell).filter(|cell| *cell != "?"))
            .collect::<StringArray>(),
    )
}

const PLACES: &str = "Norrby;Norr;*\nNordby;Norr;*\nSoderby;Soder;*\n";

#[test]
fn people_are_counted_behind_what_a_group_shows() {
    let case = Case::new(&[("ort", text(&["Norrby", "Nordby", "Norrby", "Soderby", "?"]))]).text("ort", PLACES);
    let groups: [(&[&str], u64); 2] = [(&["Norr"], 2), (&["Soder"], 1)];
    assert_eq!(case.behind(&groups), [(3, 3), (1, 1)]);
    let figures = case.count(&groups).unwrap().map(&made(&groups), 1).figures;
    assert_eq!((figures.people, figures.group_min, figures.outside), (5, 1, 1));
    assert!(case.holds(&groups, 1) && !case.holds(&groups, 2));
    // Suppressed rows show nothing: whoever stands behind no other group may be among them.
    let groups: [(&[&str], u64); 2] = [(&["Norr"], 2), (&["*"], 1)];
    assert_eq!(
        (case.behind(&groups), case.count(&groups).unwrap().outside),
        (vec![(3, 3), (2, 2)], 0)
    );
    // A missing value is a group of its own.
    assert_eq!(case.behind(&[(&["?"], 1)]), [(1, 1)]);
}

#[test]
fn presence_is_bounded_in_both_directions_and_nobody_may_be_left_out_unsaid() {
    let share = |min, max| Share { min, max };
    let case = Case::new(&[("ort", text(&["Norrby", "Nordby", "Norrby", "Soderby"]))]).text("ort", PLACES);
    let groups = made(&[(&["Norr"], 2), (&["Soder"], 1)]);
    let counted = count(&case.columns, &groups, &case.work).unwrap();
    let seen = counted.presence(&groups, share(0.0, 1.0), 0).figures.share;
    assert!((seen.min - 2.0 / 3.0).abs() < 1e-12 && seen.max == 1.0);
    assert!(counted.presence(&groups, share(2.0 / 3.0, 1.0), 0).holds);
    assert!(!counted.presence(&groups, share(0.7, 1.0), 0).holds);
    assert!(!counted.presence(&groups, share(0.5, 0.9), 0).holds);
    let one = made(&[(&["Norr"], 2)]);
    let counted = count(&case.columns, &one, &case.work).unwrap();
    assert!(counted.presence(&one, share(0.0, 0.9), 0).holds);
    assert!(!counted.presence(&one, share(0.1, 0.9), 0).holds, "of Soder nobody is in the file");
    assert!(counted.presence(&one, share(0.1, 0.9), 1).holds, "unless rows were left out");
}

#[test]
fn the_paper_on_presence_is_kept_by_its_own_table_and_broken_by_a_finer_one() {
    // Nergiz et al. (2007): nine people, five of them in the research subset; half to two thirds of each group.
    let zip = ["47906", "47903", "47906", "48630", "48630", "47906", "47903", "48631", "48632"];
    let country = ["USA", "Canada", "USA", "Brazil", "Brazil", "Peru", "Spain", "Bulgaria", "France"];
    let cut = |value: &&str| format!("{value};{}*;*", &value[..2]);
    let above = "USA;America;*\nCanada;America;*\nBrazil;America;*\nPeru;America;*\nSpain;Europe;*\nBulgaria;Europe;*\nFrance;Europe;*";
    let mut zips: Vec<String> = zip.iter().map(cut).collect();
    zips.sort();
    zips.dedup();
    let case = Case::new(&[("zip", text(&zip)), ("country", text(&country))])
        .text("zip", &zips.join("\n"))
        .text("country", above);
    let holds = |groups: &[(&[&str], u64)]| {
        let groups = made(groups);
        let counted = count(&case.columns, &groups, &case.work).unwrap();
        counted.presence(&groups, Share { min: 0.5, max: 2.0 / 3.0 }, 0).holds
    };
    assert!(
        holds(&[(&["*", "America"], 3), (&["*", "Europe"], 2)]),
        "three of six, two of three"
    );
    assert!(
        !holds(&[(&["*", "America"], 2), (&["*", "Europe"], 2)]),
        "a third of one continent only"
    );
    assert!(
        !holds(&[(&["*", "America"], 3), (&["48*", "France"], 1), (&["*", "Europe"], 1)]),
        "all of France"
    );
}

#[test]
fn whoever_stands_behind_two_groups_stands_behind_the_more_precise() {
    let case = Case::new(&[
        ("ort", text(&["Norrby", "Nordby", "Norrby", "Soderby"])),
        ("kon", text(&["k", "k", "m", "m"])),
    ])
    .text("ort", PLACES)
    .text("kon", "k;*\nm;*\n");
    assert_eq!(
        case.behind(&[(&["Norr", "*"], 1), (&["Norrby", "*"], 2), (&["*", "*"], 1)]),
        [(1, 1), (2, 2), (1, 1)]
    );
    // Neither of these is the more precise: whoever fits both is behind one of them, and cannot be counted behind each.
    let groups: [(&[&str], u64); 2] = [(&["Norrby", "*"], 1), (&["Norr", "k"], 1)];
    assert_eq!(case.behind(&groups), [(1, 2), (1, 2)]);
    assert!(case.holds(&groups, 1) && !case.holds(&groups, 2));
}

#[test]
fn a_label_that_stands_on_several_levels_is_read_in_every_way_unless_its_level_is_said() {
    let above: [(&str, &[&str]); 4] = [
        ("a", &["a", "a", "*"]),
        ("b", &["b", "other", "*"]),
        ("c", &["other", "other", "*"]),
        ("d", &["other", "other", "*"]),
    ];
    let mut case = Case::new(&[("x", text(&["a", "b", "c", "d", "d"]))]).above("x", &above);
    assert_eq!(case.behind(&[(&["other"], 1)]), [(3, 4)]);
    case.work.levels.insert("x".to_owned(), 2);
    assert_eq!(case.behind(&[(&["other"], 1), (&["a"], 1)]), [(4, 4), (1, 1)]);
    assert!(case.count(&[(&["b"], 1)]).is_err(), "no label of the level that is said");
}

#[test]
fn ranges_hold_numbers_from_end_to_end() {
    let ages: ArrayRef = Arc::new(Float64Array::from(vec![20.0, 24.0, 25.0, 31.5]));
    let rows: [(&str, &[&str]); 4] = [("20", &["*"]), ("24", &["*"]), ("25", &["*"]), ("31.5", &["*"])];
    let case = Case::new(&[("alder", ages)]).above("alder", &rows);
    assert_eq!(case.behind(&[(&["20-24"], 1), (&["[25, 40]"], 1)]), [(2, 2), (2, 2)]);
    assert_eq!(case.behind(&[(&["20.0"], 1), (&["20-25"], 1)]), [(1, 1), (2, 2)]);
}

#[test]
fn what_cannot_be_placed_is_a_fault_and_never_a_pass() {
    let people = || Case::new(&[("ort", text(&["Norrby", "Soderby", "Osterby"]))]);
    let said = people().text("ort", PLACES).count(&[(&["Norr"], 1)]).unwrap_err();
    assert_eq!(said, "`ort`: the population has values that stand in no hierarchy");
    let whole = format!("{PLACES}Osterby;Soder;*\n");
    assert_eq!(
        people().text("ort", &whole).count(&[(&["Vaster"], 1)]).unwrap_err(),
        "`ort`: a written value is none of its hierarchy"
    );
    let two_parents = whole.clone() + "Vasterby;Norr;Allt\n";
    for (text, word) in [
        (two_parents.as_str(), "above"),
        ("Norrby;Norr\nSoderby;*;*\n", "levels"),
        ("", "file"),
    ] {
        let said = people().text("ort", text).count(&[(&["Norr"], 1)]).unwrap_err();
        assert!(said.contains(word), "{said}");
    }
    assert!(people().count(&[]).unwrap_err().contains("nothing says"));
    let other = Case::new(&[("stad", text(&["x"]))]).text("ort", &whole);
    let groups = made(&[(&["Norr"], 1)]);
    assert!(
        count(&["ort".to_owned()], &groups, &other.work)
            .unwrap_err()
            .contains("no such column")
    );
}

#[test]
fn what_is_said_of_numbers_and_codes_is_checked_by_what_the_labels_say() {
    let check = |word: &str, leaf: &str, label: &str, fits: bool| {
        let mut case = Case::new(&[("x", text(&[leaf]))]).above("x", &[(leaf, &[label, "*"])]);
        case.work.words.insert("x".to_owned(), word.to_owned());
        assert_eq!(case.count(&[(&[label], 1)]).is_ok(), fits, "{word} {leaf} {label}");
    };
    for (leaf, label, fits) in [
        ("24", "20-24", true),
        ("25", "20-24", false),
        ("24.5", "20-24", true),
        ("65", "65+", true),
        ("64", "65+", false),
    ] {
        check("age", leaf, label, fits);
    }
    for (leaf, label, fits) in [
        ("5", "[5, 10)", true),
        ("10.5", "[5, 10)", false),
        ("-3", "<5", true),
        ("5", "<5", true),
        ("6", "<5", false),
        ("90", ">=90", true),
        ("89", ">=90", false),
    ] {
        check("interval", leaf, label, fits);
    }
    for (word, leaf, label, fits) in [
        ("mask", "abcd", "ab**", true),
        ("mask", "abcd", "ac**", false),
        ("postcode", "SE-123 45", "123", true),
        ("postcode", "12345", "124", false),
        ("municipality", "0180", "01", true),
        ("municipality", "0180", "SE11", true),
        ("municipality", "0180", "03", false),
    ] {
        check(word, leaf, label, fits);
    }
}

/// Somebody who knows every quasi-identifier of every person looks for each of them in the file: the groups that fit are counted by scanning.
#[test]
fn an_attacker_who_scans_finds_as_many_people_behind_each_group() {
    let mut state = 7u64;
    let mut draw = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let places = ["Norrby", "Nordby", "Soderby"];
    let parents = BTreeMap::from([("Norrby", "Norr"), ("Nordby", "Norr"), ("Soderby", "Soder")]);
    for round in 0..40 {
        let people: Vec<(&str, u64)> = (0..60).map(|_| (places[draw(3) as usize], 20 + draw(20))).collect();
        let ages: Vec<String> = people.iter().map(|(_, age)| age.to_string()).collect();
        let bands: Vec<String> = (20..40)
            .map(|age| format!("{age};{0}-{1};*", age / 5 * 5, age / 5 * 5 + 4))
            .collect();
        let case = Case::new(&[
            ("ort", text(&people.iter().map(|(place, _)| *place).collect::<Vec<_>>())),
            ("alder", text(&ages.iter().map(String::as_str).collect::<Vec<_>>())),
        ])
        .text("ort", PLACES)
        .text("alder", &bands.join("\n"));
        let (by_place, by_age) = (draw(2) == 0, draw(2) == 0);
        let shown = |(place, age): &(&str, u64)| {
            let place = if by_place {
                parents[*place].to_owned()
            } else {
                (*place).to_owned()
            };
            let age = if by_age {
                format!("{}-{}", age / 5 * 5, age / 5 * 5 + 4)
            } else {
                age.to_string()
            };
            vec![Some(place), Some(age)]
        };
        // Every third person is in the file.
        let mut rows: BTreeMap<Vec<Option<String>>, u64> = BTreeMap::new();
        people
            .iter()
            .step_by(3)
            .for_each(|person| *rows.entry(shown(person)).or_insert(0) += 1);
        let groups: Vec<Group> = rows.into_iter().map(|(cells, rows)| Group { cells, rows }).collect();
        let counted = count(&case.columns, &groups, &case.work).unwrap();
        for (group, found) in groups.iter().zip(people_behind(&counted)) {
            let scanned = people.iter().filter(|person| shown(person) == group.cells).count() as u64;
            assert_eq!(found, (scanned, scanned), "round {round}");
        }
        assert_eq!(counted.least.iter().sum::<u64>() + counted.outside, 60);
    }
}
