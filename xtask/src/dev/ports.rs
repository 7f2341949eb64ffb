//! The ports of `cargo xtask dev`, and the check that they are free, made before anything is installed or started.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context, Result, bail};
use lexopt::prelude::{Long, Short};

/// The ports on 127.0.0.1 that `cargo xtask dev` listens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// The Worker's port, set with `--port`.
    pub worker: u16,
    /// The stand-in's port, set with `--sim-port`.
    pub stand_in: u16,
}

/// The default ports of `cargo xtask dev`.
pub const DEFAULT_PORTS: Ports = Ports {
    worker: 8787,
    stand_in: 8788,
};

impl Ports {
    /// Parses the options of `cargo xtask dev`. Returns `None` if help is requested.
    pub fn parse(parser: &mut lexopt::Parser) -> Result<Option<Self>> {
        let mut ports = DEFAULT_PORTS;
        while let Some(argument) = parser.next()? {
            match argument {
                Short('h') | Long("help") => return Ok(None),
                Long("port") => ports.worker = port(&parser.value()?)?,
                Long("sim-port") => ports.stand_in = port(&parser.value()?)?,
                other => return Err(other.unexpected().into()),
            }
        }
        let Self { worker, stand_in } = ports;
        if worker == stand_in {
            bail!("--port and --sim-port are both {worker}: they must differ");
        }
        Ok(Some(ports))
    }

    /// Returns an error for a port that cannot be listened on, naming the option that changes it.
    pub fn check(self) -> Result<()> {
        check(self.worker, "--port")?;
        check(self.stand_in, "--sim-port")
    }
}

fn port(value: &OsStr) -> Result<u16> {
    let port = value.to_str().and_then(|text| text.parse().ok());
    port.filter(|port| *port > 0).with_context(|| {
        format!(
            "\"{}\" is not a port: give a number from 1 to 65535",
            value.display()
        )
    })
}

fn check(port: u16, option: &str) -> Result<()> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_listener) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!(
                "port {port} is in use: choose another with {option}, or stop the process that uses it"
            )
        }
        Err(error) => Err(error)
            .with_context(|| format!("cannot listen on port {port}: choose another with {option}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_named_with_its_option() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let message = check(port, "--sim-port").unwrap_err().to_string();
        assert_eq!(
            message,
            format!(
                "port {port} is in use: choose another with --sim-port, or stop the process that uses it"
            )
        );
        drop(taken);
        assert!(check(port, "--sim-port").is_ok());
    }
}
