//! How columns go together, two and two, on the sample of rows.
//!
//! Pearson and Spearman (mid-ranks) on the rows that have both; Cramér's V with the bias correction of Bergsma, "A bias-correction for Cramér's
//! V and Tschuprow's T" (2013); the correlation ratio η; φ of missing with missing. Up to 100 columns; of more, those with most different
//! values. A sample of n rows leaves a correlation about 1/√n uncertain, which is told.

use std::collections::BTreeMap;

use fyr_model::profile::{Method, Pair};
use fyr_model::table::{ColumnProfile, ColumnType};

use super::TableProfiler;
use super::column::Held;
use super::sample::Sample;
use super::scan::{Unit, float};

/// Columns compared.
const COLUMNS_MAX: usize = 100;
/// Different values of a category in the sample.
const CATEGORIES_MAX: usize = 50;
/// Pairs told, and what is too weak to tell.
const PAIRS_MAX: usize = 100;
const WEAK: f64 = 0.1;
/// Fewer rows say nothing.
const ROWS_MIN: usize = 10;

/// One column as it takes part.
struct Side<'a> {
    name: &'a str,
    /// Its numbers, and the rows in their order.
    numbers: Option<(Vec<f64>, Vec<usize>)>,
    /// Whether Pearson makes sense of it.
    linear: bool,
    /// Its categories as small numbers.
    codes: Option<(Vec<u32>, usize)>,
    valid: Vec<bool>,
    lacks: usize,
}

/// The strongest pairs among columns whose values may be shown, and how they were found.
pub(crate) fn pairs(profiler: &TableProfiler, columns: &[ColumnProfile], shown: &dyn Fn(&str) -> bool) -> (Vec<Pair>, Option<Method>) {
    let sample = &profiler.rows.sample;
    let mut places: Vec<usize> = (0..columns.len())
        .filter(|place| {
            columns
                .get(*place)
                .is_some_and(|column| shown(&column.name) && column.distinct.value > 1)
        })
        .collect();
    if sample.len() < ROWS_MIN || places.len() < 2 {
        return (Vec::new(), None);
    }
    let all = places.len();
    places.sort_by_key(|place| std::cmp::Reverse(columns.get(*place).map_or(0, |column| column.distinct.value)));
    places.truncate(COLUMNS_MAX);
    places.sort_unstable();
    let sides: Vec<Side<'_>> = places
        .iter()
        .filter_map(|place| side(profiler, sample, columns.get(*place)?, *place))
        .collect();
    let mut found: Vec<(f64, Pair)> = Vec::new();
    for (place, a) in sides.iter().enumerate() {
        for b in sides.iter().skip(place + 1) {
            found.extend(pair(a, b));
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.columns.cmp(&b.1.columns)));
    found.truncate(PAIRS_MAX);
    (
        found.into_iter().map(|entry| entry.1).collect(),
        method(sample, profiler.rows.rows(), all),
    )
}

fn method(sample: &Sample, rows: u64, columns: usize) -> Option<Method> {
    let whole = sample.len() as u64 == rows;
    if whole && columns <= COLUMNS_MAX {
        return None;
    }
    let name = match (whole, columns > COLUMNS_MAX) {
        (false, false) => format!("sample of {} rows", sample.len()),
        (true, _) => format!("{COLUMNS_MAX} of {columns} columns"),
        (false, true) => format!("sample of {} rows, {COLUMNS_MAX} of {columns} columns", sample.len()),
    };
    Some(Method {
        method: name,
        error: (!whole).then(|| 1.0 / (sample.len() as f64).sqrt()),
    })
}

fn side<'a>(profiler: &TableProfiler, sample: &Sample, column: &'a ColumnProfile, place: usize) -> Option<Side<'a>> {
    let cells = &sample.columns.get(place)?.0;
    let unit = match profiler.columns.get(place).map(|column| &column.held)? {
        Held::Narrow(numbers) => Some(numbers.unit),
        // Decimals are sampled as floats.
        Held::Wide(_) => Some(Unit::Float),
        Held::Words(_) | Held::Places(_) => None,
    };
    let linear = matches!(column.kind, ColumnType::Integer | ColumnType::Number);
    let ordered = linear || matches!(column.kind, ColumnType::Date | ColumnType::Timestamp | ColumnType::Time);
    let numbers = unit.filter(|_| ordered).map(|unit| {
        let number = |cell: &Option<i64>| cell.map_or(f64::NAN, |key| if unit == Unit::Float { float(key) } else { unit.number(key) });
        let values: Vec<f64> = cells.iter().map(number).collect();
        let mut order: Vec<usize> = (0..values.len())
            .filter(|row| cells.get(*row).is_some_and(Option::is_some))
            .collect();
        let at = |row: usize| values.get(row).copied().unwrap_or_default();
        order.sort_by(|a, b| at(*a).total_cmp(&at(*b)));
        (values, order)
    });
    let codes = if ordered { None } else { categories(cells) };
    Some(Side {
        name: &column.name,
        numbers,
        linear,
        codes,
        valid: cells.iter().map(Option::is_some).collect(),
        lacks: cells.iter().filter(|cell| cell.is_none()).count(),
    })
}

/// Small numbers for the values of a column with few; nothing where there are many or only one.
fn categories(cells: &[Option<i64>]) -> Option<(Vec<u32>, usize)> {
    let mut known: BTreeMap<i64, u32> = BTreeMap::new();
    let mut codes = Vec::with_capacity(cells.len());
    for cell in cells {
        let next = known.len() as u32;
        codes.push(cell.map_or(0, |key| *known.entry(key).or_insert(next)));
        if known.len() > CATEGORIES_MAX {
            return None;
        }
    }
    (known.len() > 1).then_some((codes, known.len()))
}

fn pair(a: &Side<'_>, b: &Side<'_>) -> Option<(f64, Pair)> {
    let both: Vec<bool> = a.valid.iter().zip(&b.valid).map(|(a, b)| *a && *b).collect();
    let rows = both.iter().filter(|both| **both).count();
    let mut pair = Pair {
        columns: [a.name.to_owned(), b.name.to_owned()],
        ..Pair::default()
    };
    if rows >= ROWS_MIN {
        match (&a.numbers, &b.numbers, &a.codes, &b.codes) {
            (Some(x), Some(y), ..) => {
                pair.pearson = (a.linear && b.linear).then(|| correlation(&x.0, &y.0, &both)).flatten();
                pair.spearman = correlation(&mid_ranks(x, &both), &mid_ranks(y, &both), &both);
            }
            (Some(x), None, _, Some(codes)) | (None, Some(x), Some(codes), _) => pair.correlation_ratio = ratio(codes, &x.0, &both),
            (None, None, Some(x), Some(y)) => pair.cramers_v = cramer(x, y, &both),
            _ => {}
        }
    }
    pair.missing = (a.lacks > 0 && b.lacks > 0).then(|| phi(a, b)).flatten();
    let figures = [pair.pearson, pair.spearman, pair.cramers_v, pair.correlation_ratio, pair.missing];
    let strength = figures.into_iter().flatten().map(f64::abs).fold(0.0, f64::max);
    (strength >= WEAK).then_some((strength, pair))
}

fn correlation(x: &[f64], y: &[f64], both: &[bool]) -> Option<f64> {
    let cells = || x.iter().zip(y).zip(both).filter(|(_, both)| **both).map(|(cell, _)| cell);
    let (mut n, mut sum_x, mut sum_y) = (0.0, 0.0, 0.0);
    for (x, y) in cells() {
        n += 1.0;
        sum_x += x;
        sum_y += y;
    }
    let (mean_x, mean_y) = (sum_x / n, sum_y / n);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in cells() {
        let (dx, dy) = (x - mean_x, y - mean_y);
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    (xx > 0.0 && yy > 0.0).then(|| (xy / (xx * yy).sqrt()).clamp(-1.0, 1.0))
}

/// Ranks among the rows that have both; equal values share the middle one.
fn mid_ranks((values, order): &(Vec<f64>, Vec<usize>), both: &[bool]) -> Vec<f64> {
    let mut ranks = vec![0.0; values.len()];
    let rows: Vec<usize> = order.iter().copied().filter(|row| both.get(*row) == Some(&true)).collect();
    let at = |row: &usize| values.get(*row).copied().unwrap_or_default();
    let mut start = 0;
    for equal in rows.chunk_by(|a, b| at(a) == at(b)) {
        let middle = start as f64 + (equal.len() - 1) as f64 / 2.0;
        for row in equal {
            if let Some(rank) = ranks.get_mut(*row) {
                *rank = middle;
            }
        }
        start += equal.len();
    }
    ranks
}

fn ratio((codes, groups): &(Vec<u32>, usize), values: &[f64], both: &[bool]) -> Option<f64> {
    let cells = || codes.iter().zip(values).zip(both).filter(|(_, both)| **both).map(|(cell, _)| cell);
    let mut sums = vec![(0.0f64, 0.0f64); *groups];
    let (mut n, mut sum) = (0.0, 0.0);
    for (code, value) in cells() {
        n += 1.0;
        sum += value;
        if let Some(group) = sums.get_mut(*code as usize) {
            group.0 += 1.0;
            group.1 += value;
        }
    }
    let mean = sum / n;
    let total: f64 = cells().map(|(_, value)| (value - mean) * (value - mean)).sum();
    let filled = sums.iter().filter(|group| group.0 > 0.0);
    // A category of its own for nearly every row explains everything and says nothing.
    if filled.clone().count() < 2 || filled.clone().count() as f64 > n / 3.0 || total <= 0.0 {
        return None;
    }
    let between: f64 = filled.map(|(count, sum)| count * (sum / count - mean).powi(2)).sum();
    Some((between / total).sqrt().min(1.0))
}

fn cramer(a: &(Vec<u32>, usize), b: &(Vec<u32>, usize), both: &[bool]) -> Option<f64> {
    let mut cells = vec![0.0f64; a.1 * b.1];
    let (mut rows, mut cols, mut n) = (vec![0.0f64; a.1], vec![0.0f64; b.1], 0.0);
    for ((x, y), _) in a.0.iter().zip(&b.0).zip(both).filter(|(_, both)| **both) {
        let (x, y) = (*x as usize, *y as usize);
        if let (Some(cell), Some(row), Some(col)) = (cells.get_mut(x * b.1 + y), rows.get_mut(x), cols.get_mut(y)) {
            *cell += 1.0;
            *row += 1.0;
            *col += 1.0;
            n += 1.0;
        }
    }
    let mut squares = 0.0;
    for (line, row) in cells.chunks(b.1).zip(&rows) {
        for (cell, col) in line.iter().zip(&cols) {
            let expected = row * col / n;
            squares += if expected > 0.0 {
                (cell - expected).powi(2) / expected
            } else {
                0.0
            };
        }
    }
    let filled = |sums: &[f64]| sums.iter().filter(|sum| **sum > 0.0).count() as f64;
    let (r, k) = (filled(&rows), filled(&cols));
    let (phi, by) = (squares / n, n - 1.0);
    let corrected = (phi - (r - 1.0) * (k - 1.0) / by).max(0.0);
    let (r, k) = (r - (r - 1.0).powi(2) / by, k - (k - 1.0).powi(2) / by);
    let least = (r - 1.0).min(k - 1.0);
    (least > 0.0).then(|| (corrected / least).sqrt().min(1.0))
}

fn phi(a: &Side<'_>, b: &Side<'_>) -> Option<f64> {
    let of = |side: &Side<'_>| side.valid.iter().map(|valid| f64::from(u8::from(!valid))).collect::<Vec<f64>>();
    correlation(&of(a), &of(b), &vec![true; a.valid.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(values: &[f64]) -> (Vec<f64>, Vec<usize>) {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
        (values.to_vec(), order)
    }

    #[test]
    fn figures_are_those_of_the_books() {
        let (x, y) = (vec![1.0, 2.0, 3.0, 4.0, 5.0], vec![2.0, 1.0, 4.0, 3.0, 5.0]);
        let both = vec![true; 5];
        assert!((correlation(&x, &y, &both).unwrap() - 0.8).abs() < 1e-15);
        // Ties share the middle rank: 1, 2.5, 2.5, 4 counted from nought.
        assert_eq!(mid_ranks(&ordered(&[10.0, 20.0, 20.0, 30.0]), &[true; 4]), [0.0, 1.5, 1.5, 3.0]);
        assert_eq!(mid_ranks(&ordered(&[9.0, 20.0, 10.0]), &[true, false, true]), [0.0, 0.0, 1.0]);
        // Two groups with means 2 and 8, total mean 5: between 54, within 4.
        let ratio = ratio(&(vec![0, 0, 0, 1, 1, 1], 2), &[1.0, 2.0, 3.0, 7.0, 8.0, 9.0], &[true; 6]).unwrap();
        assert!((ratio - (54.0f64 / 58.0).sqrt()).abs() < 1e-15);
        // Ten rows, perfectly tied: phi² is 1; the correction of Bergsma by hand.
        let codes = (vec![0, 0, 0, 0, 0, 1, 1, 1, 1, 1], 2);
        let corrected = 1.0f64 - 1.0 / 9.0;
        let least = 2.0 - 1.0 / 9.0 - 1.0;
        assert!((cramer(&codes, &codes, &[true; 10]).unwrap() - (corrected / least).sqrt()).abs() < 1e-15);
    }
}
