//! The IRIs of DCAT-AP-SE 3.0.1 (`dcat-ap-se.md` sections 2 and 3) and of what we write about quality and provenance.

macro_rules! terms {
    ($ns:literal, $($name:ident = $local:literal),+ $(,)?) => {
        $(pub(crate) const $name: &str = concat!($ns, $local);)+
    };
}

terms!("http://www.w3.org/1999/02/22-rdf-syntax-ns#", RDF_TYPE = "type");
terms!(
    "http://www.w3.org/2001/XMLSchema#",
    XSD_STRING = "string",
    XSD_DATE = "date",
    XSD_DATE_TIME = "dateTime",
    XSD_YEAR = "gYear",
    XSD_YEAR_MONTH = "gYearMonth",
    XSD_DECIMAL = "decimal",
    XSD_INTEGER = "integer",
    XSD_BOOLEAN = "boolean",
    XSD_NON_NEGATIVE = "nonNegativeInteger",
);
terms!(
    "http://www.w3.org/ns/dcat#",
    CATALOG = "Catalog",
    DATASET_CLASS = "Dataset",
    SERIES = "DatasetSeries",
    DISTRIBUTION_CLASS = "Distribution",
    SERVICE_CLASS = "DataService",
    CATALOG_RECORD = "CatalogRecord",
    DATASET = "dataset",
    SERVICE = "service",
    DISTRIBUTION = "distribution",
    CONTACT_POINT = "contactPoint",
    KEYWORD = "keyword",
    THEME = "theme",
    THEME_TAXONOMY = "themeTaxonomy",
    LANDING_PAGE = "landingPage",
    VERSION = "version",
    IN_SERIES = "inSeries",
    START_DATE = "startDate",
    END_DATE = "endDate",
    ACCESS_URL = "accessURL",
    DOWNLOAD_URL = "downloadURL",
    MEDIA_TYPE = "mediaType",
    BYTE_SIZE = "byteSize",
    ACCESS_SERVICE = "accessService",
    ENDPOINT_URL = "endpointURL",
    ENDPOINT_DESCRIPTION = "endpointDescription",
    SERVES_DATASET = "servesDataset",
    BBOX = "bbox",
    CENTROID = "centroid",
);
terms!(
    "http://purl.org/dc/terms/",
    TITLE = "title",
    DESCRIPTION = "description",
    PUBLISHER = "publisher",
    CREATOR = "creator",
    LICENSE = "license",
    RIGHTS = "rights",
    ISSUED = "issued",
    MODIFIED = "modified",
    LANGUAGE = "language",
    SPATIAL = "spatial",
    TEMPORAL = "temporal",
    HAS_PART = "hasPart",
    IDENTIFIER = "identifier",
    ACCESS_RIGHTS = "accessRights",
    ACCRUAL = "accrualPeriodicity",
    CONFORMS_TO = "conformsTo",
    PROVENANCE = "provenance",
    PROVENANCE_STATEMENT = "ProvenanceStatement",
    SOURCE = "source",
    FORMAT = "format",
    TYPE = "type",
    PERIOD = "PeriodOfTime",
    LOCATION = "Location",
    STANDARD = "Standard",
    HAS_VERSION = "hasVersion",
    IS_VERSION_OF = "isVersionOf",
);
terms!(
    "http://xmlns.com/foaf/0.1/",
    AGENT = "Agent",
    ORGANIZATION = "Organization",
    PERSON = "Person",
    NAME = "name",
    HOMEPAGE = "homepage",
    PAGE = "page",
    DOCUMENT = "Document",
);
terms!(
    "http://www.w3.org/2006/vcard/ns#",
    VCARD_ORGANIZATION = "Organization",
    VCARD_INDIVIDUAL = "Individual",
    VCARD_KIND = "Kind",
    VCARD_FN = "fn",
    VCARD_EMAIL = "hasEmail",
    VCARD_URL = "hasURL",
    VCARD_TELEPHONE = "hasTelephone",
    VCARD_ADDRESS = "hasAddress",
    VCARD_VALUE = "hasValue",
);
terms!(
    "http://www.w3.org/ns/adms#",
    ADMS_IDENTIFIER = "identifier",
    ADMS_STATUS = "status",
    ADMS_VERSION_NOTES = "versionNotes",
    ADMS_CONTACT_POINT = "contactPoint",
);
terms!(
    "http://data.europa.eu/r5r/",
    AVAILABILITY = "availability",
    LEGISLATION = "applicableLegislation",
    HVD_CATEGORY = "hvdCategory"
);
terms!("http://schema.org/", SCHEMA_START = "startDate", SCHEMA_END = "endDate");
terms!(
    "http://spdx.org/rdf/terms#",
    CHECKSUM = "checksum",
    CHECKSUM_VALUE = "checksumValue",
    CHECKSUM_ALGORITHM = "algorithm"
);
terms!(
    "http://schema.theodi.org/odrs#",
    RIGHTS_STATEMENT = "RightsStatement",
    ATTRIBUTION_TEXT = "attributionText"
);
terms!("http://www.w3.org/ns/locn#", GEOMETRY = "geometry");
terms!("http://www.w3.org/2004/02/skos/core#", PREF_LABEL = "prefLabel");
terms!("http://www.w3.org/2000/01/rdf-schema#", LABEL = "label");
terms!("http://www.w3.org/2002/07/owl#", VERSION_INFO = "versionInfo");
terms!(
    "http://www.w3.org/ns/hydra/core#",
    HYDRA_NEXT = "next",
    HYDRA_NEXT_PAGE = "nextPage"
);
terms!("http://www.opengis.net/ont/geosparql#", WKT = "wktLiteral");

/// Prefixes that we write with, in the order of `dcat-ap-se.md` section 2.
pub(crate) const PREFIXES: &[(&str, &str)] = &[
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
    ("dcat", "http://www.w3.org/ns/dcat#"),
    ("dcterms", "http://purl.org/dc/terms/"),
    ("dcatap", "http://data.europa.eu/r5r/"),
    ("foaf", "http://xmlns.com/foaf/0.1/"),
    ("vcard", "http://www.w3.org/2006/vcard/ns#"),
    ("adms", "http://www.w3.org/ns/adms#"),
    ("spdx", "http://spdx.org/rdf/terms#"),
    ("odrs", "http://schema.theodi.org/odrs#"),
    ("skos", "http://www.w3.org/2004/02/skos/core#"),
    ("locn", "http://www.w3.org/ns/locn#"),
    ("geo", "http://www.opengis.net/ont/geosparql#"),
];
