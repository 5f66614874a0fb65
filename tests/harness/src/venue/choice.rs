//! The choice itself, which is a function of what was asked for and what stands in the way.

use std::fmt;
use std::str::FromStr;

/// What a person asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The first that can work, in the order of [`Ground::ALL`].
    #[default]
    Auto,
    /// This one.
    Only(Ground),
}

/// Where pods run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// In a cluster that kind makes with a container engine.
    Kind,
    /// On a node of our own, on this machine.
    Node,
    /// Nowhere: their programs run as plain processes against a real API server.
    Processes,
}

impl Ground {
    /// The best one first.
    pub const ALL: [Self; 3] = [Self::Kind, Self::Node, Self::Processes];

    /// As a person writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Node => "node",
            Self::Processes => "processes",
        }
    }
}

/// What stands in the way of each, in one line that says what is needed. Nothing stands in the way of processes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Obstacles {
    /// Of [`Ground::Kind`].
    pub kind: Option<String>,
    /// Of [`Ground::Node`].
    pub node: Option<String>,
}

/// What was chosen, and why none that comes before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Where pods run.
    pub ground: Ground,
    /// One line for each that `auto` would have preferred.
    pub reasons: Vec<String>,
}

impl Choice {
    /// Decides.
    ///
    /// # Errors
    /// When what is asked for cannot work here; the message says what is needed.
    pub fn decide(self, obstacles: &Obstacles) -> anyhow::Result<Decision> {
        let reason = |ground: Ground| {
            let obstacle = match ground {
                Ground::Kind => obstacles.kind.as_ref(),
                Ground::Node => obstacles.node.as_ref(),
                Ground::Processes => None,
            };
            obstacle.map(|obstacle| format!("not --cluster {}: {obstacle}", ground.name()))
        };
        match self {
            Self::Only(ground) => match reason(ground) {
                Some(reason) => anyhow::bail!("{reason}"),
                None => Ok(Decision { ground, reasons: Vec::new() }),
            },
            Self::Auto => {
                let reasons: Vec<_> = Ground::ALL.into_iter().map_while(reason).collect();
                let ground = Ground::ALL.get(reasons.len()).copied().unwrap_or(Ground::Processes);
                Ok(Decision { ground, reasons })
            }
        }
    }
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let ground = Ground::ALL.into_iter().find(|ground| ground.name() == text);
        ground.map(Self::Only).ok_or_else(|| format!("\"{text}\" is none of auto, kind, node, processes"))
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Only(ground) => ground.name(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn obstacles(kind: bool, node: bool) -> Obstacles {
        let obstacle = |there: bool| there.then(|| "it needs the moon".to_owned());
        Obstacles { kind: obstacle(kind), node: obstacle(node) }
    }

    #[test]
    fn auto_takes_the_first_that_can_work_and_says_why_not_the_others() {
        let decide = |kind, node| Choice::Auto.decide(&obstacles(kind, node)).unwrap();
        assert_eq!(decide(false, false), Decision { ground: Ground::Kind, reasons: vec![] });
        assert_eq!(decide(false, true).ground, Ground::Kind);
        assert_eq!(decide(true, false).ground, Ground::Node);
        assert_eq!(decide(true, false).reasons, ["not --cluster kind: it needs the moon"]);
        assert_eq!(decide(true, true).ground, Ground::Processes);
        assert_eq!(decide(true, true).reasons.len(), 2);
    }

    #[test]
    fn what_is_asked_for_by_name_is_taken_or_refused_and_never_replaced() {
        let only = |ground| Choice::Only(ground).decide(&obstacles(true, false));
        assert_eq!(only(Ground::Node).unwrap(), Decision { ground: Ground::Node, reasons: vec![] });
        assert_eq!(only(Ground::Processes).unwrap().ground, Ground::Processes);
        assert_eq!(only(Ground::Kind).unwrap_err().to_string(), "not --cluster kind: it needs the moon");
    }

    #[test]
    fn every_choice_is_read_as_it_is_written() {
        for text in ["auto", "kind", "node", "processes"] {
            assert_eq!(text.parse::<Choice>().unwrap().to_string(), text);
        }
        assert!("minikube".parse::<Choice>().unwrap_err().contains("none of auto, kind, node, processes"));
    }
}
