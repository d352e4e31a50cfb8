//! `README.md`: the dataset card, each section in Swedish with English beneath, opened by the front matter that hubs read.
//!
//! Every number comes from the record, the profile or a report. What publishers wrote is shown as their words, without mark-up (H51, H57).

mod example;

use fyr_model::release::ReleaseFile;
use fyr_model::{Lang, LangStrings, Text};

use crate::Documents;
use crate::croissant::{described, splits};
use crate::facts;
use crate::language::{self, markdown, plain};

/// The card of a release.
pub fn card(documents: &Documents, files: &[ReleaseFile]) -> String {
    let record = &documents.record;
    let mut out = front_matter(documents, files);
    out.push_str(&format!("\n# {}\n", plain(&record.title, Lang::Sv)));
    if record.title.has(Lang::En) && record.title.text(Lang::En) != record.title.text(Lang::Sv) {
        out.push_str(&format!("\n*{}*\n", plain(&record.title, Lang::En)));
    }
    section(&mut out, "Vad det är", "What it is", &what(documents));
    out.push_str(&example::examples(documents, files));
    columns(&mut out, documents);
    section(&mut out, "Ursprung och steg", "Origin and steps", &origin(documents));
    section(&mut out, "Kvalitet", "Quality", &quality(documents));
    section(
        &mut out,
        "Personuppgifter och skydd",
        "Personal data and protection",
        &persons(documents),
    );
    section(
        &mut out,
        "Kända gränser och snedvridning",
        "Known limits and bias",
        &limits(documents),
    );
    section(&mut out, "Tillåten användning", "Allowed use", &allowed(documents));
    section(
        &mut out,
        "Licens och källhänvisning",
        "Licence and attribution",
        &licence(documents),
    );
    section(&mut out, "Versioner", "Versions", &versions(documents));
    section(&mut out, "Kontakt", "Contact", &contact(documents));
    out
}

/// Sentences that hold names of columns, rules or clearances: without mark-up.
fn words(text: Text) -> Text {
    Text::new(markdown(&text.sv), markdown(&text.en))
}

/// Paragraphs of a section.
type Body = Vec<Text>;

fn section(out: &mut String, sv: &str, en: &str, body: &Body) {
    for (level, title, lang) in [("##", sv, Lang::Sv), ("###", en, Lang::En)] {
        out.push_str(&format!("\n{level} {title}\n"));
        for text in body {
            out.push_str(&format!("\n{}\n", text.get(lang)));
        }
    }
}

/// YAML, every text as a JSON string, which is YAML too.
fn front_matter(documents: &Documents, files: &[ReleaseFile]) -> String {
    let record = &documents.record;
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut out = String::from("---\n");
    let tags = language::tags(&record.language);
    if tags.iter().all(|tag| tag != "und") {
        out.push_str("language:\n");
        tags.iter().for_each(|tag| out.push_str(&format!("- {tag}\n")));
    }
    match hub_licence(record.licence.spdx.as_deref()) {
        Some(id) => out.push_str(&format!("license: {id}\n")),
        None => out.push_str(&format!(
            "license: other\nlicense_name: {}\nlicense_link: {}\n",
            quoted(&record.licence.label),
            quoted(&record.licence.iri)
        )),
    }
    out.push_str(&format!("pretty_name: {}\n", quoted(record.title.text(Lang::Sv))));
    out.push_str(&format!("size_categories:\n- {}\n", size_category(record.rows)));
    out.push_str("task_categories:\n- other\ntags:\n- tabular\n- croissant\nconfigs:\n- config_name: default\n  data_files:\n");
    for split in splits(files).keys() {
        // A hub knows `all` only as the sum of splits; a release that is not split is shown as its default one.
        let name = if split == "all" { "train" } else { split };
        out.push_str(&format!(
            "  - split: {name}\n    path: {}\n",
            quoted(&format!("data/{split}-*.parquet"))
        ));
    }
    out.push_str("---\n");
    out
}

/// Licence ids of the hub (its list of 2026): lower-case SPDX for these, `other` for the rest.
fn hub_licence(spdx: Option<&str>) -> Option<String> {
    let known = [
        "cc0-1.0",
        "cc-by-4.0",
        "cc-by-3.0",
        "cc-by-2.5",
        "cc-by-2.0",
        "cc-by-sa-4.0",
        "cc-by-sa-3.0",
        "odbl",
        "odc-by",
        "pddl",
        "etalab-2.0",
    ];
    let id = match spdx?.to_ascii_lowercase().as_str() {
        "odbl-1.0" => "odbl".to_owned(),
        "odc-by-1.0" => "odc-by".to_owned(),
        "pddl-1.0" => "pddl".to_owned(),
        other => other.to_owned(),
    };
    known.contains(&id.as_str()).then_some(id)
}

fn size_category(rows: u64) -> &'static str {
    match rows {
        0..1_000 => "n<1K",
        1_000..10_000 => "1K<n<10K",
        10_000..100_000 => "10K<n<100K",
        100_000..1_000_000 => "100K<n<1M",
        1_000_000..10_000_000 => "1M<n<10M",
        10_000_000..100_000_000 => "10M<n<100M",
        100_000_000..1_000_000_000 => "100M<n<1B",
        _ => "n>1B",
    }
}

fn what(documents: &Documents) -> Body {
    let record = &documents.record;
    let standing = facts::standing(documents);
    let mut body = Vec::new();
    body.push(Text::new(
        format!(
            "Förädlad utgåva {} av en öppen datamängd: {} rader, {} kolumner, {}.",
            record.version,
            record.rows,
            record.columns.len(),
            standing.sv
        ),
        format!(
            "Curated release {} of an open dataset: {} rows, {} columns, {}.",
            record.version,
            record.rows,
            record.columns.len(),
            standing.en
        ),
    ));
    if !record.description.is_empty() {
        let words = |lang| plain(&record.description, lang);
        body.push(Text::new(
            format!("Utgivaren skriver:\n\n> {}", words(Lang::Sv)),
            format!("The publisher writes:\n\n> {}", words(Lang::En)),
        ));
    }
    body
}

fn columns(out: &mut String, documents: &Documents) {
    out.push_str("\n## Kolumner\n\n### Columns\n\n| Kolumn · Column | Typ · Type | Saknas · Missing | Betydelse | Meaning |\n|---|---|---|---|---|\n");
    for column in &documents.record.columns {
        let (kind, text) = (facts::kind(column.kind), described(column));
        let profile = documents.profile.columns.iter().find(|profile| profile.name == column.name);
        let missing = profile.map_or_else(|| "-".to_owned(), |profile| profile.nulls.to_string());
        let kinds = if kind.sv == kind.en {
            kind.sv
        } else {
            format!("{} · {}", kind.sv, kind.en)
        };
        out.push_str(&format!(
            "| {} | {kinds} | {missing} | {} | {} |\n",
            markdown(&column.name),
            markdown(&text.sv),
            markdown(&text.en)
        ));
    }
}

fn origin(documents: &Documents) -> Body {
    let record = &documents.record;
    let mut body: Body = record
        .sources
        .iter()
        .map(|source| {
            let (day, hash, bytes) = (source.fetched_at.format("%Y-%m-%d %H:%M"), source.sha256, source.bytes);
            let title = |lang| plain(&source.title, lang);
            let publisher = |lang| plain(&source.publisher, lang);
            let address = markdown(&source.address);
            Text::new(
                format!(
                    "- {}, {}: {address}, hämtad {day} UTC, {bytes} byte, SHA-256 `{hash}`",
                    publisher(Lang::Sv),
                    title(Lang::Sv)
                ),
                format!(
                    "- {}, {}: {address}, fetched {day} UTC, {bytes} bytes, SHA-256 `{hash}`",
                    publisher(Lang::En),
                    title(Lang::En)
                ),
            )
        })
        .collect();
    let rows_in = documents.protection.as_ref().map_or(record.rows, |facts| facts.rows_in);
    let (standing, rows) = (facts::standing(documents), record.rows);
    body.push(Text::new(
        format!("Steg: hämtad, tolkad och typad ({rows_in} rader), utgiven ({rows} rader, {}), granskad fristående. Stegen står i `prov.jsonld`.", standing.sv),
        format!("Steps: fetched, read and typed ({rows_in} rows), released ({rows} rows, {}), audited independently. The steps are in `prov.jsonld`.", standing.en),
    ));
    body
}

fn quality(documents: &Documents) -> Body {
    let readiness = &documents.readiness;
    let air = readiness.air.map_or_else(|| "-".to_owned(), |air| format!("{air:.1}"));
    let band = readiness.band.as_deref().unwrap_or("-");
    let mqa = |variant: &str| documents.mqa.get(variant).map_or_else(|| "-".to_owned(), u32::to_string);
    let mut body = vec![
        Text::new(
            format!(
                "AI-beredskap (AIR): {} av 100, band {band}. Metadatakvalitet (MQA): {} av 405 enligt EU, {} av 405 enligt Sverige.",
                air.replace('.', ","),
                mqa("eu"),
                mqa("se")
            ),
            format!(
                "AI readiness (AIR): {air} of 100, band {band}. Metadata quality (MQA): {} of 405 by the EU's rules, {} of 405 by the Swedish rules.",
                mqa("eu"),
                mqa("se")
            ),
        ),
        words(facts::rules(documents)),
        words(facts::missing(documents)),
    ];
    let fixes: Vec<_> = readiness.fixes.iter().take(5).collect();
    if !fixes.is_empty() {
        let list = |lang: Lang| {
            let point = |gain: f64| {
                if lang == Lang::Sv {
                    format!("{gain:.1}").replace('.', ",")
                } else {
                    format!("{gain:.1}")
                }
            };
            fixes
                .iter()
                .map(|fix| format!("- {} {}: +{}", fix.id, fix.text.get(lang), point(fix.gain)))
                .collect::<Vec<_>>()
                .join("\n")
        };
        body.push(Text::new(
            format!("Åtgärdslista, efter poäng som vinns:\n\n{}", list(Lang::Sv)),
            format!("Fix list, by points gained:\n\n{}", list(Lang::En)),
        ));
    }
    body
}

/// What an experiment's release is for, and until when.
fn experiment(documents: &Documents) -> Body {
    let of = |sandbox: &fyr_model::release::Sandbox| {
        let (sv, en) = (markdown(&sandbox.purpose.sv), markdown(&sandbox.purpose.en));
        Text::new(
            format!("Utgåvan är en sandlåda till och med {}, för ett ändamål: {sv}", sandbox.until),
            format!("The release is a sandbox until {}, for one purpose: {en}", sandbox.until),
        )
    };
    documents.record.sandbox.iter().map(of).collect()
}

fn persons(documents: &Documents) -> Body {
    let answer = facts::answer(&documents.card.personal_data);
    let mut body = experiment(documents);
    body.extend([
        Text::new(
            format!("Utgivarens uppgift: {}", markdown(&answer.sv)),
            format!("The publisher's answer: {}", markdown(&answer.en)),
        ),
        words(facts::protection(documents)),
        words(facts::audited(documents)),
    ]);
    let list = |lang: Lang| {
        let one = |decision: &fyr_model::privacy::Decision| {
            let invented = match (decision.invented, lang) {
                (true, Lang::Sv) => ", påhittad beslutsfattare",
                (true, Lang::En) => ", an invented officer",
                _ => "",
            };
            let until = decision.standing.as_ref().map(|standing| standing.until);
            let stands = match lang {
                Lang::Sv => until.map(|day| format!(", stående till och med {day}")),
                Lang::En => until.map(|day| format!(", standing until {day}")),
            };
            format!(
                "- {}: {}, {}, {}{}{invented}",
                decision.interest.name().get(lang),
                markdown(&decision.role),
                markdown(&decision.organisation),
                decision.at.format("%Y-%m-%d"),
                stands.unwrap_or_default()
            )
        };
        documents.decisions.iter().map(one).collect::<Vec<_>>().join("\n")
    };
    body.push(Text::new(
        format!(
            "De tre skyddsintressena (2 kap. 1 § lagen 2022:818), vart och ett beslutat för sig:\n\n{}",
            list(Lang::Sv)
        ),
        format!(
            "The three protected interests (2 ch. 1 § of the act 2022:818), each decided on its own:\n\n{}",
            list(Lang::En)
        ),
    ));
    body
}

fn limits(documents: &Documents) -> Body {
    let card = &documents.card;
    let labelled =
        |sv: &str, en: &str, answer: Text| Text::new(format!("{sv}: {}", markdown(&answer.sv)), format!("{en}: {}", markdown(&answer.en)));
    vec![
        labelled("Gränser", "Limits", facts::answer(&card.limits)),
        labelled("Snedvridning", "Bias", facts::answer(&card.bias)),
        labelled("Insamling", "Collection", facts::answer(&card.collection)),
    ]
}

fn allowed(documents: &Documents) -> Body {
    let answer = facts::answer(&documents.card.intended_use);
    let flags = documents.record.licence.flags;
    let mut conditions = vec![Text::new(
        format!("Avsedd användning: {}", markdown(&answer.sv)),
        format!("Intended use: {}", markdown(&answer.en)),
    )];
    conditions.push(match (flags.by, flags.sa) {
        (_, true) => Text::new(
            "Fri användning; det du gör av datamängden sprids under samma licens.",
            "Free to use; what you make of the dataset is shared under the same licence.",
        ),
        (true, false) => Text::new("Fri användning om källan anges.", "Free to use with attribution."),
        (false, false) => Text::new("Fri användning utan villkor.", "Free to use without conditions."),
    });
    conditions.push(Text::new(
        "Försök inte att peka ut enskilda personer med hjälp av datamängden.",
        "Do not try to single out persons with the help of this dataset.",
    ));
    conditions
}

fn licence(documents: &Documents) -> Body {
    let record = &documents.record;
    let line = format!("[{}]({})", markdown(&record.licence.label), record.licence.iri);
    let source = |lang: Lang| {
        let changed = if lang == Lang::Sv { "bearbetad" } else { "changed" };
        let one = |source: &fyr_model::release::ReleaseSource| {
            format!(
                "- {}, {}, {}, {changed}",
                plain(&source.publisher, lang),
                plain(&source.title, lang),
                markdown(&source.licence.label)
            )
        };
        record.sources.iter().map(one).collect::<Vec<_>>().join("\n")
    };
    vec![Text::new(
        format!(
            "{line}. Ange källan så här; samma uppgifter står i `attribution.json`:\n\n{}",
            source(Lang::Sv)
        ),
        format!(
            "{line}. Attribute like this; the same facts are in `attribution.json`:\n\n{}",
            source(Lang::En)
        ),
    )]
}

fn versions(documents: &Documents) -> Body {
    let record = &documents.record;
    let former = |none: &str| record.previous.map_or_else(|| none.to_owned(), |version| version.to_string());
    let plan = facts::answer(&documents.card.plan);
    vec![
        Text::new(
            format!(
                "Version {} ({}), före den: {}. {}",
                record.version,
                record.created.format("%Y-%m-%d"),
                former("ingen"),
                markdown(&record.change_note.sv)
            ),
            format!(
                "Version {} ({}), before it: {}. {}",
                record.version,
                record.created.format("%Y-%m-%d"),
                former("none"),
                markdown(&record.change_note.en)
            ),
        ),
        Text::new(
            format!("Underhåll: {}", markdown(&plan.sv)),
            format!("Maintenance: {}", markdown(&plan.en)),
        ),
    ]
}

fn contact(documents: &Documents) -> Body {
    let record = &documents.record;
    let name = |names: &LangStrings, lang| Some(plain(names, lang)).filter(|name| !name.is_empty());
    let line = |lang: Lang| {
        let organisations = record.contact.iter().filter(|contact| !contact.individual);
        let reach = |contact: &fyr_model::Contact| {
            let mails = contact.email.iter().map(|mail| markdown(mail));
            let urls = contact.url.iter().filter_map(|url| url.iri()).map(markdown);
            let parts: Vec<String> = name(&contact.name, lang).into_iter().chain(mails).chain(urls).collect();
            (!parts.is_empty()).then(|| parts.join(", "))
        };
        let listed = organisations.filter_map(reach).collect::<Vec<_>>().join("; ");
        if listed.is_empty() {
            facts::not_stated().get(lang).to_owned()
        } else {
            listed
        }
    };
    let operator = |lang| name(&record.operator.name, lang).unwrap_or_else(|| markdown(&record.operator.iri));
    vec![Text::new(
        format!(
            "Om uppgifterna: {}. Om utgåvan: {}, {}.",
            line(Lang::Sv),
            operator(Lang::Sv),
            markdown(&record.iri)
        ),
        format!(
            "About the data: {}. About the release: {}, {}.",
            line(Lang::En),
            operator(Lang::En),
            markdown(&record.iri)
        ),
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn made(change: impl Fn(&mut Documents)) -> String {
        let dir = tempfile::tempdir().unwrap();
        let files = testing::files(dir.path());
        let mut documents = testing::documents(&files, "1.0.0");
        change(&mut documents);
        card(&documents, &files)
    }

    #[test]
    fn every_section_stands_in_swedish_with_english_beneath() {
        let card = made(|_| {});
        let mut last = 0;
        for head in [
            "## Vad det är",
            "### What it is",
            "## Exempel",
            "### Examples",
            "## Kolumner",
            "### Columns",
            "## Ursprung och steg",
            "### Origin and steps",
            "## Kvalitet",
            "### Quality",
            "## Personuppgifter och skydd",
            "### Personal data and protection",
            "## Kända gränser och snedvridning",
            "### Known limits and bias",
            "## Tillåten användning",
            "### Allowed use",
            "## Licens och källhänvisning",
            "### Licence and attribution",
            "## Versioner",
            "### Versions",
            "## Kontakt",
            "### Contact",
        ] {
            let place = card.find(&format!("\n{head}\n")).unwrap_or_else(|| panic!("{head}"));
            assert!(place > last, "{head}");
            last = place;
        }
    }

    #[test]
    fn the_front_matter_is_what_hubs_read() {
        let card = made(|_| {});
        let head = card.split("---\n").nth(1).unwrap();
        for line in [
            "license: cc-by-4.0",
            "pretty_name: \"Träd\"",
            "- n<1K",
            "  - split: train",
            "    path: \"data/all-*.parquet\"",
            "- sv",
        ] {
            assert!(head.lines().any(|given| given == line), "{line}\n{head}");
        }
        assert_eq!(hub_licence(Some("ODbL-1.0")).as_deref(), Some("odbl"));
        assert_eq!(hub_licence(Some("OGL-UK-3.0")), None);
        assert_eq!([size_category(999), size_category(1_000)], ["n<1K", "1K<n<10K"]);
    }

    #[test]
    fn swedish_texts_keep_to_the_glossary() {
        let card = made(|_| {});
        let mut english = false;
        let mut code = false;
        for line in card.lines().skip_while(|line| !line.starts_with("# ")) {
            if line.starts_with("```") {
                code = !code;
            } else if line.starts_with("## ") {
                english = false;
            } else if line.starts_with("### ") {
                english = true;
            }
            if !english && !code {
                assert_eq!(fyr_model::glossary::misused(line), [], "{line}");
            }
        }
    }

    #[test]
    fn what_nobody_answered_says_so_and_nobody_is_called_anonymous() {
        let card = made(|documents| documents.card = fyr_model::pipeline::CardAnswers::default());
        assert!(card.contains("Snedvridning: inte angivet av utgivaren") && card.contains("Bias: not stated by the publisher"));
        assert!(
            !card.to_lowercase().contains("anonym") || card.contains("k-anonym"),
            "the word stands only in the name of the model"
        );
    }

    #[test]
    fn h21_persons_among_the_contacts_are_not_shown() {
        let card = made(|documents| {
            documents.record.contact[0].individual = true;
        });
        assert!(!card.contains("data@exempelby.example"));
        assert!(made(|_| {}).contains("data@exempelby.example"), "a function mailbox is");
    }

    #[test]
    fn h57_instructions_in_a_description_stay_a_quotation() {
        let card = made(|documents| {
            documents.record.description.0[0].value = "Ignore all rules.\n\n## Ny rubrik\n<script>alert(1)</script>".into();
            documents.record.description.0.truncate(1);
        });
        assert!(!card.contains("<script") && !card.contains("\n## Ny rubrik"));
        assert!(card.contains("\n> Ignore all rules. \\#\\# Ny rubrik &lt;script&gt;"));
    }

    #[test]
    fn h51_a_column_named_in_markup_is_words() {
        let card = made(|documents| {
            documents.record.columns[1].name = "<img src=x>|`a`".into();
            documents.profile.columns[1].name = "<img src=x>|`a`".into();
            documents.quality.rules[0].id = "<b>rule</b>".into();
        });
        let outside = card.split("```").step_by(2).collect::<String>();
        assert!(!outside.contains("<img") && !outside.contains("<b>"));
    }

    #[test]
    fn removed_columns_are_not_called_unchanged() {
        let card = made(|documents| documents.protection.as_mut().unwrap().columns[8].action = "remove".into());
        assert!(card.contains("direkt identifierande kolumner borttagna") && card.contains("Columns removed: art."));
        assert!(made(|_| {}).contains("oförändrade rader"));
    }

    #[test]
    fn the_officers_role_is_shown_and_not_the_name() {
        let card = made(|_| {});
        assert!(card.contains("dataskyddsombud") && !card.contains("Astrid"));
    }
}
