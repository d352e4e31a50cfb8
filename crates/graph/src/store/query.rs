//! Questions in SPARQL, read-only: current graphs only, a time limit by cancellation, caps on rows and bytes (H48, H49).
//!
//! The library's own cancellation is not enough, see [`super::watched`]. A text from the public must have passed [`crate::sparql::screen`] and the rehearsal first; planning cannot be cancelled.

use std::sync::mpsc;

use fyr_model::limits::SparqlLimits;
use fyr_model::withheld::Withheld;
use fyr_model::{Refusal, RefusalKind, Text};
use oxigraph::io::{RdfFormat, RdfSerializer};
use oxigraph::model::{GraphName, NamedNode, NamedOrBlankNode};
use oxigraph::sparql::results::{QueryResultsFormat, QueryResultsSerializer};
use oxigraph::sparql::{
    CancellationToken, DefaultServiceHandler, PreparedSparqlQuery, QueryEvaluationError, QueryResults, QuerySolutionIter, QueryTripleIter,
    SparqlEvaluator,
};

use super::watched::{Stop, Watched, listen};
use super::{Store, broken, pointers};
use crate::read::STACK_BYTES;
use crate::refuse::{internal, position, shown};
use crate::syntax::{Syntax, preferred};
use crate::vocab::PREFIXES;

const SUBJECT: &str = "sparql";

/// An answer in the syntax that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its media type.
    pub media_type: String,
    /// Its bytes.
    pub body: Vec<u8>,
    /// Whether rows were left out at a cap; the document is whole all the same.
    pub truncated: bool,
}

/// Stops a question from outside, for instance when the asker hangs up.
#[derive(Clone, Default)]
pub struct Cancel(CancellationToken);

impl Cancel {
    /// Stops every question that was started with it.
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

/// Nobody is called: `SERVICE` fails, or gives nothing when it is `SILENT`.
pub(crate) struct NoService;

impl DefaultServiceHandler for NoService {
    type Error = QueryEvaluationError;

    fn handle(
        &self,
        _: &NamedNode,
        _: &spargebra::algebra::GraphPattern,
        _: Option<&oxiri::Iri<String>>,
    ) -> Result<QuerySolutionIter<'static>, QueryEvaluationError> {
        Err(QueryEvaluationError::Service("no other endpoint is asked".into()))
    }
}

/// A query that is parsed, and nothing else: not planned, bound to no data.
pub(crate) fn prepare(query: &str, token: &CancellationToken) -> Result<PreparedSparqlQuery, Refusal> {
    SparqlEvaluator::new()
        .with_default_service_handler(NoService)
        .with_cancellation_token(token.clone())
        .parse_query(query)
        .map_err(|error| {
            let cause = shown(&error.to_string());
            Refusal::new(
                "sparql-syntax",
                RefusalKind::Configuration,
                SUBJECT,
                Text::new(
                    format!("frågan går inte att läsa: {cause}"),
                    format!("the query cannot be read: {cause}"),
                ),
            )
            .at(position(query.as_bytes(), 0))
        })
}

impl Store {
    /// Answers SELECT, ASK, CONSTRUCT or DESCRIBE over the current snapshots of all sources: their union is the default graph, each is a
    /// named graph. `accept` is an `Accept` header; JSON, or Turtle for triples, when it asks for nothing we have.
    ///
    /// # Errors
    /// Refusals `sparql-syntax`, `sparql-timeout`, `sparql-too-large`, `sparql-service`, and failures of the store.
    pub fn query(&self, query: &str, accept: Option<&str>, limits: &SparqlLimits) -> Result<Answer, Refusal> {
        self.query_until(query, accept, limits, (&Cancel::default(), &Withheld::default()))
    }

    /// [`Store::query`], stopped by `cancel` too, and over what is left of the snapshots without every statement that names a withheld
    /// address: the evaluation never reads one, so nothing that it computes can tell of it.
    ///
    /// # Errors
    /// Those of [`Store::query`].
    pub fn query_until(
        &self,
        query: &str,
        accept: Option<&str>,
        limits: &SparqlLimits,
        (cancel, withheld): (&Cancel, &Withheld),
    ) -> Result<Answer, Refusal> {
        let token = &cancel.0;
        let (done, waiting) = mpsc::channel::<()>();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                if waiting.recv_timeout(limits.timeout) == Err(mpsc::RecvTimeoutError::Timeout) {
                    token.cancel();
                }
            });
            let answer = std::thread::Builder::new()
                .name("sparql".into())
                .stack_size(STACK_BYTES)
                .spawn_scoped(scope, || self.answer(query, accept, limits, (token, withheld)))
                .map_err(|error| internal("no-thread", SUBJECT, "ingen tråd att svara i", "no thread to answer in", error))
                .and_then(|thread| thread.join().unwrap_or_else(|stopped| Err(stopped_by(stopped.downcast_ref()))));
            drop(done);
            answer
        })
    }

    fn answer(
        &self,
        query: &str,
        accept: Option<&str>,
        limits: &SparqlLimits,
        (token, withheld): (&CancellationToken, &Withheld),
    ) -> Result<Answer, Refusal> {
        let mut prepared = prepare(query, token)?;
        // Pointers and content are read in one transaction: every source is old or new.
        let reader = self.begin()?;
        let graphs: Vec<NamedNode> = pointers(&reader)?
            .into_values()
            .map(|snapshot| NamedNode::new_unchecked(snapshot.graph))
            .collect();
        only_current(&mut prepared, graphs);
        listen(token);
        let watched = Watched::new(&reader, query.to_ascii_uppercase().contains("GROUP_CONCAT"), withheld);
        let results = prepared.on_queryable_dataset(watched).execute().map_err(evaluation)?;
        match results {
            QueryResults::Boolean(value) => boolean(value, accept),
            QueryResults::Solutions(rows) => solutions(rows, accept, limits),
            QueryResults::Graph(triples) => graph(triples, accept, limits),
        }
    }
}

/// Keeps the graphs of the query that are current; without `FROM`, all that are current.
fn only_current(prepared: &mut PreparedSparqlQuery, graphs: Vec<NamedNode>) {
    let dataset = prepared.dataset_mut();
    let every: Vec<GraphName> = graphs.iter().cloned().map(GraphName::NamedNode).collect();
    let named: Vec<NamedOrBlankNode> = graphs.into_iter().map(NamedOrBlankNode::NamedNode).collect();
    if dataset.is_default_dataset() {
        dataset.set_default_graph(every);
        dataset.set_available_named_graphs(named);
        return;
    }
    let asked = dataset.default_graph_graphs().unwrap_or_default();
    let kept = asked.iter().filter(|graph| every.contains(graph)).cloned().collect();
    let asked_named = dataset.available_named_graphs().unwrap_or_default();
    let kept_named = asked_named.iter().filter(|graph| named.contains(graph)).cloned().collect();
    dataset.set_default_graph(kept);
    dataset.set_available_named_graphs(kept_named);
}

/// Why the thread of a question unwound.
fn stopped_by(stop: Option<&Stop>) -> Refusal {
    let (id, sv, en) = match stop {
        Some(Stop::Cancelled) => (
            "sparql-timeout",
            "frågan tog för lång tid och stoppades",
            "the query took too long and was stopped",
        ),
        Some(Stop::TooLarge) => (
            "sparql-too-large",
            "frågan behövde för mycket minne och stoppades",
            "the query needed too much memory and was stopped",
        ),
        None => return broken(SUBJECT, "the evaluation stopped"),
    };
    Refusal::new(id, RefusalKind::Unreadable, SUBJECT, Text::new(sv, en)).hint(Text::new(
        "begränsa frågan, till exempel med en fast egenskap eller LIMIT",
        "narrow the query, for instance by a fixed property or LIMIT",
    ))
}

fn evaluation(error: QueryEvaluationError) -> Refusal {
    match error {
        QueryEvaluationError::Cancelled => stopped_by(Some(&Stop::Cancelled)),
        QueryEvaluationError::Service(_) => service(),
        other => broken(SUBJECT, other),
    }
}

/// `SERVICE` in a query from outside.
pub(crate) fn service() -> Refusal {
    Refusal::new(
        "sparql-service",
        RefusalKind::Forbidden,
        SUBJECT,
        Text::new(
            "SERVICE körs inte: ingen annan adress tillfrågas",
            "SERVICE does not run: no other address is asked",
        ),
    )
}

fn results_format(accept: Option<&str>) -> QueryResultsFormat {
    preferred(accept.unwrap_or_default(), |media_type| match media_type {
        "application/sparql-results+json" | "application/json" => Some(QueryResultsFormat::Json),
        "application/sparql-results+xml" | "application/xml" => Some(QueryResultsFormat::Xml),
        "text/csv" => Some(QueryResultsFormat::Csv),
        "text/tab-separated-values" => Some(QueryResultsFormat::Tsv),
        _ => None,
    })
    .unwrap_or(QueryResultsFormat::Json)
}

fn boolean(value: bool, accept: Option<&str>) -> Result<Answer, Refusal> {
    // CSV and TSV have no form for yes and no.
    let format = match results_format(accept) {
        QueryResultsFormat::Xml => QueryResultsFormat::Xml,
        _ => QueryResultsFormat::Json,
    };
    let body = QueryResultsSerializer::from_format(format)
        .serialize_boolean_to_writer(Vec::new(), value)
        .map_err(|error| broken(SUBJECT, error))?;
    Ok(Answer {
        media_type: format.media_type().to_owned(),
        body,
        truncated: false,
    })
}

fn solutions(rows: QuerySolutionIter<'_>, accept: Option<&str>, limits: &SparqlLimits) -> Result<Answer, Refusal> {
    let format = results_format(accept);
    let variables = rows.variables().to_vec();
    let counted = Counted::default();
    let mut writer = QueryResultsSerializer::from_format(format)
        .serialize_solutions_to_writer(counted.clone(), variables)
        .map_err(|error| broken(SUBJECT, error))?;
    let mut truncated = false;
    for (at, row) in rows.enumerate() {
        let row = row.map_err(evaluation)?;
        if at >= limits.rows_max || counted.len() >= limits.answer_bytes_max {
            truncated = true;
            break;
        }
        writer.serialize(&row).map_err(|error| broken(SUBJECT, error))?;
    }
    writer.finish().map_err(|error| broken(SUBJECT, error))?;
    Ok(Answer {
        media_type: format.media_type().to_owned(),
        body: counted.take(),
        truncated,
    })
}

fn graph(triples: QueryTripleIter<'_>, accept: Option<&str>, limits: &SparqlLimits) -> Result<Answer, Refusal> {
    let syntax = Syntax::from_accept(accept.unwrap_or_default()).unwrap_or(Syntax::Turtle);
    let counted = Counted::default();
    let mut serializer = RdfSerializer::from_format(rdf_format(syntax));
    for (prefix, iri) in PREFIXES {
        serializer = serializer.with_prefix(*prefix, *iri).map_err(|error| broken(SUBJECT, error))?;
    }
    let mut writer = serializer.for_writer(counted.clone());
    let mut truncated = false;
    for (at, triple) in triples.enumerate() {
        let triple = triple.map_err(evaluation)?;
        if at >= limits.rows_max || counted.len() >= limits.answer_bytes_max {
            truncated = true;
            break;
        }
        writer.serialize_triple(&triple).map_err(|error| broken(SUBJECT, error))?;
    }
    writer.finish().map_err(|error| broken(SUBJECT, error))?;
    Ok(Answer {
        media_type: syntax.media_type().to_owned(),
        body: counted.take(),
        truncated,
    })
}

fn rdf_format(syntax: Syntax) -> RdfFormat {
    match syntax {
        Syntax::Turtle => RdfFormat::Turtle,
        Syntax::RdfXml => RdfFormat::RdfXml,
        Syntax::JsonLd => RdfFormat::JsonLd {
            profile: oxjsonld::JsonLdProfileSet::empty(),
        },
        Syntax::NTriples => RdfFormat::NTriples,
    }
}

/// A buffer whose size can be asked while a serializer holds it.
#[derive(Clone, Default)]
struct Counted(std::rc::Rc<std::cell::RefCell<Vec<u8>>>);

impl Counted {
    fn len(&self) -> usize {
        self.0.borrow().len()
    }
    fn take(&self) -> Vec<u8> {
        self.0.take()
    }
}

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
