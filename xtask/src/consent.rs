//! Asking before something is installed on the system.

use std::io::{BufRead, IsTerminal as _, Write as _};

use anyhow::{Context, Result, ensure};

/// Whether a person is still to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// When there is one at the terminal.
    Ask,
    /// It was given on the command line.
    Given,
}

impl Consent {
    /// Says which packages will be installed, and asks if need be. Without a terminal nobody can be asked, and what the command
    /// needs is installed as it is where a pipeline runs it.
    ///
    /// # Errors
    /// When the person says no.
    pub fn obtain(self, packages: &[&str]) -> Result<()> {
        if packages.is_empty() {
            return Ok(());
        }
        println!("      to be installed on this system with apt-get: {}", packages.join(" "));
        if self == Self::Given || !std::io::stdin().is_terminal() {
            return Ok(());
        }
        print!("      Go on? [y/N] ");
        std::io::stdout().flush().context("no terminal to ask at")?;
        ensure!(is_yes(&mut std::io::stdin().lock())?, "not installed, as you wished; --yes installs without asking");
        Ok(())
    }
}

fn is_yes(answers: &mut impl BufRead) -> Result<bool> {
    let mut answer = String::new();
    answers.read_line(&mut answer).context("no answer can be read")?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_is_one() {
        let answer = |text: &str| is_yes(&mut text.as_bytes()).unwrap();
        assert!(answer("y\n") && answer("Yes\n"));
        assert!(!answer("\n") && !answer("no\n") && !answer("") && !answer("yesterday\n"));
    }

    #[test]
    fn nothing_to_install_is_not_asked_about() {
        assert!(Consent::Ask.obtain(&[]).is_ok());
        assert!(Consent::Given.obtain(&["containerd"]).is_ok());
    }
}
