//! A node on which pods really run. One is shared by the tests that only use it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use eso_harness::aws_proxy::AUDIENCE;
use eso_harness::control_plane::ISSUER;
use eso_harness::image::{Image, compile_static_rust};
use eso_harness::node::{NODE, PARTS};
use eso_harness::venue::Ground;
use eso_harness::{AwsProxy, Installed, Moto, Node, Part, Program, Venue, ensure, eventually, eventually_within};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Namespace, Pod, Service, ServiceAccount};
use kube::Api;
use kube::api::{ListParams, PostParams};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::OnceCell;

const IMAGE: &str = "localhost/web:1";

/// Set for the copy of a test that dies on purpose.
const DIES: &str = "ESO_HARNESS_TEST_NODE_DIES";

struct Running {
    venue: Venue,
    installed: Installed,
}

/// Compiles the pods' program and starts a node that has its image.
async fn start() -> Running {
    let installed = ensure(&PARTS).await.unwrap();
    let running = Running { venue: Venue::start(Ground::Node, &installed).await.unwrap(), installed };
    let archive = web_image(running.node().dir());
    running.venue.load_images(&archive).await.unwrap();
    running
}

fn web_image(folder: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/images/web.rs");
    let program = folder.join("web");
    compile_static_rust(&source, &program).unwrap();
    let archive = folder.join("web.tar");
    let image = Image { name: IMAGE, entrypoint: &["/web"], programs: &[(&program, "/web")] };
    image.write(&folder.join("web-image"), &archive).unwrap();
    archive
}

/// The shared node, in a runtime of its own, because each test's runtime ends with the test.
async fn shared() -> &'static Running {
    static NODE: OnceCell<Running> = OnceCell::const_new();
    NODE.get_or_init(|| async {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let running = runtime.spawn(start()).await.unwrap();
        std::mem::forget(runtime);
        running
    })
    .await
}

impl Running {
    fn node(&self) -> &Node {
        let Venue::Node(node) = &self.venue else { panic!("it is a node that was asked for") };
        node
    }

    async fn namespace(&self, name: &str, labels: Value) {
        let namespace = json!({ "metadata": { "name": name, "labels": labels } });
        let namespaces = Api::<Namespace>::all(self.venue.access().admin_client());
        namespaces.create(&PostParams::default(), &serde_json::from_value(namespace).unwrap()).await.unwrap();
        let accounts = Api::<ServiceAccount>::namespaced(self.venue.access().admin_client(), name);
        let made = || async { Ok(accounts.get("default").await?) };
        eventually("pods can have the default ServiceAccount", made).await.unwrap();
    }

    fn pods(&self, namespace: &str) -> Api<Pod> {
        Api::namespaced(self.venue.access().admin_client(), namespace)
    }

    async fn create_pod(&self, namespace: &str, pod: &Value) {
        let pod = serde_json::from_value(pod.clone()).unwrap();
        self.pods(namespace).create(&PostParams::default(), &pod).await.unwrap();
    }

    /// What a pod's web server answers, by way of the API server.
    async fn get(&self, namespace: &str, pod: &str, path: &str) -> anyhow::Result<String> {
        let url = format!("/api/v1/namespaces/{namespace}/pods/{pod}:8080/proxy/{path}");
        Ok(self.venue.access().admin_client().request_text(http::Request::get(url).body(Vec::new())?).await?)
    }

    async fn wait_running(&self, namespace: &str, pod: &str) {
        let pods = self.pods(namespace);
        eventually_within(Duration::from_mins(1), "the pod is ready", || async {
            let status = pods.get(pod).await?.status.unwrap_or_default();
            let ready = status.conditions.iter().flatten().any(|one| one.type_ == "Ready" && one.status == "True");
            anyhow::ensure!(ready && status.phase.as_deref() == Some("Running"), "{status:?}");
            Ok(())
        })
        .await
        .unwrap();
    }
}

/// What the `restricted` Pod Security level asks for.
fn restricted_container() -> Value {
    json!({
        "name": "web",
        "image": IMAGE,
        "imagePullPolicy": "Never",
        "ports": [{ "containerPort": 8080 }],
        "env": [{ "name": "HOSTNAME", "valueFrom": { "fieldRef": { "fieldPath": "metadata.name" } } }],
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "readOnlyRootFilesystem": true,
            "runAsNonRoot": true,
            "runAsUser": 65534,
            "capabilities": { "drop": ["ALL"] },
            "seccompProfile": { "type": "RuntimeDefault" },
        },
        "readinessProbe": { "httpGet": { "path": "/healthz", "port": 8080 }, "periodSeconds": 1 },
        "livenessProbe": { "httpGet": { "path": "/healthz", "port": 8080 }, "periodSeconds": 1 },
    })
}

fn web_pod(name: &str) -> Value {
    json!({ "metadata": { "name": name, "labels": { "app": name } }, "spec": { "containers": [restricted_container()] } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_uses_the_token_that_is_projected_for_it_against_the_api_server() {
    let running = shared().await;
    running.namespace("token", json!({})).await;
    // kubectl needs no file but itself, and finds token, CA and the API server's Service as every client in a pod does.
    let kubectl = running.installed.path(Program::Kubectl).unwrap().canonicalize().unwrap();
    let pod = json!({
        "metadata": { "name": "whoami" },
        "spec": {
            "restartPolicy": "Never",
            "containers": [{
                "name": "kubectl",
                "image": IMAGE,
                "imagePullPolicy": "Never",
                "command": ["/tools/kubectl", "auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"],
                "volumeMounts": [{ "name": "kubectl", "mountPath": "/tools/kubectl", "readOnly": true }],
            }],
            "volumes": [{ "name": "kubectl", "hostPath": { "path": kubectl, "type": "File" } }],
        },
    });
    running.create_pod("token", &pod).await;
    let pods = running.pods("token");
    eventually("the pod has ended", || async {
        let phase = pods.get("whoami").await?.status.and_then(|status| status.phase).unwrap_or_default();
        anyhow::ensure!(phase == "Succeeded" || phase == "Failed", "it is {phase}");
        Ok(())
    })
    .await
    .unwrap();
    let log = running.venue.access().kubectl_ok(&["logs", "-n", "token", "whoami"]).await.unwrap();
    assert_eq!(log, "system:serviceaccount:token:default");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restricted_pod_answers_its_probes_logs_and_comes_back_after_a_crash() {
    let running = shared().await;
    running.namespace("restricted", json!({ "pod-security.kubernetes.io/enforce": "restricted" })).await;
    let mut lax = web_pod("lax");
    lax["spec"]["containers"][0]["securityContext"] = json!({});
    let lax = serde_json::from_value(lax).unwrap();
    let refused = running.pods("restricted").create(&PostParams::default(), &lax).await.unwrap_err();
    assert!(refused.to_string().contains("violates PodSecurity"), "{refused}");

    running.create_pod("restricted", &web_pod("web")).await;
    running.wait_running("restricted", "web").await;
    assert_eq!(running.get("restricted", "web", "name").await.unwrap(), "web");
    let log = running.venue.access().kubectl_ok(&["logs", "-n", "restricted", "web"]).await.unwrap();
    assert!(log.contains("serving as web") && log.contains("/name 200 OK"), "{log}");

    running.get("restricted", "web", "exit").await.unwrap();
    let pods = running.pods("restricted");
    eventually("the container has been started again", || async {
        let status = pods.get("web").await?.status.unwrap_or_default();
        let container = status.container_statuses.iter().flatten().next().context("no status of the container")?;
        anyhow::ensure!(container.restart_count == 1 && container.ready, "{container:?}");
        let ended = container.last_state.as_ref().and_then(|state| state.terminated.as_ref());
        assert_eq!(ended.context("it is not said how it ended")?.exit_code, 3);
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(running.get("restricted", "web", "name").await.unwrap(), "web");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_leads_to_each_of_its_pods_and_back_to_the_one_that_asks() {
    let running = shared().await;
    running.namespace("service", json!({})).await;
    let client = running.venue.access().admin_client();
    let deployment = json!({
        "metadata": { "name": "web" },
        "spec": {
            "replicas": 2,
            "selector": { "matchLabels": { "app": "web" } },
            "template": web_pod("web"),
        },
    });
    let service = json!({
        "metadata": { "name": "web" },
        "spec": { "selector": { "app": "web" }, "ports": [{ "port": 80, "targetPort": 8080 }] },
    });
    let deployments = Api::<Deployment>::namespaced(client.clone(), "service");
    deployments.create(&PostParams::default(), &serde_json::from_value(deployment).unwrap()).await.unwrap();
    let services = Api::<Service>::namespaced(client, "service");
    let service = services.create(&PostParams::default(), &serde_json::from_value(service).unwrap()).await.unwrap();
    let address = service.spec.unwrap().cluster_ip.unwrap();
    let pods: Vec<_> = eventually("there are two pods", || async {
        let pods = running.pods("service").list(&ListParams::default()).await?;
        anyhow::ensure!(pods.items.len() == 2, "there are {}", pods.items.len());
        Ok(pods.into_iter().map(|pod| pod.metadata.name.unwrap_or_default()).collect())
    })
    .await
    .unwrap();
    for pod in &pods {
        running.wait_running("service", pod).await;
        let reached = tokio::sync::Mutex::new(BTreeSet::new());
        eventually("the Service has led to both pods", || async {
            let answer = running.get("service", pod, &format!("fetch/{address}:80/name")).await?;
            let mut reached = reached.lock().await;
            reached.insert(answer);
            anyhow::ensure!(reached.iter().eq(pods.iter().collect::<BTreeSet<_>>()), "to {reached:?} so far");
            Ok(())
        })
        .await
        .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_reaches_what_listens_at_the_host_address_and_nothing_beyond() {
    let running = shared().await;
    running.namespace("host", json!({})).await;
    let host = running.venue.host_address();
    let listener = tokio::net::TcpListener::bind((host, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (seen, mut seers) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, from)) = listener.accept().await {
            seen.send(from.ip().to_string()).unwrap();
            // A socket that is closed with unread bytes resets the connection, and a request may come in pieces.
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0, "half a request");
            }
            let answer = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nhost";
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    running.create_pod("host", &web_pod("guest")).await;
    running.wait_running("host", "guest").await;
    assert_eq!(running.get("host", "guest", &format!("fetch/{host}:{port}/")).await.unwrap(), "host");
    // As the node, whose network is the only one that this machine knows.
    let node = running.node().plane().url();
    assert!(node.contains(&format!("//{}:", seers.recv().await.unwrap())), "{node}");
    // An address of the documentation's (RFC 5737).
    let beyond = running.get("host", "guest", "fetch/192.0.2.1:80/").await.unwrap_err().to_string();
    assert!(beyond.contains("No route to host"), "{beyond}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_logs_in_to_aws_with_the_token_that_is_projected_for_it() {
    let running = shared().await;
    running.namespace("aws", json!({})).await;
    let moto = Moto::start(&ensure(&[Part::Moto]).await.unwrap()).await.unwrap();
    let (host, admin) = (running.venue.host_address(), running.venue.access().admin_client());
    let aws = AwsProxy::start_at(host, &moto.endpoint(), ISSUER, admin).await.unwrap();
    let role = moto.create_role("web").await.unwrap();
    aws.trust(&role, "system:serviceaccount:aws:default");
    let mut pod = web_pod("guest");
    let token = json!({ "serviceAccountToken": { "audience": AUDIENCE, "path": "token" } });
    pod["spec"]["volumes"] = json!([{ "name": "aws", "projected": { "sources": [token] } }]);
    let container = &mut pod["spec"]["containers"][0];
    container["volumeMounts"] = json!([{ "name": "aws", "mountPath": "/var/run/secrets/aws", "readOnly": true }]);
    container["env"].as_array_mut().unwrap().push(json!({ "name": "AWS_ROLE_ARN", "value": role }));
    running.create_pod("aws", &pod).await;
    running.wait_running("aws", "guest").await;
    let path = format!("login/{}", aws.endpoint().trim_start_matches("http://"));
    let answer = running.get("aws", "guest", &path).await.unwrap();
    assert!(answer.contains("<AccessKeyId>"), "{answer}");
    aws.deny_role(&role);
    let refused = running.get("aws", "guest", &path).await.unwrap();
    assert!(refused.contains("AccessDenied"), "{refused}");
    assert_eq!(aws.count("AssumeRoleWithWebIdentity"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_node_is_left_when_it_is_dropped() {
    let running = start().await;
    let traces = fill(&running).await;
    assert!(traces.left().len() > 3, "a node shows: {:?}", traces.left());
    drop(running);
    eventually("everything is gone", || async { traces.check() }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_node_is_left_when_the_process_that_started_it_crashes() {
    if std::env::var_os(DIES).is_some() {
        let running = start().await;
        let traces = fill(&running).await;
        println!("traces {} {}", traces.name, traces.folder.display());
        // No destructor runs, as when the process is killed.
        std::process::abort();
    }
    let mut command = tokio::process::Command::new(std::env::current_exe().unwrap());
    let test = "node::nothing_of_a_node_is_left_when_the_process_that_started_it_crashes";
    command.args(["--exact", test, "--nocapture"]).env(DIES, "1").stderr(Stdio::inherit());
    let output = command.output().await.unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let line = printed.lines().find_map(|line| line.split_once("traces ")).expect(&printed).1;
    let (name, folder) = line.split_once(' ').unwrap();
    let traces = Traces { name: name.to_owned(), folder: folder.into() };
    eventually("everything is gone", || async { traces.check() }).await.unwrap();
}

/// Has a pod running, so that there is something to be left.
async fn fill(running: &Running) -> Traces {
    running.create_pod("default", &web_pod("web")).await;
    running.wait_running("default", "web").await;
    let nodes = running.venue.access().kubectl_ok(&["get", "nodes", "-o", "name"]).await.unwrap();
    assert_eq!(nodes.trim(), format!("node/{NODE}"));
    Traces { name: running.node().name(), folder: running.node().dir().to_path_buf() }
}

/// By what a node is seen on the machine.
struct Traces {
    name: String,
    folder: PathBuf,
}

impl Traces {
    fn check(&self) -> anyhow::Result<()> {
        let left = self.left();
        anyhow::ensure!(left.is_empty(), "left: {left:?}");
        Ok(())
    }

    /// Everything that bears its name: processes, mounts of any process, network interfaces, control groups, files.
    fn left(&self) -> Vec<String> {
        let mut left = Vec::new();
        let folder = self.folder.display().to_string();
        for process in std::fs::read_dir("/proc").unwrap().flatten() {
            let read = |name: &str| std::fs::read_to_string(process.path().join(name)).unwrap_or_default();
            if read("cmdline").contains(&folder) {
                left.push(format!("process {}", read("cmdline").replace('\0', " ")));
            }
            if read("cgroup").contains(&format!("/{}/", self.name)) {
                left.push(format!("process in its group: {}", read("cmdline").replace('\0', " ")));
            }
            if read("mounts").contains(&folder) {
                left.push(format!("mount seen by {}", process.path().display()));
            }
        }
        let link = Path::new("/sys/class/net").join(&self.name);
        let groups = std::fs::read_dir("/sys/fs/cgroup").unwrap().flatten().map(|entry| entry.path().join(&self.name));
        let places = groups.chain([Path::new("/sys/fs/cgroup").join(&self.name), link]);
        left.extend(places.filter(|place| place.exists()).map(|place| place.display().to_string()));
        if self.folder.exists() && std::env::var_os("ESO_HARNESS_KEEP").is_none() {
            left.push(folder);
        }
        left
    }
}
