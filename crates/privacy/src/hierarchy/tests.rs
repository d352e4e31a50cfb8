use super::*;

fn leaves(values: &[&str]) -> Leaves {
    let mut values: Vec<Option<String>> = values.iter().map(|v| Some((*v).to_owned())).collect();
    values.sort();
    Leaves {
        counts: vec![3; values.len()],
        values,
    }
}
fn labels(word: &str, values: &[&str], of: &str) -> Vec<String> {
    let leaves = leaves(values);
    let hierarchy = build("kolumn", Some(word), None, &leaves, 10).unwrap();
    let leaf = leaves.values.iter().position(|v| v.as_deref() == Some(of)).unwrap();
    let label = |level: &Level| level.labels[level.codes[leaf] as usize].clone().unwrap_or("-".into());
    hierarchy.levels.iter().map(label).collect()
}
fn fault(text: &str) -> String {
    build("kolumn", Some("fil.csv"), Some(text), &leaves(&["a", "b"]), 2)
        .unwrap_err()
        .id
}

#[test]
fn built_in_levels_are_those_of_the_table() {
    let cases: &[(&str, &[&str], &str, &[&str])] = &[
        (
            "age",
            &["3", "17", "44", "67", "70", "72", "91", "93"],
            "44",
            &["44", "40-44", "40-49", "40-59", "*"],
        ),
        (
            "age",
            &["3", "17", "44", "67", "70", "72", "91", "93"],
            "93",
            &["93", "70+", "70+", "60+", "*"],
        ),
        (
            "date",
            &["2024-03-05"],
            "2024-03-05",
            &["2024-03-05", "2024-03", "2024-Q1", "2024", "2020-2024", "2020-2029", "*"],
        ),
        ("date", &["1987"], "1987", &["1987", "1985-1989", "1980-1989", "*"]),
        ("municipality", &["0180", "2584"], "2584", &["2584", "25", "SE33", "SE3", "*"]),
        (
            "deso",
            &["0114A0010"],
            "0114A0010",
            &["0114A0010", "0114", "01", "SE11", "SE1", "*"],
        ),
        ("postcode", &["111 22", "11334"], "111 22", &["111 22", "111", "11", "1", "*"]),
        ("sni", &["62.010"], "62.010", &["62.010", "6201", "620", "62", "J", "*"]),
        ("ssyk", &["2512"], "2512", &["2512", "251", "25", "2", "*"]),
        ("mask", &["abc", "ab"], "abc", &["abc", "ab*", "a**", "*"]),
        ("order", &["a", "b", "c", "d"], "d", &["d", "other", "*"]),
    ];
    for (word, values, of, expected) in cases {
        assert_eq!(labels(word, values, of), *expected, "{word} {of}");
    }
}

#[test]
fn intervals_are_rounded_nested_and_open_at_both_ends() {
    let values: Vec<String> = (0..400).map(|n| n.to_string()).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    assert_eq!(labels("interval", &values, "0"), ["0", "<50", "<100", "<200", "*"][..].to_vec());
    assert_eq!(labels("interval", &values, "399")[1..3], [">=350", ">=300"]);
    assert_eq!(
        labels("interval", &values, "123")[1..],
        ["[100, 150)", "[100, 200)", "<200", "*"][..]
    );
}

#[test]
fn a_missing_value_has_its_own_leaf_under_the_top() {
    let mut leaves = leaves(&["44", "51"]);
    leaves.values.push(None);
    leaves.counts.push(1);
    let hierarchy = build("alder", Some("age"), None, &leaves, 1).unwrap();
    let missing: Vec<_> = hierarchy.levels.iter().map(|l| l.labels[l.codes[2] as usize].clone()).collect();
    assert_eq!(missing, [None, None, None, None, Some("*".to_owned())]);
}

#[test]
fn a_hierarchy_file_that_contradicts_itself_is_refused() {
    assert_eq!(fault("a;x;*\nb;x;*\na;x;*"), "hierarchy-duplicate-leaf");
    assert_eq!(fault("a;x;*\nb;x;+"), "hierarchy-two-parents");
    assert_eq!(fault("a;x;*\nb;*"), "hierarchy-row-length");
    assert_eq!(fault("a;x\nb;y"), "hierarchy-top");
    assert_eq!(fault("a;x;y;*\nb;y;x;*"), "hierarchy-cycle");
    assert_eq!(fault("a;x;*\nc;x;*"), "hierarchy-missing-leaf");
    assert_eq!(fault("\n"), "hierarchy-empty");
    assert!(build("kolumn", Some("fil.csv"), Some("a;x;*\r\n\"b\";x;*\n"), &leaves(&["a", "b"]), 2).is_ok());
}

#[test]
fn a_value_is_found_in_a_file_however_the_reader_has_written_it() {
    let read = |text: &str, values: &[&str]| build("kolumn", Some("fil.csv"), Some(text), &leaves(values), 2).map(|h| h.height());
    // Numbers and truth values come typed; blanks around a value are not a part of it in the file.
    assert_eq!(read("12,5;<13;*\n13,0;>=13;*\n", &["12.5", "13"]), Ok(3));
    assert_eq!(read("ja;*\nnej;*\n", &["true", "false"]), Ok(2));
    assert_eq!(read("x;*\n y;*\n", &[" x", "y"]), Ok(2));
    assert_eq!(read("\"a;b\";\"s\"\"s\";*\nc;d;*\n", &["a;b", "c"]), Ok(3));
    // 01 is another code than 1, and two rows that are the same number are no answer.
    assert_eq!(read("01;*\n02;*\n", &["1"]).unwrap_err().id, "hierarchy-missing-leaf");
    assert_eq!(read("1.0;a;*\n1,00;b;*\n", &["1"]).unwrap_err().id, "hierarchy-missing-leaf");
}

#[test]
fn a_file_of_another_kind_is_told_apart() {
    let hint = |text: &str| {
        let refusal = build("kolumn", Some("fil.csv"), Some(text), &leaves(&["a", "b"]), 2).unwrap_err();
        (refusal.id, refusal.hint.map(|hint| hint.en).unwrap_or_default())
    };
    assert!(hint("ort;topp\na;*\nb;*\n").1.contains("headers"));
    assert!(hint("a,x,*\nb,x,*\n").1.contains("`;`"));
    assert_eq!(hint("a;x;*\na;y;*\n").0, "hierarchy-two-parents");
    let text = |bytes: &[u8]| text_of("fil.csv", bytes.to_vec());
    assert_eq!(text("Öst;*\n".as_bytes()).unwrap(), "Öst;*\n");
    assert_eq!(text(b"\xD6st\x80;*\n").unwrap(), "Öst€;*\n");
    assert_eq!(text(b"\xFF\xFE\xD6\0s\0").unwrap(), "Ös");
    assert_eq!(text(b"\xD6st\x81").unwrap_err().id, "hierarchy-encoding");
    assert_eq!(text(b"a;\0").unwrap_err().id, "hierarchy-encoding");
}

#[test]
fn words_and_values_that_a_built_in_cannot_read_are_refused() {
    let id = |word: &str| build("kolumn", Some(word), None, &leaves(&["a", "b"]), 2).unwrap_err().id;
    assert_eq!(id("ages"), "hierarchy-unknown");
    assert_eq!(id("age"), "hierarchy-value");
    assert_eq!(id("municipality"), "hierarchy-value");
}

#[test]
fn education_is_cut_character_by_character_also_where_codes_differ_in_length() {
    let values = ["346", "34", "3", "546b", "01ZA"];
    assert_eq!(labels("sun", &values, "546b"), ["546b", "546", "54", "5", "*"]);
    assert_eq!(labels("sun", &values, "34"), ["34", "34", "34", "3", "*"]);
    assert_eq!(labels("sun", &values, "01ZA"), ["01ZA", "01Z", "01", "0", "*"]);
    for wrong in ["abc", "12-3", "12345678", ""] {
        assert!(build("kolumn", Some("sun"), None, &leaves(&[wrong]), 2).is_err(), "{wrong}");
    }
}

#[test]
fn every_code_of_the_education_lists_has_its_parent_above_it() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/registers");
    for list in ["sun2020_niva.csv", "sun2020_inriktning.csv", "sun2020_grupp.csv"] {
        let Ok(text) = std::fs::read_to_string(folder.join(list)) else {
            eprintln!("SKIPPED: ../shared/registers/{list} is absent");
            return;
        };
        let lines: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').take(3).collect()).collect();
        let codes: Vec<&str> = lines.iter().map(|line| line[0]).collect();
        for line in lines.iter().filter(|line| !line[2].is_empty()) {
            assert!(
                labels("sun", &codes, line[0]).iter().any(|label| label == line[2]),
                "{list}: {}",
                line[0]
            );
        }
    }
}

#[test]
fn regso_lies_between_deso_and_municipality_where_a_list_is_supplied() {
    assert_eq!(
        labels("regso", &["0114R002"], "0114R002"),
        ["0114R002", "0114", "01", "SE11", "SE1", "*"]
    );
    let list = "deso;regso;namn\n0114A0010;0114R002;Hammarby\n0114C1010;0114R001;\n";
    let data = leaves(&["0114A0010", "0114C1010"]);
    let hierarchy = build("kolumn", Some("deso:lista.csv"), Some(list), &data, 2).unwrap();
    let label = |level: &Level| level.labels[level.codes[0] as usize].clone().unwrap();
    assert_eq!(
        hierarchy.levels.iter().map(label).collect::<Vec<_>>(),
        ["0114A0010", "0114R002", "0114", "01", "SE11", "SE1", "*"]
    );
    let fault = |list: &str, value: &str| {
        let refusal = build("kolumn", Some("deso:lista.csv"), Some(list), &leaves(&[value]), 2).unwrap_err();
        (refusal.id, refusal.position.map(|position| position.line))
    };
    assert_eq!(fault(list, "0114C1020"), ("hierarchy-missing-leaf".into(), None));
    assert_eq!(fault(list, "0114"), ("hierarchy-value".into(), None));
    assert_eq!(fault("0114A0010;0115R002\n", "0114A0010"), ("hierarchy-list".into(), Some(1)));
    assert_eq!(
        fault("0114A0010;0114R002\n0114A0010;0114R001\n", "0114A0010"),
        ("hierarchy-list".into(), Some(2))
    );
    assert_eq!(file_of("deso:lista.csv"), Some("lista.csv"));
    assert_eq!((file_of("deso"), file_of("ort.csv")), (None, Some("ort.csv")));
}

#[test]
fn a_draft_reads_back_as_the_hierarchy_that_it_is_a_draft_of() {
    use arrow::array::{ArrayRef, RecordBatch, StringArray};
    let values = [Some("20"), Some("21"), Some("47"), Some("93"), None, Some("20")];
    let array: ArrayRef = std::sync::Arc::new(StringArray::from(values.to_vec()));
    let batch = RecordBatch::try_from_iter([("alder", array)]).unwrap();
    let draft = |word: &str, text: Option<&str>| {
        let mut drafter = Drafter::new("alder");
        drafter.take(&batch).unwrap();
        drafter.draft(word, text, 2).unwrap()
    };
    let first = draft("age", None);
    assert_eq!(
        first.lines,
        [
            "20;20-24;20-29;20-39;*",
            "21;20-24;20-29;20-39;*",
            "47;45+;40+;40+;*",
            "93;45+;40+;40+;*"
        ]
    );
    assert_eq!(first.missing, 1);
    assert_eq!(
        first.levels.iter().map(|level| (level.groups, level.smallest)).collect::<Vec<_>>(),
        [(4, 1), (2, 2), (2, 2), (2, 2), (1, 6)]
    );
    let again = draft("alder.csv", Some(&first.lines.join("\n")));
    assert_eq!(again, first);
}
