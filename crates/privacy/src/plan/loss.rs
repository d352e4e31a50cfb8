//! What a node costs (`privacy.md` 2.2), as a function of whole numbers only, so that it is the same however classes were put together.
//!
//! In: the levels of a node, what was suppressed by column and code, squares and numbers of classes. Out: a [`Cost`], and lower bounds that
//! hold for a node before it is looked at, or for all that lies above one that was.
//!
//! Sources: De Waal and Willenborg (1999), Iyengar (2002), Bayardo and Agrawal (2005), LeFevre et al. (2006).

use super::tuples::Quasi;

/// A measure of loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Metric {
    /// NUEm, or NUEn when suppression costs.
    Entropy { suppression: bool },
    /// The share of a hierarchy's leaves that a value stands for; columns joined by geometric mean, or ranked.
    Loss { ranked: bool },
    /// DM.
    Discernibility,
    /// DM*.
    DiscernibilityMonotone,
    /// AECS.
    AverageClassSize,
}

impl Metric {
    /// The words of a policy.
    pub(crate) const WORDS: &'static [(&'static str, Metric)] = &[
        ("entropy", Metric::Entropy { suppression: true }),
        ("entropy-monotone", Metric::Entropy { suppression: false }),
        ("loss", Metric::Loss { ranked: false }),
        ("loss-ranked", Metric::Loss { ranked: true }),
        ("discernibility", Metric::Discernibility),
        ("discernibility-monotone", Metric::DiscernibilityMonotone),
        ("average-class-size", Metric::AverageClassSize),
    ];

    /// Whether the cost of a node has a part that is a sum over columns, known without looking at classes.
    pub(crate) fn is_by_column(self) -> bool {
        matches!(self, Self::Entropy { .. } | Self::Loss { .. })
    }
    /// Whether the cost asks what suppressed rows held, column by column.
    pub(crate) fn asks_suppressed(self) -> bool {
        matches!(self, Self::Entropy { suppression: true } | Self::Loss { .. })
    }
}

/// A cost, rounded to 41 bits so that what is equal but for the order of additions is equal; several figures compare one after the other.
#[derive(Debug, Clone, PartialEq, PartialOrd, Default)]
pub(crate) struct Cost(pub(crate) Vec<f64>);

impl Cost {
    fn of(mut figures: Vec<f64>) -> Self {
        for figure in &mut figures {
            *figure = rounded(*figure);
        }
        Self(figures)
    }
    /// The figure that counts first.
    pub(crate) fn first(&self) -> f64 {
        self.0.first().copied().unwrap_or(0.0)
    }
}

/// A figure without its last eleven bits, rounded.
pub(crate) fn rounded(figure: f64) -> f64 {
    f64::from_bits((figure.to_bits() + (1 << 10)) & !((1 << 11) - 1))
}

/// What the classes of a node add up to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sums {
    pub(crate) suppressed: u64,
    pub(crate) kept_classes: u64,
    pub(crate) classes: u64,
    pub(crate) kept_squares: u128,
    pub(crate) squares: u128,
    /// Per column, suppressed rows by code of the node's level; only where the metric asks.
    pub(crate) suppressed_by: Vec<Vec<u64>>,
}

/// Costs of one column by level.
#[derive(Debug, Clone)]
struct ColumnCosts {
    /// Sum over all rows of the column's cost, before normalising.
    base: Vec<f64>,
    /// By level and code: what one more suppressed row adds, for [`Metric::Loss`].
    extra: Vec<Vec<f64>>,
    /// The least that `base` can be.
    least: f64,
}

/// The costs of every node of a lattice.
#[derive(Debug, Clone)]
pub(crate) struct Costs {
    metric: Metric,
    rows: u64,
    generalisation_weight: f64,
    suppression_weight: f64,
    columns: Vec<ColumnCosts>,
}

impl Costs {
    pub(crate) fn new(metric: Metric, gs_factor: f64, rows: u64, quasi: &[Quasi]) -> Self {
        let generalisation = if gs_factor <= 0.5 { 1.0 } else { 2.0 - 2.0 * gs_factor };
        let suppression = (2.0 * gs_factor).min(1.0);
        let columns = quasi.iter().map(|column| match metric {
            Metric::Entropy { .. } => entropy_costs(column, generalisation),
            Metric::Loss { .. } => loss_costs(column, generalisation, suppression, rows),
            _ => ColumnCosts {
                base: Vec::new(),
                extra: Vec::new(),
                least: 0.0,
            },
        });
        Self {
            metric,
            rows,
            generalisation_weight: generalisation,
            suppression_weight: suppression,
            columns: columns.collect(),
        }
    }

    /// A lower bound on the first figure of the node's cost; 0 when nothing is known before its classes are.
    pub(crate) fn bound(&self, node: &[usize]) -> f64 {
        if !self.metric.is_by_column() {
            return 0.0;
        }
        let none = Sums::default();
        self.cost(node, &none).first()
    }

    /// A lower bound on the first figure of every node above one with these classes.
    pub(crate) fn bound_above(&self, sums: &Sums) -> f64 {
        match self.metric {
            Metric::Discernibility | Metric::DiscernibilityMonotone => rounded(sums.squares as f64),
            // Kept classes and the one of suppressed rows are together no more than the classes, and those only become fewer.
            Metric::AverageClassSize if sums.classes > 0 => rounded(self.rows as f64 / sums.classes as f64),
            _ => 0.0,
        }
    }

    /// The cost of a node.
    pub(crate) fn cost(&self, node: &[usize], sums: &Sums) -> Cost {
        let rows = self.rows as f64;
        match self.metric {
            Metric::Entropy { .. } => Cost::of(vec![self.entropy(node, sums)]),
            Metric::Loss { ranked } => joined(self.losses(node, sums), ranked),
            Metric::Discernibility => Cost::of(vec![sums.kept_squares as f64 + rows * sums.suppressed as f64]),
            Metric::DiscernibilityMonotone => Cost::of(vec![sums.squares as f64]),
            Metric::AverageClassSize => {
                let classes = sums.kept_classes + u64::from(sums.suppressed > 0);
                Cost::of(vec![if classes == 0 { 0.0 } else { rows / classes as f64 }])
            }
        }
    }

    /// The measure.
    pub(crate) fn metric(&self) -> Metric {
        self.metric
    }

    /// What one row of each value costs in a column before normalising, but for a part that is the same however it is shown: `rows` is how many
    /// rows the shown value stands for, `share` the share of the hierarchy's leaves.
    pub(crate) fn weight(&self, rows: u64, share: f64) -> f64 {
        match self.metric {
            Metric::Entropy { .. } => self.generalisation_weight * (rows.max(1) as f64).log2(),
            Metric::Loss { .. } => self.generalisation_weight * share,
            _ => 0.0,
        }
    }

    /// The sum over all rows of each column's cost at the levels of a node.
    pub(crate) fn bases(&self, node: &[usize]) -> Vec<f64> {
        let base = |(column, level): (&ColumnCosts, &usize)| column.base.get(*level).copied().unwrap_or(0.0);
        self.columns.iter().zip(node).map(base).collect()
    }

    /// What suppressed rows add to the sum of each column.
    pub(crate) fn suppression(&self, node: &[usize], sums: &Sums) -> Vec<f64> {
        let column = |(place, level): (usize, &usize)| {
            let Some(counts) = sums.suppressed_by.get(place) else { return 0.0 };
            match self.metric {
                Metric::Entropy { .. } => self.suppression_weight * among(counts, sums.suppressed),
                _ => self.columns.get(place).map_or(0.0, |column| column.suppressed(*level, counts)),
            }
        };
        node.iter().enumerate().map(column).collect()
    }

    /// The cost of a table whose classes have levels of their own, from the sum of each column with what suppression adds.
    pub(crate) fn cost_of(&self, columns: &[f64], sums: &Sums) -> Cost {
        let losses = || {
            columns
                .iter()
                .zip(&self.columns)
                .map(|(sum, column)| column.normalised(*sum, self.rows))
        };
        match self.metric {
            Metric::Entropy { .. } => Cost::of(vec![columns.iter().sum()]),
            Metric::Loss { ranked } => joined(losses().collect(), ranked),
            _ => self.cost(&[], sums),
        }
    }

    /// Whether suppressed rows cost nothing of their own.
    pub(crate) fn is_blind_to_suppression(&self) -> bool {
        match self.metric {
            Metric::Entropy { suppression } => !suppression || self.suppression_weight == 0.0,
            Metric::Loss { .. } => self.suppression_weight == 0.0,
            metric => metric == Metric::DiscernibilityMonotone,
        }
    }

    fn entropy(&self, node: &[usize], sums: &Sums) -> f64 {
        let base: f64 = self.bases(node).iter().sum();
        let suppressed = sums.suppressed_by.iter().map(|counts| among(counts, sums.suppressed));
        base + self.suppression_weight * suppressed.sum::<f64>()
    }

    fn losses(&self, node: &[usize], sums: &Sums) -> Vec<f64> {
        let column = |(place, (column, level)): (usize, (&ColumnCosts, &usize))| {
            let mut sum = column.base.get(*level).copied().unwrap_or(0.0);
            if let Some(counts) = sums.suppressed_by.get(place) {
                sum += column.suppressed(*level, counts);
            }
            column.normalised(sum, self.rows)
        };
        self.columns.iter().zip(node).enumerate().map(column).collect()
    }
}

impl ColumnCosts {
    /// What suppressed rows add, by code of the level.
    fn suppressed(&self, level: usize, counts: &[u64]) -> f64 {
        let extra = self.extra.get(level).map_or(&[][..], Vec::as_slice);
        counts.iter().zip(extra).map(|(count, extra)| *count as f64 * extra).sum()
    }

    fn normalised(&self, sum: f64, rows: u64) -> f64 {
        let rows = rows as f64;
        if rows > self.least {
            ((sum - self.least) / (rows - self.least)).clamp(0.0, 1.0)
        } else {
            0.0
        }
    }
}

/// How far suppressed rows are told apart among themselves by one column, in bits.
fn among(counts: &[u64], suppressed: u64) -> f64 {
    let present = counts.iter().filter(|count| **count > 0);
    present
        .map(|count| *count as f64 * (suppressed as f64 / *count as f64).log2())
        .sum()
}

fn joined(mut figures: Vec<f64>, ranked: bool) -> Cost {
    if ranked {
        figures.sort_by(|a, b| b.total_cmp(a));
        return Cost::of(figures);
    }
    let product: f64 = figures.iter().map(|figure| figure + 1.0).product();
    Cost::of(vec![product.powf(1.0 / figures.len().max(1) as f64) - 1.0])
}

/// -gF * the sum over all rows of log2(count of the value / count of its generalisation).
fn entropy_costs(column: &Quasi, weight: f64) -> ColumnCosts {
    let level_cost = |level: usize| {
        let general = column.hierarchy.counts(level, &column.counts);
        let codes = column.hierarchy.levels.get(level).map_or(&[][..], |l| &l.codes);
        let present = column.counts.iter().zip(codes).filter(|(count, _)| **count > 0);
        let bits = present.map(|(count, code)| {
            let whole = general.get(*code as usize).copied().unwrap_or(*count) as f64;
            *count as f64 * (whole / *count as f64).log2()
        });
        weight * bits.sum::<f64>()
    };
    ColumnCosts {
        base: (0..column.hierarchy.height()).map(level_cost).collect(),
        extra: Vec::new(),
        least: 0.0,
    }
}

/// The share of leaves that each row's value stands for, times gF; a suppressed row moves towards 1 by sF.
fn loss_costs(column: &Quasi, generalisation: f64, suppression: f64, rows: u64) -> ColumnCosts {
    let shares: Vec<Vec<f64>> = (0..column.hierarchy.height())
        .map(|level| column.hierarchy.shares(level).iter().map(|share| share * generalisation).collect())
        .collect();
    let base = shares.iter().enumerate().map(|(level, shares)| {
        let counts = column.hierarchy.counts(level, &column.counts);
        counts.iter().zip(shares).map(|(count, share)| *count as f64 * share).sum()
    });
    ColumnCosts {
        base: base.collect(),
        extra: shares
            .iter()
            .map(|level| level.iter().map(|share| suppression * (1.0 - share)).collect())
            .collect(),
        least: generalisation * rows as f64 / column.hierarchy.leaves_all().max(1) as f64,
    }
}
