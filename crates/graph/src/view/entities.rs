//! The entities of a catalogue, property by property (`dcat-ap-se.md` section 3).

use fyr_model::catalogue::Value;
use fyr_model::{Agent, Catalogue, Contact, DataService, Dataset, Distribution, LangStrings, Location, Period};

use super::values::sorted;
use super::{Reader, Role};
use crate::triples::Id;
use crate::vocab as v;

impl Reader<'_> {
    /// The catalogues, main one first: no part of another, most datasets, then by IRI.
    pub(crate) fn catalogues(&self) -> Vec<Catalogue> {
        let all = self.roles.with(Role::Catalogue).map(|id| (id, self.catalogue(id)));
        let mut all: Vec<(usize, Catalogue)> = all.map(|(id, one)| (self.count_of(id, one.datasets.len()), one)).collect();
        let parts: Vec<String> = all.iter().flat_map(|(_, one)| one.parts.iter().cloned()).collect();
        all.sort_by(|(a_datasets, a), (b_datasets, b)| {
            let rank = |one: &Catalogue, datasets: usize| (one.parts.is_empty() && parts.contains(&one.iri), std::cmp::Reverse(datasets));
            rank(a, *a_datasets).cmp(&rank(b, *b_datasets)).then_with(|| a.iri.cmp(&b.iri))
        });
        let mut all: Vec<Catalogue> = all.into_iter().map(|(_, one)| one).collect();
        move_up(&mut all);
        all
    }

    fn catalogue(&self, id: Id) -> Catalogue {
        let parts = self.objects(id, v::HAS_PART).into_iter();
        let mut parts: Vec<String> = parts
            .filter(|part| *part != id && self.roles.typed(*part, Role::Catalogue))
            .map(|part| self.name(part))
            .collect();
        parts.sort_unstable();
        Catalogue {
            iri: self.name(id),
            title: self.texts(id, &[v::TITLE]),
            description: self.texts(id, &[v::DESCRIPTION]),
            publisher: self.agents(id, v::PUBLISHER),
            licence: self.values(id, &[v::LICENSE]),
            issued: self.one(id, &[v::ISSUED]),
            modified: self.one(id, &[v::MODIFIED]),
            language: self.values(id, &[v::LANGUAGE]),
            homepage: self.values(id, &[v::HOMEPAGE]),
            spatial: self.locations(id),
            theme_taxonomy: self.values(id, &[v::THEME_TAXONOMY]),
            datasets: self.named_datasets(id),
            parts,
            blank: self.was_blank(id),
        }
    }

    /// The datasets that a catalogue names; an empty name stands for all of them where they are in other parts.
    fn named_datasets(&self, id: Id) -> Vec<String> {
        let mut iris = self.iris(id, v::DATASET);
        if iris.is_empty() && self.count_of(id, 0) > 0 {
            iris.push(String::new());
        }
        iris
    }

    /// The IRIs that a property leads to, sorted.
    fn iris(&self, id: Id, property: &'static str) -> Vec<String> {
        let mut iris: Vec<String> = self
            .objects(id, property)
            .into_iter()
            .filter_map(|o| self.graph.iri(o).map(str::to_owned))
            .collect();
        iris.sort_unstable();
        iris
    }

    pub(crate) fn dataset(&self, id: Id) -> Dataset {
        let mut dataset = Dataset::new(self.name(id));
        dataset.series = self.roles.series(id);
        dataset.blank = self.was_blank(id);
        dataset.title = self.texts(id, &[v::TITLE]);
        dataset.description = self.texts(id, &[v::DESCRIPTION]);
        dataset.publisher = self.agents(id, v::PUBLISHER);
        dataset.creator = self.agents(id, v::CREATOR);
        dataset.contact = self.contacts(id);
        dataset.keyword = self.texts(id, &[v::KEYWORD]);
        dataset.theme = self.values(id, &[v::THEME]);
        dataset.identifier = self.identifiers(id);
        dataset.spatial = self.locations(id);
        dataset.temporal = self.periods(id);
        dataset.issued = self.one(id, &[v::ISSUED]);
        dataset.modified = self.one(id, &[v::MODIFIED]);
        dataset.language = self.values(id, &[v::LANGUAGE]);
        dataset.access_rights = self.values(id, &[v::ACCESS_RIGHTS]);
        dataset.frequency = self.values(id, &[v::ACCRUAL]);
        dataset.conforms_to = self.values(id, &[v::CONFORMS_TO]);
        dataset.landing_page = self.values(id, &[v::LANDING_PAGE]);
        dataset.page = self.values(id, &[v::PAGE]);
        dataset.licence = self.values(id, &[v::LICENSE]);
        dataset.legislation = self.values(id, &[v::LEGISLATION]);
        dataset.hvd_category = self.values(id, &[v::HVD_CATEGORY]);
        dataset.provenance = self.provenance(id);
        dataset.version = self.one(id, &[v::VERSION, v::VERSION_INFO]);
        dataset.in_series = self.values(id, &[v::IN_SERIES]);
        dataset.source = self.values(id, &[v::SOURCE]);
        let distributions = self.objects(id, v::DISTRIBUTION).into_iter();
        dataset.distributions = distributions
            .filter(|o| self.graph.iri(*o).is_some())
            .map(|o| self.distribution(o))
            .collect();
        dataset
    }

    fn distribution(&self, id: Id) -> Distribution {
        Distribution {
            iri: self.name(id),
            blank: self.was_blank(id),
            described: self.described(id),
            title: self.texts(id, &[v::TITLE]),
            description: self.texts(id, &[v::DESCRIPTION]),
            access_url: self.values(id, &[v::ACCESS_URL]),
            download_url: self.values(id, &[v::DOWNLOAD_URL]),
            format: self.carried(id, v::FORMAT, &[RDF_VALUE, v::LABEL]),
            media_type: self.carried(id, v::MEDIA_TYPE, &[RDF_VALUE, v::LABEL]),
            licence: self.values(id, &[v::LICENSE]),
            rights: self.carried(id, v::RIGHTS, &[v::ATTRIBUTION_TEXT]),
            byte_size: self.one(id, &[v::BYTE_SIZE]),
            issued: self.one(id, &[v::ISSUED]),
            modified: self.one(id, &[v::MODIFIED]),
            availability: self.values(id, &[v::AVAILABILITY]),
            status: self.values(id, &[v::ADMS_STATUS]),
            checksum: self.checksum(id),
            access_service: self.values(id, &[v::ACCESS_SERVICE]),
            conforms_to: self.values(id, &[v::CONFORMS_TO]),
            language: self.values(id, &[v::LANGUAGE]),
            legislation: self.values(id, &[v::LEGISLATION]),
        }
    }

    fn checksum(&self, id: Id) -> Option<(String, String)> {
        let nodes = self.objects(id, v::CHECKSUM).into_iter();
        nodes
            .filter_map(|node| {
                Some((
                    self.one(node, &[v::CHECKSUM_VALUE])?,
                    self.one(node, &[v::CHECKSUM_ALGORITHM]).unwrap_or_default(),
                ))
            })
            .min()
    }

    pub(crate) fn service(&self, id: Id) -> DataService {
        DataService {
            iri: self.name(id),
            blank: self.was_blank(id),
            title: self.texts(id, &[v::TITLE]),
            description: self.texts(id, &[v::DESCRIPTION]),
            endpoint_url: self.values(id, &[v::ENDPOINT_URL]),
            endpoint_description: self.values(id, &[v::ENDPOINT_DESCRIPTION]),
            serves: self.values(id, &[v::SERVES_DATASET]),
            contact: self.contacts(id),
            publisher: self.agents(id, v::PUBLISHER),
            keyword: self.texts(id, &[v::KEYWORD]),
            access_rights: self.values(id, &[v::ACCESS_RIGHTS]),
            format: self.carried(id, v::FORMAT, &[RDF_VALUE, v::LABEL]),
            licence: self.values(id, &[v::LICENSE]),
        }
    }

    fn agents(&self, id: Id, property: &'static str) -> Vec<Agent> {
        let mut agents: Vec<Agent> = self.objects(id, property).into_iter().map(|o| self.agent(o)).collect();
        agents.sort_by(|a, b| a.iri.cmp(&b.iri));
        agents
    }

    /// An agent; a literal in its place becomes the name of an agent without an IRI.
    pub(crate) fn agent(&self, id: Id) -> Agent {
        if let Some(text) = self.text(id) {
            return Agent {
                name: LangStrings(vec![text]),
                ..Agent::default()
            };
        }
        Agent {
            iri: self.name(id),
            blank: self.was_blank(id),
            described: self.described(id),
            name: self.texts(id, &[v::NAME]),
            kind: self.values(id, &[v::TYPE]),
            identifier: self.identifiers(id),
            homepage: self.values(id, &[v::HOMEPAGE]),
        }
    }

    fn contacts(&self, id: Id) -> Vec<Contact> {
        let nodes = self.any(id, &[v::CONTACT_POINT, v::ADMS_CONTACT_POINT]).into_iter();
        let mut contacts: Vec<Contact> = nodes.map(|o| self.contact(o)).collect();
        contacts.sort_by(|a, b| a.iri.cmp(&b.iri));
        contacts.dedup_by(|a, b| a.iri == b.iri);
        contacts
    }

    pub(crate) fn contact(&self, id: Id) -> Contact {
        let individual = self.graph.iri_id(v::VCARD_INDIVIDUAL);
        let emails = self.objects(id, v::VCARD_EMAIL).into_iter();
        let mut email: Vec<String> = emails
            .flat_map(|node| match self.values(node, &[v::VCARD_VALUE]) {
                values if values.is_empty() => vec![self.value(node)],
                values => values,
            })
            .map(|value| value.as_str().strip_prefix("mailto:").unwrap_or(value.as_str()).to_owned())
            .collect();
        email.sort_unstable();
        Contact {
            iri: self.name(id),
            blank: self.was_blank(id),
            described: self.described(id),
            individual: self.objects(id, v::RDF_TYPE).into_iter().any(|class| Some(class) == individual),
            name: self.texts(id, &[v::VCARD_FN]),
            email,
            url: self.values(id, &[v::VCARD_URL]),
            telephone: !self.objects(id, v::VCARD_TELEPHONE).is_empty(),
            address: !self.objects(id, v::VCARD_ADDRESS).is_empty(),
        }
    }

    fn periods(&self, id: Id) -> Vec<Period> {
        let nodes = self.objects(id, v::TEMPORAL).into_iter();
        let mut periods: Vec<Period> = nodes
            .map(|node| Period {
                start: self.one(node, &[v::START_DATE, v::SCHEMA_START]),
                end: self.one(node, &[v::END_DATE, v::SCHEMA_END]),
            })
            .collect();
        periods.sort_by(|a, b| (&a.start, &a.end).cmp(&(&b.start, &b.end)));
        periods
    }

    fn locations(&self, id: Id) -> Vec<Location> {
        let mut places: Vec<Location> = self.objects(id, v::SPATIAL).into_iter().map(|o| self.location(o)).collect();
        places.sort_by(|a, b| (&a.iri, &a.geometry).cmp(&(&b.iri, &b.geometry)));
        places
    }

    fn location(&self, id: Id) -> Location {
        if let Some(text) = self.text(id) {
            return Location {
                label: LangStrings(vec![text]),
                ..Location::default()
            };
        }
        Location {
            iri: Some(self.name(id)).filter(|_| !self.was_blank(id)),
            geometry: self.one(id, &[v::BBOX, v::CENTROID, v::GEOMETRY]),
            label: self.texts(id, &[v::PREF_LABEL, v::LABEL]),
        }
    }

    fn provenance(&self, id: Id) -> LangStrings {
        let mut texts = Vec::new();
        for node in self.objects(id, v::PROVENANCE) {
            texts.extend(self.text(node));
            texts.extend(self.texts(node, &[v::DESCRIPTION, v::LABEL]).0);
        }
        sorted(texts)
    }
}

const RDF_VALUE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#value";

/// The datasets of sub-catalogues belong to the main one (`harvest.md` section 2, one level).
fn move_up(catalogues: &mut [Catalogue]) {
    let Some((main, rest)) = catalogues.split_first_mut() else {
        return;
    };
    for part in rest.iter().filter(|one| main.parts.contains(&one.iri)) {
        main.datasets.extend(part.datasets.iter().cloned());
    }
    main.datasets.sort_unstable();
    main.datasets.dedup();
}

/// Whether a value is an empty literal.
pub(crate) fn is_empty(value: &Value) -> bool {
    value.as_str().trim().is_empty()
}
