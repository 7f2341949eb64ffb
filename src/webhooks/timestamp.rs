//! Signed times: strict decimal digits, and a tolerance in both directions.

use super::verification::Refused;
use crate::digits::whole_number;

/// Parses a time: decimal digits without sign, space or leading zero, as every vendor's sender writes it.
///
/// Fifteen digits hold milliseconds until the year 33,658 and cannot overflow.
pub fn parse(text: &str) -> Result<u64, Refused> {
    let plausible = text.len() <= 15 && !text.starts_with('0');
    let number = whole_number(text).filter(|_| plausible);
    number.ok_or(Refused::Malformed)
}

/// Checks that a message is neither too old nor too new. All values are in one unit; the tolerance itself is accepted.
pub fn check_age(signed: u64, now: u64, tolerance: u64) -> Result<(), Refused> {
    if now.saturating_sub(signed) > tolerance {
        return Err(Refused::TooOld);
    }
    if signed.saturating_sub(now) > tolerance {
        return Err(Refused::TooNew);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_decimal_digits_and_nothing_else() {
        assert_eq!(parse("1614265330"), Ok(1_614_265_330));
        assert_eq!(parse("999999999999999"), Ok(999_999_999_999_999));
        for wrong in [
            "",
            "0",
            "01614265330",
            "+1614265330",
            "-1614265330",
            "-9223372036854775808",
            "9223372036854775808",
            "18446744073709551616",
            "1000000000000000",
            "1614265330.0",
            "1614265330 ",
            " 1614265330",
            "1.6e9",
            "0x60385d32",
            "1_614_265_330",
            "1614265330, 1614265330",
            "١٦١٤٢٦٥٣٣٠",
            "NaN",
        ] {
            assert_eq!(parse(wrong), Err(Refused::Malformed), "{wrong:?}");
        }
    }

    #[test]
    fn the_tolerance_holds_in_both_directions_and_ends_with_its_last_second() {
        for (signed, answer) in [
            (1_000, Ok(())),
            (700, Ok(())),
            (699, Err(Refused::TooOld)),
            (1_300, Ok(())),
            (1_301, Err(Refused::TooNew)),
            (0, Err(Refused::TooOld)),
            (u64::MAX, Err(Refused::TooNew)),
        ] {
            assert_eq!(check_age(signed, 1_000, 300), answer, "{signed}");
        }
    }
}
