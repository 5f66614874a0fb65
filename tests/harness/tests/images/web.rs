//! What runs in the pods of the node's tests: a web server that can be asked to fetch, to log in to AWS, and to end. Compiled by the
//! tests into one static program.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

fn main() {
    let listener = TcpListener::bind("0.0.0.0:8080").expect("port 8080 is free");
    println!("serving as {}", name());
    for stream in listener.incoming().flatten() {
        std::thread::spawn(move || {
            // An error is the client's going away.
            let _ = serve(stream);
        });
    }
}

fn name() -> String {
    std::env::var("HOSTNAME").unwrap_or_default()
}

fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut header = String::new();
    while reader.read_line(&mut header)? > 2 {
        header.clear();
    }
    let path = first.split(' ').nth(1).unwrap_or_default();
    let (status, body) = match path.split('/').nth(1).unwrap_or_default() {
        "healthz" => ("200 OK", "well\n".to_owned()),
        "name" => ("200 OK", name()),
        "exit" => ("200 OK", "ending\n".to_owned()),
        "fetch" => answered(fetch(path.trim_start_matches("/fetch/"))),
        "login" => answered(log_in(path.trim_start_matches("/login/"))),
        _ => ("404 Not Found", String::new()),
    };
    if path != "/healthz" {
        println!("{path} {status}");
    }
    write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())?;
    stream.flush()?;
    if path == "/exit" {
        drop(stream);
        std::thread::sleep(Duration::from_millis(100));
        std::process::exit(3);
    }
    Ok(())
}

fn answered(answer: std::io::Result<String>) -> (&'static str, String) {
    match answer {
        Ok(body) => ("200 OK", body),
        Err(error) => ("502 Bad Gateway", error.to_string()),
    }
}

/// The body of `http://<address>:<port>/<path>`.
fn fetch(target: &str) -> std::io::Result<String> {
    let (address, path) = target.split_once('/').unwrap_or((target, ""));
    request(address, &format!("GET /{path} HTTP/1.1\r\n"), "")
}

/// Shows the projected token to AWS at `<address>:<port>`, and gives AWS's answer. Nothing in it needs to be escaped in a form.
fn log_in(address: &str) -> std::io::Result<String> {
    let token = std::fs::read_to_string("/var/run/secrets/aws/token")?;
    let role = std::env::var("AWS_ROLE_ARN").map_err(std::io::Error::other)?;
    let form = format!(
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=web&RoleArn={role}&WebIdentityToken={token}"
    );
    let head = "POST / HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded\r\n";
    request(address, &format!("{head}content-length: {}\r\n", form.len()), &form)
}

fn request(address: &str, head: &str, body: &str) -> std::io::Result<String> {
    let address = address.parse().map_err(std::io::Error::other)?;
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(stream, "{head}host: {address}\r\nconnection: close\r\n\r\n{body}")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}
