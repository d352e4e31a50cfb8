//! The benchmark's data: byte for byte what the peers are given, and read with the right types by a reader that is told nothing.

#[path = "../../benches/data/mod.rs"]
mod data;

use fyr_model::Sha256;
use fyr_model::limits::TableLimits;
use fyr_model::table::Reading;

use data::{Kind, stored_alike};

use super::stage_bytes;

/// Digests of the header and the first rows as `generate.py` of the peers' bench makes them.
#[test]
fn the_first_rows_are_those_of_the_peers_generator() {
    for (kind, seed, rows, bytes, sha256) in [
        (
            Kind::Taxi,
            1,
            2_000,
            228_586,
            "6f67cb2386de9f391ec99ab14204648450d8897aecb7247097b22e8950c391de",
        ),
        (
            Kind::Taxi,
            7,
            2_000,
            228_566,
            "7c1b0f7d5f972dabf11e3e06c8cf3c76d822e3ad47b476e527fc5016dda642b5",
        ),
        (
            Kind::Wide,
            1,
            200,
            468_280,
            "6f14f7f95d62bf2647c050b5057268462ac8884c144599c5a4baaef7dd25936d",
        ),
        (
            Kind::Wide,
            7,
            200,
            467_890,
            "a29608295ffbc747eeadcbe4a117244a75ce4a44865e3e6229c4529afd8d4aa7",
        ),
        (
            Kind::Swedish,
            1,
            2_000,
            349_491,
            "de8c1fd2a7de051a5456c371dd417b485a54513b6c4e42727d44734094805c10",
        ),
        (
            Kind::Swedish,
            7,
            2_000,
            349_460,
            "5739ecd095c59168d27706736536c0dd89f0e4639abaf99d64792cc57655149b",
        ),
    ] {
        let made = kind.head_and_rows(seed, rows);
        let name = kind.name();
        assert_eq!(
            (made.len(), Sha256::of(&made).to_string().as_str()),
            (bytes, sha256),
            "{name}, seed {seed}"
        );
    }
}

/// The digests that the peers' bench states for `--mb 50 --seed 1`, and where it cuts its files.
#[test]
#[ignore = "makes 150 MB; run it when the generator has changed"]
fn whole_files_are_those_of_the_peers_generator() {
    for (kind, rows, begins) in [
        (Kind::Taxi, 429_125, "f55d6a38"),
        (Kind::Wide, 21_418, "2282551f"),
        (Kind::Swedish, 282_817, "0402ed08"),
    ] {
        let written = kind.write(1, 50, &mut std::io::sink()).unwrap();
        assert_eq!(written.rows, rows, "{}", kind.name());
        assert!(
            written.sha256.to_string().starts_with(begins),
            "{}: {}",
            kind.name(),
            written.sha256
        );
    }
}

/// The columns of which another type is found; what is stored alike counts as right.
fn misread(kind: Kind, rows: u64) -> Vec<String> {
    let file = format!("{}.csv", kind.name());
    let sample = stage_bytes(&file, &kind.head_and_rows(1, rows), Reading::default(), TableLimits::default()).unwrap();
    assert_eq!((sample.facts.rows, sample.facts.report.bad_rows), (rows, 0), "{file}");
    let wanted = kind.columns();
    let found = &sample.facts.report.columns;
    let headers: Vec<&str> = found.iter().map(|column| column.header.as_str()).collect();
    assert!(
        wanted.iter().map(|(name, _)| name.as_str()).eq(headers.iter().copied()),
        "{file}: {headers:?}"
    );
    let pairs = wanted.iter().zip(found);
    pairs
        .filter(|((_, wanted), found)| !stored_alike(*wanted, found.kind))
        .map(|((name, wanted), found)| format!("{name}: {:?} is not {wanted:?}", found.kind))
        .collect()
}

#[test]
fn generated_files_get_the_right_types_without_a_word() {
    for (kind, rows) in Kind::ALL.into_iter().zip([600, 60, 1_000]) {
        assert_eq!(misread(kind, rows), Vec::<String>::new(), "{}", kind.name());
    }
}
