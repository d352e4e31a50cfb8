//! The three kinds, cell by cell.
//!
//! In: the dice of a row. Out: its cells as they stand in the file. The column numbers of the dice are the original's: they decide every byte.

use chrono::NaiveDate;
use fyr_model::table::ColumnType::{self, Boolean, Code, Date, Integer, Number, Text, Timestamp};

use super::{Dice, Kind, Line};

/// Writes the cells of a row.
pub(crate) trait Cells {
    fn row(&self, dice: Dice, line: &mut Line<'_>);
}

/// What makes the cells of a kind.
pub(crate) fn cells(kind: Kind) -> Box<dyn Cells> {
    match kind {
        Kind::Taxi => Box::new(Taxi { days: days("%Y-%m-%d") }),
        Kind::Wide => Box::new(Wide { days: days("%Y-%m-%d") }),
        Kind::Swedish => Box::new(Swedish::new()),
    }
}

/// Headers and right types.
pub(crate) fn columns(kind: Kind) -> Vec<(String, ColumnType)> {
    let named = |columns: &[(&str, ColumnType)]| columns.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
    match kind {
        Kind::Taxi => named(&TAXI),
        Kind::Wide => WIDE
            .iter()
            .flat_map(|(letter, count, kind)| (0..*count).map(move |index| (format!("{letter}{index}"), *kind)))
            .collect(),
        Kind::Swedish => named(&SWEDISH),
    }
}

/// The days of 2024.
fn days(pattern: &str) -> Vec<String> {
    let new_year = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap_or_default();
    new_year.iter_days().take(366).map(|day| day.format(pattern).to_string()).collect()
}

fn pick<T>(list: &[T], index: u64) -> &T {
    &list[index as usize]
}

const TAXI: [(&str, ColumnType); 20] = [
    ("trip_id", Integer),
    ("vendor_id", Integer),
    ("pickup", Timestamp),
    ("dropoff", Timestamp),
    ("passengers", Integer),
    ("distance", Number),
    ("ratecode", Integer),
    ("store_fwd", Text),
    ("pu", Integer),
    ("do", Integer),
    ("payment", Integer),
    ("fare", Number),
    ("extra", Number),
    ("mta_tax", Number),
    ("tip", Number),
    ("tolls", Number),
    ("surcharge", Number),
    ("total", Number),
    ("congestion", Number),
    ("airport_fee", Number),
];

struct Taxi {
    days: Vec<String>,
}

impl Cells for Taxi {
    fn row(&self, dice: Dice, line: &mut Line<'_>) {
        let [fare, extra] = [dice.below(5, 6_000) + 300, dice.below(6, 4) * 50];
        let tip = if dice.one_in(7, 3) { 0 } else { dice.below(8, 1_500) };
        let tolls = if dice.one_in(9, 20) { 655 } else { 0 };
        let total = fare + extra + 50 + tip + tolls + 100 + 250;
        line.cell(dice.key(14, 10_000));
        line.cell(dice.below(1, 2) + 1);
        self.ride(dice, line);
        match dice.one_in(12, 1_000) {
            true => line.cell(""),
            false => line.cell(dice.below(11, 6) + 1),
        }
        line.cell(cents(dice.below(15, 2_000)));
        line.cell(dice.below(16, 6) + 1);
        line.cell(if dice.below(17, 100) == 99 { "Y" } else { "N" });
        for (column, limit) in [(18, 265), (19, 265), (20, 5)] {
            line.cell(dice.below(column, limit) + 1);
        }
        for amount in [fare, extra, 50, tip, tolls, 100] {
            line.cell(cents(amount));
        }
        let sign = if dice.one_in(10, 2_000) { "-" } else { "" };
        line.cell(format_args!("{sign}{}", cents(total)));
        line.cell(cents(250));
        line.cell(cents(dice.below(21, 2) * 125));
    }
}

impl Taxi {
    /// Pick-up and drop-off; one in 5,000 ends before it begins.
    fn ride(&self, dice: Dice, line: &mut Line<'_>) {
        let [start, duration] = [dice.below(3, 80_000), dice.below(4, 3_600)];
        let (mut from, mut to) = (start, start + duration);
        if dice.one_in(13, 5_000) {
            (from, to) = (start + duration + 1, start);
        }
        let day = pick(&self.days, dice.below(2, 366));
        for second in [from, to] {
            line.cell(format_args!(
                "{day} {:02}:{:02}:{:02}",
                second / 3_600,
                second / 60 % 60,
                second % 60
            ));
        }
    }
}

fn cents(amount: u64) -> String {
    format!("{}.{:02}", amount / 100, amount % 100)
}

const WIDE: [(char, u64, ColumnType); 5] = [
    ('i', 100, Integer),
    ('f', 100, Number),
    ('c', 50, Text),
    ('d', 30, Date),
    ('b', 20, Boolean),
];

struct Wide {
    days: Vec<String>,
}

impl Cells for Wide {
    fn row(&self, dice: Dice, line: &mut Line<'_>) {
        let kinds = WIDE.iter().flat_map(|(letter, count, _)| (0..*count).map(move |_| *letter));
        for (column, letter) in (0u64..).zip(kinds) {
            let bits = dice.bits(column);
            let value = bits % 100_000;
            if column.is_multiple_of(3) && (bits >> 40).is_multiple_of(20) {
                line.cell("");
                continue;
            }
            match letter {
                'i' => line.cell(value),
                'f' => line.cell(format_args!("{}.{:03}", value / 1_000, value % 1_000)),
                'c' => line.cell(format_args!("category_{:03}", value % 200)),
                'd' => line.cell(pick(&self.days, value % 366)),
                _ => line.cell(value.is_multiple_of(2)),
            }
        }
    }
}

const SWEDISH: [(&str, ColumnType); 18] = [
    ("löpnummer", Integer),
    ("kommunkod", Code),
    ("kommun", Text),
    ("län", Text),
    ("orgnr", Code),
    ("personnummer", Code),
    ("datum", Date),
    ("registrerad", Date),
    ("belopp", Number),
    ("andel", Number),
    ("antal", Integer),
    ("aktiv", Boolean),
    ("sweref_n", Number),
    ("sweref_e", Number),
    ("epost", Text),
    ("beskrivning", Text),
    ("anmärkning", Text),
    ("år", Integer),
];

const MUNICIPALITIES: [[&str; 3]; 12] = [
    ["0180", "Stockholm", "Stockholms län"],
    ["1480", "Göteborg", "Västra Götalands län"],
    ["1280", "Malmö", "Skåne län"],
    ["0380", "Uppsala", "Uppsala län"],
    ["1880", "Örebro", "Örebro län"],
    ["2480", "Umeå", "Västerbottens län"],
    ["2580", "Luleå", "Norrbottens län"],
    ["0580", "Linköping", "Östergötlands län"],
    ["1080", "Karlskrona", "Blekinge län"],
    ["0114", "Upplands Väsby", "Stockholms län"],
    ["2380", "Östersund", "Jämtlands län"],
    ["0980", "Gotland", "Gotlands län"],
];

const DESCRIPTIONS: [&str; 5] = [
    "\"Väg; södra delen\"",
    "\"Åtgärd enligt \"\"plan\"\"\"",
    "\"Förskola, grundskola\"",
    "\"Vatten och avlopp\"",
    "\"Övrigt – se bilaga\"",
];

struct Swedish {
    days: Vec<String>,
    compact_days: Vec<String>,
    organisations: Vec<String>,
    /// Birth numbers 980-989, as in the tax agency's published test identities.
    test_identities: Vec<String>,
}

impl Swedish {
    fn new() -> Self {
        let checked = |digits: String| format!("{}-{}{}", &digits[..6], &digits[6..], check_digit(&digits));
        let organisation = |index: u64| checked(format!("55{:04}{:03}", 6_000 + index, (index * 37) % 1_000));
        let birthdays = days("%y%m%d");
        Self {
            days: days("%Y-%m-%d"),
            compact_days: days("%Y%m%d"),
            organisations: (0..4_000).map(organisation).collect(),
            test_identities: (0u64..)
                .zip(birthdays)
                .map(|(index, day)| checked(format!("{day}{}", 980 + index % 10)))
                .collect(),
        }
    }
}

impl Cells for Swedish {
    fn row(&self, dice: Dice, line: &mut Line<'_>) {
        let [code, name, county] = *pick(&MUNICIPALITIES, dice.below(0, 12));
        line.cell(dice.key(15, 200));
        line.cell(if dice.one_in(3, 2_000) { "9999" } else { code });
        line.cell(name);
        line.cell(county);
        line.cell(pick(&self.organisations, dice.below(16, 4_000)));
        line.cell(pick(&self.test_identities, dice.below(17, 366)));
        line.cell(pick(&self.days, dice.below(1, 366)));
        line.cell(pick(&self.compact_days, dice.below(18, 366)));
        amounts(dice, line);
        line.cell(match (dice.one_in(12, 100), dice.one_in(11, 2)) {
            (true, _) => "",
            (false, true) => "ja",
            (false, false) => "nej",
        });
        line.cell(format_args!("{},{}", 6_130_000 + dice.below(19, 1_500_000), dice.below(20, 10)));
        line.cell(format_args!("{},{}", 260_000 + dice.below(21, 650_000), dice.below(22, 10)));
        line.cell(format_args!("person{}@example.se", dice.below(23, 50_000)));
        line.cell(pick(&DESCRIPTIONS, dice.below(24, 5)));
        line.cell(match (dice.one_in(14, 500), dice.below(13, 4)) {
            (true, _) => "\"rad ett\nrad två\"",
            (false, 2) => "saknas",
            (false, 3) => "OK",
            (false, _) => "",
        });
        line.cell(2_000 + dice.below(25, 26));
    }
}

/// `belopp`, `andel` and `antal`, each with its own word for a missing or unfit value.
fn amounts(dice: Dice, line: &mut Line<'_>) {
    let decimals = *pick(&["00", "50", "25"], dice.below(5, 3));
    match dice.one_in(6, 50) {
        true => line.cell("-"),
        false => line.cell(format_args!("{}\u{a0}{:03},{decimals}", dice.below(2, 2_000), dice.below(4, 1_000))),
    }
    let share = dice.below(7, 10_000);
    match dice.one_in(8, 50) {
        true => line.cell(".."),
        false => line.cell(format_args!("{},{:02}", share / 100, share % 100)),
    }
    match dice.one_in(10, 1_000) {
        true => line.cell("ca 10"),
        false => line.cell(dice.below(9, 5_000)),
    }
}

/// The check digit of Swedish numbers: digits doubled and not by turns, digit sums added up, and what lacks to the next ten.
fn check_digit(digits: &str) -> u32 {
    let weigh = |(place, digit): (usize, char)| {
        let value = digit.to_digit(10).unwrap_or_default() * if place % 2 == 0 { 2 } else { 1 };
        if value > 9 { value - 9 } else { value }
    };
    let sum: u32 = digits.chars().enumerate().map(weigh).sum();
    (10 - sum % 10) % 10
}
