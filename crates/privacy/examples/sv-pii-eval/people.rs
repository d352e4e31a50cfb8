//! Invented people and things, and the numbers that may be used for them.
//!
//! People's numbers come from the tax agency's published test lists only, telephone numbers from the ranges that are set aside for fiction,
//! addresses of machines from the ranges for documentation, mail from `.example`. Accounts open with noughts. Names are drawn from the
//! project's list of common names, and a part of them is made up so that no list has them.

use std::path::Path;

use crate::shared::random::Random;

pub struct Sources {
    pub pins: Vec<String>,
    pub coords: Vec<String>,
    pub interim: Vec<String>,
    given: Vec<&'static str>,
    family: Vec<&'static str>,
    places: Vec<&'static str>,
    clearing: Vec<Vec<&'static str>>,
}

const NAMES: &str = include_str!("../../../../registers/names.csv");
const PLACES: &str = include_str!("../../../../registers/municipalities.csv");
const CLEARING: &str = include_str!("../../../../registers/clearing.csv");

fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .skip(1)
        .map(|line| line.split(',').collect())
}

impl Sources {
    /// Reads the published lists in `folder`.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let json = |name: &str| -> Result<serde_json::Value, String> {
            let path = folder.join(name);
            let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", path.display()))
        };
        let list = |value: serde_json::Value| serde_json::from_value::<Vec<String>>(value).map_err(|error| error.to_string());
        let interim = json("interim.json")?;
        let valid = interim.as_array().into_iter().flatten().filter(|row| row["valid"] == true);
        Ok(Self {
            pins: list(json("allPins.json")?)?,
            coords: list(json("allCoords.json")?)?,
            interim: valid.filter_map(|row| Some(row["separated_format"].as_str()?.to_owned())).collect(),
            given: rows(NAMES).filter(|row| row[1].contains('g')).map(|row| row[0]).collect(),
            family: rows(NAMES).filter(|row| row[1] == "f").map(|row| row[0]).collect(),
            places: rows(PLACES).map(|row| row[1]).collect(),
            clearing: rows(CLEARING).collect(),
        })
    }

    pub fn given(&self, r: &mut Random) -> String {
        if r.chance(12) {
            return r
                .of(&[
                    "Alvfrid",
                    "Tjelvar",
                    "Ragnvi",
                    "Eydís",
                    "Oluchi",
                    "Thandiwe",
                    "Siobhan",
                    "Zbigniew",
                    "Ngoc",
                    "Iðunn",
                    "Folkvid",
                    "Svenhilda",
                ])
                .to_owned();
        }
        let one = self.given[r.below(self.given.len() as u64) as usize].to_owned();
        if r.chance(6) && !one.contains(' ') {
            format!("{one}-{}", self.given[r.below(300) as usize].split(' ').next().unwrap_or("Karin"))
        } else {
            one
        }
    }

    /// Many given names, each once, as in a table about names.
    pub fn every_given(&self, r: &mut Random) -> Vec<String> {
        let from = r.below(400) as usize;
        self.given
            .iter()
            .skip(from)
            .take(300 + r.below(600) as usize)
            .map(|name| (*name).to_owned())
            .collect()
    }

    pub fn family(&self, r: &mut Random) -> String {
        if r.chance(25) {
            let first = r.of(&[
                "Gran", "Älv", "Fjäll", "Hav", "Löv", "Tjärn", "Vide", "Myr", "Korn", "Silver", "Snö", "Kärr",
            ]);
            let second = r.of(&[
                "falk", "mo", "näs", "rud", "lid", "åker", "hök", "dal", "skans", "torp", "stråle", "kvist", "ryd", "fors", "hed", "tuna",
            ]);
            return format!("{first}{second}");
        }
        self.family[r.below(self.family.len() as u64) as usize].to_owned()
    }

    pub fn name(&self, r: &mut Random) -> String {
        let middle = if r.chance(8) {
            format!("{} ", r.letters(1, "ABEGKLMS")) + ""
        } else {
            String::new()
        };
        let middle = if middle.is_empty() {
            middle
        } else {
            format!("{}. ", middle.trim())
        };
        let particle = if r.chance(3) { "von " } else { "" };
        format!("{} {middle}{particle}{}", self.given(r), self.family(r))
    }

    pub fn place(&self, r: &mut Random) -> &'static str {
        self.places[r.below(self.places.len() as u64) as usize]
    }

    pub fn pin(&self, r: &mut Random) -> String {
        self.pins[r.below(self.pins.len() as u64) as usize].clone()
    }

    /// A number of twelve digits in one of the ways people write it.
    pub fn written(&self, r: &mut Random, number: &str) -> String {
        let old = number[..4].parse::<i32>().is_ok_and(|year| year <= 2026 - 100);
        let joint = if old { '+' } else { '-' };
        match r.below(10) {
            0..=4 => format!("{}{joint}{}", &number[2..8], &number[8..]),
            5..=6 => format!("{}-{}", &number[..8], &number[8..]),
            7..=8 => number.to_owned(),
            _ if old => number.to_owned(),
            _ => number[2..].to_owned(),
        }
    }

    pub fn pin_written(&self, r: &mut Random) -> String {
        let pin = self.pin(r);
        self.written(r, &pin)
    }

    pub fn coord_written(&self, r: &mut Random) -> String {
        let number = self.coords[r.below(self.coords.len() as u64) as usize].clone();
        let joint = if number.starts_with("19") && number[..4].parse::<i32>().is_ok_and(|year| year <= 1926) {
            '+'
        } else {
            '-'
        };
        match r.below(3) {
            0 => number,
            1 => format!("{}-{}", &number[..8], &number[8..]),
            _ => format!("{}{joint}{}", &number[2..8], &number[8..]),
        }
    }

    pub fn account(&self, r: &mut Random) -> String {
        loop {
            let row = &self.clearing[r.below(self.clearing.len() as u64) as usize];
            let (Ok(from), Ok(to)) = (row[0].parse::<u64>(), row[1].parse::<u64>()) else {
                continue;
            };
            let length = row[4].split('-').next_back().and_then(|n| n.parse::<usize>().ok()).unwrap_or(7);
            if from == 8000 || from == 9500 || from == 9960 || from == 3300 || from == 3782 {
                continue;
            }
            let clearing = format!("{:04}", r.between(from, to.min(from + 99)));
            let account = format!("00{}", r.digits(length - 2));
            if checks(row[2], row[3], &clearing, &account) {
                return match r.below(4) {
                    0 => format!("{clearing}-{account}"),
                    1 => format!("{clearing} {account}"),
                    2 => format!("{clearing}, {}", account),
                    _ => format!("{clearing}-{} {}", &account[..account.len() - 4], &account[account.len() - 4..]),
                };
            }
        }
    }
}

fn checks(kind: &str, comment: &str, clearing: &str, account: &str) -> bool {
    let whole = format!("{clearing}{account}");
    let eleven = |digits: &str| {
        digits
            .bytes()
            .rev()
            .enumerate()
            .map(|(at, d)| u64::from(d - b'0') * (at as u64 % 10 + 1))
            .sum::<u64>()
            % 11
            == 0
    };
    match (kind, comment) {
        ("1", "1") => eleven(&whole[1..]),
        ("1", _) => eleven(&whole),
        (_, "2") => eleven(account),
        _ => luhn(account),
    }
}

pub fn luhn(digits: &str) -> bool {
    let product = |at: usize, d: u8| u32::from(d - b'0') * if at.is_multiple_of(2) { 1 } else { 2 };
    digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, d)| product(at, d))
        .map(|p| p / 10 + p % 10)
        .sum::<u32>()
        % 10
        == 0
}

/// `digits` with a check digit behind.
pub fn checked(digits: &str) -> String {
    (0..10).map(|d| format!("{digits}{d}")).find(|n| luhn(n)).unwrap_or_default()
}

pub fn organisation(r: &mut Random) -> String {
    let number = checked(&format!("2{}{}{}", r.below(10), r.between(2, 9), r.digits(6)));
    format!("{}-{}", &number[..6], &number[6..])
}

pub fn phone(r: &mut Random) -> String {
    let (area, rest) = match r.below(5) {
        0 => ("070", format!("17406{:02}", r.between(5, 99))),
        1 => ("031", format!("39006{:02}", r.below(100))),
        2 => ("040", format!("62804{:02}", r.below(100))),
        3 => ("08", format!("465004{:02}", r.below(100))),
        _ => ("0980", format!("3192{:02}", r.below(100))),
    };
    let groups = match rest.len() {
        7 => format!("{} {} {}", &rest[..3], &rest[3..5], &rest[5..]),
        8 => format!("{} {} {}", &rest[..3], &rest[3..6], &rest[6..]),
        _ => format!("{} {}", &rest[..3], &rest[3..]),
    };
    match r.below(7) {
        0 => format!("+46{}{rest}", &area[1..]),
        1 => format!("+46 {} {groups}", &area[1..]),
        2 => format!("+46 (0){} {groups}", &area[1..]),
        3 if area == "070" => format!("{area}{rest}"),
        4 => format!("{area}-{rest}"),
        5 if area == "070" => format!("{area} {groups}"),
        _ => format!("{area}-{groups}"),
    }
}

pub fn iban(r: &mut Random) -> String {
    let bban = format!("{}000000{}", r.of(&["500", "600", "120", "950", "902"]), r.digits(11));
    let number = (2..99)
        .map(|check| format!("SE{check:02}{bban}"))
        .find(|iban| mod97(iban))
        .unwrap_or_default();
    if r.chance(60) {
        let groups: Vec<&str> = (0..6).map(|i| &number[i * 4..i * 4 + 4]).collect();
        return groups.join(" ");
    }
    number
}

pub fn mod97(iban: &str) -> bool {
    let turned = format!("{}{}", &iban[4..], &iban[..4]);
    let step = |rest: u64, c: char| {
        if c.is_ascii_digit() {
            (rest * 10 + u64::from(c as u32 - 48)) % 97
        } else {
            (rest * 100 + u64::from(c as u32 - 55)) % 97
        }
    };
    turned.chars().fold(0, step) == 1
}

pub fn vat(r: &mut Random) -> String {
    format!("SE{}01", organisation(r).replace('-', ""))
}

pub fn plate(r: &mut Random) -> String {
    loop {
        let letters = r.letters(3, "ABCDEFGHJKLMNOPRSTUWXYZ");
        if crate::columns::BARRED.lines().any(|line| line == letters) || ["SFS", "SOU", "ISO", "DIN"].contains(&letters.as_str()) {
            continue;
        }
        let last = if r.chance(40) {
            r.letters(1, "ABCDEFGHJKLMNPRSTUWXYZ")
        } else {
            r.digits(1)
        };
        let joint = if r.chance(60) { " " } else { "" };
        return format!("{letters}{joint}{}{last}", r.digits(2));
    }
}

impl Sources {
    pub fn property(&self, r: &mut Random) -> String {
        let trakt = r.of(&[
            "Berga",
            "Ekeby",
            "Norrby",
            "Åkerby",
            "Västerby",
            "Lövsta",
            "Hagby",
            "Säby",
            "Stora Mellösa",
            "Kyrkbyn",
            "Torpa",
            "Näs",
        ]);
        format!("{} {trakt} {}:{}", self.place(r), r.between(1, 29), r.between(1, 399))
    }

    pub fn street(&self, r: &mut Random) -> String {
        let name = r.of(&[
            "Storgatan",
            "Kyrkogatan",
            "Skolvägen",
            "Björkstigen",
            "Norra Ringvägen",
            "Nygatan",
            "Trädgårdsgatan",
            "Hantverkargatan",
            "Södra vägen",
            "Ängsvägen",
            "Parkgatan",
            "Granitvägen",
            "Tallbacken",
            "Östra Strandgatan",
            "Lingonstigen",
            "Kvarngränd",
            "Rådhustorget",
            "Sveavägen",
            "Fabriksgatan",
            "Stora Nygatan",
        ]);
        let letter = if r.chance(25) {
            format!(" {}", r.letters(1, "ABCD"))
        } else {
            String::new()
        };
        let flat = if r.chance(8) {
            format!(" lgh {}", 1000 + r.between(1, 699))
        } else {
            String::new()
        };
        format!("{name} {}{letter}{flat}", r.between(1, 140))
    }
}

pub fn postcode(r: &mut Random) -> String {
    format!("{} {}", r.between(100, 984), r.digits(2))
}

pub fn mail(sources: &Sources, r: &mut Random) -> String {
    let plain = |word: String| {
        word.to_lowercase()
            .replace(['å', 'ä'], "a")
            .replace(['ö', 'ó'], "o")
            .replace(|c: char| !c.is_ascii_alphanumeric(), "")
    };
    let local = match r.below(3) {
        0 => format!("{}.{}", plain(sources.given(r)), plain(sources.family(r))),
        1 => plain(sources.given(r)),
        _ => r.of(&["info", "registrator", "kontakt", "bokning"]).to_owned(),
    };
    format!(
        "{local}@{}",
        r.of(&["exempelby.example", "post.exempel.example", "skoby.example", "mail.test.example"])
    )
}

pub fn ip(r: &mut Random) -> String {
    match r.below(5) {
        0 => format!("2001:db8:{:x}::{:x}", r.below(65_536), r.between(1, 65_535)),
        n => format!(
            "{}.{}",
            ["192.0.2", "198.51.100", "203.0.113", "192.0.2"][n as usize - 1],
            r.below(256)
        ),
    }
}

pub fn mac(r: &mut Random) -> String {
    let joint = r.of(&[":", "-"]);
    let pairs: Vec<String> = ["02".to_owned()]
        .into_iter()
        .chain((0..5).map(|_| format!("{:02x}", r.below(256))))
        .collect();
    let mac = pairs.join(joint);
    if r.chance(50) { mac.to_uppercase() } else { mac }
}

pub fn case(r: &mut Random) -> String {
    let year = r.between(2010, 2026);
    match r.below(4) {
        0 => format!("{} {year}/{:05}", r.of(&["KS", "BN", "SN", "MBN", "KLF"]), r.below(100_000)),
        1 => format!("{year}-{:05}", r.below(100_000)),
        2 => format!("{} {}-{:02}", r.of(&["T", "B", "Ä", "Ö"]), r.between(100, 9999), year % 100),
        _ => format!("{}-{year}-{:06}", r.of(&["BUN", "KS", "GSN"]), r.below(1_000_000)),
    }
}

pub fn birthday(r: &mut Random) -> (u64, u64, u64) {
    (r.between(1930, 2015), r.between(1, 12), r.between(1, 28))
}

pub fn passport(r: &mut Random) -> String {
    if r.chance(60) {
        r.digits(8)
    } else {
        format!("{}{}", r.letters(2, "ABCDEX"), r.digits(7))
    }
}

pub fn point(r: &mut Random) -> (String, String) {
    (
        format!("{}.{:05}", r.between(55, 68), r.between(1_001, 99_999)),
        format!("{}.{:05}", r.between(11, 23), r.between(1_001, 99_999)),
    )
}
