//! The discrete Laplace and the discrete Gaussian mechanism on vectors of whole numbers, by OpenDP.
//!
//! In: a vector with its sensitivity and cost. Out: the vector with noise. The scale is the least double for which OpenDP's own privacy map,
//! which rounds up, stays within the cost; a mechanism that the map does not confirm is not run. Only the functions named here may be called: a
//! test holds the list.

use fyr_model::dp::{Measure, Vector};
use fyr_model::finding::{Refusal, RefusalKind};
use fyr_model::text::Text;
use opendp::core::Measurement;
use opendp::domains::{AtomDomain, VectorDomain};
use opendp::error::Fallible;
use opendp::measurements::{make_gaussian, make_laplace};
use opendp::measures::{MaxDivergence, ZeroConcentratedDivergence};
use opendp::metrics::{L1Distance, L2Distance};

/// The largest sensitivity that a double holds exactly.
const SENSITIVITY_MAX: u64 = 1 << 53;
/// Doubles tried above the first scale before something is wrong.
const STEPS_MAX: usize = 64;

type Whole = VectorDomain<AtomDomain<i64>>;

/// The vector with noise, drawn anew on every call.
pub(crate) fn noised(vector: &Vector) -> Result<Vec<i64>, Refusal> {
    if vector.sensitivity == 0 || vector.sensitivity > SENSITIVITY_MAX || vector.cost.billionths == 0 {
        return Err(failed("sensitivity or cost out of range"));
    }
    let drawn = match vector.cost.measure {
        Measure::Epsilon => laplace(vector),
        Measure::Rho => gaussian(vector),
    };
    match drawn {
        Ok(Some(values)) => Ok(values),
        Ok(None) => Err(failed("no scale keeps within the amount")),
        // Its text may quote what it was given.
        Err(error) => Err(failed(&format!("{:?}", error.variant))),
    }
}

fn laplace(vector: &Vector) -> Fallible<Option<Vec<i64>>> {
    let make = |scale: f64| -> Fallible<Measurement<Whole, L1Distance<f64>, MaxDivergence, Vec<i64>>> {
        make_laplace(VectorDomain::new(AtomDomain::default()), L1Distance::default(), scale, None)
    };
    let reach = vector.sensitivity as f64;
    let start = reach / vector.cost.value();
    for scale in scales(start) {
        let mechanism = make(scale)?;
        if mechanism.map(&reach)? <= at_most(vector) {
            return mechanism.invoke(&vector.values).map(Some);
        }
    }
    Ok(None)
}

fn gaussian(vector: &Vector) -> Fallible<Option<Vec<i64>>> {
    let make = |scale: f64| -> Fallible<Measurement<Whole, L2Distance<f64>, ZeroConcentratedDivergence, Vec<i64>>> {
        make_gaussian(VectorDomain::new(AtomDomain::default()), L2Distance::default(), scale, None)
    };
    let reach = vector.sensitivity as f64;
    let start = reach / (2.0 * vector.cost.value()).sqrt();
    for scale in scales(start) {
        let mechanism = make(scale)?;
        if mechanism.map(&reach)? <= at_most(vector) {
            return mechanism.invoke(&vector.values).map(Some);
        }
    }
    Ok(None)
}

/// The first doubles from `start` upwards.
fn scales(start: f64) -> impl Iterator<Item = f64> {
    std::iter::successors(Some(start), |scale| Some(scale.next_up())).take(STEPS_MAX)
}

/// A double that is no larger than the cost.
fn at_most(vector: &Vector) -> f64 {
    vector.cost.value().next_down()
}

fn failed(why: &str) -> Refusal {
    let text = Text::new(
        format!("bruset kunde inte dras ({why}); det bokförda beloppet är förbrukat"),
        format!("the noise could not be drawn ({why}); the booked amount is spent"),
    );
    Refusal::new("noise-failed", RefusalKind::Internal, "ledger", text)
}

#[cfg(test)]
mod tests;
