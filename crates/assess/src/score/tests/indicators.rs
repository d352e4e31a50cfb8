//! Each indicator on both sides of its bounds.

use super::*;

#[test]
fn a_release_counts_all_indicators_and_measures_its_package() {
    let scored = readiness(&release());
    for id in ["P1", "P2", "P3", "P5", "K1", "K2", "K3", "K5", "V1", "V2", "V3", "V4", "V5", "L5"] {
        assert_eq!(of(&scored, id).status, Status::Pass, "{id}: {}", of(&scored, id).evidence.en);
    }
    for id in ["P4", "K4", "F5", "Q7"] {
        assert_eq!(of(&scored, id).status, Status::NotMeasured, "{id}");
    }
    assert_eq!(of(&scored, "K6").status, Status::NotApplicable);
    let parquet = |checks: &[(&str, bool)]| after(release(), "K1", |evidence| evidence.packaging = checked(checks));
    assert_eq!(
        parquet(&[("parquet-footer", true), ("parquet-codec", false)]),
        (Status::Partial, 0.5)
    );
    assert_eq!(parquet(&[("hash-all", true)]), (Status::NotMeasured, 0.0));
    assert_eq!(
        after(release(), "V5", |evidence| evidence.provenance = Some(ProvenanceFacts::default())),
        (Status::Fail, 0.0)
    );
    assert_eq!(after(release(), "V1", |evidence| evidence.provenance = None).0, Status::NotMeasured);
    let geometry = |checks: &[(&str, bool)]| {
        after(release(), "K6", |evidence| {
            evidence
                .profile
                .as_mut()
                .unwrap()
                .columns
                .push(profiled("geometri", ColumnType::Geometry));
            evidence.packaging = checked(checks);
        })
    };
    assert_eq!(geometry(&[("parquet-footer", true)]).0, Status::NotMeasured);
    assert_eq!(geometry(&[("parquet-geo", true)]), (Status::Pass, 1.0));
}

#[test]
fn group_size_is_measured_on_the_written_file_and_has_a_floor() {
    let with = |report: Option<PrivacyReport>| after(release(), "P2", |evidence| evidence.privacy = report);
    assert_eq!(with(Some(audited(Some(10)))), (Status::Pass, 1.0));
    assert_eq!(with(Some(audited(Some(9)))), (Status::Partial, 0.9));
    let mut loose = audited(Some(5));
    loose.k_required = Some(5);
    assert_eq!(with(Some(loose)), (Status::Partial, 0.5));
    assert_eq!(with(Some(audited(None))), (Status::NotApplicable, 0.0));
    assert_eq!(with(None), (Status::NotMeasured, 0.0));
    let report = |report: Option<PrivacyReport>, facts: Option<ProtectionFacts>| {
        after(release(), "P5", |evidence| {
            evidence.privacy = report;
            evidence.protection = facts;
        })
    };
    assert_eq!(report(Some(audited(Some(12))), None), (Status::Partial, 0.5));
    assert_eq!(report(Some(audited(None)), None), (Status::Pass, 1.0));
}

#[test]
fn a_release_is_judged_on_its_written_file_and_not_on_the_source() {
    let mut evidence = release();
    evidence.detections = Some(vec![found("personnummer", "direct", "personal_identity_number")]);
    assert_eq!(seen(&evidence, "P1"), (Status::Pass, 1.0));
    evidence.privacy.as_mut().unwrap().detections = vec![found("personnummer", "direct", "personal_identity_number")];
    assert_eq!(seen(&evidence, "P1"), (Status::Fail, 0.0));
    assert_eq!(readiness(&evidence).air, None);
}

#[test]
fn finding_points_fall_by_what_is_written() {
    assert_eq!(
        after(foreign(), "F1", |evidence| evidence.harvests_seen = 0),
        (Status::Partial, 0.5)
    );
    assert_eq!(
        after(foreign(), "F1", |evidence| evidence.dataset.blank = true),
        (Status::Fail, 0.0)
    );
    let description = |length: usize| {
        after(foreign(), "F2", |evidence| {
            evidence.dataset.description = both(&"å".repeat(length), "")
        })
    };
    assert_eq!(description(120), (Status::Pass, 1.0));
    assert!(near(description(119).1, 2.0 / 3.0));
    let same = after(foreign(), "F2", |evidence| {
        evidence.dataset.title = evidence.dataset.description.clone()
    });
    assert!(same.0 == Status::Partial);
    assert_eq!(
        after(foreign(), "F3", |evidence| evidence.dataset.theme =
            iri("http://eurovoc.europa.eu/5794")),
        (Status::Partial, 0.5)
    );
    assert_eq!(
        after(foreign(), "F4", |evidence| evidence.dataset.temporal[0].start = Some("förr".into())),
        (Status::Partial, 0.5)
    );
    assert_eq!(
        after(foreign(), "F6", |evidence| evidence.dataset.contact[0].email = vec!["data".into()]),
        (Status::Partial, 0.5)
    );
    assert_eq!(
        after(foreign(), "D5", |evidence| evidence.dataset.title.0.truncate(1)),
        (Status::Partial, 0.75)
    );
}

#[test]
fn addresses_count_when_their_verdict_has_settled() {
    let with = |id: &str, state: LinkState, settled: bool| {
        after(foreign(), id, |evidence| {
            evidence.resource = None;
            evidence.links = BTreeMap::from([(FILE.to_owned(), link(state, settled))]);
        })
    };
    assert_eq!(with("A1", LinkState::Alive, true), (Status::Pass, 1.0));
    assert_eq!(with("A1", LinkState::Gone, true), (Status::Fail, 0.0));
    assert_eq!(with("A1", LinkState::Gone, false).0, Status::NotMeasured);
    assert_eq!(with("A2", LinkState::Gone, true), (Status::Partial, 0.4));
    assert_eq!(with("A4", LinkState::Refused, true), (Status::Fail, 0.0));
    assert_eq!(with("A4", LinkState::Alive, true), (Status::Pass, 1.0));
    assert_eq!(
        after(foreign(), "A2", |evidence| evidence.dataset.distributions[0].download_url.clear()),
        (Status::Fail, 0.0)
    );
    assert_eq!(
        after(foreign(), "A4", |evidence| evidence.dataset.access_rights =
            eu("access-right", "NON_PUBLIC")),
        (Status::Fail, 0.0)
    );
    let fetched = after(foreign(), "A1", |evidence| evidence.links.clear());
    assert_eq!(fetched, (Status::Pass, 1.0), "a fetch is an answer");
    let no_ranges = after(foreign(), "A5", |evidence| {
        evidence.links.get_mut(FILE).unwrap().tries[0].ranges = false
    });
    assert_eq!(no_ranges, (Status::Partial, 0.5));
}

#[test]
fn declared_format_and_size_are_compared_with_the_bytes() {
    assert_eq!(seen(&foreign(), "A3"), (Status::Pass, 1.0));
    let declared = |format: &str| {
        after(foreign(), "A3", |evidence| {
            evidence.dataset.distributions[0].format = vec![Value::Literal(format.into())]
        })
    };
    assert!(near(declared("text/csv").1, 2.0 / 3.0));
    let size = after(foreign(), "A3", |evidence| {
        evidence.dataset.distributions[0].byte_size = Some("1201".into())
    });
    assert!(near(size.1, 2.0 / 3.0));
    let server = after(foreign(), "A3", |evidence| {
        evidence.resource.as_mut().unwrap().media_type = Some("text/html".into())
    });
    assert!(near(server.1, 2.0 / 3.0));
    let csv = |format: Value, packing: Option<&str>| {
        after(foreign(), "A3", |evidence| {
            let source = &mut evidence.reading.as_mut().unwrap().source;
            source.format = "csv".into();
            source.media_type = "text/csv".into();
            source.packing = packing.map(Into::into);
            evidence.resource.as_mut().unwrap().media_type = None;
            evidence.dataset.distributions[0].format = vec![format];
        })
    };
    let file_type = |code: &str| Value::Iri(format!("http://publications.europa.eu/resource/authority/file-type/{code}"));
    assert_eq!(csv(Value::Literal("text/csv".into()), None), (Status::Pass, 1.0));
    assert_eq!(csv(file_type("CSV"), None), (Status::Pass, 1.0));
    assert_eq!(csv(Value::Literal("text/csv+zip".into()), Some("zip")), (Status::Pass, 1.0));
    assert_eq!(csv(file_type("ZIP"), Some("zip")), (Status::Pass, 1.0));
    assert_eq!(csv(file_type("ZIP"), None), (Status::Partial, 0.5));
}

#[test]
fn licence_points_follow_the_verdict_of_each_distribution() {
    let with = |id: &str, licence: &str| {
        after(foreign(), id, |evidence| {
            evidence.licences.clear();
            evidence.dataset.distributions[0].licence = iri(licence);
        })
    };
    let cc = |path: &str| format!("http://creativecommons.org/licenses/{path}/4.0/");
    assert_eq!(with("L1", "https://creativecommons.org/licenses/by/4.0"), (Status::Partial, 0.5));
    assert_eq!(with("L1", "https://villkor.exempelby.example/"), (Status::Fail, 0.0));
    assert_eq!(with("L3", &cc("by")), (Status::Partial, 0.75));
    assert_eq!(with("L3", &cc("by-sa")), (Status::Partial, 0.5));
    assert_eq!(with("L3", &cc("by-nc")), (Status::Fail, 0.0));
    assert_eq!(with("L2", &cc("by-nc")), (Status::Pass, 1.0));
    assert_eq!(with("L2", "https://villkor.exempelby.example/"), (Status::Fail, 0.0));
    let inherited = after(foreign(), "L1", |evidence| {
        evidence.licences.clear();
        evidence.dataset.licence = std::mem::take(&mut evidence.dataset.distributions[0].licence);
    });
    assert_eq!(inherited, (Status::Partial, 0.5));
    let hvd = |category: bool| {
        after(foreign(), "L4", |evidence| {
            evidence.dataset.legislation = iri("http://data.europa.eu/eli/reg_impl/2023/138/oj");
            if category {
                evidence.dataset.hvd_category = iri("http://data.europa.eu/bna/c_ac64a52d");
            }
        })
    };
    assert_eq!((hvd(true), hvd(false)), ((Status::Pass, 1.0), (Status::Partial, 0.5)));
}

#[test]
fn documentation_is_counted_by_column_and_by_answer() {
    let column = |id: &str, change: fn(&mut ColumnProfile)| {
        after(foreign(), id, |evidence| change(&mut evidence.profile.as_mut().unwrap().columns[3]))
    };
    assert_eq!(column("D1", |column| column.description = None), (Status::Partial, 0.75));
    assert_eq!(column("D1", |column| column.description = said("hojd")), (Status::Partial, 0.75));
    assert_eq!(column("D2", |column| column.unit = None), (Status::Partial, 0.875));
    let matches = |count: u64| {
        after(foreign(), "D3", |evidence| {
            evidence.reading.as_mut().unwrap().columns[1].semantic.as_mut().unwrap().matches = count;
        })
    };
    let wide = |count: u64| {
        after(foreign(), "D3", |evidence| {
            evidence.profile.as_mut().unwrap().rows = 100;
            evidence.reading.as_mut().unwrap().columns[1].semantic.as_mut().unwrap().matches = count;
        })
    };
    assert_eq!(
        (matches(40), wide(98).0, wide(97).0),
        ((Status::Pass, 1.0), Status::Pass, Status::Fail)
    );
    let none = after(foreign(), "D3", |evidence| {
        evidence.profile.as_mut().unwrap().columns.remove(1);
    });
    assert_eq!(none.0, Status::NotApplicable);
    assert_eq!(
        after(foreign(), "D4", |evidence| evidence.card.bias = said("TODO: skriv här")).0,
        Status::Partial
    );
    assert_eq!(
        after(foreign(), "D4", |evidence| evidence.card = CardAnswers::default()),
        (Status::Fail, 0.0)
    );
}

#[test]
fn quality_counts_rows_cells_and_rules() {
    let repaired = |kind: &str, count: u64| {
        after(foreign(), "Q1", |evidence| {
            evidence.reading.as_mut().unwrap().repairs = vec![Repair {
                kind: kind.into(),
                column: Some("hojd".into()),
                count,
                rows: vec![],
            }];
        })
    };
    assert_eq!(repaired("short-row", 10), (Status::Partial, 0.75));
    assert_eq!(repaired("short-row", 400), (Status::Fail, 0.0));
    assert_eq!(
        repaired("decimal-comma", 40),
        (Status::Pass, 1.0),
        "a decimal comma is a way of writing"
    );
    let empty = after(foreign(), "Q2", |evidence| {
        let profile = evidence.profile.as_mut().unwrap();
        profile.keys.clear();
        profile.columns[3].nulls = 40;
    });
    assert_eq!(empty, (Status::Partial, 0.75));
    let copies = after(foreign(), "Q3", |evidence| evidence.profile.as_mut().unwrap().duplicate_rows = 20);
    assert_eq!(copies, (Status::Partial, 0.75));
    assert_eq!(
        after(foreign(), "Q3", |evidence| evidence.profile.as_mut().unwrap().keys.clear()),
        (Status::Partial, 0.5)
    );
    let rules = |rules: Vec<RuleResult>| after(foreign(), "Q4", |evidence| evidence.quality.as_mut().unwrap().rules = rules);
    assert_eq!(rules(vec![rule("a", true), rule("b", false)]), (Status::Partial, 0.5));
    assert_eq!(rules(vec![]).0, Status::NotMeasured);
    assert_eq!(
        after(foreign(), "Q6", |evidence| evidence.card = CardAnswers::default()),
        (Status::Partial, 0.5)
    );
}

#[test]
fn data_is_as_current_as_its_frequency_promises() {
    let newest = |day: &str| {
        after(foreign(), "Q5", |evidence| {
            evidence.profile.as_mut().unwrap().columns[2].max = Some(day.into())
        })
    };
    // Monthly: 31 days, whole points up to 46, half up to 93. The score is made on 22 November.
    assert_eq!(newest("2026-10-07"), (Status::Pass, 1.0));
    assert_eq!(newest("2026-10-06"), (Status::Partial, 0.5));
    assert_eq!(newest("2026-08-21"), (Status::Partial, 0.5));
    assert_eq!(newest("2026-08-20"), (Status::Fail, 0.0));
    let frequency = |code: Option<&str>| {
        after(foreign(), "Q5", |evidence| {
            evidence.dataset.frequency = code.map(|code| eu("frequency", code)).unwrap_or_default()
        })
    };
    assert_eq!(frequency(Some("IRREG")).0, Status::NotApplicable);
    assert_eq!(frequency(Some("UNKNOWN")).0, Status::Fail);
    assert_eq!(frequency(None).0, Status::Fail, "a missing frequency is a gap, not an exemption");
    let stated = |modified: Option<&str>| {
        after(foreign(), "Q5", |evidence| {
            evidence.profile.as_mut().unwrap().columns[2].max = None;
            evidence.dataset.modified = modified.map(Into::into);
        })
    };
    assert_eq!(stated(Some("2026-11-20")), (Status::Pass, 1.0));
    assert_eq!(stated(None).0, Status::NotMeasured);
    let old = after(foreign(), "Q5", |evidence| {
        evidence.dataset.frequency = iri("http://purl.org/cld/freq/monthly")
    });
    assert_eq!(old, (Status::Pass, 1.0));
}

#[test]
fn a_publishers_own_checksum_is_compared_with_the_bytes() {
    assert_eq!(seen(&foreign(), "K3"), (Status::Pass, 1.0));
    let wrong = after(foreign(), "K3", |evidence| {
        evidence.dataset.distributions[0].checksum.as_mut().unwrap().0 = "00".into()
    });
    assert_eq!(wrong, (Status::Partial, 0.5));
    let sha1 = after(foreign(), "K3", |evidence| {
        evidence.dataset.distributions[0].checksum.as_mut().unwrap().1 = "…_sha1".into()
    });
    assert_eq!(sha1.0, Status::NotMeasured);
    assert_eq!(
        after(foreign(), "K3", |evidence| evidence.dataset.distributions[0].checksum = None).0,
        Status::NotApplicable
    );
}

#[test]
fn a_check_belongs_to_the_family_that_its_id_begins_with() {
    // A statistics check of the Parquet recipe says nothing of statistics published as data.
    let own = after(foreign(), "K5", |evidence| {
        evidence.packaging = checked(&[("parquet-statistics", false)])
    });
    assert_eq!(own.0, Status::NotApplicable);
    let of_release = after(release(), "K5", |evidence| {
        evidence.packaging = checked(&[("parquet-statistics", false)])
    });
    assert_eq!(of_release, (Status::Pass, 1.0));
}

#[test]
fn drift_is_scored_by_what_of_it_somebody_has_explained() {
    use fyr_model::profile::{Drift, DriftReport, Explanation};
    use fyr_model::{Finding, Severity, Version};
    let warning = |id: &str, column: &str| Finding::new(id, Severity::Warning, column, Text::default());
    let with = |findings: Vec<Finding>, explained: &[(&str, Option<&str>)]| {
        after(release(), "Q7", |evidence| {
            evidence.drift = Some(DriftReport {
                since: Some(Version::FIRST),
                at: at(),
                drift: Drift::default(),
                findings,
                explained: explained
                    .iter()
                    .map(|(finding, column)| Explanation {
                        since: Version::FIRST,
                        finding: (*finding).into(),
                        column: column.map(str::to_owned),
                        sv: "Ny mätare.".into(),
                        en: "New meter.".into(),
                    })
                    .collect(),
            });
        })
    };
    let both = || vec![warning("drift-distribution", "a"), warning("drift-distribution", "b")];
    let notice = Finding::new("drift-range", Severity::Info, "a", Text::default());
    assert_eq!(with(vec![notice], &[]), (Status::Pass, 1.0));
    assert_eq!(with(both(), &[]), (Status::Fail, 0.0));
    assert_eq!(with(both(), &[("drift-distribution", Some("a"))]), (Status::Partial, 0.5));
    assert_eq!(with(both(), &[("drift-distribution", None)]), (Status::Pass, 1.0));
    assert_eq!(with(both(), &[("drift-rows", None)]), (Status::Fail, 0.0));
}
