//! Real git servers on 127.0.0.1, each stopped when its handle is dropped.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::Lab;

/// `Authorization` of the only user, `ada` with the password `lace`.
const AUTHORIZATION: &str = "Basic YWRhOmxhY2U=";

/// A server of all repositories below one folder.
pub(crate) struct Server {
    /// What clients put before the name of a repository.
    pub(crate) url: String,
    running: Running,
}

enum Running {
    Process(Child),
    Threads { stop: Arc<AtomicBool>, refused: Arc<AtomicUsize>, address: String },
}

impl Server {
    /// `git http-backend` behind a small server; with `password`, for `ada` with `lace` only.
    pub(crate) fn http(lab: &Lab, password: bool) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (stop, refused) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let root = lab.path("");
        // The surroundings as values: the lab itself does not go to other threads.
        let vars: Vec<_> = lab.env(&root).vars().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        let (stopped, refusals) = (stop.clone(), refused.clone());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let mut backend = Command::new("git");
                backend.arg("http-backend").env_clear().envs(vars.iter().map(|(k, v)| (k, v))).current_dir(&root);
                let refusals = refusals.clone();
                let root = root.clone();
                thread::spawn(move || {
                    // A client that goes away in the middle is a client's business.
                    let _ = answer(&stream, backend, &root, password, &refusals);
                });
            }
        });
        Server { url: format!("http://{address}"), running: Running::Threads { stop, refused, address } }
    }

    /// `git daemon`, which takes pushes.
    pub(crate) fn daemon(lab: &Lab) -> Server {
        let root = lab.path("");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
        // Not `git daemon`: the handle must be the server's own, to stop it.
        let program = Path::new(&lab.git(&root, &["--exec-path"])).join("git-daemon");
        let mut daemon = lab.command(&root, program.to_str().expect("UTF-8"));
        daemon.args(["--listen=127.0.0.1", "--reuseaddr", "--export-all", "--enable=receive-pack"]);
        daemon.arg(format!("--port={port}")).arg(format!("--base-path={}", root.display()));
        let child = daemon.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("git daemon");
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(10), "git daemon does not answer");
            thread::sleep(Duration::from_millis(20));
        }
        Server { url: format!("git://127.0.0.1:{port}"), running: Running::Process(child) }
    }

    /// How many requests came without the password.
    pub(crate) fn refused(&self) -> usize {
        match &self.running {
            Running::Threads { refused, .. } => refused.load(Ordering::SeqCst),
            Running::Process(_) => 0,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        match &mut self.running {
            Running::Process(child) => {
                let _ = child.kill();
                let _ = child.wait();
            }
            Running::Threads { stop, address, .. } => {
                stop.store(true, Ordering::SeqCst);
                // Wakes the thread that waits for a connection.
                let _ = TcpStream::connect(address.as_str());
            }
        }
    }
}

/// A stand-in for `ssh` that runs the command here, so that git's own side of the transport is real.
pub(crate) fn ssh_stand_in(lab: &Lab) -> PathBuf {
    lab.script("ssh-here", "#!/bin/sh\nwhile [ $# -gt 1 ]; do shift; done\nexec sh -c \"$1\"\n");
    lab.path("bin/ssh-here")
}

struct Request {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }

    fn read(stream: &TcpStream) -> std::io::Result<Request> {
        let mut reader = BufReader::new(stream);
        let mut line = || -> std::io::Result<String> {
            let mut text = String::new();
            reader.read_line(&mut text)?;
            Ok(text.trim_end().to_owned())
        };
        let first = line()?;
        let mut words = first.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers = Vec::new();
        while let Some((name, value)) = line()?.split_once(':') {
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let (method, path, query) = (method.to_owned(), path.to_owned(), query.to_owned());
        let mut request = Request { method, path, query, headers, body: Vec::new() };
        if request.header("expect").eq_ignore_ascii_case("100-continue") {
            let mut stream = stream;
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        if request.header("transfer-encoding").eq_ignore_ascii_case("chunked") {
            loop {
                let mut size = String::new();
                reader.read_line(&mut size)?;
                let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
                let mut chunk = vec![0; size + 2];
                reader.read_exact(&mut chunk)?;
                request.body.extend_from_slice(&chunk[..size]);
                if size == 0 {
                    break;
                }
            }
        } else {
            request.body = vec![0; request.header("content-length").parse().unwrap_or(0)];
            reader.read_exact(&mut request.body)?;
        }
        Ok(request)
    }
}

/// Answers one request and closes the connection.
fn answer(
    mut stream: &TcpStream,
    mut backend: Command,
    root: &Path,
    password: bool,
    refused: &AtomicUsize,
) -> std::io::Result<()> {
    let request = Request::read(stream)?;
    if password && request.header("authorization") != AUTHORIZATION {
        refused.fetch_add(1, Ordering::SeqCst);
        return stream.write_all(
            b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"git\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        );
    }
    backend.env("GIT_PROJECT_ROOT", root).env("GIT_HTTP_EXPORT_ALL", "1").env("REMOTE_USER", "ada");
    backend.env("REMOTE_ADDR", "127.0.0.1").env("REQUEST_METHOD", &request.method);
    backend.env("PATH_INFO", &request.path).env("QUERY_STRING", &request.query);
    backend.env("CONTENT_TYPE", request.header("content-type")).env("CONTENT_LENGTH", request.body.len().to_string());
    backend.env("GIT_PROTOCOL", request.header("git-protocol"));
    backend.env("HTTP_CONTENT_ENCODING", request.header("content-encoding"));
    let mut child = backend.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut input = child.stdin.take().expect("a pipe");
    let body = request.body;
    let feeder = thread::spawn(move || input.write_all(&body));
    let out = child.wait_with_output()?.stdout;
    let _ = feeder.join();
    let split = out.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or(out.len());
    let head = String::from_utf8_lossy(&out[..split]).into_owned();
    let body = out.get(split + 4..).unwrap_or_default();
    let status = head.lines().find_map(|l| l.strip_prefix("Status: ")).unwrap_or("200 OK");
    let rest: String = head.lines().filter(|l| !l.starts_with("Status: ")).map(|l| format!("{l}\r\n")).collect();
    let length = body.len();
    write!(stream, "HTTP/1.1 {status}\r\n{rest}Content-Length: {length}\r\nConnection: close\r\n\r\n")?;
    stream.write_all(body)
}
