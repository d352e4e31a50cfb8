//! A served installation through its nights: the schedule harvests a real source on loopback, and what the standing decisions hold for is
//! released untouched; what departs from them is paused, night after night, until a person decides. Bodies and people are invented.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::Utc;
use fyr_jobs::State;
use serde_json::Value;

use crate::shape;
use crate::support::{Portal, Workspace, text};

/// Longer than a night takes on a busy machine.
const NIGHT: Duration = Duration::from_secs(120);
const SCHEDULE: &str = "0 4 * * *";
const POLICY: &str = "[columns]\nlopnr = \"identifier\"\nort = { role = \"quasi-identifier\", hierarchy = \"ort.csv\" }\n\
    band = \"quasi-identifier\"\norsak = \"sensitive\"\n[model]\nk = 12\nsuppression_max = 0.02\n";
const KEY: &str = "0123456789abcdef0123456789abcdef";

/// A publisher: files by path, as they are at the moment.
#[derive(Clone, Default)]
struct Publisher(Arc<Mutex<BTreeMap<String, String>>>);

impl Publisher {
    /// Starts it on a free port of loopback; it ends with the test's process.
    fn start() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let publisher = Self::default();
        let served = publisher.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let served = served.clone();
                std::thread::spawn(move || served.answer(stream));
            }
        });
        (publisher, address)
    }

    fn answer(&self, mut stream: TcpStream) {
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
            head.push(byte[0]);
        }
        let head = text(&head);
        let mut words = head.split_whitespace();
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default().to_owned());
        let body = self.0.lock().unwrap().get(&path).cloned();
        let kind = if path.ends_with(".csv") { "text/csv" } else { "text/turtle" };
        let status = if body.is_some() { "200 OK" } else { "404 Not Found" };
        let body = body.unwrap_or_default();
        let lines = format!(
            "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        let _ = stream.write_all(lines.as_bytes());
        if method != "HEAD" {
            let _ = stream.write_all(body.as_bytes());
        }
    }

    fn put(&self, path: &str, body: String) {
        self.0.lock().unwrap().insert(path.to_owned(), body);
    }
}

fn catalogue(address: &str) -> String {
    format!(
        r#"@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
<https://source.example/catalogue> a dcat:Catalog ; dct:title "Katalog"@sv ; dct:description "En katalog"@sv ; dct:publisher <https://source.example/org> ;
  dct:license <http://creativecommons.org/publicdomain/zero/1.0/> ; dcat:dataset <https://source.example/d/besok> .
<https://source.example/org> a foaf:Agent ; foaf:name "Testmyndigheten"@sv .
<https://source.example/d/besok> a dcat:Dataset ; dct:title "Besök"@sv ; dct:description "Besök."@sv ; dct:publisher <https://source.example/org> ;
  dcat:distribution <https://source.example/d/besok/csv> .
<https://source.example/d/besok/csv> a dcat:Distribution ; dcat:accessURL <http://{address}/besok.csv> ; dcat:downloadURL <http://{address}/besok.csv> ;
  dct:format "text/csv" ; dct:license <http://creativecommons.org/publicdomain/zero/1.0/> .
"#
    )
}

/// Rows in each of six groups, with `sign` between cells and one column more where it is named.
fn table(groups: &[u32; 6], sign: char, more: Option<&str>) -> String {
    let mut rows = format!("lopnr;ort;band;orsak{}\n", more.map_or(String::new(), |name| format!(";{name}")));
    let mut number = 0;
    for (group, count) in groups.iter().enumerate() {
        for row in 0..*count {
            number += 1;
            let (place, band) = (["Norrby", "Soderby", "Osterby"][group / 2], ["20 till 39", "40 till 59"][group % 2]);
            let cause = ["information", "bokning", "klagomal"][(row % 3) as usize];
            let last = more.map_or("", |_| ";ja");
            rows.push_str(&format!("rad {number};{place};{band};{cause}{last}\n"));
        }
    }
    rows.replace(';', &sign.to_string())
}

/// A served workspace, and the publisher that it harvests.
struct Served {
    workspace: Workspace,
    portal: Portal,
    publisher: Publisher,
    state: State,
    groups: [u32; 6],
}

impl Served {
    /// A first version, released by hand through the running server on decisions that stand.
    fn start() -> Self {
        let (publisher, address) = Publisher::start();
        let workspace = Workspace::new(&format!("[fetch]\nallow_hosts = [\"{address}\"]\n"));
        publisher.put("/dcat.ttl", catalogue(&address));
        publisher.put("/besok.csv", table(&[60; 6], ';', None));
        let url = format!("http://{address}/dcat.ttl");
        let portal = workspace.serve();
        let done = |args: &[&str]| {
            let output = workspace.fyr(args);
            assert!(
                output.status.success(),
                "{args:?}: {}{}",
                text(&output.stdout),
                text(&output.stderr)
            );
        };
        done(&["source", "add", "kalla", "--url", &url, "--schedule", SCHEDULE]);
        let dataset = "source = \"kalla\"\ndataset = \"https://source.example/d/besok\"\npolicy = \"besok-policy.toml\"\n";
        workspace.write("pipelines/besok.toml", dataset);
        workspace.write("pipelines/besok-policy.toml", POLICY);
        workspace.write("pipelines/ort.csv", "Norrby;Norr;*\nSoderby;Soder;*\nOsterby;Soder;*\n");
        done(&["harvest", "kalla"]);
        done(&["curate", "besok"]);
        sign(
            &workspace,
            &[
                "--standing",
                "--until",
                &(Utc::now().date_naive() + chrono::Duration::days(90)).to_string(),
            ],
        );
        done(&["publish", "besok"]);
        let state = State::open(&workspace.path().join("data/state.db")).unwrap();
        Self {
            workspace,
            portal,
            publisher,
            state,
            groups: [60; 6],
        }
    }

    fn runs(&self, kind: &str) -> Vec<fyr_jobs::Run> {
        let all = self.state.runs(Some(kind), None, 100).unwrap();
        all.into_iter().filter(|run| run.finished.is_some()).collect()
    }

    /// The slot of a night comes: how the pipeline's run ended, and its publication if there was one.
    fn night(&self) -> (String, Option<Value>) {
        let before = ["curate", "publish"].map(|kind| self.runs(kind).len());
        let harvests = self.runs("harvest").len();
        self.state
            .set_due("kalla", SCHEDULE, Utc::now() - chrono::Duration::seconds(1))
            .unwrap();
        let began = Instant::now();
        loop {
            std::thread::sleep(Duration::from_millis(100));
            let curated = self.runs("curate");
            if let (true, Some(run)) = (curated.len() > before[0], curated.first()) {
                assert_eq!(self.runs("harvest").len(), harvests + 1);
                assert_eq!(self.runs("harvest")[0].trigger, "schedule");
                let outcome = run.outcome.clone().unwrap();
                let published = self.runs("publish");
                if outcome != "candidate" {
                    return (outcome, None);
                }
                if published.len() > before[1] {
                    return (outcome, published[0].report.clone());
                }
            }
            assert!(
                began.elapsed() < NIGHT,
                "the night did not end: {:?}",
                self.state.runs(None, None, 3)
            );
        }
    }

    /// A night that releases the next version by itself.
    fn released(&self) {
        let before = self.version();
        let (_, run) = self.night();
        let run = run.unwrap();
        assert_eq!(
            (&run["outcome"], run["standing"].as_array().map(Vec::len)),
            (&"published".into(), Some(3)),
            "{run}"
        );
        assert_ne!(self.version(), before);
        assert_eq!(self.waiting(), Vec::<Value>::new());
    }

    /// A night whose candidate is paused; in what it departs.
    fn paused(&self) -> Vec<String> {
        let before = self.version();
        let (_, run) = self.night();
        let run = run.unwrap();
        assert_eq!(run["outcome"], "paused", "{run}");
        assert_eq!(self.version(), before, "the former release stays");
        let waits = self.waiting();
        assert_eq!((waits.len(), &waits[0]["state"]), (1, &"paused".into()), "{waits:?}");
        let kinds = |departures: &Value| -> Vec<String> {
            let all = departures.as_array().unwrap().iter();
            all.map(|one| one["kind"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(kinds(&waits[0]["departures"]), kinds(&run["departures"]));
        kinds(&run["departures"])
    }

    /// What `fyr candidates` says while the server runs.
    fn waiting(&self) -> Vec<Value> {
        let (code, document) = self.workspace.json(&["candidates"]);
        shape::held(&document);
        assert_eq!(code, 0, "{document}");
        document["candidates"].as_array().unwrap().clone()
    }

    /// The version that the public sees.
    fn version(&self) -> String {
        let (status, body) = self.portal.get("/api/v1/datasets/besok");
        assert_eq!(status, 200);
        let document: Value = serde_json::from_slice(&body).unwrap();
        document["manifest"]["record"]["version"].as_str().unwrap().to_owned()
    }
}

fn sign(workspace: &Workspace, more: &[&str]) {
    for interest in ["information-security", "personal-data", "national-security"] {
        let words = [
            "sign",
            "besok",
            "--interest",
            interest,
            "--by",
            "Test Testsson",
            "--role",
            "testare",
        ];
        let rest = ["--organisation", "299999-0019", "--ground", "prövat"];
        let output = workspace.command(&words).args(rest).args(more).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
}

#[test]
fn a_served_night_releases_what_the_decisions_hold_for_and_pauses_what_they_do_not() {
    let mut served = Served::start();
    assert_eq!(served.version(), "1.0.0");

    // Inside: more people in one group, and the night after in another.
    for group in [1, 4] {
        served.groups[group] += 15;
        served.publisher.put("/besok.csv", table(&served.groups, ';', None));
        served.released();
    }
    let (status, page) = served.portal.get("/datasets/besok");
    assert!(status == 200 && !text(&page).contains("/candidates"));
    assert_eq!(served.night(), ("unchanged".into(), None), "the same file is no new version");

    // The file is written in another way: paused, and still so the night after, though nothing changed since.
    served.groups[0] += 15;
    served.publisher.put("/besok.csv", table(&served.groups, '\t', None));
    assert_eq!(served.paused(), ["finding"]);
    assert_eq!(
        served.paused(),
        ["finding"],
        "what nobody decided on is not forgotten by the next night"
    );
    served.publisher.put("/besok.csv", table(&served.groups, ';', None));
    assert_eq!(served.paused(), ["finding"], "written in a third way, as far as the lock knows");
    served.released();

    // Twice as many rows: the table drifts, night after night.
    let before = served.groups;
    served.groups = before.map(|rows| rows * 2);
    served.publisher.put("/besok.csv", table(&served.groups, ';', None));
    assert_eq!(served.paused(), ["drift"]);
    assert_eq!(served.paused(), ["drift"]);
    let shown = text(&served.workspace.fyr(&["candidates"]).stdout);
    assert!(
        shown.contains("paused") && shown.contains("drift-rows") && shown.contains("fyr sign besok"),
        "{shown}"
    );
    // The source is as it was: nobody is asked about what no longer is.
    served.groups = before;
    served.publisher.put("/besok.csv", table(&served.groups, ';', None));
    assert_eq!(served.night().0, "unchanged");
    assert_eq!(served.waiting(), Vec::<Value>::new());

    // A column more: the run stops before it makes a candidate, and says so to whoever asks what waits.
    served.groups[2] += 15;
    served.publisher.put("/besok.csv", table(&served.groups, ';', Some("ny")));
    let policy = POLICY.replace("orsak =", "ny = \"plain\"\norsak =");
    served.workspace.write("pipelines/besok-policy.toml", policy);
    let version = served.version();
    assert_eq!(served.night(), ("refused".into(), None));
    let waits = served.waiting();
    assert_eq!(
        (&waits[0]["state"], &waits[0]["stopped"]["id"]),
        (&"stopped".into(), &"reading-changed".into()),
        "{waits:?}"
    );
    assert_eq!(served.version(), version);
    // A person accepts the reading: now there is a candidate, and it is paused, in the night too.
    assert!(served.workspace.fyr(&["curate", "besok", "--accept-reading"]).status.success());
    let kinds = served.paused();
    assert!(
        kinds.contains(&"column".to_owned()) && kinds.contains(&"finding".to_owned()),
        "{kinds:?}"
    );
    // The decision of a person lets out this one, and with the same file nothing else follows.
    sign(&served.workspace, &[]);
    let (code, document) = served.workspace.json(&["publish", "besok"]);
    assert_eq!((code, &document["runs"][0]["outcome"]), (0, &"published".into()), "{document}");
    assert_ne!(served.version(), version);
    assert_eq!(served.night().0, "unchanged");
    assert_eq!(served.waiting(), Vec::<Value>::new());
}

#[test]
fn the_operators_door_opens_on_loopback_and_with_a_key_only() {
    let workspace = Workspace::new("");
    let ended = |words: &[&str]| crate::support::ended(&workspace.fyr(words));
    let (code, said) = ended(&["serve", "--listen", "127.0.0.1:0", "--operator-listen", "127.0.0.1:0"]);
    assert!(code == 2 && said.contains("has no key"), "{said}");
    let keys = format!(
        "[serve.keys.kim]\nrole = \"ambassador\"\nsources = [\"kalla\"]\nsha256 = \"{}\"\n",
        fyr_model::Sha256::of(KEY.as_bytes())
    );
    workspace.write("fyr.toml", keys);
    let (code, said) = ended(&["serve", "--listen", "127.0.0.1:0", "--operator-listen", "0.0.0.0:0"]);
    assert!(code == 2 && said.contains("loopback only"), "{said}");
}
