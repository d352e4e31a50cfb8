//! Commands that need a workspace: they give an order to the process that owns the data folder, which is this one when no server runs.

use std::net::SocketAddr;
use std::path::Path;

use chrono::Utc;
use clap::ArgMatches;
use fyr_model::harvest::SourceFile;
use fyr_model::privacy::{Decision, Interest};
use fyr_model::standing::Standing;
use fyr_model::{PipelineName, Refusal, RefusalKind, Sha256, SourceId, Text};

use super::Door;
use crate::cli;
use crate::order::{Order, Reply};
use crate::show;
use crate::site::Site;
use crate::workspace::{absolute, internal};

/// Gives an order to a running server, or carries it out here.
pub async fn order(door: &Door, order: Order) -> Result<Reply, Refusal> {
    door.workspace()?;
    if let Some(reply) = crate::handover::ask(&door.config.data, &order) {
        return reply;
    }
    let site = Site::open(&door.config)?;
    Ok(site.execute(order, "manual", Utc::now()).await)
}

/// Shows a reply and gives its exit code.
pub(super) fn answer(door: &Door, reply: &Reply) -> Result<u8, Refusal> {
    match reply {
        Reply::Refused { refusal } => return Err(refusal.clone()),
        _ if door.json => show::json(door, reply)?,
        _ => show::text(&door.term, reply),
    }
    Ok(reply.exit_code())
}

pub fn init(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let dir = absolute(Path::new(cli::text(words, "dir").unwrap_or(".")));
    if dir.join("fyr.toml").exists() {
        let text = Text::new("mappen har redan en fyr.toml", "the folder has a fyr.toml already");
        return Err(Refusal::new(
            "workspace-exists",
            RefusalKind::Configuration,
            dir.display().to_string(),
            text,
        ));
    }
    for part in ["catalog/sources", "pipelines", "sql/quality"] {
        std::fs::create_dir_all(dir.join(part)).map_err(|error| internal("init", &error))?;
    }
    let own = crate::workspace::embedded("catalog/own.toml").unwrap_or_default();
    for (name, text) in [("fyr.toml", crate::config::SAMPLE), ("catalog/own.toml", &own)] {
        std::fs::write(dir.join(name), text).map_err(|error| internal("init", &error))?;
    }
    println!("{} {}", door.term.done(), dir.display());
    println!(
        "{}",
        door.term.say(
            "Nästa steg: fyr source add NAMN --url ADRESS",
            "Next: fyr source add NAME --url ADDRESS"
        )
    );
    Ok(0)
}

pub async fn source(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let Some((verb, words)) = words.subcommand() else { return Ok(2) };
    let id = || source_id(words, "id");
    match verb {
        "list" => answer(door, &order(door, Order::Sources).await?),
        "show" => answer(door, &order(door, Order::Source { id: id()? }).await?),
        "approve" => answer(door, &order(door, Order::Approve { id: id()? }).await?),
        "add" => add(door, &id()?, words),
        "pause" => {
            let id = id()?;
            let mut file = read(door, &id)?;
            file.paused = !cli::flag(words, "resume");
            write(door, &id, &file)
        }
        "remove" => {
            let id = id()?;
            read(door, &id)?;
            let reply = order(door, Order::Forget { id: id.clone() }).await?;
            std::fs::remove_file(path(door, &id)?).map_err(|error| internal("source", &error))?;
            answer(door, &reply)
        }
        _ => Ok(2),
    }
}

fn add(door: &Door, id: &SourceId, words: &ArgMatches) -> Result<u8, Refusal> {
    if path(door, id)?.exists() {
        let text = Text::new("skördningskällan finns redan", "the source exists already");
        return Err(Refusal::new("source-exists", RefusalKind::Configuration, id.as_str(), text));
    }
    let url = cli::text(words, "url").unwrap_or_default();
    let parsed = url::Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    if parsed.is_none() {
        let text = Text::new("adressen måste vara http eller https", "the address must be http or https");
        return Err(Refusal::new("source-url", RefusalKind::Configuration, url, text));
    }
    let schedule = cli::text(words, "schedule").unwrap_or("0 4 * * *").to_owned();
    fyr_jobs::schedule::next(&schedule, id.as_str(), Utc::now())?;
    let some = |name: &str| cli::text(words, name).map(str::to_owned);
    let file = SourceFile {
        url: url.into(),
        kind: "auto".into(),
        schedule,
        owner: some("owner"),
        base: some("base"),
        paused: false,
    };
    write(door, id, &file)
}

fn source_id(words: &ArgMatches, name: &str) -> Result<SourceId, Refusal> {
    let given = cli::text(words, name).unwrap_or_default();
    given.parse().map_err(|error: fyr_model::BadId| bad_name(given, &error))
}

fn pipeline_name(given: &str) -> Result<PipelineName, Refusal> {
    given.parse().map_err(|error: fyr_model::BadId| bad_name(given, &error))
}

fn bad_name(given: &str, error: &fyr_model::BadId) -> Refusal {
    let text = Text::new("namnet går inte att använda: 1-64 av a-z, 0-9 och -", error.to_string());
    Refusal::new("bad-name", RefusalKind::Configuration, given, text)
}

fn path(door: &Door, id: &SourceId) -> Result<std::path::PathBuf, Refusal> {
    Ok(door.workspace()?.path(format!("catalog/sources/{id}.toml")))
}

fn read(door: &Door, id: &SourceId) -> Result<SourceFile, Refusal> {
    let folder = door.workspace()?.path("catalog/sources");
    fyr_harvest::sources(&folder)?
        .into_iter()
        .find(|(known, _)| known == id)
        .map(|(_, file)| file)
        .ok_or_else(|| {
            let text = Text::new("skördningskällan finns inte", "there is no such source");
            Refusal::new("source-missing", RefusalKind::Configuration, id.as_str(), text)
        })
}

fn write(door: &Door, id: &SourceId, file: &SourceFile) -> Result<u8, Refusal> {
    let path = path(door, id)?;
    let text = toml::to_string(file).map_err(|error| internal("source", &error))?;
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(|error| internal("source", &error))?;
    }
    std::fs::write(&path, text).map_err(|error| internal("source", &error))?;
    if door.json {
        door.document("source", None, serde_json::json!({ "id": id, "file": file }))?;
    } else {
        println!("{} catalog/sources/{id}.toml", door.term.done());
    }
    Ok(0)
}

pub async fn harvest(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let named = cli::texts(words, "source");
    let sources = named
        .iter()
        .map(|given| given.parse().map_err(|error| bad_name(given, &error)))
        .collect::<Result<_, _>>()?;
    let all = cli::flag(words, "all");
    if named.is_empty() && !all {
        return Err(nothing_named("fyr harvest --all"));
    }
    answer(
        door,
        &order(
            door,
            Order::Harvest {
                sources,
                all,
                dry_run: cli::flag(words, "dry-run"),
            },
        )
        .await?,
    )
}

pub async fn curate(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let pipelines = cli::texts(words, "pipeline");
    let all = cli::flag(words, "all");
    if pipelines.is_empty() && !all {
        return Err(nothing_named("fyr curate --all"));
    }
    answer(
        door,
        &order(
            door,
            Order::Curate {
                pipelines,
                all,
                dry_run: cli::flag(words, "dry-run"),
                accept_reading: cli::flag(words, "accept-reading"),
            },
        )
        .await?,
    )
}

fn nothing_named(example: &str) -> Refusal {
    let text = Text::new("ingenting namngivet", "nothing named");
    Refusal::new("nothing-named", RefusalKind::Configuration, "fyr", text).hint(Text::new(
        format!("ange namn, eller `{example}`"),
        format!("give names, or `{example}`"),
    ))
}

pub async fn sign(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let dataset = pipeline_name(cli::text(words, "dataset").unwrap_or_default())?;
    let word = |name: &str| cli::text(words, name).unwrap_or_default().to_owned();
    let interest = match cli::text(words, "interest") {
        Some("information-security") => Interest::InformationSecurity,
        Some("personal-data") => Interest::PersonalData,
        _ => Interest::NationalSecurity,
    };
    let decision = Decision {
        interest,
        candidate: Sha256::from_bytes([0; 32]),
        by: word("by"),
        role: word("role"),
        organisation: word("organisation"),
        ground: word("ground"),
        diary_number: cli::text(words, "diary-number").map(str::to_owned),
        secrecy_section: cli::text(words, "secrecy-section").map(str::to_owned),
        at: Utc::now(),
        invented: false,
        standing: standing(words)?,
    };
    answer(door, &order(door, Order::Sign { dataset, decision }).await?)
}

/// Until when a decision is to stand; what it is bound to is filled in from the candidate.
fn standing(words: &ArgMatches) -> Result<Option<Standing>, Refusal> {
    let Some(given) = cli::text(words, "until") else { return Ok(None) };
    let until = given.parse().map_err(|_| {
        let text = Text::new("--until är inget datum, som 2027-05-31", "--until is not a date, as 2027-05-31");
        Refusal::new("decision-until", RefusalKind::Configuration, given, text)
    })?;
    Ok(Some(Standing {
        until,
        terms: Sha256::from_bytes([0; 32]),
        bound_to: None,
    }))
}

pub async fn publish(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let datasets = cli::texts(words, "dataset")
        .iter()
        .map(|given| pipeline_name(given))
        .collect::<Result<_, _>>()?;
    answer(door, &order(door, Order::Publish { datasets }).await?)
}

pub async fn candidates(door: &Door) -> Result<u8, Refusal> {
    answer(door, &order(door, Order::Candidates).await?)
}

pub async fn withdraw(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let dataset = pipeline_name(cli::text(words, "dataset").unwrap_or_default())?;
    let reason = cli::text(words, "reason").unwrap_or_default().to_owned();
    answer(door, &order(door, Order::Withdraw { dataset, reason }).await?)
}

pub async fn sparql(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let query = cli::text(words, "query").unwrap_or_default().to_owned();
    answer(door, &order(door, Order::Sparql { query }).await?)
}

pub async fn serve(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    let listen = listen(door, words)?;
    let demo = door.workspace()?.path("DEMO").exists();
    let operator = operator_listen(door, words)?;
    crate::serve::run(Site::open(&door.config)?, (listen, operator), demo, &door.term).await?;
    Ok(0)
}

/// Where the operator's door listens; it is for this machine only, and for holders of keys.
fn operator_listen(door: &Door, words: &ArgMatches) -> Result<Option<SocketAddr>, Refusal> {
    let listen = match cli::text(words, "operator-listen") {
        Some(given) => Some(address(given)?),
        None => door.config.operator_listen,
    };
    let Some(listen) = listen else { return Ok(None) };
    let refused = |sv: &str, en: &str, hint: Text| {
        Err(Refusal::new("operator-listen", RefusalKind::Configuration, listen.to_string(), Text::new(sv, en)).hint(hint))
    };
    if !listen.ip().is_loopback() {
        return refused(
            "operatörens dörr lyssnar bara på loopback",
            "the operator's door listens on loopback only",
            Text::new(
                "använd 127.0.0.1, och en tunnel eller en proxy med TLS framför",
                "use 127.0.0.1, with a tunnel or a proxy with TLS before it",
            ),
        );
    }
    if door.config.keys.is_empty() {
        return refused(
            "operatörens dörr har ingen nyckel",
            "the operator's door has no key",
            Text::new(
                "lägg in en under [serve.keys.NAMN] i fyr.toml med role och sha256",
                "put one under [serve.keys.NAME] of fyr.toml, with role and sha256",
            ),
        );
    }
    Ok(Some(listen))
}

/// The address to listen on: the option, else the configuration.
pub fn listen(door: &Door, words: &ArgMatches) -> Result<SocketAddr, Refusal> {
    let Some(given) = cli::text(words, "listen") else {
        return Ok(door.config.listen);
    };
    address(given)
}

fn address(given: &str) -> Result<SocketAddr, Refusal> {
    given.parse().map_err(|_| {
        let text = Text::new(
            "ingen adress med port, som 127.0.0.1:8080",
            "not an address with a port, as 127.0.0.1:8080",
        );
        Refusal::new("listen", RefusalKind::Configuration, given, text)
    })
}
