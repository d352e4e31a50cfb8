//! The shapes that are made of a profile's rules, run through our SHACL engine, against the checker of the same rules: rule by rule, node by node.
//!
//! Two ways to one answer: the checker looks rules up in the typed view, the engine walks the generated Turtle over the triples. Where they may
//! differ stands below with the reason, and nothing else may.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fyr_assess::profile::{By, Profile, examples};
use fyr_graph::ReadRequest;
use fyr_graph::shacl::{Background, Data, Shapes, ShapesDocument};
use fyr_model::CatalogueView;

use crate::support::{root, shared};

/// Rules on which the two may differ, and why.
const DIFFER: &[(&str, &str)] = &[
    ("period-open-end", "the checker names the dataset, the shape the period"),
    (
        "text-english-missing",
        "the shape also sees texts of nodes that the view does not carry, such as standards",
    ),
    ("text-swedish-missing", "the same"),
    (
        "language-not-in-list",
        "of a text the checker says that it is no IRI, the shape also that it is on no list",
    ),
    ("value-not-in-list", "the shape also sees properties that the view does not carry"),
    (
        "agent-not-described",
        "the shape also sees agents in places that the view does not carry",
    ),
    (
        "contact-not-described",
        "an address for mail in place of a contact is told by another rule of the checker",
    ),
];

const VCARD: &str = "<http://www.w3.org/2006/vcard/ns#";
const TYPE: &str = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>";

/// The contacts of a document. The checker goes by what leads to a contact, a shape by its class: on a node that both know, they say the same.
struct Contacts {
    /// Those of a dataset or service.
    led_to: BTreeSet<String>,
    /// Those with a class of vCard.
    with_class: BTreeSet<String>,
}

impl Contacts {
    fn of(view: &CatalogueView, statements: &str) -> Self {
        let of_datasets = view.datasets.iter().flat_map(|dataset| &dataset.contact);
        let of_services = view.services.iter().flat_map(|service| &service.contact);
        let with_class = statements.lines().filter_map(|line| {
            let (subject, rest) = line.split_once(' ')?;
            let class = rest.strip_prefix(TYPE)?.trim_start().strip_prefix(VCARD)?;
            let known = ["Kind>", "Organization>", "Individual>"].iter().any(|name| class.starts_with(name));
            known.then(|| subject.trim_matches(['<', '>']).to_owned())
        });
        Self {
            led_to: of_datasets.chain(of_services).map(|contact| contact.iri.clone()).collect(),
            with_class: with_class.collect(),
        }
    }

    /// Whether a rule's finding about a node can be told by both.
    fn known_to_both(&self, rule: &str, node: &str) -> bool {
        let led_to = self.led_to.contains(node);
        match rule {
            // Its shape is about what `dcat:contactPoint` leads to as well.
            "blank-contact" => led_to,
            rule if rule.starts_with("contact-") => led_to && self.with_class.contains(node),
            _ => true,
        }
    }
}

/// Rule and node.
type Found = BTreeSet<(String, String)>;

pub fn shapes_of(profile: &Profile) -> Shapes {
    let text = profile.shapes();
    let document = ShapesDocument {
        bytes: text.as_bytes(),
        media_type: None,
        name: "shapes.ttl",
        base: None,
    };
    let shapes = Shapes::read(&[document], &Default::default()).unwrap();
    assert!(shapes.left_out().is_empty(), "{:?}", shapes.left_out());
    shapes
}

/// The view, the triples and who are contacts in a document; none when it is refused.
fn read(path: &Path, base: Option<&str>) -> Option<(CatalogueView, Data, Contacts)> {
    let dir = tempfile::tempdir().unwrap();
    let request = ReadRequest {
        path: path.to_path_buf(),
        source: "input".into(),
        address: "https://katalog.example/".into(),
        media_type: None,
        base: base.map(str::to_owned),
        limits: Default::default(),
    };
    let read = fyr_graph::read(&request, dir.path()).ok()?;
    let data = Data::load(&read.nquads).unwrap().with_background(Some(Background::bundled()));
    let contacts = Contacts::of(&read.view, &std::fs::read_to_string(&read.nquads).unwrap());
    Some((read.view, data, contacts))
}

/// Whether checker and shapes both express a rule.
fn both(profile: &Profile, text: &str, id: &str) -> bool {
    let by_check = profile.rule(id).is_some_and(|facts| facts.by == By::Check);
    by_check && [" a sh:", ":"].iter().any(|end| text.contains(&format!("rule:{id}{end}")))
}

fn by_checker(profile: &Profile, mut view: CatalogueView) -> Found {
    // What the reader has said is not said again by the checker; here both are to say all.
    view.findings.clear();
    profile.check(&view).into_iter().map(|one| (one.id, one.focus)).collect()
}

fn by_shapes(profile: &Profile, shapes: &Shapes, data: &Data) -> Found {
    let found = shapes.validate(data).unwrap();
    assert!(!found.cut);
    let rule = |one: &fyr_graph::shacl::Found| Some((profile.rule_of_shape(&one.source_shape)?.id.clone(), one.focus.clone()));
    found.results.iter().filter_map(rule).collect()
}

#[test]
fn each_rule_is_found_in_its_example_by_its_shape_and_not_beside_it() {
    for profile in Profile::known() {
        let (shapes, text) = (shapes_of(profile), profile.shapes());
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("example.ttl");
        let mut tried = 0;
        for example in examples(profile) {
            let expressed = ["rule:{} a sh:", "rule:{}:"]
                .iter()
                .any(|name| text.contains(&name.replace("{}", &example.rule)));
            if !expressed {
                continue;
            }
            for (document, fails) in [(&example.fail, true), (&example.pass, false)] {
                std::fs::write(&path, document).unwrap();
                let Some((_, data, _)) = read(&path, None) else { continue };
                let found = by_shapes(profile, &shapes, &data);
                let seen = found.iter().any(|(id, _)| *id == example.rule);
                assert_eq!(seen, fails, "{} {}\n{document}\n{found:?}", profile.pinned(), example.rule);
                tried += 1;
            }
        }
        println!("{}: {tried} examples", profile.pinned());
        assert!(tried > 200, "{tried}");
    }
}

/// Each rule that differs, how often, and where first.
fn summary(wrong: &[[String; 2]]) -> String {
    let mut rules: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for [rule, place] in wrong {
        rules.entry(rule).or_insert((0, place)).0 += 1;
    }
    let lines = rules.iter().map(|(rule, (count, place))| format!("{rule} x{count}: {place}"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn checker_and_shapes_agree_on_samples_and_real_catalogues() {
    let mut documents = Vec::new();
    for host in std::fs::read_dir(root().join("samples/www")).unwrap() {
        documents.extend(std::fs::read_dir(host.unwrap().path()).unwrap().map(|entry| entry.unwrap().path()));
    }
    if let Some(folder) = shared("fixtures/real/catalogs") {
        documents.extend(std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    }
    documents.retain(|path| {
        path.extension()
            .is_some_and(|ending| ["rdf", "ttl", "jsonld"].iter().any(|known| ending == *known))
    });
    documents.sort();
    let (mut read_documents, mut common) = (0, 0);
    let mut wrong: Vec<[String; 2]> = Vec::new();
    let mut differing: BTreeMap<&str, usize> = BTreeMap::new();
    for profile in Profile::known() {
        let (shapes, text) = (shapes_of(profile), profile.shapes());
        for path in &documents {
            let Some((view, data, contacts)) = read(path, Some("https://katalog.example/")) else {
                continue;
            };
            read_documents += 1;
            // A sub-catalogue that is only named is read from its own address, so the checker does not ask for what it lacks here.
            let described: BTreeSet<String> = view
                .catalogues
                .iter()
                .filter(|one| one.title.iter().next().is_some() || !one.datasets.is_empty())
                .map(|one| one.iri.clone())
                .collect();
            let mut checker = by_checker(profile, view);
            let mut by_shape = by_shapes(profile, &shapes, &data);
            for found in [&mut checker, &mut by_shape] {
                found.retain(|(id, focus)| {
                    let named_only = id.starts_with("catalogue-") && !described.contains(focus);
                    both(profile, &text, id) && !named_only && contacts.known_to_both(id, focus)
                });
            }
            let may_differ = |id: &String| DIFFER.iter().find(|(known, _)| known == id).map(|(known, _)| *known);
            for (id, _) in checker.symmetric_difference(&by_shape) {
                *differing.entry(may_differ(id).unwrap_or_default()).or_insert(0_usize) += 1;
            }
            for found in [&mut checker, &mut by_shape] {
                found.retain(|(id, _)| may_differ(id).is_none());
            }
            common += checker.intersection(&by_shape).count();
            let name = path.file_name().unwrap().to_string_lossy();
            let told = |which: &str, one: &(String, String)| {
                [format!("only {which}: {}", one.0), format!("{} {name} {}", profile.pinned(), one.1)]
            };
            wrong.extend(checker.difference(&by_shape).map(|one| told("checker", one)));
            wrong.extend(by_shape.difference(&checker).map(|one| told("shapes", one)));
        }
    }
    println!("{read_documents} readings, {common} findings in common, {} differ", wrong.len());
    for (rule, why) in DIFFER {
        let times = differing.get(rule).copied().unwrap_or_default();
        println!("differs {times} times: {rule}: {why}");
    }
    assert!(wrong.is_empty(), "{}", summary(&wrong));
    assert!(common > 100, "{common}");
}
