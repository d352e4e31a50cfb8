//! The verdict on one distribution, in plain words (`licences.md` sections 3 and 5; the sentence as `look.md` section 6 asks: what one may do
//! first, the duty second; the licence's name stands beside it as a link).

use fyr_model::catalogue::Value;
use fyr_model::{Dataset, Distribution, Licence, LicenceFlags, LicenceVerdict, Reuse, Text};

use super::normalise::{Normalised, normalise};
use super::table::{Hvd, hvd};

/// The licence that governs a distribution.
///
/// Its own licence counts; without one, the dataset's, which is a finding; the catalogue's licence covers the metadata and is never asked.
/// Of several licences the stricter governs, and one that the list does not know is the strictest.
pub fn verdict(dataset: &Dataset, distribution: &Distribution) -> LicenceVerdict {
    let read = |values: &[Value]| -> Vec<(Value, Normalised)> {
        let all = values.iter().map(|value| (value.clone(), normalise(value)));
        all.filter(|(_, read)| !read.missing).collect()
    };
    let own = read(&distribution.licence);
    if !own.is_empty() {
        return judge(own, "distribution");
    }
    let inherited = read(&dataset.licence);
    if inherited.is_empty() {
        none()
    } else {
        judge(inherited, "dataset")
    }
}

/// The verdict on a licence that is settled already: what a pipeline states, or what the algebra derived. `found_on` says which.
pub fn of_licence(licence: &Licence, found_on: &str) -> LicenceVerdict {
    known(licence.clone(), found_on, vec![Value::Iri(licence.iri.clone())], Vec::new(), true)
}

fn judge(read: Vec<(Value, Normalised)>, found_on: &str) -> LicenceVerdict {
    let stated: Vec<Value> = read.iter().map(|(value, _)| value.clone()).collect();
    let governing = read
        .into_iter()
        .map(|(_, read)| read)
        .reduce(|kept, next| if strictness(&next) > strictness(&kept) { next } else { kept });
    let several = stated.len() > 1;
    let Some(mut governing) = governing else {
        return none();
    };
    if several {
        governing
            .changes
            .push(format!("{} licences stated, the stricter governs", stated.len()));
    }
    match governing.licence.clone() {
        Some(licence) => known(licence, found_on, stated, governing.changes, governing.canonical && !several),
        None => unknown(found_on, stated, governing),
    }
}

/// How much a licence holds back: unknown most, then no derivatives, non-commercial, share-alike, attribution.
fn strictness(read: &Normalised) -> u8 {
    match read.licence.as_ref().map(|licence| licence.flags) {
        None => 5,
        Some(flags) if flags.nd => 4,
        Some(flags) if flags.nc => 3,
        Some(flags) if flags.sa => 2,
        Some(flags) if flags.by => 1,
        Some(_) => 0,
    }
}

fn known(licence: Licence, found_on: &str, stated: Vec<Value>, changes: Vec<String>, canonical: bool) -> LicenceVerdict {
    let flags = licence.flags;
    LicenceVerdict {
        reuse: match flags {
            flags if flags.nd || flags.nc => Reuse::Restricted,
            flags if flags.sa => Reuse::ShareAlike,
            flags if flags.by => Reuse::Attribution,
            _ => Reuse::Free,
        },
        derivable: !flags.nd,
        hvd: matches!(hvd(&licence), Hvd::Passes | Hvd::Equivalent),
        sentence: sentence(flags),
        licence: Some(licence),
        stated,
        found_on: found_on.to_owned(),
        changes,
        canonical,
    }
}

fn sentence(flags: LicenceFlags) -> Text {
    let may = match flags {
        flags if flags.nd && flags.nc => Text::new(
            "Fri att sprida oförändrad, inte kommersiellt.",
            "Free to share unchanged, not commercially.",
        ),
        flags if flags.nd => Text::new(
            "Fri att sprida oförändrad, även kommersiellt.",
            "Free to share unchanged, also commercially.",
        ),
        flags if flags.nc => Text::new(
            "Fri att använda, ändra och sprida, inte kommersiellt.",
            "Free to use, change and share, not commercially.",
        ),
        _ => Text::new(
            "Fri att använda, ändra och sprida, även kommersiellt.",
            "Free to use, change and share, also commercially.",
        ),
    };
    let duty = match flags {
        flags if flags.by && flags.sa && !flags.nd => Text::new(
            " Ange källan, och sprid det du gör av den under samma licens.",
            " Name the source, and share what you make from it under the same licence.",
        ),
        flags if flags.sa => Text::new(
            " Sprid det du gör av den under samma licens.",
            " Share what you make from it under the same licence.",
        ),
        flags if flags.by => Text::new(" Ange källan.", " Name the source."),
        _ => Text::new(" Inga villkor.", " No conditions."),
    };
    Text::new(may.sv + &duty.sv, may.en + &duty.en)
}

fn unknown(found_on: &str, stated: Vec<Value>, read: Normalised) -> LicenceVerdict {
    let sentence = match (&read.software, &read.meant) {
        (Some(name), _) => Text::new(
            format!(
                "{name} är en licens för programvara och säger inget om data. Utgå inte från att du får använda, ändra eller sprida dem."
            ),
            format!("{name} is a licence for software and says nothing about data. Do not assume that you may use, change or share them."),
        ),
        (None, Some(meant)) => Text::new(
            format!(
                "Det som står är ingen licens. Utgivaren menar kanske {meant}. Utgå inte från att du får använda, ändra eller sprida data."
            ),
            format!(
                "What is written is no licence. The publisher may mean {meant}. Do not assume that you may use, change or share the data."
            ),
        ),
        (None, None) => Text::new(
            "Licensen finns inte i vår lista. Utgå inte från att du får använda, ändra eller sprida data.",
            "The licence is not on our list. Do not assume that you may use, change or share the data.",
        ),
    };
    refusing(found_on, stated, read.changes, sentence)
}

fn none() -> LicenceVerdict {
    let sentence = Text::new(
        "Ingen licens är angiven. Utgå inte från att du får använda, ändra eller sprida data.",
        "No licence is stated. Do not assume that you may use, change or share the data.",
    );
    refusing("none", Vec::new(), Vec::new(), sentence)
}

fn refusing(found_on: &str, stated: Vec<Value>, changes: Vec<String>, sentence: Text) -> LicenceVerdict {
    LicenceVerdict {
        licence: None,
        stated,
        found_on: found_on.to_owned(),
        changes,
        canonical: false,
        reuse: Reuse::Unknown,
        derivable: false,
        hvd: false,
        sentence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BY: &str = "http://creativecommons.org/licenses/by/4.0/";
    const ZERO: &str = "http://creativecommons.org/publicdomain/zero/1.0/";

    fn of(dataset: &[&str], distribution: &[&str]) -> LicenceVerdict {
        let values = |texts: &[&str]| -> Vec<Value> { texts.iter().map(|text| Value::Iri((*text).into())).collect() };
        let mut of = Dataset::new("https://data.exempelby.example/d");
        of.licence = values(dataset);
        let file = Distribution {
            licence: values(distribution),
            ..Distribution::default()
        };
        verdict(&of, &file)
    }

    #[test]
    fn the_distribution_speaks_first_and_the_dataset_only_in_its_silence() {
        let own = of(&[ZERO], &[BY]);
        assert_eq!((own.found_on.as_str(), own.reuse), ("distribution", Reuse::Attribution));
        let inherited = of(&[ZERO], &[]);
        assert_eq!(
            (inherited.found_on.as_str(), inherited.reuse, inherited.derivable),
            ("dataset", Reuse::Free, true)
        );
        let empty = of(&[ZERO], &["", "http://creativecommons.org/"]);
        assert_eq!(empty.found_on, "dataset");
        let silent = of(&[], &[]);
        assert_eq!(
            (silent.found_on.as_str(), silent.reuse, silent.derivable, silent.hvd),
            ("none", Reuse::Unknown, false, false)
        );
    }

    #[test]
    fn of_several_licences_the_stricter_governs() {
        let two = of(&[], &[ZERO, BY]);
        assert_eq!(two.licence.map(|licence| licence.code), Some("CC_BY_4_0".into()));
        assert!(!two.canonical && two.stated.len() == 2);
        assert_eq!(of(&[], &[BY, "https://villkor.exempelby.example/"]).reuse, Reuse::Unknown);
        let with_empty = of(&[], &["", BY]);
        assert!(with_empty.canonical && with_empty.stated.len() == 1);
    }

    #[test]
    fn h20_a_licence_outside_the_list_permits_nothing_and_one_on_it_does() {
        for given in [
            "https://opensource.org/licenses/MIT",
            "https://data.exempelby.example/villkor",
            "Licensfri",
        ] {
            let refused = of(&[], &[given]);
            assert!(
                !refused.derivable && refused.reuse == Reuse::Unknown && refused.licence.is_none(),
                "{given}"
            );
            assert!(refused.sentence.sv.contains("Utgå inte från"));
        }
        assert!(
            of(&[], &["https://opensource.org/licenses/MIT"])
                .sentence
                .en
                .starts_with("MIT is a licence for software")
        );
        let honest = of(&[], &[BY]);
        assert!(honest.derivable && honest.hvd && honest.canonical);
        assert_eq!(
            honest.sentence.sv,
            "Fri att använda, ändra och sprida, även kommersiellt. Ange källan."
        );
    }

    #[test]
    fn a_high_value_dataset_takes_cc_by_4_or_freer_and_nothing_stricter() {
        for (code, fits) in [
            ("publicdomain/zero/1.0/", true),
            ("publicdomain/mark/1.0/", true),
            ("licenses/by/4.0/", true),
            ("licenses/by/3.0/", true),
            ("licenses/by/2.5/", true),
            ("licenses/by-sa/4.0/", false),
            ("licenses/by-nc/4.0/", false),
            ("licenses/by-nd/4.0/", false),
        ] {
            assert_eq!(of(&[], &[&format!("http://creativecommons.org/{code}")]).hvd, fits, "{code}");
        }
    }

    #[test]
    fn a_restricted_licence_says_so_and_only_no_derivatives_stops_derivation() {
        let nc = of(&[], &["http://creativecommons.org/licenses/by-nc/4.0/"]);
        assert_eq!((nc.reuse, nc.derivable), (Reuse::Restricted, true));
        assert!(nc.sentence.en.contains("not commercially"));
        let nd = of(&[], &["http://creativecommons.org/licenses/by-nd/4.0/"]);
        assert_eq!((nd.reuse, nd.derivable), (Reuse::Restricted, false));
        let sa = of(&[], &["http://opendatacommons.org/licenses/odbl/1.0/"]);
        assert_eq!((sa.reuse, sa.derivable), (Reuse::ShareAlike, true));
        assert!(sa.sentence.sv.contains("samma licens"));
    }
}
