//! From what was written to a licence of the list, step by step, with every step recorded (`licences.md` section 3, in its order).

use fyr_model::Licence;
use fyr_model::catalogue::Value;

use super::table::{TABLE, Target};

/// What a stated value came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Normalised {
    /// The licence, when the list knows it.
    pub licence: Option<Licence>,
    /// Every step taken, in order, in English; empty when the value was canonical.
    pub changes: Vec<String>,
    /// Whether the value was an IRI of the list, letter by letter: the licence's own or the EU table's.
    pub canonical: bool,
    /// Whether the value states nothing at all: empty, or an address that names no licence.
    pub missing: bool,
    /// The SPDX name of a software licence, from which no permission to use data is read.
    pub software: Option<String>,
    /// The licence that a word such as "Licensfri" probably meant; a question to the publisher, never an answer.
    pub meant: Option<String>,
}

/// Reads one stated licence.
///
/// ```
/// # use fyr_model::catalogue::Value;
/// let read = fyr_assess::licence::normalise(&Value::Iri("https://creativecommons.org/licenses/by/4.0/deed.sv".into()));
/// assert_eq!(read.licence.map(|licence| licence.code), Some("CC_BY_4_0".into()));
/// assert!(!read.canonical);
/// ```
pub fn normalise(stated: &Value) -> Normalised {
    let mut steps = Steps::default();
    let text = steps.bare(stated.as_str());
    let address = looks_like_address(&text);
    let mut answer = Normalised::default();
    if matches!(stated, Value::Literal(_)) && address {
        steps.note("a text read as an address");
    }
    let found = if address {
        by_address(&text, &mut steps, &mut answer)
    } else {
        by_words(&text, &mut steps, &mut answer)
    };
    if let Some(target) = found {
        if let Some(note) = &target.note {
            steps.note(note);
        }
        answer.licence = TABLE.entries.get(&target.code).map(|entry| entry.licence.clone());
    }
    if TABLE
        .entries
        .get(answer.licence.as_ref().map_or("", |licence| &licence.code))
        .is_some_and(|entry| entry.software)
    {
        steps.note("a software licence on data");
    }
    answer.canonical = answer.licence.as_ref().is_some_and(|licence| {
        let given = stated.iri().unwrap_or_default();
        given == licence.iri || given.strip_prefix(TABLE.base.as_str()) == Some(licence.code.as_str())
    });
    answer.changes = if answer.canonical { Vec::new() } else { steps.0 };
    answer
}

#[derive(Default)]
struct Steps(Vec<String>);

impl Steps {
    fn note(&mut self, step: &str) {
        self.0.push(step.to_owned());
    }
    fn when(&mut self, changed: bool, step: &str) {
        if changed {
            self.note(step);
        }
    }
    /// Without white space around it, byte order mark, angle brackets and quotes.
    fn bare(&mut self, text: &str) -> String {
        let trimmed = text.trim();
        self.when(trimmed.len() != text.len(), "white space around it removed");
        let bare = trimmed.trim_matches(|c: char| matches!(c, '<' | '>' | '"' | '\'' | '\u{feff}' | '”' | '“') || c.is_whitespace());
        self.when(bare.len() != trimmed.len(), "brackets, quotes or byte order mark removed");
        bare.to_owned()
    }
}

fn looks_like_address(text: &str) -> bool {
    let start: String = text.chars().take(8).collect::<String>().to_ascii_lowercase();
    start.starts_with("http://") || start.starts_with("https://") || start.starts_with("www.")
}

fn by_address(text: &str, steps: &mut Steps, answer: &mut Normalised) -> Option<Target> {
    if let Some(code) = text.rsplit_once('#').map(|(_, fragment)| format!("#{fragment}"))
        && let Some(target) = TABLE.by_name.get(&fold(&code)).filter(|_| is_local_code(&code))
    {
        return Some(target.clone());
    }
    let parts = Parts::of(text);
    let with_fragment = parts.form(true);
    if let Some(target) = TABLE.by_form.get(&with_fragment).filter(|_| parts.fragment.is_some()) {
        steps.0.extend(parts.changes(false));
        return Some(target.clone());
    }
    let form = parts.form(false);
    steps.0.extend(parts.changes(true));
    if TABLE.missing.contains(&form) {
        answer.missing = true;
        return None;
    }
    TABLE
        .by_form
        .get(&form)
        .cloned()
        .or_else(|| ported(&form, steps))
        .or_else(|| by_spdx(&form, steps, answer))
}

/// A national port of a Creative Commons licence, read as its base with a note.
fn ported(form: &str, steps: &mut Steps) -> Option<Target> {
    let (base, port) = form.trim_end_matches('/').rsplit_once('/')?;
    let national = port.len() == 2 && port.bytes().all(|b| b.is_ascii_alphabetic());
    if !base.starts_with("http://creativecommons.org/licenses/") || !(national || matches!(port, "igo" | "scotland")) {
        return None;
    }
    let target = TABLE.by_form.get(&format!("{base}/"))?;
    steps.note(&format!("port {} kept as a note", port.to_uppercase()));
    Some(target.clone())
}

/// An address of the SPDX list or of the Open Source Initiative.
fn by_spdx(form: &str, steps: &mut Steps, answer: &mut Normalised) -> Option<Target> {
    let name = [
        "http://spdx.org/licenses/",
        "http://opensource.org/licenses/",
        "http://opensource.org/license/",
    ]
    .iter()
    .find_map(|base| form.strip_prefix(base))?
    .trim_end_matches('/')
    .trim_end_matches(".html");
    steps.note("read by its SPDX identifier");
    by_name(name, answer)
}

fn by_words(text: &str, steps: &mut Steps, answer: &mut Normalised) -> Option<Target> {
    if text.is_empty() {
        answer.missing = true;
        return None;
    }
    if let Some(meant) = TABLE.not_a_licence.get(&fold(text)) {
        answer.meant = Some(meant.clone());
        return None;
    }
    let found = by_name(text, answer);
    steps.when(found.is_some(), "a name read instead of an address");
    found.or_else(|| {
        let (base, port) = text.rsplit_once([' ', '-', '_'])?;
        let target = (port.len() == 2 && port.bytes().all(|b| b.is_ascii_alphabetic())).then(|| by_name(base, answer))??;
        steps.note("a name read instead of an address");
        steps.note(&format!("port {} kept as a note", port.to_uppercase()));
        Some(target)
    })
}

fn by_name(name: &str, answer: &mut Normalised) -> Option<Target> {
    let folded = fold(name);
    if let Some(spdx) = TABLE.software.get(&folded) {
        answer.software = Some(spdx.clone());
        return None;
    }
    TABLE.by_name.get(&folded).cloned()
}

/// A name without case, with white space, `_` and `-` alike.
pub(super) fn fold(name: &str) -> String {
    let words: Vec<String> = name
        .split(|c: char| c.is_whitespace() || c == '_' || c == '-')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join("-")
}

fn is_local_code(code: &str) -> bool {
    ["#CC01.0", "#CCby4.0", "#CCby-sa4.0"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(code))
}

/// The normal form of an address, for comparison only.
pub(super) fn normal_form(address: &str) -> String {
    if looks_like_address(address) {
        Parts::of(address).form(address.contains('#'))
    } else {
        address.to_owned()
    }
}

struct Parts<'a> {
    scheme: &'a str,
    host: &'a str,
    path: &'a str,
    query: bool,
    fragment: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(address: &'a str) -> Self {
        let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
        let (rest, fragment) = rest.split_once('#').map_or((rest, None), |(rest, fragment)| (rest, Some(fragment)));
        let (rest, query) = rest.split_once('?').map_or((rest, false), |(rest, _)| (rest, true));
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        Self {
            scheme,
            host,
            path,
            query,
            fragment,
        }
    }
    fn bare_host(&self) -> String {
        let host = self.host.to_ascii_lowercase();
        host.strip_prefix("www.").map_or(host.clone(), str::to_owned)
    }
    /// The path without `deed`, `legalcode`, `rdf`, `index.html` and without slashes at its end, and what was taken away.
    fn bare_path(&self) -> (&'a str, Option<&'a str>) {
        let path = self.path.trim_end_matches('/');
        let Some((base, last)) = path.rsplit_once('/') else {
            return (path, None);
        };
        let word = last.split('.').next().unwrap_or_default();
        let page = matches!(last, "rdf" | "index.html") || matches!(word, "deed" | "legalcode");
        if page {
            (base.trim_end_matches('/'), Some(last))
        } else {
            (path, None)
        }
    }
    fn form(&self, keep_fragment: bool) -> String {
        let (path, _) = self.bare_path();
        let fragment = self
            .fragment
            .filter(|_| keep_fragment)
            .map(|fragment| format!("#{fragment}"))
            .unwrap_or_default();
        format!("http://{}{path}/{fragment}", self.bare_host())
    }
    fn changes(&self, fragment_dropped: bool) -> Vec<String> {
        let mut steps = Steps::default();
        let upper = |text: &str| text.bytes().any(|b| b.is_ascii_uppercase());
        steps.when(upper(self.scheme) || upper(self.host), "scheme and host in lower case");
        steps.when(self.scheme.eq_ignore_ascii_case("https"), "https read as http");
        steps.when(self.scheme.is_empty(), "scheme added");
        steps.when(self.host.to_ascii_lowercase().starts_with("www."), "www. removed");
        steps.when(self.query, "query removed");
        steps.when(fragment_dropped && self.fragment.is_some(), "fragment removed");
        if let (_, Some(page)) = self.bare_path() {
            steps.note(&format!("{page} removed"));
        }
        let slashes = self.path.len() - self.path.trim_end_matches('/').len();
        steps.when(slashes != 1 && self.fragment.is_none(), "exactly one slash at the end");
        steps.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Normalised {
        let value = if text.starts_with("http") {
            Value::Iri(text.into())
        } else {
            Value::Literal(text.into())
        };
        normalise(&value)
    }
    fn check(given: &str, code: &str) {
        assert_eq!(read(given).licence.map(|licence| licence.code), Some(code.to_owned()), "{given}");
    }

    #[test]
    fn every_variant_of_the_reference_becomes_its_licence() {
        for (given, code) in [
            ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0"),
            ("http://creativecommons.org/publicdomain/zero/1.0", "CC0"),
            ("http://creativecommons.org/publicdomain/zero/1.0/deed.sv", "CC0"),
            ("http://creativecommons.org/publicdomain/zero/1.0/legalcode", "CC0"),
            ("https://creativecommons.org/licenses/by/4.0", "CC_BY_4_0"),
            ("https://creativecommons.org/licenses/by/4.0/deed.sv", "CC_BY_4_0"),
            ("http://creativecommons.org/licenses/by/4.0/deed.en", "CC_BY_4_0"),
            ("http://creativecommons.org/licenses/by/4.0/legalcode.sv", "CC_BY_4_0"),
            ("http://creativecommons.org/licenses/by/2.5/se/", "CC_BY_2_5"),
            ("CC BY 2.5 SE", "CC_BY_2_5"),
            ("http://creativecommons.org/licenses/by/3.0/de/", "CC_BY_3_0"),
            ("https://creativecommons.org/licenses/by-sa/3.0/de/", "CC_BYSA_3_0"),
            ("http://creativecommons.org/licenses/by-nc/3.0/de/", "CC_BYNC_3_0"),
            ("http://creativecommons.org/licenses/by/3.0/at/legalcode", "CC_BY_3_0_AT"),
            ("http://europeandataportal.eu/ontologies/od-licenses#CC-BY3.0NL", "CC_BY_3_0_NL"),
            ("http://europeandataportal.eu/ontologies/od-licenses#NLOD", "NLOD_1_0"),
            ("http://europeandataportal.eu/ontologies/od-licenses#DL-DE-BY2.0", "DLDE_BY_2_0"),
            ("http://europeandataportal.eu/ontologies/od-licenses#OGL3.0", "OGL_3_0"),
            ("https://www.dcat-ap.de/def/licenses/cc-zero", "CC0"),
            ("http://dcat-ap.de/def/licenses/cc-by", "CC_BY_4_0"),
            ("http://dcat-ap.de/def/licenses/cc-by/4.0", "CC_BY_4_0"),
            ("http://dcat-ap.de/def/licenses/cc-by-nc-de/4_0", "CC_BYNC_4_0"),
            ("http://dcat-ap.de/def/licenses/dl-by-de/2.0", "DLDE_BY_2_0"),
            ("http://dcat-ap.de/def/licenses/dl-zero-de/2.0", "DLDE_ZERO_2_0"),
            ("http://dcat-ap.de/def/licenses/dl-by-nc-de/1.0", "DLDE_BYNC_1_0"),
            ("https://www.dcat-ap.de/def/licenses/odbl", "ODC_BL"),
            ("http://www.opendatacommons.org/licenses/odbl/", "ODC_BL"),
            ("http://opendatacommons.org/licenses/odbl/1-0/", "ODC_BL"),
            ("http://www.opendefinition.org/licenses/odc-odbl", "ODC_BL"),
            ("http://www.opendefinition.org/licenses/cc-by-sa", "CC_BYSA_4_0"),
            ("http://reference.data.gov.uk/id/open-government-licence", "OGL_3_0"),
            ("http://wiki.data.gouv.fr/wiki/Licence_Ouverte_/_Open_Licence", "FYR_ETALAB_1_0"),
            ("https://data.norge.no/nlod/no/2.0", "NLOD_2_0"),
            ("https://data.norge.no/nlod", "NLOD_2_0"),
            ("https://www.dati.gov.it/iodl/2.0/", "IODL_2_0"),
            ("http://www.dati.gov.it/content/italian-open-data-license-v20", "IODL_2_0"),
            ("https://spdx.org/licenses/CC-BY-4.0", "CC_BY_4_0"),
            ("https://spdx.org/licenses/CC0-1.0.html", "CC0"),
            ("CC-BY-4.0", "CC_BY_4_0"),
            ("CC BY 4.0", "CC_BY_4_0"),
            ("cc-by", "CC_BY_4_0"),
            ("CC0", "CC0"),
            ("cc-zero", "CC0"),
            ("PDDL-1.0", "ODC_PDDL"),
            ("#CC01.0", "CC0"),
            ("#CCby4.0", "CC_BY_4_0"),
            ("#CCby-sa4.0", "CC_BYSA_4_0"),
            ("CC BY-SA 3.0", "CC_BYSA_3_0"),
            ("http://publications.europa.eu/resource/authority/licence/CC_BY", "CC_BY_4_0"),
            ("http://publications.europa.eu/resource/authority/licence/ISA_OML", "ISA_OML_1_1"),
            ("HTTPS://WWW.CreativeCommons.org/licenses/by/4.0//?ref=x#top", "CC_BY_4_0"),
            ("<https://creativecommons.org/licenses/by/4.0/>", "CC_BY_4_0"),
            ("\u{feff}\"http://creativecommons.org/licenses/by/4.0/\" ", "CC_BY_4_0"),
            ("www.creativecommons.org/licenses/by/4.0/", "CC_BY_4_0"),
        ] {
            check(given, code);
        }
    }

    #[test]
    fn what_is_not_a_licence_gives_none() {
        for given in [
            "MIT",
            "https://opensource.org/licenses/MIT",
            "https://spdx.org/licenses/Apache-2.0.html",
            "BSD-3-Clause",
        ] {
            let read = read(given);
            assert!(read.licence.is_none() && read.software.is_some() && !read.missing, "{given}");
        }
        for given in ["", "  ", "http://creativecommons.org/", "https://www.creativecommons.org"] {
            let read = read(given);
            assert!(read.missing && read.licence.is_none(), "{given:?}");
        }
        assert_eq!(read("Licensfri").meant.as_deref(), Some("CC0"));
        assert!(read("Licensfri").licence.is_none());
        for given in [
            "Nutzungsbedingungen der LHP",
            "https://data.exempelby.example/villkor",
            "http://evil.example/licenses/by/4.0/",
            "#CC99",
        ] {
            let read = read(given);
            assert!(read.licence.is_none() && !read.missing && read.software.is_none(), "{given}");
        }
    }

    #[test]
    fn only_the_exact_iri_is_canonical_and_then_nothing_was_changed() {
        for given in [
            "http://creativecommons.org/licenses/by/4.0/",
            "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0",
            "https://www.govdata.de/dl-de/by-2-0",
        ] {
            let read = read(given);
            assert!(read.canonical && read.changes.is_empty(), "{given}: {:?}", read.changes);
        }
        let text = normalise(&Value::Literal("http://creativecommons.org/licenses/by/4.0/".into()));
        assert!(!text.canonical);
        assert_eq!(text.changes, ["a text read as an address"]);
    }

    #[test]
    fn every_change_is_recorded_in_the_order_it_was_made() {
        assert_eq!(
            read(" https://www.creativecommons.org/licenses/by/2.5/se ").changes,
            [
                "white space around it removed",
                "a text read as an address",
                "https read as http",
                "www. removed",
                "exactly one slash at the end",
                "port SE kept as a note",
            ]
        );
        assert_eq!(
            read("http://creativecommons.org/licenses/by/4.0/deed.sv").changes,
            ["deed.sv removed", "exactly one slash at the end"]
        );
        assert_eq!(
            read("cc-by").changes,
            ["a name read instead of an address", "version not given, read as 4.0"]
        );
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_fall_and_a_strange_host_never_gives_a_licence(text in ".*", path in "[a-z0-9/.#?-]{0,40}") {
            let _ = normalise(&Value::Literal(text.clone()));
            let _ = normalise(&Value::Iri(text));
            let strange = normalise(&Value::Iri(format!("https://creativecommons.org.exempelby.example/{path}")));
            let local = ["#cc01.0", "#ccby4.0", "#ccby-sa4.0"].iter().any(|code| path.to_lowercase().ends_with(code));
            proptest::prop_assert!(strange.licence.is_none() || local);
        }
    }
}
