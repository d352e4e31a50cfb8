//! Small matters of HTTP: headers that every answer carries, what a client accepts, refusals as answers.

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use fyr_model::{Refusal, RefusalKind};

/// No inline style or script, nothing from elsewhere (H51).
pub const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Sets the headers that every answer carries.
pub async fn guard(request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    let set = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=()",
        ),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in set {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// What a client would rather have, among names of media types that we can give, in our order; the first when it does not say.
pub fn preferred<'a>(headers: &HeaderMap, ours: &[&'a str]) -> Option<&'a str> {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
    let mut best: Option<(f64, &'a str)> = None;
    for kind in ours {
        let weight = weight(accept, kind);
        if weight > 0.0 && best.is_none_or(|(known, _)| weight > known) {
            best = Some((weight, kind));
        }
    }
    best.map(|(_, kind)| kind)
}

/// The weight of a media type in an `Accept` header: the most specific range that fits decides (RFC 9110 section 12.5.1).
fn weight(accept: &str, kind: &str) -> f64 {
    let family = kind.split('/').next().unwrap_or_default();
    let mut found: Option<(u8, f64)> = None;
    for part in accept.split(',').take(64) {
        let mut pieces = part.trim().split(';');
        let range = pieces.next().unwrap_or_default().trim().to_ascii_lowercase();
        let rank = match range.as_str() {
            r if r == kind => 3,
            r if r.strip_suffix("/*") == Some(family) => 2,
            "*/*" => 1,
            _ => continue,
        };
        let q = pieces
            .find_map(|piece| piece.trim().strip_prefix("q=")?.parse::<f64>().ok())
            .unwrap_or(1.0);
        if found.is_none_or(|(known, _)| rank > known) {
            found = Some((rank, q));
        }
    }
    found.map_or(0.0, |(_, q)| q)
}

/// Whether a page is what the client wants rather than a document for machines.
pub fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    accept
        .split(',')
        .any(|part| part.trim().to_ascii_lowercase().starts_with("text/html"))
}

/// The status of a refusal when it is the answer to a request.
pub fn status(refusal: &Refusal) -> StatusCode {
    match refusal.kind {
        RefusalKind::Configuration | RefusalKind::Unreadable => StatusCode::BAD_REQUEST,
        RefusalKind::Forbidden => StatusCode::FORBIDDEN,
        RefusalKind::Unreachable | RefusalKind::Busy => StatusCode::SERVICE_UNAVAILABLE,
        RefusalKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// A refusal for a machine: the refusal itself as JSON.
pub fn refused(code: StatusCode, refusal: &Refusal) -> Response {
    (code, Json(refusal)).into_response()
}

/// A rendered template as a page; pages differ by language and theme, so shared caches may not keep them.
pub fn page<T: askama::Template>(code: StatusCode, template: &T) -> Response {
    match template.render() {
        Ok(text) => {
            let mut answer = (code, Html(text)).into_response();
            let headers = answer.headers_mut();
            headers.insert(header::VARY, HeaderValue::from_static("Accept, Accept-Language, Cookie"));
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
            answer
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A document for anybody: with its media type, readable from other origins.
pub fn document(media_type: &str, body: Vec<u8>) -> Response {
    let mut answer = body.into_response();
    let headers = answer.headers_mut();
    if let Ok(kind) = HeaderValue::from_str(media_type) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(accept: &str, expected: Option<&str>) {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().unwrap());
        let ours = ["text/html", "text/turtle", "application/rdf+xml", "application/ld+json"];
        assert_eq!(preferred(&headers, &ours), expected, "{accept}");
    }

    #[test]
    fn the_most_specific_range_and_then_our_order_decide() {
        check("*/*", Some("text/html"));
        check("text/turtle", Some("text/turtle"));
        check("application/ld+json;q=0.5, application/rdf+xml;q=0.9", Some("application/rdf+xml"));
        check("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Some("text/html"));
        check("text/*;q=0.3, text/html;q=0", Some("text/turtle"));
        check("image/png", None);
    }
}
