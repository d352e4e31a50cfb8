//! Names of places that catalogues state by address alone.
//!
//! In: an address of GeoNames, or of a country in the EU's list. Out: its name, where it is Sweden, a county, a municipality, or a country.
//! Source: `registers/places-geonames.csv` (GeoNames, CC BY 4.0) and `registers/countries.csv`.

use std::collections::HashMap;
use std::sync::LazyLock;

use fyr_model::Lang;

const PLACES: &str = include_str!("../../../registers/places-geonames.csv");
const COUNTRIES: &str = include_str!("../../../registers/countries.csv");
const COUNTRY: &str = "publications.europa.eu/resource/authority/country/";

type Names = HashMap<&'static str, (&'static str, &'static str)>;

/// The rows of a register, by the fields that these places of a row hold.
fn names(register: &'static str, [key, sv, en]: [usize; 3]) -> Names {
    let rows = register.lines().filter(|line| !line.starts_with('#')).skip(1);
    let row = |line: &'static str| {
        let fields: Vec<&str> = line.splitn(4, ',').collect();
        Some((*fields.get(key)?, (*fields.get(sv)?, *fields.get(en)?)))
    };
    rows.filter_map(row).collect()
}

/// What the place at an address is called.
pub fn name(lang: Lang, address: &str) -> Option<&'static str> {
    static PLACE: LazyLock<Names> = LazyLock::new(|| names(PLACES, [0, 2, 3]));
    static LAND: LazyLock<Names> = LazyLock::new(|| names(COUNTRIES, [1, 3, 3]));
    let rest = address.split_once("://")?.1;
    let (sv, en) = match rest.split_once(COUNTRY) {
        // The list of countries has English names only.
        Some(("", "SWE")) => ("Sverige", "Sweden"),
        Some(("", code)) => *LAND.get(code)?,
        _ => {
            let (host, path) = rest.split_once('/')?;
            let is_geonames = host == "geonames.org" || host.ends_with(".geonames.org");
            *PLACE.get(path.split('/').next().filter(|_| is_geonames)?)?
        }
    };
    Some(match lang {
        Lang::Sv => sv,
        Lang::En => en,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_catalogues_name_by_number_have_names() {
        for address in [
            "http://sws.geonames.org/2661886/",
            "https://www.geonames.org/2661886/sweden.html",
            "http://publications.europa.eu/resource/authority/country/SWE",
        ] {
            assert_eq!(name(Lang::Sv, address), Some("Sverige"), "{address}");
            assert_eq!(name(Lang::En, address), Some("Sweden"), "{address}");
        }
        assert_eq!(name(Lang::Sv, "http://sws.geonames.org/2673722"), Some("Stockholms län"));
        assert_eq!(
            name(Lang::En, "http://sws.geonames.org/2666237/"),
            Some("Upplands Väsby Municipality")
        );
        for address in [
            "http://sws.geonames.org/1",
            "http://geonames.org.example/2661886",
            "2661886",
            "https://x.example/2661886",
        ] {
            assert_eq!(name(Lang::Sv, address), None, "{address}");
        }
    }
}
