//! stub
use chrono::{DateTime, Utc};
use fyr_model::mqa::MqaDataset;
use fyr_model::readiness::Readiness;
/// Quality measurements as DQV in Turtle.
pub fn dqv(iri: &str, readiness: &Readiness, mqa: &[MqaDataset], at: DateTime<Utc>) -> Vec<u8> {
    let _ = (iri, readiness, mqa, at);
    Vec::new()
}
