//! stub
use super::OwnCatalogue;
use crate::syntax::Syntax;
use fyr_model::release::{ReleaseFile, ReleaseRecord};
/// The entry of one release: dataset, distributions, agents, contact.
pub fn entry(record: &ReleaseRecord, files: &[ReleaseFile], syntax: Syntax) -> Vec<u8> {
    let _ = (record, files, syntax);
    Vec::new()
}
/// Our whole catalogue.
pub fn catalogue(own: &OwnCatalogue, releases: &[(ReleaseRecord, Vec<ReleaseFile>)], syntax: Syntax) -> Vec<u8> {
    let _ = (own, releases, syntax);
    Vec::new()
}
