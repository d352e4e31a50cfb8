//! The two doors, address by address and role by role: what waits for people is behind the operator's, and of it each role sees its own.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};

use crate::{Answer, ask, inline, invented};

const KEY: &str = "0123456789abcdef0123456789abcdef";

#[derive(Debug, Clone, Copy, PartialEq)]
enum Who {
    Public,
    Nobody,
    Stranger,
    Ambassador,
    Staff,
}

/// Base64, by the table: the other side has its own.
fn encoded(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |bits: u32| DIGITS[(bits & 63) as usize] as char;
    let mut out = String::new();
    for part in text.as_bytes().chunks(3) {
        let bits = part
            .iter()
            .enumerate()
            .fold(0u32, |bits, (at, byte)| bits | u32::from(*byte) << (16 - 8 * at));
        let own: String = (0..=part.len() as u32).map(|at| digit(bits >> (18 - 6 * at))).collect();
        out.push_str(&format!("{own:=<4}"));
    }
    out
}

async fn get(who: Who, path: &str) -> Answer {
    let folder = tempfile::tempdir().unwrap();
    let portal = invented::portal(folder.path());
    let router = match who {
        Who::Public => fyr_portal::router(portal),
        _ => fyr_portal::operator(portal, invented::keys(KEY)),
    };
    let mut request = Request::get(path).header("accept", "text/html,*/*;q=0.8");
    let given = match who {
        Who::Public | Who::Nobody => None,
        Who::Stranger => Some(format!("kim:{}", KEY.replace('0', "1"))),
        Who::Staff => Some(format!("kim:{KEY}")),
        Who::Ambassador => Some(format!("ambassador:{KEY}{KEY}")),
    };
    if let Some(given) = given {
        request = request.header("authorization", format!("Basic {}", encoded(&given)));
    }
    ask(router, request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn h53_each_address_answers_each_role_as_it_should() {
    use Who::{Ambassador, Nobody, Public, Staff, Stranger};
    let all = [Public, Nobody, Stranger, Ambassador, Staff];
    let table: [(&str, [u16; 5]); 11] = [
        ("/", [200, 401, 401, 200, 200]),
        ("/datasets/exempelby-trad", [200, 401, 401, 200, 200]),
        ("/api/v1/datasets", [200, 401, 401, 200, 200]),
        ("/health", [200, 401, 401, 200, 200]),
        ("/icon.svg", [200, 401, 401, 200, 200]),
        ("/ingen-sida", [404, 401, 401, 404, 404]),
        ("/candidates", [404, 401, 401, 200, 200]),
        ("/candidates/exempelby-trad", [404, 401, 401, 200, 200]),
        ("/candidates/exempelregionen-vard", [404, 401, 401, 404, 200]),
        ("/candidates/ingen", [404, 401, 401, 404, 404]),
        ("/api/v1/candidates", [404, 401, 401, 200, 200]),
    ];
    for (path, expected) in table {
        for (who, expected) in all.into_iter().zip(expected) {
            let answer = get(who, path).await;
            assert_eq!(answer.status.as_u16(), expected, "{path} for {who:?}");
            if expected == 401 {
                assert!(answer.body.is_empty() && answer.head(header::WWW_AUTHENTICATE).starts_with("Basic"));
            }
            if who != Public {
                assert!(answer.head(header::CACHE_CONTROL).contains("no-store"), "{path} for {who:?}");
                assert_eq!(answer.head(header::ACCESS_CONTROL_ALLOW_ORIGIN), "", "{path} for {who:?}");
                assert!(answer.head(header::CONTENT_SECURITY_POLICY).starts_with("default-src 'none'"));
            }
        }
    }
}

#[tokio::test]
async fn a_role_sees_what_waits_in_both_languages_and_the_public_sees_nothing_of_it() {
    for (lang, words) in [
        (
            "sv",
            [
                "pausad",
                "kolumnen <code>stamhojd</code> är ny",
                "Väntar på beslut om",
                "Utan besked",
            ],
        ),
        (
            "en",
            [
                "paused",
                "the column <code>stamhojd</code> is new",
                "Waits for a decision on",
                "Without an answer",
            ],
        ),
    ] {
        let page = get(Who::Ambassador, &format!("/candidates/exempelby-trad?lang={lang}"))
            .await
            .text();
        for word in words {
            assert!(page.contains(word), "{lang}: {word}\n{page}");
        }
        assert_eq!((page.matches("<h1").count(), inline(&page)), (1, None));
        let list = get(Who::Staff, &format!("/candidates?lang={lang}")).await.text();
        assert!(list.contains("exempelby-trad") && list.contains("exempelregionen-vard") && list.contains("exempelmyndighet-enkat"));
        assert_eq!((list.matches("<h1").count(), inline(&list)), (1, None));
        let own = get(Who::Ambassador, &format!("/candidates?lang={lang}")).await.text();
        assert!(own.contains("exempelby-trad") && !own.contains("exempelregionen-vard"));
    }
    let stopped = get(Who::Staff, "/candidates/exempelmyndighet-enkat?lang=en").await.text();
    assert!(
        stopped.contains("The column kod is new") || stopped.contains("the column kod is new"),
        "{stopped}"
    );
    let release = get(Who::Ambassador, "/datasets/exempelby-trad?lang=en").await;
    assert!(release.text().contains("The next version is paused") && release.text().contains("/candidates/exempelby-trad"));
    for path in [
        "/",
        "/datasets",
        "/datasets/exempelby-trad",
        "/sources/exempelby",
        "/api/v1/datasets/exempelby-trad",
        "/api/v1/sources",
        "/metod",
    ] {
        let text = get(Who::Public, path).await.text();
        assert!(
            !text.contains("/candidates") && !text.contains("stamhojd") && !text.contains("paused:"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_the_guard_found_is_behind_no_door() {
    for path in ["/candidates", "/candidates/exempelby-trad", "/api/v1/candidates"] {
        let text = get(Who::Staff, &format!("{path}?lang=en")).await.text();
        assert!(!text.contains("stadsdel") && !text.contains("exempelby-skolor"), "{path}");
    }
    let page = get(Who::Staff, "/candidates/exempelby-trad?lang=en").await.text();
    assert!(page.contains("together with earlier releases"), "that it found something is said");
    assert_eq!(get(Who::Staff, "/api/v1/candidates").await.status, StatusCode::OK);
    let api = get(Who::Ambassador, "/api/v1/candidates").await.json();
    let names: Vec<&str> = api["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["pipeline"].as_str().unwrap())
        .collect();
    assert_eq!(
        (names, &api["schema"]),
        (vec!["exempelby-bibliotek", "exempelby-trad"], &"fyr/candidates/1".into())
    );
}
