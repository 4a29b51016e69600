//! Clients of one provider, set up alike.
//!
//! One would do for HTTP/1.1. Over HTTP/2 it keeps a single connection, and servers take only so many
//! calls at a time on one (often 100): the rest would queue inside, unseen.

#![expect(clippy::disallowed_types, reason = "the one place that opens sockets")]

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, redirect};

use super::{SetUpError, causes, is_loopback};
use crate::domain::Server;

/// Calls at a time on one client: below what servers usually take on an HTTP/2 connection.
const CALLS_EACH: usize = 80;
const CONNECT: Duration = Duration::from_secs(10);
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// A client with everything that is the same wherever it connects.
///
/// No redirects: the key would go along. TLS is verified against the system's roots and those of
/// Mozilla, so that company roots and bare containers both work. Proxies are taken from the
/// environment. Replies are not asked for compressed, and what is sent compressed all the same is
/// unpacked within bounds elsewhere.
pub fn client_builder(is_loopback: bool) -> ClientBuilder {
    // Needed once; that it is there already is no fault.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
    let builder = Client::builder();
    // What is on this machine is asked directly: a proxy elsewhere would see the key in clear.
    let builder = if is_loopback { builder.no_proxy() } else { builder };
    builder
        .tls_certs_merge(roots.filter_map(|root| Certificate::from_der(root).ok()))
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .user_agent(concat!("score-tasks/", env!("CARGO_PKG_VERSION")))
}

pub(in crate::provider) struct Connections {
    is_loopback: bool,
    slots: Vec<Slot>,
}

struct Slot {
    /// Made when it is first needed: reading the system's roots takes milliseconds.
    client: OnceLock<Client>,
    busy: AtomicUsize,
}

/// A client with a place on it for one call.
pub(in crate::provider) struct Place<'a> {
    pub client: &'a Client,
    busy: &'a AtomicUsize,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Connections {
    /// To this server, enough for so many calls at a time.
    pub fn to(server: &Server, in_flight: usize) -> Result<Self, SetUpError> {
        Self::new(in_flight, is_loopback(&server.base_url)).map_err(|error| SetUpError::Connection {
            endpoint: server.endpoint.clone(),
            detail: causes(&error),
        })
    }

    /// Makes the first client, so that what is wrong shows now.
    fn new(in_flight: usize, is_loopback: bool) -> Result<Self, reqwest::Error> {
        let first =
            Slot { client: OnceLock::from(client_builder(is_loopback).build()?), busy: AtomicUsize::new(0) };
        let further = in_flight.div_ceil(CALLS_EACH).max(1) - 1;
        let empty = || Slot { client: OnceLock::new(), busy: AtomicUsize::new(0) };
        let slots = std::iter::once(first).chain(std::iter::repeat_with(empty).take(further)).collect();
        Ok(Self { is_loopback, slots })
    }

    /// The first client that has room; where none has, the one with the fewest calls.
    pub fn least_busy(&self) -> Place<'_> {
        let count = |slot: &&Slot| slot.busy.load(Ordering::Relaxed);
        let roomy = self.slots.iter().find(|slot| count(slot) < CALLS_EACH);
        let (slot, client) = roomy
            .or_else(|| self.slots.iter().min_by_key(count))
            .and_then(|slot| Some((slot, slot.client(self.is_loopback)?)))
            .unwrap_or_else(|| self.first());
        slot.busy.fetch_add(1, Ordering::Relaxed);
        Place { client, busy: &slot.busy }
    }

    #[expect(clippy::expect_used, reason = "`new` puts it there, with its client")]
    fn first(&self) -> (&Slot, &Client) {
        let slot = self.slots.first().expect("there is always a first client");
        (slot, slot.client.get().expect("the first client is made at once"))
    }
}

impl Slot {
    /// `None` where it cannot be made, though the first one could.
    fn client(&self, is_loopback: bool) -> Option<&Client> {
        if let Some(client) = self.client.get() {
            return Some(client);
        }
        let made = client_builder(is_loopback).build().ok()?;
        Some(self.client.get_or_init(|| made))
    }
}
