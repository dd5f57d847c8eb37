//! As much HTTP/1.1 as an agent needs: one request a connection, an answer as JSON or as server-sent events.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::Value;

/// No request of an agent in a test is bigger.
const MOST: u64 = 64 << 20;

/// A request as far as the scripted model looks at it.
#[derive(Debug)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// How the body is packed, where the agent packs it.
    pub encoding: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Reads one request; an error where the other side went away or sends more than a test would.
pub fn read(stream: &TcpStream) -> io::Result<Request> {
    let mut from = BufReader::new(stream);
    let first = line(&mut from)?;
    let mut words = first.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (mut length, mut chunked, mut encoding) = (0, false, None);
    loop {
        let header = line(&mut from)?;
        let Some((name, value)) = header.split_once(':') else { break };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap_or(0),
            "transfer-encoding" => chunked = value.eq_ignore_ascii_case("chunked"),
            "content-encoding" => encoding = Some(value.to_owned()),
            "expect" => write!(&mut &*stream, "HTTP/1.1 100 Continue\r\n\r\n")?,
            _ => {}
        }
    }
    let mut body = Vec::new();
    if chunked {
        while let Some(more) = chunk(&mut from)? {
            body.extend(more);
        }
    } else {
        body = exactly(&mut from, length)?;
    }
    let path = target.split('?').next().unwrap_or_default();
    Ok(Request { method: method.to_owned(), path: path.to_owned(), encoding, body })
}

/// Answers with a JSON value.
pub fn json(stream: &mut impl Write, status: &str, value: &Value) -> io::Result<()> {
    let body = value.to_string();
    let length = body.len();
    write!(stream, "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n")?;
    write!(stream, "connection: close\r\n\r\n{body}")?;
    stream.flush()
}

/// Answers with a stream of named events, each a JSON value with its name as `type`.
pub fn events(stream: &mut impl Write, events: &[Value]) -> io::Result<()> {
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")?;
    for event in events {
        write!(stream, "event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default())?;
    }
    stream.flush()
}

fn line(from: &mut impl BufRead) -> io::Result<String> {
    let mut text = String::new();
    from.take(64 << 10).read_line(&mut text)?;
    Ok(text.trim_end().to_owned())
}

fn exactly(from: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    if length > MOST {
        return Err(io::Error::other("a request larger than any test's"));
    }
    let mut bytes = vec![0; length as usize];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn chunk(from: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let size = line(from)?;
    let length = u64::from_str_radix(size.split(';').next().unwrap_or_default(), 16).map_err(io::Error::other)?;
    let bytes = exactly(from, length)?;
    line(from)?;
    Ok((length > 0).then_some(bytes))
}
