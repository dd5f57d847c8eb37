//! A model on loopback that follows a script: what the agents under test talk to instead of their provider.
//!
//! It keeps every request, in memory and in a file, and forgets nothing between two of them because it knows nothing:
//! the answer depends on the request alone. It ends when it is dropped.

mod anthropic;
mod http;
mod responses;
mod script;

use std::fs::File;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Value, json};

use script::Said;
pub use script::{Act, Scripts, say, shell, think};

/// A request that an agent sent.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The body.
    pub body: Value,
    /// Which turn of which script was the answer: `fix/2`; `side` for a question beside the conversation.
    pub answer: String,
}

/// The running model.
#[derive(Debug)]
pub struct Model {
    address: SocketAddr,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    scripts: Scripts,
    asked: Mutex<Vec<Asked>>,
    log: Mutex<File>,
    ended: AtomicBool,
}

impl Model {
    /// Starts a model on a free port of loopback that writes each request to `log`, one JSON object a line.
    pub fn start(scripts: Scripts, log: &Path) -> Model {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let log = Mutex::new(File::create(log).expect("the log can be made"));
        let shared = Arc::new(Shared { scripts, asked: Mutex::default(), log, ended: AtomicBool::new(false) });
        let listening = Arc::clone(&shared);
        let listener = thread::spawn(move || {
            for stream in listener.incoming() {
                if listening.ended.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(stream), shared) = (stream, Arc::clone(&listening)) else { continue };
                // An agent that hangs up in the middle of an answer is its own affair.
                thread::spawn(move || shared.serve(stream).ok());
            }
        });
        Model { address, shared, listener: Some(listener) }
    }

    /// The address to give to an agent, without a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that was asked, in order.
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.shared.asked).clone()
    }

    /// The last request that was answered with the turn `answer`.
    pub fn asked_for(&self, answer: &str) -> Asked {
        let all = self.asked();
        let found = all.iter().rev().find(|a| a.answer == answer).cloned();
        found.unwrap_or_else(|| {
            let had: Vec<&str> = all.iter().map(|a| a.answer.as_str()).collect();
            panic!("no request was answered with {answer}; there were {had:?}")
        })
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // The listener sleeps in accept: one more connection wakes it.
        let _ = TcpStream::connect(self.address);
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

impl Shared {
    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let request = http::read(&stream)?;
        if request.method != "POST" {
            self.keep(&request.path, &Value::Null, "other")?;
            return http::json(&mut stream, "200 OK", &json!({"data": [], "models": []}));
        }
        let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
            let what =
                json!({"error": {"type": "invalid_request_error", "message": "not JSON"}, "packed": request.encoding});
            self.keep(&request.path, &what, "refused")?;
            return http::json(&mut stream, "400 Bad Request", &what);
        };
        let (answer, reply, events) = match request.path.as_str() {
            "/v1/messages" => anthropic::answer(&self.scripts, &body),
            "/v1/responses" => responses::answer(&self.scripts, &body),
            "/v1/messages/count_tokens" => ("count".into(), json!({"input_tokens": request.body.len() / 4}), vec![]),
            _ => ("other".into(), json!({}), vec![]),
        };
        self.keep(&request.path, &body, &answer)?;
        match body["stream"].as_bool() {
            Some(true) => http::events(&mut stream, &events),
            _ => http::json(&mut stream, "200 OK", &reply),
        }
    }

    fn keep(&self, path: &str, body: &Value, answer: &str) -> io::Result<()> {
        writeln!(lock(&self.log), "{}", json!({"path": path, "answer": answer, "body": body}))?;
        lock(&self.asked).push(Asked { body: body.clone(), answer: answer.into() });
        Ok(())
    }
}

/// The turn that a request asks for, with its name.
fn turn(scripts: &Scripts, body: &Value, said: impl FnOnce(&Value) -> Vec<Said>) -> (String, Vec<Act>) {
    match body["tools"].as_array() {
        Some(tools) if !tools.is_empty() => scripts.next(&said(body)),
        // What is asked without tools is no part of the conversation: a title for the list of sessions.
        _ => ("side".into(), vec![Act::Say(r#"{"title": "A title"}"#.into())]),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A fresh id as a provider makes them: the prefix and 24 digits.
fn fresh(prefix: &str) -> String {
    let mut seed = [0u8; 12];
    getrandom::fill(&mut seed).expect("the system has a random generator");
    seed.iter().fold(prefix.to_owned(), |id, byte| id + &format!("{byte:02x}"))
}

/// The text of a message's content: a string, or the texts of its blocks.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => blocks.iter().filter_map(|b| b["text"].as_str()).collect::<Vec<_>>().join("\n"),
        _ => String::new(),
    }
}
