//! Plans on a Ballista cluster: the client's side of it, and the two processes that it is made of.
//!
//! In: the same SQL and the same Parquet files as the engine of one process. Out: the same answers. The files are copied to a staging store
//! that every node sees, cut at row groups so that nodes can share the work, and taken away when the question is answered or has failed.
//! Plans name nothing but that store and functions of the common list: no file of a node, no address of a bucket.
//!
//! Nothing here proves who asks. Whoever reaches a scheduler or an executor may read what is staged while it is; so both listen on loopback
//! unless the operator says otherwise, and an executor reads from the staging store and from nowhere else.

mod executor;
mod scheduler;
mod session;
mod split;
mod staging;
mod work;

pub use executor::{ExecutorOptions, execute};
pub use scheduler::{SchedulerOptions, schedule};
pub use staging::{Staging, settled};

pub(crate) use session::{Client, Remote};

/// The largest message between nodes: a plan, or the rows of one batch.
const MESSAGE_BYTES: u32 = 64 << 20;
