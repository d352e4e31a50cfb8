//! Well-known text of a reference system (OGC 01-009 and 18-010, and the dialect in `.prj` files): its code, datum and projection.
//!
//! In: the text. Out: what it names and its numbers, or nothing. Depth, parts and length are bounded; which system it is, `crs` decides.

/// Bytes of a text that is looked at.
const BYTES_MAX: usize = 64 << 10;
const DEPTH_MAX: usize = 32;
const PARTS_MAX: usize = 4_096;

/// The datum that the text names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Datum {
    Sweref,
    Etrs89,
    Wgs84,
    Rt90,
    Other,
}

/// The projection that the text describes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Plane {
    Degrees,
    /// Central meridian, scale, false easting, false northing, in degrees and metres.
    Transverse(f64, f64, f64, f64),
    Web,
    Other,
}

/// What a text says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Described {
    /// Its EPSG code, if it names one.
    pub(crate) code: Option<u16>,
    pub(crate) datum: Datum,
    pub(crate) plane: Plane,
}

/// A keyword with its arguments, a quoted text, or a bare word or number.
#[derive(Debug)]
enum Part<'a> {
    Keyword(&'a str, Vec<Part<'a>>),
    Quoted(&'a str),
    Bare(&'a str),
}

impl Described {
    pub(crate) fn of(text: &str) -> Option<Self> {
        if text.len() > BYTES_MAX {
            return None;
        }
        let mut reader = Reader {
            rest: text.trim_start_matches('\u{feff}').trim(),
            parts: 0,
        };
        let root = reader.part(0)?;
        let whole = root.plain()?;
        let geographic = whole.find(&["GEOGCS", "BASEGEOGCRS", "BASEGEODCRS", "GEOGCRS", "GEODCRS", "GEOGRAPHICCRS"]);
        let is_projected = whole.is(&["PROJCS", "PROJCRS", "PROJECTEDCRS"]);
        let is_geographic = whole.is(&["GEOGCS", "GEOGCRS", "GEODCRS", "GEOGRAPHICCRS"]);
        let base = if is_geographic { Some(whole) } else { geographic };
        Some(Self {
            code: whole.code(),
            datum: base.map_or(Datum::Other, datum),
            plane: match (is_projected, is_geographic) {
                (true, _) => projection(whole),
                (_, true) => Plane::Degrees,
                _ => Plane::Other,
            },
        })
    }
}

impl<'a> Part<'a> {
    fn arguments(&self) -> &[Part<'a>] {
        match self {
            Self::Keyword(_, arguments) => arguments,
            _ => &[],
        }
    }
    fn is(&self, words: &[&str]) -> bool {
        matches!(self, Self::Keyword(word, _) if words.iter().any(|other| word.eq_ignore_ascii_case(other)))
    }
    /// The first argument of that keyword.
    fn find(&self, words: &[&str]) -> Option<&Self> {
        self.arguments().iter().find(|part| part.is(words))
    }
    /// The horizontal system inside a compound or bound one.
    fn plain(&self) -> Option<&Self> {
        if self.is(&["COMPD_CS", "COMPOUNDCRS"]) {
            return self
                .find(&["PROJCS", "PROJCRS", "GEOGCS", "GEOGCRS", "GEODCRS", "BOUNDCRS"])
                .and_then(Self::plain);
        }
        if self.is(&["BOUNDCRS"]) {
            return self.find(&["SOURCECRS"])?.arguments().first()?.plain();
        }
        matches!(self, Self::Keyword(..)).then_some(self)
    }
    fn text(&self) -> Option<&'a str> {
        match self {
            Self::Quoted(text) | Self::Bare(text) => Some(text),
            Self::Keyword(..) => None,
        }
    }
    fn name(&self) -> &'a str {
        self.arguments().first().and_then(Self::text).unwrap_or_default()
    }
    fn number(&self, index: usize) -> Option<f64> {
        self.arguments().get(index)?.text()?.trim().parse().ok()
    }
    fn code(&self) -> Option<u16> {
        let own = self.find(&["AUTHORITY", "ID"])?;
        let code = own.arguments().get(1)?.text()?;
        own.name().eq_ignore_ascii_case("EPSG").then(|| code.parse().ok()).flatten()
    }
}

/// The datum by the names of the geographic system, its datum and ensemble.
fn datum(base: &Part<'_>) -> Datum {
    let squeeze = |text: &str| {
        text.chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_uppercase()
    };
    let mut names = squeeze(base.name());
    for part in base
        .arguments()
        .iter()
        .filter(|part| part.is(&["DATUM", "ENSEMBLE", "TRF", "GEODETICDATUM"]))
    {
        names.push(' ');
        names.push_str(&squeeze(part.name()));
    }
    let meridian = base
        .find(&["PRIMEM", "PRIMEMERIDIAN"])
        .and_then(|part| part.number(1))
        .unwrap_or(0.0);
    if meridian != 0.0 {
        return Datum::Other;
    }
    let named = |words: &[&str]| words.iter().any(|word| names.contains(word));
    if named(&["SWEREF"]) {
        Datum::Sweref
    } else if named(&["RT90", "RT1990", "RIKETSKOORDINATSYSTEM1990"]) {
        Datum::Rt90
    } else if named(&["ETRS89", "ETRS1989", "EUROPEANTERRESTRIAL"]) {
        Datum::Etrs89
    } else if named(&["WGS84", "WGS1984", "WORLDGEODETICSYSTEM1984"]) {
        Datum::Wgs84
    } else {
        Datum::Other
    }
}

fn projection(whole: &Part<'_>) -> Plane {
    let conversion = whole.find(&["CONVERSION"]).unwrap_or(whole);
    let squeeze = |text: &str| {
        text.chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase()
    };
    let method = conversion
        .find(&["PROJECTION", "METHOD"])
        .map(|part| squeeze(part.name()))
        .unwrap_or_default();
    if method == "mercatorauxiliarysphere"
        || method == "popularvisualisationpseudomercator"
        || squeeze(whole.name()).contains("pseudomercator")
    {
        return Plane::Web;
    }
    let unit = whole.find(&["UNIT", "LENGTHUNIT"]).and_then(|part| part.number(1)).unwrap_or(1.0);
    if !matches!(method.as_str(), "transversemercator" | "gausskruger") || unit != 1.0 {
        return Plane::Other;
    }
    let value = |names: &[&str]| {
        conversion
            .arguments()
            .iter()
            .filter(|part| part.is(&["PARAMETER"]))
            .find(|part| names.contains(&squeeze(part.name()).as_str()))
            .and_then(|part| part.number(1))
    };
    if value(&["latitudeoforigin", "latitudeofnaturalorigin"]).unwrap_or(0.0) != 0.0 {
        return Plane::Other;
    }
    let Some(meridian) = value(&["centralmeridian", "longitudeofnaturalorigin", "longitudeoforigin"]) else {
        return Plane::Other;
    };
    Plane::Transverse(
        meridian,
        value(&["scalefactor", "scalefactoratnaturalorigin"]).unwrap_or(1.0),
        value(&["falseeasting"]).unwrap_or(0.0),
        value(&["falsenorthing"]).unwrap_or(0.0),
    )
}

struct Reader<'a> {
    rest: &'a str,
    parts: usize,
}

impl<'a> Reader<'a> {
    fn part(&mut self, depth: usize) -> Option<Part<'a>> {
        self.parts += 1;
        if depth > DEPTH_MAX || self.parts > PARTS_MAX {
            return None;
        }
        self.rest = self.rest.trim_start();
        if let Some(rest) = self.rest.strip_prefix('"') {
            let (text, rest) = rest.split_once('"')?;
            self.rest = rest;
            return Some(Part::Quoted(text));
        }
        let end = self.rest.find([',', '[', ']', '(', ')', '"']).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        let Some(rest) = rest.strip_prefix(['[', '(']) else {
            return Some(Part::Bare(word.trim()));
        };
        self.rest = rest;
        let mut arguments = Vec::new();
        loop {
            arguments.push(self.part(depth + 1)?);
            self.rest = self.rest.trim_start();
            if let Some(rest) = self.rest.strip_prefix(',') {
                self.rest = rest;
            } else {
                self.rest = self.rest.strip_prefix([']', ')'])?;
                return Some(Part::Keyword(word.trim(), arguments));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_gives_code_datum_and_projection() {
        let esri = r#"PROJCS["SWEREF99_TM",GEOGCS["GCS_SWEREF99",DATUM["D_SWEREF99",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",15.0],PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"#;
        let found = Described::of(esri).unwrap();
        assert_eq!(
            (found.code, found.datum, found.plane),
            (None, Datum::Sweref, Plane::Transverse(15.0, 0.9996, 500_000.0, 0.0))
        );
        let newer = r#"COMPOUNDCRS["x",PROJCRS["RT90 2.5 gon V",BASEGEOGCRS["RT90",DATUM["Rikets koordinatsystem 1990",ELLIPSOID["Bessel 1841",6377397.155,299.1528128]]],CONVERSION["c",METHOD["Transverse Mercator"],PARAMETER["Longitude of natural origin",15.8082777777778,ANGLEUNIT["degree",0.0174532925199433]],PARAMETER["Scale factor at natural origin",1],PARAMETER["False easting",1500000]],CS[Cartesian,2],ID["EPSG",3021]],VERTCRS["h"]]"#;
        let found = Described::of(newer).unwrap();
        assert_eq!((found.code, found.datum), (Some(3021), Datum::Rt90));
        assert_eq!(found.plane, Plane::Transverse(15.8082777777778, 1.0, 1_500_000.0, 0.0));
    }

    #[test]
    fn hostile_texts_give_nothing() {
        for text in [
            "",
            "\"",
            "PROJCS[",
            "PROJCS[\"a\"",
            &"A[".repeat(100_000),
            &"A[".repeat(60),
            &format!("A[{}1]", "1,".repeat(9_000)),
        ] {
            assert_eq!(Described::of(text), None, "{}", text.len());
        }
    }
}
