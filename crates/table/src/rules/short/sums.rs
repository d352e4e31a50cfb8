//! Rules about many rows at once: sums, freshness, volume, distribution.

use fyr_model::Refusal;
use fyr_model::quality::{Scalar, ShortRule};

use super::super::{Rule, column};
use super::{Asked, Body, quoted};

/// What a sum may differ by: `(parts + 1)` times the source's unit of rounding or largest noise, written for a number of parts.
///
/// Rounding moves every part and the total by at most half a unit. A cell-key method adds its own noise to every cell, so its sums do not
/// add up by design (ONS, cell key perturbation; SCB uses the same family).
fn tolerance(asked: &Asked<'_>, parts: &str) -> Result<String, Refusal> {
    let given = [asked.rule.unit, asked.rule.noise];
    if given.iter().flatten().any(|value| !value.is_finite() || *value < 0.0) || given.iter().flatten().count() > 1 {
        return Err(asked.wrong("ange unit eller noise, noll eller mer", "give unit or noise, zero or more"));
    }
    let each = match given {
        [Some(unit), _] => unit / 2.0,
        [_, Some(noise)] => noise,
        _ => 0.0,
    };
    // The last digits of float64 are not a fault of the source.
    Ok(format!("CAST('{each}' AS DOUBLE) * ({parts} + 1) + CAST('0.000000001' AS DOUBLE)"))
}

fn double(name: &str) -> String {
    format!("CAST({} AS DOUBLE)", column(name))
}

/// Parts that stand on the same row as their total.
pub(super) fn sum(asked: &Asked<'_>) -> Result<Body, Refusal> {
    let parts = asked.columns()?;
    let total = asked.need("total", asked.rule.total.as_ref())?;
    let all: Vec<&str> = parts.iter().copied().chain([total]).collect();
    let added = parts.iter().map(|part| double(part)).collect::<Vec<_>>().join(" + ");
    let tolerance = tolerance(asked, &parts.len().to_string())?;
    let shown = parts.join(" + ");
    Ok(Body::rows(
        &all,
        format!(
            "SELECT \"row\" FROM t WHERE abs({0} - ({added})) > {tolerance} + abs({0}) * CAST('0.000000001' AS DOUBLE)",
            double(total)
        ),
        format!("{shown} är {total}."),
        format!("{shown} is {total}."),
    ))
}

/// Parts that are rows: the row whose `over` is `total` holds the sum of the others with the same `by`.
pub(super) fn sum_rows(asked: &Asked<'_>) -> Result<Body, Refusal> {
    let value = asked.column()?;
    let over = asked.need("over", asked.rule.over.as_ref())?;
    let total = quoted(asked.need("total", asked.rule.total.as_ref())?);
    let by: Vec<String> = asked.rule.by.iter().map(|name| column(name)).collect();
    let list = |with: &str| by.iter().map(|name| format!("{with}{name}, ")).collect::<String>();
    let group = if by.is_empty() {
        String::new()
    } else {
        format!(" GROUP BY {}", by.join(", "))
    };
    let same = if by.is_empty() {
        "1 = 1".to_owned()
    } else {
        let pairs: Vec<String> = by.iter().map(|name| format!("a.{name} IS NOT DISTINCT FROM b.{name}")).collect();
        pairs.join(" AND ")
    };
    let code = format!("CAST({} AS VARCHAR)", column(over));
    let columns: Vec<&str> = [value, over].into_iter().chain(asked.rule.by.iter().map(String::as_str)).collect();
    // A part that is missing (suppressed, too uncertain) leaves nothing to compare.
    let sql = format!(
        "SELECT a.\"row\" FROM (SELECT \"row\", {by}{value} AS whole FROM t WHERE {code} = {total}) a \
         JOIN (SELECT {by}sum({value}) AS parts, count(*) AS n, count({value}) AS known FROM t WHERE {code} <> {total}{group}) b ON {same} \
         WHERE b.n = b.known AND abs(a.whole - b.parts) > {tolerance}",
        by = list(""),
        value = double(value),
        tolerance = tolerance(asked, "b.n")?,
    );
    Ok(Body::rows(
        &columns,
        sql,
        format!("{value} för {over} totalt är summan av delarna."),
        format!("{value} of the total of {over} is the sum of its parts."),
    ))
}

/// The codes of the EU frequency list and the days that may pass, a little more than their period.
const FREQUENCIES: [(&str, u32); 13] = [
    ("CONT", 2),
    ("HOURLY", 2),
    ("DAILY", 3),
    ("WEEKLY", 10),
    ("BIWEEKLY", 18),
    ("MONTHLY", 45),
    ("BIMONTHLY", 80),
    ("QUARTERLY", 120),
    ("BIANNUAL", 230),
    ("ANNUAL_2", 230),
    ("ANNUAL", 430),
    ("BIENNIAL", 800),
    ("TRIENNIAL", 1_170),
];

/// The days that may pass at a declared update frequency: a code of the EU list, or its IRI.
pub fn frequency_days(frequency: &str) -> Option<u32> {
    let code = frequency.rsplit('/').next().unwrap_or(frequency);
    FREQUENCIES.iter().find(|(known, _)| *known == code).map(|(_, days)| *days)
}

/// The newest day (or the last day of the newest year) is not older than the declared frequency allows.
pub(super) fn freshness(asked: &Asked<'_>) -> Result<Body, Refusal> {
    let name = asked.column()?;
    let days = match (asked.rule.days, asked.rule.frequency.as_deref()) {
        (Some(days), None) => days,
        (None, Some(frequency)) => {
            frequency_days(frequency).ok_or_else(|| asked.wrong("okänd uppdateringsfrekvens", "unknown update frequency"))?
        }
        _ => return Err(asked.wrong("ange days eller frequency", "give days or frequency")),
    };
    let today = match &asked.rule.at {
        None => "current_date()".to_owned(),
        Some(day) if chrono::NaiveDate::parse_from_str(day, "%Y-%m-%d").is_ok() => format!("arrow_cast({}, 'Date32')", quoted(day)),
        Some(_) => return Err(asked.wrong("at skrivs som 2024-12-31", "at is written as 2024-12-31")),
    };
    let text = format!("CAST({} AS VARCHAR)", column(name));
    // A year stands for its last day; a month or a quarter for the first of it.
    let day = format!(
        "TRY_CAST(CASE WHEN regexp_like({text}, '^[0-9]{{4}}$') THEN concat({text}, '-12-31') \
         WHEN regexp_like({text}, '^[0-9]{{4}}-[0-9]{{2}}$') THEN concat({text}, '-01') ELSE substr({text}, 1, 10) END AS DATE)"
    );
    Ok(Body::number(
        &[name],
        format!(
            "SELECT CASE WHEN max(day) IS NULL OR max(day) < {today} - INTERVAL '{days} days' THEN 1 ELSE 0 END AS failed \
             FROM (SELECT {day} AS day FROM t) WHERE day IS NULL OR day < arrow_cast('9999-01-01', 'Date32')"
        ),
        format!("Det nyaste värdet i {name} är högst {days} dagar gammalt."),
        format!("The newest value of {name} is at most {days} days old."),
    ))
}

/// The number of rows lies in a band.
pub(super) fn volume(asked: &Asked<'_>) -> Result<Body, Refusal> {
    let bound = |value: &Option<Scalar>| match value {
        None => Ok(None),
        Some(Scalar::Integer(number)) if *number >= 0 => Ok(Some(*number)),
        Some(_) => Err(asked.wrong("antal rader är ett helt tal", "a number of rows is a whole number")),
    };
    let (min, max) = (bound(&asked.rule.min)?, bound(&asked.rule.max)?);
    let tests: Vec<String> = min
        .map(|min| format!("count(*) < {min}"))
        .into_iter()
        .chain(max.map(|max| format!("count(*) > {max}")))
        .collect();
    if tests.is_empty() {
        return Err(asked.lacks("min, max"));
    }
    let shown = |value: Option<i64>| value.map_or_else(|| "…".to_owned(), |value| value.to_string());
    let band = format!("{}–{}", shown(min), shown(max));
    Ok(Body::number(
        &[],
        format!("SELECT CASE WHEN {} THEN 1 ELSE 0 END AS failed FROM t", tests.join(" OR ")),
        format!("Tabellen har {band} rader."),
        format!("The table has {band} rows."),
    ))
}

/// Whether a short rule asks for the band of former versions: `volume` without bounds of its own.
pub fn is_against_versions(short: &ShortRule) -> bool {
    short.kind == "volume" && short.min.is_none() && short.max.is_none()
}

/// Such a rule with its band, from the rows of former versions, oldest first; nothing while there are fewer than two. A dataset that grows is
/// seldom wrong, so the rule is a warning unless it says more.
///
/// # Errors
/// What [`super::expand`] refuses.
pub fn volume_against(short: &ShortRule, rows: &[u64]) -> Result<Option<Rule>, Refusal> {
    let Some((low, high)) = volume_band(rows) else {
        return Ok(None);
    };
    let whole = |bound: u64| i64::try_from(bound).ok().map(Scalar::Integer);
    let versions = rows.len().min(BAND_VERSIONS);
    let texts = short.sv.is_none() && short.en.is_none();
    let bounded = ShortRule {
        min: whole(low),
        max: whole(high),
        severity: short.severity.clone().or_else(|| Some("warning".into())),
        sv: texts
            .then(|| format!("Antalet rader ligger inom {low}–{high}, bandet från de {versions} senaste versionerna."))
            .or_else(|| short.sv.clone()),
        en: texts
            .then(|| format!("The number of rows lies within {low}–{high}, the band of the last {versions} versions."))
            .or_else(|| short.en.clone()),
        ..short.clone()
    };
    super::expand(&bounded).map(Some)
}

/// Versions that a band is made of.
const BAND_VERSIONS: usize = 5;

/// The band that the next version's rows should lie in, from those of the last five: their middle, three times their middle deviation or
/// a tenth, whichever is wider. Fewer than two versions say nothing.
pub fn volume_band(rows: &[u64]) -> Option<(u64, u64)> {
    let last = rows.get(rows.len().saturating_sub(BAND_VERSIONS)..)?;
    if last.len() < 2 {
        return None;
    }
    let middle = |values: &mut Vec<u64>| {
        values.sort_unstable();
        values.get(values.len() / 2).copied().unwrap_or_default()
    };
    let centre = middle(&mut last.to_vec());
    let spread = middle(&mut last.iter().map(|rows| rows.abs_diff(centre)).collect());
    let width = spread.saturating_mul(3).max(centre.div_ceil(10));
    Some((centre.saturating_sub(width), centre.saturating_add(width)))
}

/// The population stability index against stated shares is within its limit (0.1 is a notice, 0.25 a warning).
pub(super) fn distribution(asked: &Asked<'_>) -> Result<Body, Refusal> {
    let name = asked.column()?;
    let (rule, shares) = (asked.rule, &asked.rule.shares);
    let bins = if rule.edges.is_empty() {
        rule.values.len()
    } else {
        rule.edges.len() + 1
    };
    let sum: f64 = shares.iter().sum();
    let ascending = rule.edges.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
    let one_kind = rule.edges.is_empty() != rule.values.is_empty();
    if bins < 2 || shares.len() != bins || (sum - 1.0).abs() > 0.01 || !ascending || !one_kind || shares.iter().any(|share| *share < 0.0) {
        return Err(asked.wrong(
            "ange stigande edges eller values, och en andel för varje klass; andelarna blir ett tillsammans",
            "give ascending edges or values, and a share for each bin; together the shares are one",
        ));
    }
    let psi = rule.psi_max.unwrap_or(0.25);
    let bin = if rule.edges.is_empty() {
        let whens = rule.values.iter().enumerate().map(|(index, value)| match value {
            Scalar::Text(text) => format!("WHEN CAST({} AS VARCHAR) = {} THEN {index}", column(name), quoted(text)),
            other => format!("WHEN {} = {} THEN {index}", double(name), super::literal(other)),
        });
        // Values that the list does not have count in the last bin, and so move the index.
        format!("CASE {} ELSE {} END", whens.collect::<Vec<_>>().join(" "), bins - 1)
    } else {
        let whens = rule
            .edges
            .iter()
            .enumerate()
            .map(|(index, edge)| format!("WHEN {} < CAST('{edge}' AS DOUBLE) THEN {index}", double(name)));
        format!("CASE {} ELSE {} END", whens.collect::<Vec<_>>().join(" "), bins - 1)
    };
    let terms: Vec<String> = shares
        .iter()
        .enumerate()
        .map(|(index, share)| {
            // Half a row stands in for an empty bin on either side.
            let now = format!("greatest(CAST(sum(CASE WHEN bin = {index} THEN 1 ELSE 0 END) AS DOUBLE), 0.5) / count(*)");
            let then = format!("greatest(CAST('{share}' AS DOUBLE), 0.5 / count(*))");
            format!("({now} - {then}) * ln(({now}) / ({then}))")
        })
        .collect();
    Ok(Body::number(
        &[name],
        format!(
            "SELECT CASE WHEN count(*) > 0 AND {} > CAST('{psi}' AS DOUBLE) THEN 1 ELSE 0 END AS failed FROM (SELECT {bin} AS bin FROM t WHERE {} IS NOT NULL)",
            terms.join(" + "),
            column(name)
        ),
        format!("Fördelningen av {name} är den väntade."),
        format!("The distribution of {name} is as expected."),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_of_rows_comes_from_the_last_five_versions() {
        assert_eq!(volume_band(&[1_000]), None);
        assert_eq!(volume_band(&[1_000, 1_000, 1_000]), Some((900, 1_100)));
        assert_eq!(volume_band(&[1, 1_000, 1_010, 990, 1_300, 1_005]), Some((904, 1_106)));
    }

    #[test]
    fn a_volume_without_bounds_takes_those_of_former_versions() {
        let short = ShortRule {
            kind: "volume".into(),
            ..ShortRule::default()
        };
        assert!(is_against_versions(&short));
        assert!(volume_against(&short, &[1_000]).unwrap().is_none(), "one version is no history");
        let rule = volume_against(&short, &[1_000, 1_010, 990]).unwrap().unwrap();
        assert_eq!((rule.id.as_str(), rule.severity.as_str()), ("volume", "warning"));
        assert!(
            rule.sql.contains("count(*) < 900") && rule.sql.contains("count(*) > 1100"),
            "{}",
            rule.sql
        );
        let strict = ShortRule {
            severity: Some("error".into()),
            ..short
        };
        assert_eq!(volume_against(&strict, &[10, 10]).unwrap().unwrap().severity, "error");
    }

    #[test]
    fn frequencies_are_codes_or_addresses() {
        assert_eq!(
            frequency_days("http://publications.europa.eu/resource/authority/frequency/MONTHLY"),
            Some(45)
        );
        assert_eq!((frequency_days("ANNUAL"), frequency_days("IRREG")), (Some(430), None));
    }
}
