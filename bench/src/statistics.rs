//! Medians, percentiles and spans.

/// A median with the minimum and maximum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// The middle value.
    pub median: f64,
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
}

impl Span {
    /// Returns the span of the values; all fields are NaN if there are none.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        Self {
            median: percentile(&sorted, 50),
            min: sorted.first().copied().unwrap_or(f64::NAN),
            max: sorted.last().copied().unwrap_or(f64::NAN),
        }
    }
}

/// Returns the value that `percent` of the sorted values do not exceed (nearest rank).
pub fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_whatever_the_order() {
        let span = Span::of([5.0, 1.0, 9.0]);
        assert_eq!((span.min, span.median, span.max), (1.0, 5.0, 9.0));
        assert!(Span::of([]).median.is_nan());
    }

    #[test]
    fn a_percentile_is_the_nearest_rank() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        let found = [50, 99, 100].map(|percent| percentile(&hundred, percent));
        assert_eq!(
            found.map(f64::to_bits),
            [50.0, 99.0, 100.0].map(f64::to_bits)
        );
        assert_eq!(percentile(&[7.0], 99).to_bits(), 7.0_f64.to_bits());
    }
}
