//! The real files, scanned: each verdict but `none` stands here because somebody looked at the file and judged it (`docs/personal-data.md`).

use crate::shape;
use crate::support::{Workspace, shared};

/// A file and its columns that are not `none`, each with its kind.
type Judged = (&'static str, &'static [(&'static str, &'static str, &'static str)]);

#[rustfmt::skip]
const JUDGED: &[Judged] = &[
    ("csv/Asko_33022.txt", &[]),
    ("csv/Polls.csv", &[]),
    ("csv/counties.csv", &[]),
    ("csv/mapping_station.txt", &[]),
    ("csv/municipalities.csv", &[]),
    ("csv/number_of_social_procurements.csv", &[]),
    ("csv/number_of_valfrihetsystem.csv", &[]),
    ("csv/osm_codes.csv", &[("postcodes", "quasi-identifying", "postcode")]),
    ("csv/sharkweb_data_2017_B1.txt", &[]),
    ("csv/smhi-metobs-data.csv", &[]),
    ("csv/statsliggaren-attachments.csv", &[]),
    ("csv/molinella/Impianti-Sportivi.csv", &[]),
    ("csv/molinella/Impianti-Sportivi.json", &[]),
    ("csv/molinella/Scuole.csv", &[]),
    ("csv/molinella/Scuole.json", &[]),
    ("geojson/lm-byggnad-sweref99tm.geojson", &[]),
    ("geojson/lm-vaglinje-sweref99tm.geojson", &[]),
    ("geojson/sweden-counties.geojson", &[]),
    ("json/myndighetsregister-scb.json", &[
        ("email", "direct", "e_mail"),
        ("phone", "direct", "phone"),
        ("postal_address.address", "quasi-identifying", "street_address"),
        ("postal_address.postcode", "quasi-identifying", "postcode"),
        ("office_address.address", "quasi-identifying", "street_address"),
        ("office_address.postcode", "quasi-identifying", "postcode"),
    ]),
    ("px/BE0101A1.px", &[
        ("marital status code", "quasi-identifying", ""), ("marital status", "quasi-identifying", ""),
        ("age_code", "quasi-identifying", ""), ("age", "quasi-identifying", ""),
        ("sex_code", "quasi-identifying", ""), ("sex", "quasi-identifying", ""),
    ]),
    ("px/PR0101B3.px", &[]),
    ("px/TAB003.px", &[]),
    ("xlsx/Anholt_E_2024-09-15_0-10m.xlsx", &[]),
    ("xlsx/number_of_environmental_procurements.xlsx", &[]),
];

#[test]
fn real_files_have_the_verdicts_that_were_judged_by_hand() {
    let workspace = Workspace::new("");
    for (name, expected) in JUDGED {
        let Some(path) = shared(&format!("fixtures/real/{name}")) else {
            return;
        };
        let (code, document) = workspace.json(&["scan", &path.display().to_string()]);
        assert_eq!(code, 0, "{name}: {document}");
        shape::held(&document);
        let word = |column: &serde_json::Value, key: &str| column[key].as_str().unwrap_or_default().to_owned();
        let columns = document["columns"].as_array().unwrap().iter();
        let told: Vec<(String, String, String)> = columns
            .map(|column| (word(column, "name"), word(column, "verdict"), word(column, "kind")))
            .filter(|(_, verdict, _)| verdict != "none")
            .collect();
        let expected: Vec<(String, String, String)> = expected
            .iter()
            .map(|(name, verdict, kind)| ((*name).into(), (*verdict).into(), (*kind).into()))
            .collect();
        assert_eq!(told, expected, "{name}");
    }
}
