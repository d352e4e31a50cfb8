//! The pages, one file each, and the parts that several share.

pub mod candidates;
pub mod columns;
pub mod dataset;
pub mod datasets;
pub mod errors;
pub mod findings;
pub mod harvested;
pub mod links;
pub mod method;
pub mod proofs;
pub mod release;
pub mod rows;
pub mod score;
pub mod source;
pub mod sources;
pub mod start;
