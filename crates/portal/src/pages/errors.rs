//! Pages that say what is so when there is nothing to show: not found, withdrawn, refused.

use axum::http::StatusCode;
use axum::response::Response;
use fyr_model::Refusal;
use fyr_model::release::{Sandbox, Withdrawal};

use crate::chrome::{Page, Part, Reader};
use crate::http;
use crate::words::{self, Markup, escape};

#[derive(askama::Template)]
#[template(path = "message.html")]
struct Message {
    page: Page,
    lines: Vec<Markup>,
    link: String,
    link_name: String,
}

fn message(reader: &Reader, demo: bool, code: StatusCode, title: &str, lines: Vec<Markup>) -> Response {
    let template = Message {
        page: Page::new(reader, Part::None, title, demo),
        lines,
        link: reader.href("/datasets"),
        link_name: reader.t("Till alla datamängder", "To all datasets").into(),
    };
    http::page(code, &template)
}

/// There is nothing at this address.
pub fn not_found(reader: &Reader, demo: bool) -> Response {
    let line = reader.t(
        "Vi har ingen sida på den här adressen. Sök efter datamängden eller börja om från startsidan.",
        "We have no page at this address. Search for the dataset or start over from the start page.",
    );
    message(
        reader,
        demo,
        StatusCode::NOT_FOUND,
        reader.t("Sidan finns inte", "There is no such page"),
        vec![Markup(line.into())],
    )
}

/// A dataset that its source no longer lists.
pub fn gone(reader: &Reader, demo: bool, reason: &str) -> Response {
    let lines = vec![
        Markup(
            reader
                .t(
                    "Källan listar inte längre den här datamängden.",
                    "The source no longer lists this dataset.",
                )
                .into(),
        ),
        Markup(format!("<bdi>{}</bdi>", escape(&words::clean(reason)))),
    ];
    message(
        reader,
        demo,
        StatusCode::GONE,
        reader.t("Datamängden är borttagen", "The dataset is gone"),
        lines,
    )
}

/// A release that was taken back: 410 with the reason.
pub fn withdrawn(reader: &Reader, demo: bool, withdrawal: &Withdrawal) -> Response {
    let reason = format!(
        "<strong>{}:</strong> <bdi>{}</bdi>",
        reader.t("Skäl", "Reason"),
        escape(&words::clean(&withdrawal.reason))
    );
    let versions: Vec<String> = withdrawal.versions.iter().map(ToString::to_string).collect();
    let what = format!(
        "{} {} ({}).",
        reader.t("Utgåvan togs tillbaka", "The release was withdrawn"),
        words::moment(reader.lang, withdrawal.at),
        escape(&versions.join(", "))
    );
    let lines = vec![
        Markup(what),
        Markup(reason),
        Markup(
            reader
                .t(
                    "Den som har hämtat filerna bör sluta använda dem.",
                    "Whoever has downloaded the files should stop using them.",
                )
                .into(),
        ),
    ];
    message(
        reader,
        demo,
        StatusCode::GONE,
        reader.t("Utgåvan är tillbakadragen", "The release is withdrawn"),
        lines,
    )
}

/// A release of a sandbox whose last day has passed: 410 with what it was for.
pub fn ended(reader: &Reader, demo: bool, sandbox: &Sandbox) -> Response {
    let last = words::day(reader.lang, words::noon(sandbox.until));
    let what = format!(
        "{} {last}.",
        reader.t(
            "Utgåvan var en sandlåda, som fanns till och med",
            "The release was a sandbox, which was there until"
        )
    );
    let purpose = format!(
        "<strong>{}:</strong> <bdi>{}</bdi>",
        reader.t("Ändamål", "Purpose"),
        escape(&words::clean(sandbox.purpose.get(reader.lang)))
    );
    message(
        reader,
        demo,
        StatusCode::GONE,
        reader.t("Sandlådan har upphört", "The sandbox has ended"),
        vec![Markup(what), Markup(purpose)],
    )
}

/// A refusal as a page.
pub fn refused(reader: &Reader, demo: bool, refusal: &Refusal) -> Response {
    tracing::warn!(id = refusal.id, subject = refusal.subject, "a request was refused");
    let mut lines = vec![Markup(escape(&super::findings::sentence(refusal.message.get(reader.lang))))];
    if let Some(hint) = &refusal.hint {
        lines.push(Markup(escape(&super::findings::sentence(hint.get(reader.lang)))));
    }
    lines.push(Markup(format!("<span class=\"mono\">{}</span>", escape(&refusal.id))));
    message(
        reader,
        demo,
        http::status(refusal),
        reader.t("Det gick inte", "That did not work"),
        lines,
    )
}
