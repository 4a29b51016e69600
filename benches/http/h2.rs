//! An HTTP/2 server over TLS that takes at most 100 calls at a time on a connection, as most do.

use std::convert::Infallible;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;

const STREAMS: u32 = 100;
const REPLY: &str = r#"{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"{\"score\": 42, \"rationale\": \"Most of it is routine work on records.\"}"}}],"usage":{"prompt_tokens":900,"completion_tokens":30,"total_tokens":930}}"#;

/// Prints its address, serves until its input ends. The folder gets the root that its clients must trust.
pub fn serve(latency_ms: u64, folder: &Path) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("root.pem"), made.cert.pem()).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            println!("https://localhost:{}", listener.local_addr().unwrap().port());
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                        .max_concurrent_streams(STREAMS)
                        .serve_connection(
                            TokioIo::new(stream),
                            service_fn(|request| answer(request, latency_ms)),
                        )
                        .await;
                });
            }
        });
    });
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

async fn answer(request: Request<Incoming>, latency_ms: u64) -> Result<Response<Full<Bytes>>, Infallible> {
    let _ = request.into_body().collect().await;
    tokio::time::sleep(Duration::from_millis(latency_ms)).await;
    Ok(Response::new(Full::new(Bytes::from_static(REPLY.as_bytes()))))
}
