//! Addresses that a mirror answers for are never asked outside.

use fyr_fetch::{Fetched, What};

use crate::servers::{Answers, answering, serve};
use crate::{reader_with, text_of};

const BASE: &str = "https://data.exempelby.example/";

#[tokio::test]
async fn a_folder_answers_with_type_and_digest_and_404_for_the_rest() {
    let reader = reader_with(&[], |config| {
        let folder = config.mirror_base.join("mirror");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("dcat.rdf"), "<rdf:RDF/>").unwrap();
        config.mirror.insert(BASE.into(), "mirror/".into());
    });
    let url = format!("{BASE}dcat.rdf");
    let found = reader.get(&url).await.unwrap();
    assert_eq!(
        (text_of(&found).as_str(), found.media_type.as_deref()),
        ("<rdf:RDF/>", Some("application/rdf+xml"))
    );
    assert_eq!(
        (found.final_url.as_str(), found.validators.etag.clone()),
        (url.as_str(), Some(format!("\"{}\"", found.sha256)))
    );
    let again = reader.client.get(&url, What::Catalogue, Some(&found.validators)).await.unwrap();
    assert!(matches!(again, Fetched::NotModified { requests: 1, .. }));

    let absent = reader.get(&format!("{BASE}trad.csv")).await.unwrap_err();
    assert_eq!((absent.id.as_str(), absent.message.en.contains("404")), ("fetch-status", true));
    // Had it been asked outside, the name would not have been found.
    assert_eq!(reader.get("https://data.other.example/x").await.unwrap_err().id, "fetch-dns");
}

#[tokio::test]
async fn a_folder_is_held_to_the_same_limits() {
    let reader = reader_with(&[], |config| {
        std::fs::write(config.mirror_base.join("a.csv"), "12345").unwrap();
        config.mirror.insert(BASE.into(), ".".into());
        config.limits.body_bytes_max = 4;
    });
    assert_eq!(reader.refused(&format!("{BASE}a.csv")).await, "fetch-too-large");
}

#[tokio::test]
async fn another_address_answers_under_the_original_name_and_its_redirects_stay_inside() {
    let server = serve(answering(|asked, _| match asked.path.as_str() {
        "/region/old" => Answers::to(301, "new"),
        "/region/whole" => {
            let host = asked.header("host").unwrap();
            Answers::to(301, &format!("http://{host}/region/new"))
        }
        "/region/new" => Answers::text("x"),
        _ => Answers::status(404),
    }))
    .await;
    let target = server.url("/region/");
    let reader = reader_with(&[], |config| {
        config.mirror.insert(BASE.into(), target);
    });
    for path in ["new", "old", "whole"] {
        let found = reader.get(&format!("{BASE}{path}")).await.unwrap();
        assert_eq!((text_of(&found), found.final_url), ("x".into(), format!("{BASE}new")), "{path}");
    }
    assert_eq!(reader.get(&format!("{BASE}absent")).await.unwrap_err().id, "fetch-status");
    assert_eq!(reader.client.requests_sent(), 6);
}
