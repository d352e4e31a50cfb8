//! Descriptions of APIs: what kind a document is, whether it is valid as far as a machine without a schema of its own can tell, and what of the
//! Swedish REST API profile shows in it.
//!
//! Rules by the profile's own numbers (Digg, REST API-profil, as read in the agency's public lint processor, EUPL-1.2): UFN.02 HTTPS on port 443,
//! UFN.05 an address of at most 2,048 characters, UFN.06 lower case only, UFN.09 no blank and no underscore outside the parameters, VER.05 the major
//! version in the address as `v1`, VER.06 a resource `api-info`. Rules about what a call answers are not asked: nothing is called here.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

/// What a description turned out to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// `openapi` (in JSON or YAML), `wsdl`, `ogc-capabilities`, `page` or `other`.
    pub kind: String,
    /// The version that the document states of its own language.
    #[serde(default)]
    pub version: Option<String>,
    /// Whether it is valid; none where that was not measured.
    #[serde(default)]
    pub valid: Option<bool>,
    /// What makes it invalid, by place in the document.
    #[serde(default)]
    pub faults: Vec<String>,
    /// Whether terms of use or a licence are stated in it.
    #[serde(default)]
    pub terms: Option<bool>,
    /// Whether somebody to ask is stated in it.
    #[serde(default)]
    pub contact: Option<bool>,
    /// Rules of the REST API profile that hold, and those that do not.
    #[serde(default)]
    pub holds: Vec<String>,
    /// See `holds`.
    #[serde(default)]
    pub breaks: Vec<String>,
}

/// Tells what a description is. The bytes are anybody's: this runs in a confined worker.
pub fn described(bytes: &[u8]) -> Description {
    let text = String::from_utf8_lossy(bytes);
    let head = text.trim_start_matches('\u{feff}').trim_start();
    let kind = |kind: &str| Description {
        kind: kind.to_owned(),
        ..Description::default()
    };
    let start: String = head.chars().take(4_000).collect::<String>().to_lowercase();
    if head.starts_with('{') {
        return match serde_json::from_str::<Value>(head) {
            Ok(document) => of_json(&document),
            Err(_) => Description {
                valid: Some(false),
                faults: vec!["not JSON".to_owned()],
                ..kind("other")
            },
        };
    }
    if start.contains("<wsdl:definitions") || start.contains("schemas.xmlsoap.org/wsdl") {
        return kind("wsdl");
    }
    if start.contains("_capabilities") || start.contains("<capabilities") {
        return kind("ogc-capabilities");
    }
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        return kind("page");
    }
    let says_so = |line: &str| {
        ["openapi:", "swagger:", "\"openapi\":", "'openapi':"]
            .iter()
            .any(|key| line.starts_with(key))
    };
    if head.lines().any(says_so) {
        return of_yaml(head);
    }
    kind("other")
}

/// The parser's own budget bounds aliases, depth and nodes. Its message may quote the document, so it is not repeated.
fn of_yaml(text: &str) -> Description {
    match serde_saphyr::from_str_with_options::<Value>(text, serde_saphyr::options! { strict_booleans: true }) {
        Ok(document) => of_json(&document),
        Err(error) => {
            let at = error.location().map(|place| format!(", line {}", place.line())).unwrap_or_default();
            Description {
                kind: "openapi".to_owned(),
                valid: Some(false),
                faults: vec![format!("not YAML{at}")],
                ..Description::default()
            }
        }
    }
}

fn of_json(document: &Value) -> Description {
    let stated = document.get("openapi").or_else(|| document.get("swagger"));
    let version = match stated {
        Some(Value::String(version)) => version.clone(),
        // In YAML `3.1` without quotation marks is a number.
        Some(Value::Number(number)) => number.to_string(),
        _ => {
            return Description {
                kind: "other".to_owned(),
                ..Description::default()
            };
        }
    };
    let mut faults = faults(document, &version);
    if stated.is_some_and(Value::is_number) {
        faults.insert(0, "openapi: a number, no text".to_owned());
    }
    let info = document.get("info");
    let stated = |key: &str| info.and_then(|info| info.get(key)).is_some_and(|value| !value.is_null());
    let mut found = Description {
        kind: "openapi".to_owned(),
        version: Some(version.chars().take(10).collect()),
        valid: Some(faults.is_empty()),
        faults,
        terms: Some(stated("termsOfService") || stated("license")),
        contact: Some(stated("contact")),
        ..Description::default()
    };
    if version.starts_with('3') {
        profile(document, &mut found);
    }
    found
}

/// What the specification demands of every document (OpenAPI 3.0 and 3.1, section 4.8; Swagger 2.0, section "Schema").
fn faults(document: &Value, version: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let known = ["2.0", "3.0.", "3.1.", "3.2."];
    if !known.iter().any(|start| version.starts_with(start)) {
        faults.push(format!("openapi: no version {}", version.chars().take(10).collect::<String>()));
    }
    for key in ["title", "version"] {
        match document.get("info").and_then(|info| info.get(key)) {
            Some(Value::String(text)) if !text.trim().is_empty() => {}
            Some(Value::Number(_)) => faults.push(format!("info.{key}: a number, no text")),
            _ => faults.push(format!("info.{key}: missing")),
        }
    }
    let optional = version.starts_with("3.1") || version.starts_with("3.2");
    let elsewhere = ["components", "webhooks"].iter().any(|key| document.get(key).is_some());
    match document.get("paths") {
        None if optional && elsewhere => {}
        None => faults.push("paths: missing".to_owned()),
        Some(Value::Object(paths)) => {
            for (path, item) in paths {
                if !path.starts_with('/') && !path.starts_with("x-") {
                    faults.push("paths: a path without leading /".to_owned());
                }
                operations(item, &mut faults);
            }
        }
        Some(_) => faults.push("paths: no object".to_owned()),
    }
    faults.sort();
    faults.dedup();
    faults
}

fn operations(item: &Value, faults: &mut Vec<String>) {
    const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
    let found = METHODS.iter().filter_map(|method| item.get(method));
    for operation in found {
        // Since 3.1 an operation need not say what it answers; before, it must.
        if !operation.is_object() {
            faults.push("paths: an operation that is no object".to_owned());
        } else if operation.get("responses").is_some_and(|responses| !responses.is_object()) {
            faults.push("paths: responses that are no object".to_owned());
        }
    }
}

fn profile(document: &Value, found: &mut Description) {
    let servers = document.get("servers").and_then(Value::as_array).cloned().unwrap_or_default();
    let urls: Vec<String> = servers
        .iter()
        .filter_map(|server| Some(server.get("url")?.as_str()?.to_owned()))
        .collect();
    let paths: Vec<&String> = document
        .get("paths")
        .and_then(Value::as_object)
        .map(|paths| paths.keys().collect())
        .unwrap_or_default();
    let mut told = |rule: &str, holds: bool| {
        let list = if holds { &mut found.holds } else { &mut found.breaks };
        list.push(rule.to_owned());
    };
    if !urls.is_empty() {
        told("UFN.02", urls.iter().all(|url| secure(url)));
        told("VER.05", urls.iter().all(|url| versioned(url)));
    }
    if !paths.is_empty() {
        let longest = urls.iter().map(|url| url.chars().count()).max().unwrap_or(0);
        told("UFN.05", paths.iter().all(|path| path.chars().count() + longest <= 2_048));
        told("UFN.06", paths.iter().all(|path| !literal(path).any(char::is_uppercase)));
        told(
            "UFN.09",
            paths.iter().all(|path| !literal(path).any(|letter| letter == ' ' || letter == '_')),
        );
        told("VER.06", paths.iter().any(|path| path.ends_with("/api-info")));
    }
}

/// The letters of a path outside the parameters in braces.
fn literal(path: &str) -> impl Iterator<Item = char> {
    let mut inside = false;
    path.chars().filter(move |letter| {
        inside = (inside || *letter == '{') && *letter != '}';
        !inside
    })
}

/// Whether an address is asked over HTTPS on port 443; an address relative to the document is not judged against it.
pub(super) fn secure(url: &str) -> bool {
    match Url::parse(url) {
        Ok(parsed) => parsed.scheme() == "https" && parsed.port_or_known_default() == Some(443),
        Err(_) => url.starts_with('/'),
    }
}

/// Whether the address has a part `v` and a number, or leaves the version open.
pub(super) fn versioned(url: &str) -> bool {
    let number = |part: &str| {
        part.strip_prefix('v')
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let path = url.split(['?', '#']).next().unwrap_or_default();
    path.split('/').any(|part| number(part) || part == "{version}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"openapi": "3.0.3", "info": {"title": "Träd", "version": "1.2.0", "contact": {"name": "Öppna data"},
        "license": {"name": "CC0"}}, "servers": [{"url": "https://api.exempelby.example/trad/v1"}],
        "paths": {"/trad/{tradId}": {"get": {"responses": {"200": {"description": "ett träd"}}}}, "/api-info": {"get": {"responses": {}}}}}"#;

    #[test]
    fn a_valid_description_by_the_profile() {
        let found = described(GOOD.as_bytes());
        assert_eq!(
            (found.kind.as_str(), found.valid, found.terms, found.contact),
            ("openapi", Some(true), Some(true), Some(true))
        );
        assert_eq!(found.holds, ["UFN.02", "VER.05", "UFN.05", "UFN.06", "UFN.09", "VER.06"]);
        assert!(found.breaks.is_empty());
    }

    #[test]
    fn a_description_in_yaml_is_judged_as_one_in_json() {
        let yaml = "# Träd\nopenapi: 3.0.3\ninfo:\n  title: Träd\n  version: '1.2.0'\n  contact: {name: Öppna data}\n  license: {name: CC0}\n\
            servers:\n- url: https://api.exempelby.example/trad/v1\npaths:\n  /trad/{tradId}:\n    get:\n      responses:\n        200: {description: ett träd}\n  \
            /api-info:\n    get:\n      responses: {}\n";
        assert_eq!(described(yaml.as_bytes()), described(GOOD.as_bytes()));
        let check = |text: String, faults: &[&str]| {
            let found = described(text.as_bytes());
            assert_eq!((found.kind.as_str(), found.valid), ("openapi", Some(false)), "{text}");
            assert_eq!(found.faults, faults, "{text}");
        };
        check(
            yaml.replace("version: '1.2.0'", "version: 1.2"),
            &["info.version: a number, no text"],
        );
        check(
            yaml.replace("openapi: 3.0.3", "openapi: 3.1"),
            &["openapi: a number, no text", "openapi: no version 3.1"],
        );
        check(yaml.replace("paths:", "stigar:"), &["paths: missing"]);
        check("openapi: 3.0.0\ninfo: [".to_owned(), &["not YAML, line 2"]);
        // A bomb of aliases is refused by the parser's budget.
        let mut bomb = String::from("openapi: 3.0.0\na0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for level in 1..30 {
            let inner = vec![format!("*a{}", level - 1); 9].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{inner}]\n"));
        }
        let found = described(bomb.as_bytes());
        assert!(found.faults.iter().any(|fault| fault.starts_with("not YAML")), "{:?}", found.faults);
    }

    #[test]
    fn each_rule_can_be_broken_alone() {
        for (from, to, rule) in [
            ("https://api", "http://api", "UFN.02"),
            ("trad/v1", "trad/1", "VER.05"),
            ("/trad/{tradId}", "/Trad/{tradId}", "UFN.06"),
            ("/trad/{tradId}", "/alla_trad/{tradId}", "UFN.09"),
            ("/api-info", "/om", "VER.06"),
        ] {
            assert_eq!(described(GOOD.replace(from, to).as_bytes()).breaks, [rule]);
        }
        let long = GOOD.replace("/trad/{tradId}", &format!("/{}", "a".repeat(2_048)));
        assert_eq!(described(long.as_bytes()).breaks, ["UFN.05"]);
    }

    #[test]
    fn what_is_invalid_is_said_by_place_and_what_is_no_json_is_told_by_kind() {
        let check = |text: &str, fault: &str| assert_eq!(described(text.as_bytes()).faults, [fault], "{text}");
        check(
            r#"{"openapi": "3.0.0", "info": {"title": "a"}, "paths": {}}"#,
            "info.version: missing",
        );
        check(r#"{"openapi": "3.0.0", "info": {"title": "a", "version": "1"}}"#, "paths: missing");
        check(
            r#"{"openapi": "4.0", "info": {"title": "a", "version": "1"}, "paths": {}}"#,
            "openapi: no version 4.0",
        );
        check(r#"{"openapi": "3.0.0", "#, "not JSON");
        for (text, kind) in [
            ("<?xml version='1.0'?><wsdl:definitions>", "wsdl"),
            ("<WMS_Capabilities version='1.3.0'>", "ogc-capabilities"),
            ("<!DOCTYPE html><html>", "page"),
            ("{}", "other"),
            ("hej", "other"),
        ] {
            let found = described(text.as_bytes());
            assert_eq!((found.kind.as_str(), found.valid), (kind, None), "{text}");
        }
    }
}
