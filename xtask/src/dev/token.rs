//! Tokens for development. Each clone generates its own once and keeps it: the printed call still works after a
//! restart, and nobody can learn the token by reading this repository.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};

/// 24 random bytes in hexadecimal.
const LENGTH: usize = 48;

/// Returns the token stored in a file, generating it the first time.
pub fn of_this_clone(path: &Path) -> Result<String> {
    if let Some(token) = fs::read_to_string(path)
        .ok()
        .filter(|token| is_token(token))
    {
        return Ok(token);
    }
    let token = random().context("cannot read random bytes from /dev/urandom")?;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options
        .open(path)
        .and_then(|mut file| file.write_all(token.as_bytes()))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(token)
}

fn is_token(text: &str) -> bool {
    text.len() == LENGTH && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn random() -> Result<String> {
    let mut source = File::open("/dev/urandom")?;
    let (mut first, mut second) = ([0; 16], [0; 8]);
    source.read_exact(&mut first)?;
    source.read_exact(&mut second)?;
    let (first, second) = (u128::from_ne_bytes(first), u64::from_ne_bytes(second));
    Ok(format!("{first:032x}{second:016x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_kept_and_a_broken_one_replaced() {
        let path = std::env::temp_dir().join(format!("xtask-token-{}", std::process::id()));
        let first = of_this_clone(&path).unwrap();
        assert!(is_token(&first), "{first}");
        assert_eq!(of_this_clone(&path).unwrap(), first);
        fs::write(&path, "short").unwrap();
        let second = of_this_clone(&path).unwrap();
        assert!(is_token(&second), "{second}");
        assert_ne!(second, first);
        fs::remove_file(&path).unwrap();
    }
}
