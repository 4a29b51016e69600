//! A server on the loopback that says the same to everybody: a firewall, a log-in page, a provider that has
//! forgotten.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a panic is how a test fails, and what plays the outside has sockets of its own"
)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// What is said to a request, by its first line: status with reason, further headers, body.
pub type Says = Arc<dyn Fn(&str) -> (String, String, String) + Send + Sync>;

/// Listens until the test is over; returns its address.
pub fn gatekeeper(says: Says) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let says = Arc::clone(&says);
            std::thread::spawn(move || answer(stream, &says));
        }
    });
    address
}

fn answer(mut stream: TcpStream, says: &Says) {
    let mut buffer = [0; 16_384];
    while let Ok(count) = stream.read(&mut buffer) {
        if count == 0 {
            return;
        }
        let request = String::from_utf8_lossy(buffer.get(..count).unwrap_or_default()).into_owned();
        let (status, headers, body) = says(request.lines().next().unwrap_or_default());
        let length = body.len();
        let reply = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}");
        if stream.write_all(reply.as_bytes()).is_err() {
            return;
        }
    }
}
