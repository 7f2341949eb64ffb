//! Why a program cannot be started, as a sentence that names it.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

/// Returns the error of a program that cannot be started with its name and, if it is not there, what to do.
pub fn cannot_start(program: &OsStr, error: &io::Error) -> io::Error {
    let is_name = Path::new(program).components().count() == 1;
    let name = program.display();
    let message = if error.kind() == io::ErrorKind::NotFound && is_name {
        format!("{name} is in no directory of PATH{}", remedy(program))
    } else {
        format!("{name} cannot be run ({error})")
    };
    io::Error::new(error.kind(), message)
}

fn remedy(program: &OsStr) -> &'static str {
    match program.to_str() {
        Some("cargo" | "rustup") => ": install Rust with rustup (https://rustup.rs)",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_named() {
        let missing = io::Error::from_raw_os_error(2);
        let forbidden = io::Error::from_raw_os_error(13);
        let cases = [
            (
                "cargo",
                &missing,
                "cargo is in no directory of PATH: install Rust with rustup (https://rustup.rs)",
            ),
            ("sh", &missing, "sh is in no directory of PATH"),
            (
                "/a/b",
                &missing,
                "/a/b cannot be run (No such file or directory (os error 2))",
            ),
            (
                "npm",
                &forbidden,
                "npm cannot be run (Permission denied (os error 13))",
            ),
        ];
        for (program, error, expected) in cases {
            let found = cannot_start(OsStr::new(program), error);
            assert_eq!(found.to_string(), expected);
            assert_eq!(found.kind(), error.kind());
        }
    }
}
