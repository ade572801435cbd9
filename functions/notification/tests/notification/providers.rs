//! What each provider says and what is made of it: every row of the tables, from the answer on the wire to the verdict.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Response, StatusCode, Uri};
use cartwright_types::{NotificationId, SystemClock};
use notification::clients::{
    Email, PUSH, Provider, Push, SES, SMS, SMTP, SendError, Ses, Sms, Smtp, SnsPush, SnsSms, Table, Verdict,
    sns_client,
};
use notification::domain::Kind;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

fn email() -> Email {
    Email {
        notification_id: NotificationId::new(&SystemClock),
        kind: Kind::Transactional,
        from: "shop@cartwright.example".to_owned(),
        to: "ada@example.com".to_owned(),
        mime: b"Subject: Hello\r\n\r\nHello\r\n".to_vec(),
    }
}

fn sms() -> Sms {
    Sms { to: "+4930123456".to_owned(), text: "Hello".to_owned(), kind: Kind::Transactional }
}

fn push() -> Push {
    Push {
        endpoint_arn: "arn:aws:sns:eu-central-1:000000000000:endpoint/GCM/shop/1".to_owned(),
        title: "Hello".to_owned(),
        text: "Hello".to_owned(),
        id: "n-1".to_owned(),
    }
}

/// An AWS service that answers everything as told and remembers what it was asked.
struct Aws {
    sdk: SdkConfig,
    asked: Arc<Mutex<Vec<(String, Bytes)>>>,
}

impl Aws {
    async fn answering(
        answer: impl Fn(&str) -> (StatusCode, String, Option<String>) + Clone + Send + Sync + 'static,
    ) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let remembered = asked.clone();
        let router = Router::new().fallback(move |uri: Uri, body: Bytes| {
            remembered.lock().unwrap().push((uri.path().to_owned(), body));
            let (status, body, code) = answer(uri.path());
            let mut response = Response::builder().status(status);
            if let Some(code) = code {
                response = response.header("x-amzn-errortype", code);
            }
            async move { response.body(Body::from(body)).unwrap() }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { sdk: sdk(&url), asked }
    }

    fn asked(&self, path: &str) -> Vec<Bytes> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|(known, _)| known == path).map(|(_, body)| body.clone()).collect()
    }
}

fn sdk(url: &str) -> SdkConfig {
    let credentials = aws_sdk_sesv2::config::Credentials::new("test", "test", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(aws_sdk_sesv2::config::SharedCredentialsProvider::new(credentials))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(url)
        .build()
}

fn quota(rate: f64) -> String {
    format!(r#"{{"SendQuota": {{"Max24HourSend": 50000, "MaxSendRate": {rate}, "SentLast24Hours": 0}}}}"#)
}

fn expected(verdict: Verdict, code: &str) -> SendError {
    verdict.error(code)
}

/// SES speaks JSON and names the error in a header.
async fn ses_says(status: StatusCode, code: Option<&str>, message: &str) -> SendError {
    let (code, message) = (code.map(str::to_owned), format!(r#"{{"message": "{message}"}}"#));
    let aws = Aws::answering(move |path| {
        if path == "/v2/email/account" {
            return (StatusCode::OK, quota(1_000.0), None);
        }
        (status, message.clone(), code.clone())
    })
    .await;
    Ses::new(&aws.sdk, None).send(&email()).await.unwrap_err()
}

/// SNS speaks the query protocol and names the error in XML.
async fn sns_says(code: &str) -> Aws {
    let body = format!(
        "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type><Code>{code}</Code>\
        <Message>to ada@example.com</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"
    );
    Aws::answering(move |_| (StatusCode::BAD_REQUEST, body.clone(), None)).await
}

#[tokio::test]
async fn every_code_of_ses_has_its_verdict() {
    for (code, verdict) in SES {
        let error = ses_says(StatusCode::BAD_REQUEST, Some(code), "about ada@example.com").await;
        assert_eq!(error, expected(*verdict, code));
    }
}

#[tokio::test]
async fn what_ses_says_outside_of_the_table() {
    let unverified =
        "Email address is not verified. The following identities failed the check: shop@cartwright.example";
    let error = ses_says(StatusCode::BAD_REQUEST, Some("MessageRejected"), unverified).await;
    assert_eq!(error, SendError::Transient("IdentityNotVerified".to_owned()));
    let error = ses_says(StatusCode::BAD_REQUEST, Some("BrandNewException"), "").await;
    assert_eq!(error, SendError::Transient("BrandNewException".to_owned()));
    // A proxy's answers.
    assert!(matches!(ses_says(StatusCode::BAD_GATEWAY, None, "").await, SendError::Unknown(_)));
    assert!(matches!(ses_says(StatusCode::FORBIDDEN, None, "").await, SendError::Transient(_)));
}

#[tokio::test]
async fn every_code_of_sns_has_its_verdict_for_text_and_push_messages() {
    for (code, verdict) in SMS {
        let aws = sns_says(code).await;
        let error = SnsSms::new(sns_client(&aws.sdk), None).send(&sms()).await.unwrap_err();
        assert_eq!(error, expected(*verdict, code));
    }
    for (code, verdict) in PUSH {
        let aws = sns_says(code).await;
        let error = SnsPush::new(sns_client(&aws.sdk)).send(&push()).await.unwrap_err();
        assert_eq!(error, expected(*verdict, code));
    }
}

#[tokio::test]
async fn no_server_is_transient_and_no_answer_unknown() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", taken.local_addr().unwrap());
    drop(taken);
    let closing = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let lost = format!("http://{}", closing.local_addr().unwrap());
    // Takes the request and hangs up.
    tokio::spawn(async move {
        loop {
            let (stream, _) = closing.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            let mut line = String::new();
            while stream.read_line(&mut line).await.unwrap_or(0) > 2 {
                line.clear();
            }
        }
    });
    let (away, gone) = (sdk(&nobody), sdk(&lost));
    assert!(matches!(SnsSms::new(sns_client(&away), None).send(&sms()).await, Err(SendError::Transient(_))));
    assert!(matches!(SnsPush::new(sns_client(&away)).send(&push()).await, Err(SendError::Transient(_))));
    assert!(matches!(SnsSms::new(sns_client(&gone), None).send(&sms()).await, Err(SendError::Unknown(_))));
    assert!(matches!(SnsPush::new(sns_client(&gone)).send(&push()).await, Err(SendError::Unknown(_))));
    assert!(matches!(Ses::new(&gone, None).send(&email()).await, Err(SendError::Unknown(_))));
}

#[tokio::test]
async fn the_rate_of_the_account_is_read_and_kept() {
    let aws = Aws::answering(|path| match path {
        "/v2/email/account" => (StatusCode::OK, quota(20.0), None),
        _ => (StatusCode::OK, r#"{"MessageId": "m-1"}"#.to_owned(), None),
    })
    .await;
    let ses = Arc::new(Ses::new(&aws.sdk, None));
    let started = std::time::Instant::now();
    let sends = (0..50).map(|_| {
        let ses = ses.clone();
        async move { ses.send(&email()).await.unwrap() }
    });
    futures::future::join_all(sends).await;
    // A second's worth at once, the other thirty at twenty a second.
    assert!(started.elapsed() >= Duration::from_millis(1_350), "{:?}", started.elapsed());
    assert_eq!(aws.asked("/v2/email/account").len(), 1);
    let mails = aws.asked("/v2/email/outbound-emails");
    let mail: serde_json::Value = serde_json::from_slice(&mails[0]).unwrap();
    assert_eq!(mails.len(), 50);
    assert_eq!(mail["EmailTags"][0]["Name"], "notification_id");
    assert_eq!(mail["EmailTags"][1]["Value"], "transactional");
}

/// A mail server that answers one command as told, and everything else well.
async fn mail_server(at: &'static str, reply: String) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = taken.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(converse(stream, at, reply.clone(), counted.clone()));
        }
    });
    (url, taken)
}

async fn converse(stream: TcpStream, at: &'static str, reply: String, taken: Arc<AtomicUsize>) {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 ready\r\n").await.unwrap();
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        let verb = line.split([' ', ':', '\r']).next().unwrap_or_default().to_uppercase();
        let verb = if line == ".\r\n" { "END" } else { verb.as_str() };
        if verb == at {
            if reply.is_empty() {
                return;
            }
            stream.write_all(format!("{reply}\r\n").as_bytes()).await.unwrap();
            continue;
        }
        let answer = match verb {
            "DATA" => "354 go on",
            "END" => {
                taken.fetch_add(1, Ordering::Relaxed);
                "250 2.0.0 Ok: queued as 4B2F1"
            }
            "QUIT" => "221 bye",
            "EHLO" | "HELO" | "MAIL" | "RCPT" | "NOOP" | "RSET" => "250 ok",
            // The message.
            _ => continue,
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
    }
}

#[tokio::test]
async fn every_reply_of_a_mail_server_has_its_verdict() {
    for (code, verdict) in SMTP {
        for at in ["MAIL", "RCPT", "END"] {
            let (url, taken) = mail_server(at, format!("{code} 5.0.0 about ada@example.com")).await;
            let error = Smtp::new(&url).unwrap().send(&email()).await.unwrap_err();
            assert_eq!(error, expected(*verdict, code), "{at}");
            assert_eq!(taken.load(Ordering::Relaxed), 0);
        }
    }
    for (code, verdict) in [("459", Verdict::Transient), ("559", Verdict::Permanent)] {
        let (url, _) = mail_server("RCPT", format!("{code} what")).await;
        assert_eq!(Smtp::new(&url).unwrap().send(&email()).await.unwrap_err(), expected(verdict, code));
    }
}

#[tokio::test]
async fn a_mail_server_takes_a_mail_or_is_away_or_is_not_heard_of_again() {
    let (url, taken) = mail_server("NEVER", String::new()).await;
    let smtp = Smtp::new(&url).unwrap();
    assert_eq!(smtp.send(&email()).await.unwrap(), "4B2F1");
    assert_eq!(taken.load(Ordering::Relaxed), 1);
    smtp.check().await.unwrap();
    let (url, _) = mail_server("END", String::new()).await;
    assert!(matches!(Smtp::new(&url).unwrap().send(&email()).await, Err(SendError::Unknown(_))));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = Smtp::new(&url).unwrap().send(&email()).await.unwrap_err();
    assert_eq!(error, SendError::Transient("ConnectionFailed".to_owned()));
    assert!(Smtp::new("http://mail.example").is_err());
}

#[test]
fn a_table_names_no_code_twice_and_has_each_kind_of_verdict() {
    let tables: [(&str, Table, usize); 4] =
        [("ses", SES, 4), ("sms", SMS, 4), ("push", PUSH, 4), ("smtp", SMTP, 3)];
    for (name, table, kinds) in tables {
        for (at, (code, _)) in table.iter().enumerate() {
            assert!(table[..at].iter().all(|(other, _)| other != code), "{name} {code}");
        }
        let all = [Verdict::Transient, Verdict::Throttled, Verdict::Permanent, Verdict::Unknown];
        let used = all.iter().filter(|kind| table.iter().any(|(_, verdict)| verdict == *kind)).count();
        assert_eq!(used, kinds, "{name}");
    }
}
