//! An HTTP API of a third party's, in this process: what it answers is a test's to say, and what it was asked it remembers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A request, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// The path with its query.
    pub(crate) target: String,
    /// Headers with names in small letters.
    headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) at: Instant,
}

/// What is answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// So many bytes are sent, and the connection ends.
    cut: Option<usize>,
    /// It comes so much later.
    late: Duration,
}

/// An API that runs until the process ends.
#[derive(Clone)]
pub(crate) struct Api {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Asked {
    /// Returns a header; an empty text when there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
    }

    /// Returns a parameter of the query; an empty text when there is none.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(own, _)| *own == name).map_or("", |(_, value)| value)
    }

    /// Returns the path alone.
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }
}

/// An answer with a status and a body.
pub(crate) fn status(status: u16, body: impl Into<Vec<u8>>) -> Given {
    Given { status, body: body.into(), ..Given::default() }
}

/// An answer of JSON.
#[expect(clippy::needless_pass_by_value, reason = "it is told what to answer, and keeps nothing")]
pub(crate) fn json(body: impl ToString) -> Given {
    status(200, body.to_string()).header("Content-Type", "application/json")
}

impl Given {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The connection ends after so many bytes of the body.
    pub(crate) fn cut(self, bytes: usize) -> Self {
        Self { cut: Some(bytes), ..self }
    }

    /// It begins so much later.
    pub(crate) fn late(self, late: Duration) -> Self {
        Self { late, ..self }
    }
}

impl Api {
    /// Starts one that answers so; `n` is how many requests came before.
    pub(crate) fn start(answer: impl Fn(&Asked, usize) -> Given + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let api = Self { port, asked: Arc::clone(&asked) };
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let (asked, answer) = (Arc::clone(&asked), Arc::clone(&answer));
                std::thread::spawn(move || {
                    let Some(request) = read(&connection) else { return };
                    let before = {
                        let mut all = asked.lock().unwrap();
                        all.push(request.clone());
                        all.len() - 1
                    };
                    send(connection, &answer(&request, before));
                });
            }
        });
        api
    }

    /// Returns an address below it.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Returns what it was asked.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Returns the paths with their queries for which it was asked.
    pub(crate) fn targets(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.target).collect()
    }
}

fn read(connection: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(connection);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, length)| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).unwrap();
    Some(Asked { method, target, headers, body, at: Instant::now() })
}

/// Sends an answer; whoever has asked may have gone.
fn send(mut connection: TcpStream, given: &Given) {
    std::thread::sleep(given.late);
    let mut head = format!(
        "HTTP/1.1 {} X\r\nContent-Length: {}\r\nConnection: close\r\n",
        given.status,
        given.body.len()
    );
    for (name, value) in &given.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let body = &given.body[..given.cut.unwrap_or(given.body.len())];
    let _ = connection.write_all((head + "\r\n").as_bytes());
    let _ = connection.write_all(body);
}
