//! A machine of its own for a node, made of what Linux has for containers.
//!
//! One process, the anchor, holds a network namespace and a mount namespace; everything that belongs to the node is started inside
//! them, and in a control group of the sandbox. In there `/run`, `/var/lib` and `/var/log` can be written without a trace outside:
//! kubelet, containerd and the CNI plugins have paths of their own that no option changes. When the last process is gone, both
//! namespaces are, and with them every mount, every pod's network and the link to the world outside.
//!
//! That link is a pair of interfaces, one at each end: a /30 of 198.18.0.0/15, the range that is kept for benchmarks (RFC 2544).
//! There is no route to anywhere else, so nothing leaves the machine.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;

use super::cgroup;
use crate::guardian;
use crate::parts::{Installed, Program};
use crate::process::Process;
use crate::wait::eventually_within;
use crate::workdir::WorkDir;

/// As many as 198.18.0.0/16 has third bytes.
const MOST: u8 = u8::MAX;

/// What the anchor does. `$1` is a folder for what is written below `/var`; it is in memory, as overlays cannot be stacked on every
/// file system that a temporary folder may be on.
const ANCHOR: &str = r#"set -e
PATH=$PATH:/usr/sbin:/sbin
mount --make-rshared / 2>/dev/null || true # for volumes that pass mounts on; not in a chroot
mount -t tmpfs -o mode=0755 eso-harness "$1"
for place in lib log; do
  mkdir "$1/$place" "$1/$place.work"
  mount -t overlay -o "lowerdir=/var/$place,upperdir=$1/$place,workdir=$1/$place.work" eso-harness "/var/$place"
done
mount -t tmpfs -o mode=0755 eso-harness /run
mkdir -p /run/lock /var/lib/kubelet
ip link set lo up
echo 1 > /proc/sys/net/ipv4/ip_forward
echo ready
exec sleep infinity
"#;

/// Becomes the program, inside the sandbox's control group and in a folder. Not every root has the network tools in `PATH`.
const ENTER: &str = r#"echo $$ > "$1"; cd "$2"; shift 2; PATH=$PATH:/usr/sbin:/sbin; exec "$@""#;

/// A running sandbox. When it is dropped, everything inside ends.
#[derive(Debug)]
pub(crate) struct Sandbox {
    number: u8,
    processes: PathBuf,
    anchor: Process,
    folder: WorkDir,
}

impl Sandbox {
    /// Makes one and its link (0.2 s).
    pub(crate) async fn start(installed: &Installed) -> anyhow::Result<Self> {
        let folder = WorkDir::new("node")?;
        for hidden in ["/run", "/var/lib", "/var/log"] {
            let inside = folder.path().starts_with(hidden);
            anyhow::ensure!(!inside, "a node's folder cannot be below {hidden}: set TMPDIR to another place");
        }
        let private = folder.path().join("private");
        fs::create_dir(&private).with_context(|| format!("{} cannot be made", private.display()))?;
        let number = claim_number()?;
        let name = name(number);
        let result = async {
            let anchor = start_anchor(&private, folder.path()).await?;
            let sandbox = Self { number, processes: cgroup::processes_file(&name)?, anchor, folder };
            sandbox.link(installed)?;
            Ok(sandbox)
        };
        result.await.inspect_err(|_| guardian::end_sandbox(&name))
    }

    /// `eso-harness-<number>`: its control groups, and its interface outside.
    pub(crate) fn name(&self) -> String {
        name(self.number)
    }

    /// The end of the link outside, where programs listen that pods are to reach.
    pub(crate) const fn host_address(&self) -> Ipv4Addr {
        Ipv4Addr::new(198, 18, self.number, 1)
    }

    /// The end of the link inside: the node's address.
    pub(crate) const fn address(&self) -> Ipv4Addr {
        Ipv4Addr::new(198, 18, self.number, 2)
    }

    /// A folder that is seen inside and outside.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A folder in memory that is seen inside only.
    pub(crate) fn private_folder(&self) -> PathBuf {
        self.folder().join("private")
    }

    /// A command that runs inside; its current folder is `folder`.
    pub(crate) fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.anchor.pid().to_string(), "--net", "--mount", "--"]);
        command.args(["sh", "-c", ENTER, "sh"]).arg(&self.processes).arg(folder).arg(program);
        command
    }

    fn link(&self, installed: &Installed) -> anyhow::Result<()> {
        let ip = installed.path(Program::Ip)?;
        let name = self.name();
        let outside = |args: &str| run(Command::new(ip).args(args.split(' ')));
        let inside = |args: &str| run(self.command(ip, Path::new("/")).args(args.split(' ')));
        outside(&format!("link add {name} type veth peer name host netns {}", self.anchor.pid()))?;
        outside(&format!("address add {}/30 dev {name}", self.host_address()))?;
        outside(&format!("link set {name} up"))?;
        inside(&format!("address add {}/30 dev host", self.address()))?;
        inside("link set host up")?;
        // kube-proxy rewrites a Service's address only after a route was found for it.
        inside(&format!("route add {} dev host", super::SERVICES))?;
        // Whoever tries to get further is told so at once.
        inside("route add prohibit default")?;
        self.hide_pods(installed)
    }

    /// Pods' addresses mean nothing outside: what pods send there comes from the node.
    fn hide_pods(&self, installed: &Installed) -> anyhow::Result<()> {
        let rules = format!(
            "table ip eso-harness {{\n chain out {{\n  type nat hook postrouting priority srcnat;\n  \
             ip saddr {} oifname \"host\" masquerade;\n }}\n}}\n",
            super::PODS
        );
        let file = self.folder().join("out.nft");
        fs::write(&file, rules).with_context(|| format!("{} cannot be written", file.display()))?;
        run(self.command(installed.path(Program::Nft)?, Path::new("/")).arg("-f").arg(&file))
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        guardian::end_sandbox(&self.name());
        self.anchor.kill();
    }
}

fn name(number: u8) -> String {
    format!("eso-harness-{number}")
}

/// A number that no other sandbox of this machine has: the control group is made by whoever is first.
fn claim_number() -> anyhow::Result<u8> {
    for number in 0..=MOST {
        let name = name(number);
        let linked = Path::new("/sys/class/net").join(&name).exists();
        if !linked && cgroup::claim(&name).inspect_err(|_| guardian::end_sandbox(&name))? {
            guardian::adopt_sandbox(&name)?;
            return Ok(number);
        }
    }
    anyhow::bail!("there are {} nodes on this machine already", u32::from(MOST) + 1)
}

async fn start_anchor(private: &Path, folder: &Path) -> anyhow::Result<Process> {
    let mut command = Command::new("unshare");
    command.args(["--mount", "--net", "--propagation", "private", "sh", "-c", ANCHOR, "sh"]).arg(private);
    let anchor = Process::spawn("the node's sandbox", command, &folder.join("sandbox.log"))?;
    eventually_within(Duration::from_secs(20), "the node's sandbox is there", || async {
        anchor.check_alive()?;
        anyhow::ensure!(anchor.log().contains("ready"), "it says: {}", anchor.log());
        Ok(())
    })
    .await?;
    Ok(anchor)
}

/// Runs a small command to its end.
pub(super) fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output().with_context(|| format!("{command:?} cannot be run"))?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{command:?} ended with {}: {}", output.status, stderr.trim());
    Ok(())
}
