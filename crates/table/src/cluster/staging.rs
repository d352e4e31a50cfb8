//! The staging store: private, seen by every node of a cluster, holding copies of files only while somebody asks about them.
//!
//! In: Parquet files of this machine. Out: an address that plans may name. Every visit has a prefix of its own that nobody can guess; it is
//! wiped when the visit ends, whether its question was answered or not, and what a killed process left behind is wiped by later visits.

use std::fmt;
use std::fs::File;
use std::hash::{BuildHasher as _, RandomState};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use datafusion::common::{DataFusionError, exec_datafusion_err};
use datafusion::execution::object_store::ObjectStoreRegistry;
use datafusion::object_store::path::Path as Key;
use datafusion::object_store::{ObjectStore, ObjectStoreExt as _, PutPayload, WriteMultipart};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use fyr_model::{Refusal, RefusalKind, Text};
use url::Url;

use super::split;
use crate::refuse;

/// The root of the store in plans. What it stands for each node knows from its own configuration.
const ROOT: &str = "staged://fyr/";
/// Larger parts go up in pieces.
const PUT_BYTES_MAX: u64 = 16 << 20;
const PIECE_BYTES: usize = 8 << 20;
/// Parts that go up at a time, and pieces of one.
const UPLOADS: usize = 4;
/// A visit older than this was left behind by a process that was killed.
const VISIT_MAX: Duration = Duration::from_secs(24 * 3600);

/// A place that every node of a cluster sees: a folder or the prefix of a private bucket, never one that is published.
#[derive(Debug, Clone)]
pub struct Staging {
    store: Arc<dyn ObjectStore>,
}

impl Staging {
    /// A staging store; `store` must see nothing but what is staged.
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { store }
    }

    /// Begins a visit, and wipes what old ones left behind.
    pub(super) async fn visit(&self, scratch: &Path) -> Result<Visit, Refusal> {
        self.sweep().await?;
        Ok(Visit {
            store: self.store.clone(),
            prefix: Some(Key::from(name(SystemTime::now()))),
            scratch: scratch.to_path_buf(),
            tables: 0,
        })
    }

    async fn sweep(&self) -> Result<(), Refusal> {
        let listed = self.store.list_with_delimiter(None).await.map_err(|_| unreachable())?;
        let now = SystemTime::now();
        for prefix in listed.common_prefixes {
            let began = prefix.filename().and_then(began);
            if began.is_some_and(|began| now.duration_since(began).is_ok_and(|age| age > VISIT_MAX)) {
                tracing::warn!("staged files that a stopped process left behind are wiped");
                wipe(&self.store, &prefix).await?;
            }
        }
        Ok(())
    }
}

/// Time in seconds and a random word: old visits can be told from new ones, and none can be guessed.
fn name(now: SystemTime) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seed = (since, std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let word = || RandomState::new().hash_one(seed);
    format!("{:010x}-{:016x}{:016x}", since.as_secs(), word(), word())
}

/// When a visit of this name began; nothing for what is no visit of ours.
fn began(name: &str) -> Option<SystemTime> {
    let (seconds, word) = name.split_once('-')?;
    let hexadecimal = |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let ours = hexadecimal(seconds, 10) && hexadecimal(word, 32);
    let seconds = u64::from_str_radix(seconds, 16).ok().filter(|_| ours)?;
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// Files that lie in the store for one question.
pub(super) struct Visit {
    store: Arc<dyn ObjectStore>,
    /// Nothing once it is wiped.
    prefix: Option<Key>,
    scratch: PathBuf,
    tables: u32,
}

/// A table in the store.
#[derive(Debug)]
pub(super) struct Copied {
    /// The folder of its parts, `part=0/` and so on.
    pub(super) address: String,
    pub(super) parts: u64,
}

impl Visit {
    /// Copies a table into the store.
    pub(super) async fn copy(&mut self, parquet: &[PathBuf], partition: &str) -> Result<Copied, Refusal> {
        let prefix = self.prefix.clone().ok_or_else(unreachable)?;
        let files = parquet.to_vec();
        let parts = crate::engine::blocking(move || split::parts(&files).map_err(|_| refuse::engine("table", "split"))).await?;
        let folder = prefix.join(format!("t{}", self.tables));
        self.tables += 1;
        let count = parts.len() as u64;
        let copies = parts.into_iter().enumerate().map(|(number, part)| {
            let key = folder.clone().join(format!("{partition}={number}")).join("rows.parquet");
            upload(self.store.clone(), part, key, self.scratch.clone())
        });
        stream::iter(copies).buffer_unordered(UPLOADS).try_collect::<Vec<()>>().await?;
        Ok(Copied {
            address: format!("{ROOT}{folder}/"),
            parts: count,
        })
    }

    /// Wipes what this visit brought.
    pub(super) async fn end(mut self) -> Result<(), Refusal> {
        match self.prefix.take() {
            Some(prefix) => wipe(&self.store, &prefix).await,
            None => Ok(()),
        }
    }
}

impl Drop for Visit {
    /// A question that was given up is wiped in the background; what a process does not live to wipe, later visits do.
    fn drop(&mut self) {
        let Some(prefix) = self.prefix.take() else { return };
        let store = self.store.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            WIPING.fetch_add(1, Ordering::SeqCst);
            runtime.spawn(async move {
                let wiped = wipe(&store, &prefix).await;
                WIPING.fetch_sub(1, Ordering::SeqCst);
                wiped
            });
        }
    }
}

/// Visits that are wiped in the background.
static WIPING: AtomicUsize = AtomicUsize::new(0);
/// How long a process waits for them before it ends.
const SETTLE_MAX: Duration = Duration::from_secs(10);

/// Waits until the copies for questions that were given up are wiped; called before a process ends.
pub async fn settled() {
    let wiped = async {
        while WIPING.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    if tokio::time::timeout(SETTLE_MAX, wiped).await.is_err() {
        tracing::warn!("staged files could not be wiped in time; a later question wipes them after a day");
    }
}

/// A part on its way: cut out beside the spilled rows if need be, put, and the cut removed.
async fn upload(store: Arc<dyn ObjectStore>, part: split::Part, key: Key, scratch: PathBuf) -> Result<(), Refusal> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let cut = (!part.whole).then(|| {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        scratch.join(format!("part-{}-{number}.parquet", std::process::id()))
    });
    let (target, source) = (cut.clone(), part.file.clone());
    let written = crate::engine::blocking(move || match &target {
        Some(target) => part.write(target).map_err(|_| refuse::engine("table", "split")),
        None => Ok(()),
    })
    .await;
    let put = match written {
        Ok(()) => put(&store, &key, cut.as_ref().unwrap_or(&source)).await,
        Err(refusal) => Err(refusal),
    };
    if let Some(cut) = cut {
        // Private and swept with the spill folder; a leftover is no reason to fail.
        let _ = std::fs::remove_file(cut);
    }
    put
}

async fn put(store: &Arc<dyn ObjectStore>, key: &Key, file: &Path) -> Result<(), Refusal> {
    let failed = |error: std::io::Error| refuse::io("staging", error);
    let mut file = File::open(file).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    if bytes <= PUT_BYTES_MAX {
        let mut all = Vec::with_capacity(bytes as usize);
        file.read_to_end(&mut all).map_err(failed)?;
        return store.put(key, PutPayload::from(all)).await.map(drop).map_err(|_| unreachable());
    }
    let upload = store.put_multipart(key).await.map_err(|_| unreachable())?;
    let mut upload = WriteMultipart::new_with_chunk_size(upload, PIECE_BYTES);
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let read = file.read(&mut piece).map_err(failed)?;
        let Some(read) = piece.get(..read).filter(|read| !read.is_empty()) else {
            break;
        };
        upload.wait_for_capacity(UPLOADS).await.map_err(|_| unreachable())?;
        upload.write(read);
    }
    upload.finish().await.map(drop).map_err(|_| unreachable())
}

async fn wipe(store: &Arc<dyn ObjectStore>, prefix: &Key) -> Result<(), Refusal> {
    let found = store.list(Some(prefix)).map_ok(|object| object.location).boxed();
    let wiped: Result<Vec<Key>, _> = store.delete_stream(found).try_collect().await;
    wiped.map(drop).map_err(|_| {
        Refusal::new(
            "staging-not-wiped",
            RefusalKind::Internal,
            "staging",
            Text::new(
                "kopiorna i mellanlagret kunde inte tas bort",
                "the copies in the staging store could not be removed",
            ),
        )
        .hint(Text::new(
            "ta bort dem själv: de är personuppgifter; annars tas de bort av en fråga efter ett dygn",
            "remove them yourself: they are personal data; else a question after a day removes them",
        ))
    })
}

/// The store's own words may hold an address with a signature, and are dropped.
fn unreachable() -> Refusal {
    Refusal::new(
        "staging-unreachable",
        RefusalKind::Unreachable,
        "staging",
        Text::new(
            "mellanlagret svarar inte, eller nekar",
            "the staging store does not answer, or says no",
        ),
    )
    .hint(Text::new(
        "se över `[cluster.staging]`: adress, server, nycklar",
        "look over `[cluster.staging]`: address, server, keys",
    ))
}

/// A registry that knows the staging store and nothing else: a plan that names a file of the node, or another bucket, finds nothing.
pub(super) struct OnlyStaging(pub(super) Staging);

impl fmt::Debug for OnlyStaging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnlyStaging")
    }
}

impl ObjectStoreRegistry for OnlyStaging {
    fn register_store(&self, _: &Url, _: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        None
    }
    fn get_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>, DataFusionError> {
        if url.as_str().starts_with(ROOT) {
            Ok(self.0.store.clone())
        } else {
            Err(exec_datafusion_err!("only staged files can be read"))
        }
    }
}

#[cfg(test)]
mod tests {
    use datafusion::object_store::memory::InMemory;

    use super::*;

    #[test]
    fn a_visit_says_when_it_began_and_nothing_else_is_taken_for_one() {
        let then = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let (one, two) = (name(then), name(then));
        assert_ne!(one, two);
        assert_eq!((began(&one), began(&two)), (Some(then), Some(then)));
        for foreign in ["data", "", "00-11", "006b49d200-zz", "published-000000000000000000000000000000000"] {
            assert_eq!(began(foreign), None, "{foreign}");
        }
    }

    #[tokio::test]
    async fn h31_what_a_killed_process_left_is_wiped_after_a_day_and_nothing_else() {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let hours = |hours: u64| name(SystemTime::now() - Duration::from_secs(hours * 3600));
        let (old, young) = (hours(25), hours(23));
        for prefix in [old.as_str(), young.as_str(), "somebody-else"] {
            let key = Key::from(format!("{prefix}/t0/part=0/rows.parquet"));
            store.put(&key, PutPayload::from_static(b"x")).await.unwrap();
        }
        let staging = Staging::new(store.clone());
        let dir = tempfile::tempdir().unwrap();
        staging.visit(dir.path()).await.unwrap().end().await.unwrap();
        let left: Vec<String> = store
            .list(None)
            .map_ok(|object| object.location.to_string())
            .try_collect()
            .await
            .unwrap();
        assert_eq!(left.len(), 2, "{left:?}");
        assert!(left.iter().all(|key| !key.starts_with(&old)));
    }

    #[test]
    fn a_plan_finds_nothing_but_what_is_staged() {
        let only = OnlyStaging(Staging::new(Arc::new(InMemory::new())));
        let find = |address: &str| only.get_store(&Url::parse(address).unwrap());
        assert!(find("staged://fyr/0/t0/part=0/rows.parquet").is_ok());
        for address in ["file:///etc/passwd", "s3://published/x", "staged://other/x", "http://127.0.0.1/"] {
            assert!(find(address).is_err(), "{address}");
        }
    }
}
