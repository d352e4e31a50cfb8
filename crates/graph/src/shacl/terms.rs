//! The IRIs of SHACL and of the few vocabularies beside it that shapes files use.

macro_rules! sh {
    ($($name:ident = $local:literal),+ $(,)?) => {
        $(pub(crate) const $name: &str = concat!("http://www.w3.org/ns/shacl#", $local);)+
    };
}

/// The namespace of SHACL.
pub(crate) const SH: &str = "http://www.w3.org/ns/shacl#";

sh!(
    NODE_SHAPE = "NodeShape",
    PROPERTY_SHAPE = "PropertyShape",
    TARGET_CLASS = "targetClass",
    TARGET_NODE = "targetNode",
    TARGET_SUBJECTS_OF = "targetSubjectsOf",
    TARGET_OBJECTS_OF = "targetObjectsOf",
    TARGET = "target",
    PATH = "path",
    PROPERTY = "property",
    NODE = "node",
    NOT = "not",
    AND = "and",
    OR = "or",
    XONE = "xone",
    QUALIFIED_VALUE_SHAPE = "qualifiedValueShape",
    QUALIFIED_MIN_COUNT = "qualifiedMinCount",
    QUALIFIED_MAX_COUNT = "qualifiedMaxCount",
    IN = "in",
    HAS_VALUE = "hasValue",
    LANGUAGE_IN = "languageIn",
    IGNORED_PROPERTIES = "ignoredProperties",
    CLASS = "class",
    DATATYPE = "datatype",
    NODE_KIND = "nodeKind",
    MIN_COUNT = "minCount",
    MAX_COUNT = "maxCount",
    MIN_LENGTH = "minLength",
    MAX_LENGTH = "maxLength",
    PATTERN = "pattern",
    FLAGS = "flags",
    MESSAGE = "message",
    SEVERITY = "severity",
    SPARQL = "sparql",
    SELECT = "select",
    ASK = "ask",
    PREFIXES = "prefixes",
    DECLARE = "declare",
    PREFIX = "prefix",
    NAMESPACE = "namespace",
    DEACTIVATED = "deactivated",
    CONSTRAINT_COMPONENT = "ConstraintComponent",
    SPARQL_CONSTRAINT_COMPONENT = "SPARQLConstraintComponent",
    PARAMETER = "parameter",
    OPTIONAL = "optional",
    VALIDATOR = "validator",
    NODE_VALIDATOR = "nodeValidator",
    PROPERTY_VALIDATOR = "propertyValidator",
    ENTAILMENT = "entailment",
    RULE = "rule",
    JS = "js",
    EXPRESSION = "expression",
    INVERSE_PATH = "inversePath",
    ALTERNATIVE_PATH = "alternativePath",
    ZERO_OR_MORE_PATH = "zeroOrMorePath",
    ONE_OR_MORE_PATH = "oneOrMorePath",
    ZERO_OR_ONE_PATH = "zeroOrOnePath",
    VALIDATION_REPORT = "ValidationReport",
    VALIDATION_RESULT = "ValidationResult",
    CONFORMS = "conforms",
    RESULT = "result",
    FOCUS_NODE = "focusNode",
    RESULT_PATH = "resultPath",
    RESULT_SEVERITY = "resultSeverity",
    RESULT_MESSAGE = "resultMessage",
    SOURCE_SHAPE = "sourceShape",
    SOURCE_CONSTRAINT_COMPONENT = "sourceConstraintComponent",
    VALUE = "value",
    VIOLATION = "Violation",
    WARNING = "Warning",
    INFO = "Info",
);

pub(crate) const RDF_FIRST: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#first";
pub(crate) const RDF_REST: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#rest";
pub(crate) const RDF_NIL: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#nil";
pub(crate) const RDFS_SUB_CLASS_OF: &str = "http://www.w3.org/2000/01/rdf-schema#subClassOf";
pub(crate) const RDFS_RESOURCE: &str = "http://www.w3.org/2000/01/rdf-schema#Resource";
pub(crate) const RDFS_COMMENT: &str = "http://www.w3.org/2000/01/rdf-schema#comment";
pub(crate) const OWL_IMPORTS: &str = "http://www.w3.org/2002/07/owl#imports";
pub(crate) const SKOS_CONCEPT: &str = "http://www.w3.org/2004/02/skos/core#Concept";
pub(crate) const SKOS_IN_SCHEME: &str = "http://www.w3.org/2004/02/skos/core#inScheme";
/// The start of the names that blank shapes get: made of what the shape says and where it hangs, so the same in every run.
pub(crate) const SHAPE_NAME: &str = "urn:fyr:shape:";
/// The graph in which a `sh:sparql` query finds the shapes.
pub(crate) const SHAPES_GRAPH: &str = "urn:fyr:shapes-graph";
