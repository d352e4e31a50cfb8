//! A policy checked against a table: roles, models, and the criteria that classes are asked.
//!
//! In: the columns of a table and a policy as written. Out: what is meant, or the first contradiction.

use fyr_model::finding::{Refusal, RefusalKind};
use fyr_model::privacy::{ClosenessKind, DiversityKind, LikenessKind, Mean, Model, PrivacyPolicy, Role};
use fyr_model::table::{Column, ColumnType};
use fyr_model::text::Text;
use fyr_model::written::nearest;

use super::loss::Metric;
use super::models::Criterion;

pub(crate) fn roles(columns: &[Column], policy: &PrivacyPolicy) -> Result<Vec<Role>, Refusal> {
    let missing: Vec<&str> = columns
        .iter()
        .map(|c| c.name.as_str())
        .filter(|name| !policy.columns.contains_key(*name))
        .collect();
    if !missing.is_empty() {
        let names = missing.join(", ");
        let message = Text::new(
            format!("kolumner utan roll i policyn: {names}"),
            format!("columns without a role in the policy: {names}"),
        );
        let unused = || {
            policy
                .columns
                .keys()
                .filter(|name| !columns.iter().any(|column| column.name == **name))
        };
        let meant = missing
            .iter()
            .find_map(|name| Some((*name, nearest(name, unused().map(String::as_str))?)));
        let hint = match meant {
            Some((name, written)) => Text::new(
                format!("policyn säger `{written}`, kolumnen heter `{name}`"),
                format!("the policy says `{written}`, the column is called `{name}`"),
            ),
            None => Text::new(
                "ge varje kolumn en roll under [columns]: identifier, quasi-identifier, sensitive eller plain",
                "give each column a role under [columns]: identifier, quasi-identifier, sensitive or plain",
            ),
        };
        return Err(configuration("role-missing", message).hint(hint));
    }
    let known = |name: &&String| columns.iter().any(|column| column.name == **name);
    let unknown: Vec<&str> = policy.columns.keys().filter(|name| !known(name)).map(String::as_str).collect();
    if !unknown.is_empty() {
        let names = unknown.join(", ");
        let message = Text::new(
            format!("policyn ger roller åt kolumner som tabellen saknar: {names}"),
            format!("the policy gives roles to columns that the table lacks: {names}"),
        );
        let known = columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
        let hint = Text::new(
            format!("rätta namnen, eller ta bort raderna; kolumnerna är {known}"),
            format!("mend the names, or remove the lines; the columns are {known}"),
        );
        return Err(configuration("role-unknown-column", message).hint(hint));
    }
    Ok(columns
        .iter()
        .map(|column| policy.columns.get(&column.name).map_or(Role::Identifier, |policy| policy.role()))
        .collect())
}

/// The model, checked; nothing when no column asks for one.
pub(crate) fn model<'a>(columns: &[Column], roles: &[Role], policy: &'a PrivacyPolicy) -> Result<Option<&'a Model>, Refusal> {
    if !policy.table.is_empty() {
        let message = Text::new(
            "policyn har [table], som hör till fyr tabulate",
            "the policy has [table], which belongs to fyr tabulate",
        );
        return Err(configuration("table-unexpected", message));
    }
    let protected = roles.iter().any(|role| matches!(role, Role::QuasiIdentifier | Role::Sensitive));
    let Some(model) = &policy.model else {
        if protected {
            let message = Text::new(
                "policyn har indirekt identifierande eller känsliga kolumner men ingen [model]",
                "the policy has quasi-identifying or sensitive columns but no [model]",
            );
            return Err(configuration("model-missing", message).hint(Text::new("ange [model] med k", "state [model] with k")));
        }
        return Ok(None);
    };
    let sensitive: Vec<&str> = columns
        .iter()
        .zip(roles)
        .filter(|(_, role)| **role == Role::Sensitive)
        .map(|(column, _)| column.name.as_str())
        .collect();
    match bounds(model).or_else(|| attributes(model, &sensitive)).or_else(|| words(model)) {
        Some((sv, en)) => Err(configuration("model-invalid", Text::new(sv, en))),
        None => Ok(protected.then_some(model)),
    }
}

type Fault = Option<(String, String)>;

fn fault(holds: bool, sv: &str, en: &str) -> Fault {
    (!holds).then(|| (sv.to_owned(), en.to_owned()))
}

/// Numbers outside what the models are defined for.
fn bounds(model: &Model) -> Fault {
    let any = model.k > 0
        || model.l.is_some()
        || model.t.is_some()
        || model.beta.is_some()
        || model.disclosure.is_some()
        || model.presence.is_some()
        || model.k_map.is_some()
        || model.average_risk.is_some();
    let share = |value: f64| (0.0..=1.0).contains(&value);
    let presence = model
        .presence
        .as_ref()
        .is_none_or(|p| share(p.min) && share(p.max) && p.min <= p.max);
    fault(
        any,
        "[model] anger ingen modell; ange minst k",
        "[model] states no model; state at least k",
    )
    .or_else(|| fault(model.k != 1, "k måste vara minst 2", "k must be at least 2"))
    .or_else(|| {
        fault(
            share(model.suppression_max),
            "suppression_max är en andel och måste ligga mellan 0 och 1: fyra procent är 0.04",
            "suppression_max is a share and must lie between 0 and 1: four per cent is 0.04",
        )
    })
    .or_else(|| {
        fault(
            share(model.gs_factor),
            "gs_factor måste ligga mellan 0 och 1",
            "gs_factor must lie between 0 and 1",
        )
    })
    .or_else(|| {
        fault(
            presence,
            "presence kräver 0 <= min <= max <= 1",
            "presence needs 0 <= min <= max <= 1",
        )
    })
    .or_else(|| {
        fault(
            model.k_map.as_ref().is_none_or(|map| map.k >= 2),
            "k_map.k måste vara minst 2",
            "k_map.k must be at least 2",
        )
    })
    .or_else(|| {
        let both = model.presence.is_some() && model.k_map.is_some();
        fault(
            !both,
            "presence och k_map motsäger varandra: för den ena är indata populationen, för den andra urvalet",
            "presence and k_map contradict each other: for one the input is the population, for the other the sample",
        )
    })
    .or_else(|| {
        let risk = model.average_risk.is_none_or(|risk| risk > 0.0 && risk <= 1.0);
        fault(
            risk,
            "average_risk måste ligga över 0 och högst vara 1",
            "average_risk must lie above 0 and be at most 1",
        )
    })
}

/// Bounds on sensitive columns: there must be one, with a bound that can be met by something.
fn attributes(model: &Model, sensitive: &[&str]) -> Fault {
    let named = model.l.iter().flat_map(|bound| bound.columns());
    let named = named
        .chain(model.t.iter().flat_map(|bound| bound.columns()))
        .chain(model.beta.iter().flat_map(|bound| bound.columns()))
        .chain(model.disclosure.iter().flat_map(|bound| bound.columns()));
    for name in named {
        if !sensitive.contains(&name) {
            let sv = format!("[model] anger en gräns för `{name}`, som inte har rollen sensitive");
            return Some((sv, format!("[model] states a bound for `{name}`, which has not the role sensitive")));
        }
    }
    let asked = model.l.is_some() || model.t.is_some() || model.beta.is_some() || model.disclosure.is_some();
    let none = fault(
        !asked || !sensitive.is_empty(),
        "[model] anger l, t, beta eller disclosure, men ingen kolumn har rollen sensitive",
        "[model] states l, t, beta or disclosure, but no column has the role sensitive",
    );
    none.or_else(|| sensitive.iter().find_map(|name| of_column(model, name)))
}

fn of_column(model: &Model, name: &str) -> Fault {
    let l = model.l.as_ref().and_then(|l| l.of(name));
    let t = model.t.as_ref().and_then(|t| t.of(name));
    let beta = model.beta.as_ref().and_then(|beta| beta.of(name));
    let disclosure = model.disclosure.as_ref().and_then(|d| d.of(name));
    let recursive = l.is_none_or(|l| (l.kind == DiversityKind::Recursive) == l.c.is_some() && l.c.is_none_or(|c| c > 0.0));
    fault(
        l.is_none_or(|l| l.value >= 1.0 && l.value.is_finite()),
        "l måste vara minst 1",
        "l must be at least 1",
    )
    .or_else(|| {
        fault(
            recursive,
            "c hör till l av slaget recursive, och bara dit",
            "c belongs to l of the kind recursive, and to no other",
        )
    })
    .or_else(|| {
        fault(
            t.is_none_or(|t| (0.0..=1.0).contains(&t.value)),
            "t måste ligga mellan 0 och 1",
            "t must lie between 0 and 1",
        )
    })
    .or_else(|| {
        fault(
            beta.is_none_or(|beta| beta.value > 0.0),
            "beta måste vara större än 0",
            "beta must be greater than 0",
        )
    })
    .or_else(|| {
        fault(
            disclosure.is_none_or(|d| *d > 0.0),
            "disclosure måste vara större än 0",
            "disclosure must be greater than 0",
        )
    })
}

fn words(model: &Model) -> Fault {
    let known: Vec<&str> = Metric::WORDS.iter().map(|(word, _)| *word).collect();
    (!known.contains(&model.loss.as_str())).then(|| {
        let known = known.join(", ");
        (format!("loss måste vara något av {known}"), format!("loss must be one of {known}"))
    })
}

/// The columns that classes are formed by.
pub(crate) fn quasi<'a>(columns: &'a [Column], roles: &[Role], policy: &PrivacyPolicy) -> Vec<&'a Column> {
    let pairs = columns.iter().zip(roles).filter(|(_, role)| **role == Role::QuasiIdentifier);
    pairs
        .map(|(column, _)| column)
        .filter(|column| mean_of(policy, column).is_none())
        .collect()
}

fn mean_of(policy: &PrivacyPolicy, column: &Column) -> Option<Mean> {
    policy.columns.get(&column.name)?.microaggregate()
}

/// The columns whose numbers give way to the mean of their class.
pub(crate) fn means<'a>(columns: &'a [Column], roles: &[Role], policy: &PrivacyPolicy) -> Result<Vec<(&'a Column, Mean)>, Refusal> {
    let asked = columns.iter().zip(roles);
    let asked: Vec<(&Column, &Role, Mean)> = asked
        .filter_map(|(column, role)| Some((column, role, mean_of(policy, column)?)))
        .collect();
    let refused = |column: &Column, sv: &str, en: &str| {
        let name = &column.name;
        let message = Text::new(format!("kolumnen `{name}`: {sv}"), format!("column `{name}`: {en}"));
        Err(configuration("microaggregate-invalid", message))
    };
    for (column, role, _) in &asked {
        if !matches!(role, Role::QuasiIdentifier | Role::Plain) {
            return refused(
                column,
                "microaggregate hör till rollerna quasi-identifier och plain",
                "microaggregate belongs to the roles quasi-identifier and plain",
            );
        }
        if !matches!(column.kind, ColumnType::Integer | ColumnType::Number) {
            return refused(column, "microaggregate kräver tal", "microaggregate needs numbers");
        }
        if quasi(columns, roles, policy).is_empty() {
            return refused(
                column,
                "microaggregate kräver en annan indirekt identifierande kolumn att bilda grupper av",
                "microaggregate needs another quasi-identifying column to form groups by",
            );
        }
    }
    Ok(asked.into_iter().map(|(column, _, mean)| (column, mean)).collect())
}

/// The measure of loss that the policy names.
pub(crate) fn metric(model: &Model) -> Metric {
    let known = Metric::WORDS.iter().find(|(word, _)| *word == model.loss);
    known.map_or(Metric::Entropy { suppression: true }, |(_, metric)| *metric)
}

/// The sensitive columns that a model bounds.
pub(crate) fn bounded<'a>(columns: &'a [Column], roles: &[Role], model: &Model) -> Vec<&'a Column> {
    let is_bounded = |name: &str| {
        model.l.as_ref().is_some_and(|bound| bound.of(name).is_some())
            || model.t.as_ref().is_some_and(|bound| bound.of(name).is_some())
            || model.beta.as_ref().is_some_and(|bound| bound.of(name).is_some())
            || model.disclosure.as_ref().is_some_and(|bound| bound.of(name).is_some())
    };
    let pairs = columns.iter().zip(roles);
    pairs
        .filter(|(column, role)| **role == Role::Sensitive && is_bounded(&column.name))
        .map(|(column, _)| column)
        .collect()
}

/// What every class is asked, and the models in words. `sensitive` are the bounded columns, in the order of their views.
pub(crate) fn criteria(model: &Model, sensitive: &[&Column]) -> (Vec<Criterion>, Vec<String>) {
    let mut all = Vec::new();
    let mut words = Vec::new();
    let mut add = |criterion: Criterion, word: String| {
        all.push(criterion);
        words.push(word);
    };
    if model.k > 0 {
        add(Criterion::Size(model.k), format!("{}-anonymity", model.k));
    }
    if let Some(map) = &model.k_map {
        add(Criterion::Map(map.k), format!("{}-map", map.k));
    }
    if let Some(presence) = &model.presence {
        let (min, max) = (presence.min, presence.max);
        add(Criterion::Presence { min, max }, format!("({min}, {max})-presence"));
    }
    for (view, column) in sensitive.iter().enumerate() {
        let name = column.name.as_str();
        if let Some(l) = model.l.as_ref().and_then(|l| l.of(name)) {
            let (value, c) = (l.value, l.c.unwrap_or(1.0));
            match l.kind {
                DiversityKind::Distinct => add(
                    Criterion::Distinct { view, l: value },
                    format!("distinct {value}-diversity of {name}"),
                ),
                DiversityKind::Entropy => add(
                    Criterion::Entropy { view, l: value },
                    format!("entropy {value}-diversity of {name}"),
                ),
                DiversityKind::Recursive => add(
                    Criterion::Recursive { view, l: value, c },
                    format!("recursive ({c}, {value})-diversity of {name}"),
                ),
            }
        }
        if let Some(t) = model.t.as_ref().and_then(|t| t.of(name)) {
            let value = t.value;
            match t.kind {
                ClosenessKind::Equal => add(Criterion::Equal { view, t: value }, format!("equal {value}-closeness of {name}")),
                ClosenessKind::Ordered => add(
                    Criterion::Ordered { view, t: value },
                    format!("ordered {value}-closeness of {name}"),
                ),
                ClosenessKind::Hierarchical => add(
                    Criterion::Hierarchical { view, t: value },
                    format!("hierarchical {value}-closeness of {name}"),
                ),
            }
        }
        if let Some(beta) = model.beta.as_ref().and_then(|beta| beta.of(name)) {
            let enhanced = beta.kind == LikenessKind::Enhanced;
            let kind = if enhanced { "enhanced" } else { "basic" };
            add(
                Criterion::Beta {
                    view,
                    beta: beta.value,
                    enhanced,
                },
                format!("{kind} {}-likeness of {name}", beta.value),
            );
        }
        if let Some(delta) = model.disclosure.as_ref().and_then(|d| d.of(name)) {
            add(
                Criterion::Disclosure { view, delta: *delta },
                format!("{delta}-disclosure of {name}"),
            );
        }
    }
    if let Some(risk) = model.average_risk {
        words.push(format!("average risk {risk}"));
    }
    (all, words)
}

pub(crate) fn configuration(id: &str, message: Text) -> Refusal {
    Refusal::new(id, RefusalKind::Configuration, "policy", message)
}
