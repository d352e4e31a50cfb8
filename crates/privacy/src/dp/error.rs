//! How large the noise is expected to be, from the public numbers alone.
//!
//! In: a sensitivity and an amount. Out: the standard deviation and bounds of the noise, and what that means for a table, in words. Formulae:
//! the discrete Laplace distribution with scale `b = S / epsilon` has the mass `(1 - p) / (1 + p) * p^|x|` with `p = exp(-1 / b)`, so the variance
//! `2 p / (1 - p)^2` and beyond `t` the mass `2 p^(t + 1) / (1 + p)`; the discrete Gaussian with `sigma^2 = S^2 / (2 rho)` has at most the variance
//! and the tails of the continuous one (Canonne, Kamath and Steinke 2020, corollary 9 and proposition 25).

use fyr_model::dp::{Amount, DpTable, Measure, Noised};
use fyr_model::text::Text;

use super::policy::{Asked, AskedTable, Question};

/// Noise on one vector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Noise {
    Laplace { p: f64 },
    Gaussian { sigma: f64 },
}

impl Noise {
    pub(super) fn of(sensitivity: u64, cost: Amount) -> Self {
        let (reach, spent) = (sensitivity as f64, cost.value());
        match cost.measure {
            Measure::Epsilon => Self::Laplace { p: (-spent / reach).exp() },
            Measure::Rho => Self::Gaussian {
                sigma: reach / (2.0 * spent).sqrt(),
            },
        }
    }

    pub(super) fn deviation(self) -> f64 {
        match self {
            Self::Laplace { p } => (2.0 * p).sqrt() / (1.0 - p),
            Self::Gaussian { sigma } => sigma,
        }
    }

    /// The least whole number that the noise stays within with probability 0.95; of two at once, each within with 0.975.
    pub(super) fn within(self, of_two: bool) -> f64 {
        let (tail, z): (f64, f64) = if of_two { (0.025, 2.241_403) } else { (0.05, 1.959_964) };
        match self {
            Self::Laplace { p } => ((tail / 2.0 * (1.0 + p)).ln() / p.ln() - 1.0).ceil().max(0.0),
            Self::Gaussian { sigma } => (z * sigma).ceil(),
        }
    }
}

/// The noise of each vector of a table.
pub(super) fn noises(asked: &Asked, table: &AskedTable) -> Vec<Noise> {
    let most = u64::from(asked.contributions_max);
    let reach = table.question.reach().into_iter().zip(table.costs());
    reach.map(|(reach, cost)| Noise::of(reach.saturating_mul(most), cost)).collect()
}

/// What a release tells of a table.
pub(super) fn told(asked: &Asked, table: &AskedTable) -> DpTable {
    let (units, names): (Vec<f64>, Vec<&str>) = match &table.question {
        Question::Count => (vec![1.0], vec!["count"]),
        Question::Sum { step, .. } => (vec![*step], vec!["sum"]),
        Question::Mean { step, .. } => (vec![*step, 1.0], vec!["sum", "count"]),
        Question::Histogram { .. } | Question::Quantile { .. } => (vec![1.0], vec!["histogram"]),
    };
    let most = u64::from(asked.contributions_max);
    let parts = table.question.reach().into_iter().zip(table.costs()).zip(units).zip(names);
    let noised: Vec<Noised> = parts
        .map(|(((reach, cost), unit), name)| {
            let noise = Noise::of(reach.saturating_mul(most), cost);
            Noised {
                what: name.to_owned(),
                sensitivity: reach.saturating_mul(most) as f64 * unit,
                spent: cost.value(),
                deviation: noise.deviation() * unit,
                within_95: noise.within(false) * unit,
            }
        })
        .collect();
    DpTable {
        by: table
            .by
            .iter()
            .filter_map(|place| Some(asked.columns.get(*place)?.name.clone()))
            .collect(),
        statistic: table.question.word().to_owned(),
        value: table.value.clone(),
        contributions_max: asked.contributions_max,
        error: words(asked, table, &noised),
        noised,
    }
}

fn words(asked: &Asked, table: &AskedTable, noised: &[Noised]) -> Text {
    let first = noised.first().map_or(0.0, |one| one.within_95);
    let (sv, en) = (number(first).replace('.', ","), number(first));
    match &table.question {
        Question::Count | Question::Histogram { .. } => Text::new(
            format!("varje antal ligger med 95 % sannolikhet högst {sv} från det räknade; litet eller under noll kan betyda ingen"),
            format!("each count lies with 95% probability at most {en} from what was counted; small or below zero can mean nobody"),
        ),
        Question::Sum { .. } => Text::new(
            format!("varje summa ligger med 95 % sannolikhet högst {sv} från den räknade"),
            format!("each sum lies with 95% probability at most {en} from what was summed"),
        ),
        Question::Mean { .. } => {
            let count = noised.get(1).map_or(0.0, |one| one.within_95);
            let (count_sv, count_en) = (number(count).replace('.', ","), number(count));
            Text::new(
                format!(
                    "ett medelvärde är en summa med ett fel på högst {sv} delad med ett antal med ett fel på högst {count_sv}, vart och ett med 95 % sannolikhet: säkert för stora grupper, inte för små"
                ),
                format!(
                    "a mean is a sum with an error of at most {en} divided by a count with an error of at most {count_en}, each with 95% probability: good for large groups, not for small ones"
                ),
            )
        }
        Question::Quantile { .. } => {
            let deviation = noises(asked, table).first().map_or(0.0, |noise| noise.deviation());
            let rank = (1.96 * deviation * (table.question.width() as f64).sqrt()).ceil();
            let (sv, en) = (number(rank).replace('.', ","), number(rank));
            Text::new(
                format!(
                    "en kvantil har ungefär {sv} rader fel som mest i ordningen (95 %), och är inte noggrannare än avståndet mellan två gränser"
                ),
                format!(
                    "a quantile is out by about {en} rows of the order at most (95%), and no finer than the distance between two edges"
                ),
            )
        }
    }
}

/// At most six decimals, and none that say nothing.
fn number(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
