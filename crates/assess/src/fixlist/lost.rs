//! Points that are lost without any rule being broken, as findings of their own: what the profile leaves free and MQA counts.

use std::collections::HashSet;

use fyr_model::catalogue::Value;
use fyr_model::{Dataset, Distribution, Finding, Severity, Text};

use crate::lists::{self, MEDIA, TYPES};

pub(super) const DOWNLOAD: &str = "http://www.w3.org/ns/dcat#downloadURL";
pub(super) const MEDIA_TYPE: &str = "http://www.w3.org/ns/dcat#mediaType";
pub(super) const BYTE_SIZE: &str = "http://www.w3.org/ns/dcat#byteSize";
pub(super) const RIGHTS: &str = "http://purl.org/dc/terms/rights";
pub(super) const ISSUED: &str = "http://purl.org/dc/terms/issued";
pub(super) const MODIFIED: &str = "http://purl.org/dc/terms/modified";
pub(super) const FORMAT: &str = "http://purl.org/dc/terms/format";
pub(super) const ALIGNMENT: &str = "mqa-format-and-media-type";
pub(super) const OPEN_TWIN: &str = "mqa-open-machine-readable";

/// A metric that is lost: its id here, the property, when it is, what is so and what to do.
struct Lost {
    id: &'static str,
    path: &'static str,
    lost: fn(&Distribution) -> bool,
    message: (&'static str, &'static str),
    fix: (&'static str, &'static str),
}

const ON_DISTRIBUTION: [Lost; 7] = [
    Lost {
        id: "mqa-download-url-missing",
        path: DOWNLOAD,
        lost: |one| one.download_url.is_empty(),
        message: (
            "Distributionen saknar nedladdningsadress.",
            "The distribution has no download address.",
        ),
        fix: (
            "Ange filens adress som dcat:downloadURL.",
            "State the file's address as dcat:downloadURL.",
        ),
    },
    Lost {
        id: "mqa-media-type-missing",
        path: MEDIA_TYPE,
        lost: |one| one.media_type.is_empty(),
        message: ("Distributionen saknar dcat:mediaType.", "The distribution has no dcat:mediaType."),
        fix: (
            "Ange medietypen som IANA-adress bredvid formatet.",
            "State the media type as its IANA address beside the format.",
        ),
    },
    Lost {
        id: ALIGNMENT,
        path: FORMAT,
        lost: |one| known_type(one).is_some() && !aligned(one),
        message: (
            "Formatet är känt men inte skrivet så som EU:s mätning läser det.",
            "The format is known but not written as the EU's scoring reads it.",
        ),
        fix: (
            "Ange formatet som EU:s filtyps-IRI och medietypen som IANA-adress.",
            "State the format as the EU file-type IRI and the media type as its IANA address.",
        ),
    },
    Lost {
        id: "mqa-byte-size-missing",
        path: BYTE_SIZE,
        lost: |one| one.byte_size.is_none(),
        message: ("Distributionen saknar filstorlek.", "The distribution has no file size."),
        fix: (
            "Ange antalet byte som dcat:byteSize.",
            "State the number of bytes as dcat:byteSize.",
        ),
    },
    Lost {
        id: "mqa-rights-missing",
        path: RIGHTS,
        lost: |one| one.rights.is_empty(),
        message: (
            "Distributionen saknar uppgift om rättigheter.",
            "The distribution has no statement of rights.",
        ),
        fix: (
            "Ange dcterms:rights, till exempel hur källan ska nämnas.",
            "State dcterms:rights, for instance how to name the source.",
        ),
    },
    Lost {
        id: "mqa-issued-missing",
        path: ISSUED,
        lost: |one| one.issued.is_none(),
        message: (
            "Distributionen saknar utgivningsdatum, och datamängdens räknas inte när det finns en distribution.",
            "The distribution has no date of issue, and the dataset's does not count when there is a distribution.",
        ),
        fix: (
            "Ange dcterms:issued på distributionen.",
            "State dcterms:issued on the distribution.",
        ),
    },
    Lost {
        id: "mqa-modified-missing",
        path: MODIFIED,
        lost: |one| one.modified.is_none(),
        message: (
            "Distributionen saknar ändringsdatum, och datamängdens räknas inte när det finns en distribution.",
            "The distribution has no date of change, and the dataset's does not count when there is a distribution.",
        ),
        fix: (
            "Ange dcterms:modified på distributionen.",
            "State dcterms:modified on the distribution.",
        ),
    },
];

/// The file type that the format or media type of a distribution means.
pub(super) fn known_type(one: &Distribution) -> Option<&str> {
    one.format.iter().chain(&one.media_type).find_map(lists::file_type)
}

fn aligned(one: &Distribution) -> bool {
    let typed = one.format.iter().filter_map(Value::iri).any(|iri| TYPES.code(iri).is_some());
    typed
        && one
            .media_type
            .iter()
            .filter_map(lists::media_type)
            .any(|media| MEDIA.registered(&media))
}

/// Everything lost that no finding speaks of, each with its dataset.
pub(super) fn findings<'d>(datasets: &[&'d Dataset], told: &HashSet<(&str, &str)>) -> Vec<(&'d str, Finding)> {
    let mut found = Vec::new();
    for dataset in datasets {
        let iri = dataset.id.as_str();
        for one in dataset.distributions.iter().filter(|one| one.described) {
            for lost in &ON_DISTRIBUTION {
                if (lost.lost)(one) && !told.contains(&(one.iri.as_str(), lost.path)) {
                    found.push((iri, finding(lost.id, &one.iri, lost.path, lost.message, lost.fix)));
                }
            }
        }
        found.extend(without_open_file(dataset).map(|finding| (iri, finding)));
    }
    found
}

/// A dataset with files of which none is both open and machine-readable.
fn without_open_file(dataset: &Dataset) -> Option<Finding> {
    let both = |one: &Distribution| {
        let mut codes = one.format.iter().chain(&one.media_type).filter_map(lists::file_type);
        codes.any(|code| TYPES.open(code) && TYPES.machine(code))
    };
    let known = dataset.distributions.iter().any(|one| known_type(one).is_some());
    (known && !dataset.distributions.iter().any(both)).then(|| {
        finding(
            OPEN_TWIN,
            dataset.id.as_str(),
            "http://www.w3.org/ns/dcat#distribution",
            (
                "Ingen fil har ett format som är både öppet och maskinläsbart.",
                "No file has a format that is both open and machine-readable.",
            ),
            (
                "Publicera datamängden även som CSV eller JSON.",
                "Publish the dataset as CSV or JSON too.",
            ),
        )
    })
}

fn finding(id: &str, focus: &str, path: &str, message: (&str, &str), fix: (&str, &str)) -> Finding {
    Finding::new(id, Severity::Info, focus, Text::new(message.0, message.1))
        .on(path)
        .fix(Text::new(fix.0, fix.1))
}
