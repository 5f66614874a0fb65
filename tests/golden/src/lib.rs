//! Golden worlds: small clusters that ESO 2.9 was seen in, played again with our controller.
//!
//! `worlds.json` holds, for each world, what was done step by step and what ESO left behind after each step. The runner does the
//! same on a real API server, many namespaces at a time, waits for quiet, gathers the same facts and compares everything.
//!
//! | module | what it knows |
//! |---|---|
//! | [`world`] | the recording's format |
//! | [`stage`] | the control plane and the controller that worlds are played on |
//! | [`kinds`] | which kinds the API server serves, and their paths |
//! | [`pulse`] | when something last happened in a namespace |
//! | [`play`] | one world: do a step, wait, compare |
//! | [`facts`] | what there is, in the recording's normal form |
//! | [`compare`] | where two sets of facts differ |
//! | [`differences`] | where ours are meant to differ, each with its reason, once for all worlds |
//! | [`open`] | the worlds that `docs/parity.md` lists as not matched yet |
//! | [`report`] | what to tell a person |

pub mod compare;
pub mod differences;
pub mod facts;
pub mod kinds;
pub mod open;
pub mod play;
pub mod pulse;
pub mod report;
pub mod stage;
pub mod world;
