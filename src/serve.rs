//! `fyr serve`: portal, scheduler and order desk in one process.

use std::net::SocketAddr;
use std::sync::Arc;

use chrono::Utc;
use fyr_model::{Refusal, RefusalKind, SourceId, Text};
use fyr_portal::Portal;

use crate::order::Order;
use crate::site::Site;
use crate::term::Term;
use crate::workspace::internal;

/// How often the scheduler looks at the clock.
const TICK: std::time::Duration = std::time::Duration::from_secs(1);

/// Serves until the process is told to stop: the public door, and the operator's where one is asked for.
pub async fn run(site: Site, doors: (SocketAddr, Option<SocketAddr>), demo: bool, term: &Term) -> Result<(), Refusal> {
    let (listener, address) = open(doors.0).await?;
    let operator = match doors.1 {
        Some(listen) => Some(open(listen).await?),
        None => None,
    };
    let say = |sv, en, address| eprintln!("{} http://{address}/", term.say(sv, en));
    if let Some((_, address)) = &operator {
        say("Operatörens dörr svarar på", "The operator's door answers at", address);
    }
    say("Portalen svarar på", "The portal answers at", &address);
    for run in site.interrupted.iter() {
        if let ("harvest", Ok(id)) = (run.kind.as_str(), run.subject.parse()) {
            // What a person started by hand is harvested again; only a night goes on to its pipelines.
            start(&site, id, "recovery", run.trigger != "manual");
        }
    }
    let orders = tokio::spawn(crate::handover::listen(site.clone()));
    let schedule = tokio::spawn(scheduler(site.clone()));
    let behind = operator.map(|(listener, _)| {
        let router = fyr_portal::operator(portal(&site, demo), site.config.keys.clone());
        tokio::spawn(fyr_portal::serve(listener, router, stopped()))
    });
    let served = fyr_portal::serve(listener, fyr_portal::router(portal(&site, demo)), stopped()).await;
    orders.abort();
    schedule.abort();
    if let Some(behind) = behind {
        behind.abort();
    }
    let _ = std::fs::remove_file(crate::site::socket(&site.config.data));
    served.map_err(|error| internal("serve", &error))
}

async fn open(listen: SocketAddr) -> Result<(tokio::net::TcpListener, SocketAddr), Refusal> {
    let listener = tokio::net::TcpListener::bind(listen).await.map_err(|error| {
        let text = Text::new(
            format!("{listen} går inte att lyssna på: {error}"),
            format!("{listen} cannot be listened on: {error}"),
        );
        Refusal::new("listen", RefusalKind::Configuration, listen.to_string(), text).hint(Text::new(
            "välj en annan adress med --listen",
            "choose another address with --listen",
        ))
    })?;
    let address = listener.local_addr().map_err(|error| internal("listen", &error))?;
    Ok((listener, address))
}

/// What the portal may see: it reads and never runs a step.
pub fn portal(site: &Site, demo: bool) -> Portal {
    let (sources, waiting) = (site.clone(), site.clone());
    Portal {
        store: site.harvest.store.clone(),
        state: site.harvest.state.clone(),
        published: site.config.published.clone(),
        own: site.own.clone(),
        runner: site.harvest.runner.clone(),
        sparql: site.config.sparql.clone(),
        sources: Arc::new(move || sources.sources().unwrap_or_default()),
        candidates: Arc::new(move || waiting.waiting(Utc::now())),
        data: site.config.data.clone(),
        demo,
    }
}

/// Starts each source when its slot comes; every slot once, due times kept in UTC (H41).
async fn scheduler(site: Site) {
    loop {
        if let Err(refusal) = tick(&site).await {
            tracing::warn!(id = refusal.id, "the scheduler could not look at its table");
        }
        tokio::time::sleep(TICK).await;
    }
}

async fn tick(site: &Site) -> Result<(), Refusal> {
    let now = Utc::now();
    let state = &site.harvest.state;
    let known: Vec<_> = site.sources()?.into_iter().filter(|(_, file)| !file.paused).collect();
    for (id, file) in &known {
        state.plan(id.as_str(), &file.schedule, now)?;
    }
    for slot in state.due(now)? {
        let Some((id, _)) = known.iter().find(|(id, _)| id.as_str() == slot.source) else {
            state.unplan(&slot.source)?;
            continue;
        };
        // The slot is taken before the run starts: a crash in the run does not repeat the slot, the journal redoes the run.
        if state.take_slot(&slot, now)?.is_some() {
            start(site, id.clone(), "schedule", true);
        }
    }
    Ok(())
}

/// Harvests a source, and after a night's harvest that ended well runs its pipelines.
fn start(site: &Site, id: SourceId, trigger: &'static str, night: bool) {
    let site = site.clone();
    tokio::spawn(async move {
        let order = Order::Harvest {
            sources: vec![id.clone()],
            all: false,
            dry_run: false,
        };
        let reply = site.execute(order, trigger, Utc::now()).await;
        if night
            && reply.exit_code() == 0
            && let Err(refusal) = site.night(&id, Utc::now()).await
        {
            tracing::warn!(source = %id, id = refusal.id, "the night's pipelines could not be run");
        }
    });
}

pub async fn stopped() {
    let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
