//! A stack whose services are functions.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cartwright_test_support::lambda::{
    FunctionError, FunctionSettings, Invocation, LambdaFunction, LoadBalancer,
};
use e2e::Api;
use localstack::databases::Database;
use localstack::{Options, Service, Stack};
use serde_json::{Value, json};
use sqlx::PgPool;

/// Functions, and a load balancer before each on the service's port.
pub struct World {
    pub stack: Stack,
    pub functions: BTreeMap<Service, Arc<LambdaFunction>>,
    balancers: Vec<LoadBalancer>,
}

impl World {
    pub async fn start() -> Self {
        let options = Options::from_env().unwrap();
        let binaries = options.binaries.clone();
        let stack = Box::pin(Stack::prepare(options)).await.unwrap();
        let (mut functions, mut balancers) = (BTreeMap::new(), Vec::new());
        for service in Service::ALL {
            let mut environment = stack.env(service);
            environment.retain(|name, _| !matches!(name.as_str(), "HOST" | "PORT"));
            let log = stack.logs().join(format!("{service}.log"));
            std::fs::create_dir_all(stack.logs()).unwrap();
            let settings = FunctionSettings::new(binaries.join(service.name()), environment).log(log);
            let function = LambdaFunction::start(settings).await;
            let function = Arc::new(function.unwrap_or_else(|error| panic!("{service}: {error}")));
            let port = stack.port(service);
            balancers.push(LoadBalancer::start(port, Arc::clone(&function)).await.unwrap());
            functions.insert(service, function);
        }
        Self { stack, functions, balancers }
    }

    pub async fn stop(self) {
        drop((self.balancers, self.functions));
        self.stack.stop().await.unwrap();
    }

    pub fn api(&self) -> Api {
        Api::new(&self.stack.base_url())
    }

    pub async fn invoke(&self, service: Service, event: &Value) -> Result<Invocation, FunctionError> {
        self.functions[&service].invoke(event).await
    }

    /// The answer to an event that must not fail.
    pub async fn answer(&self, service: Service, event: &Value) -> Value {
        match self.invoke(service, event).await {
            Ok(invocation) => invocation.payload,
            Err(error) => panic!("{service}: {error}\n{event}\n{}", self.functions[&service].output()),
        }
    }

    pub async fn pool(&self, database: Database) -> PgPool {
        PgPool::connect(&self.stack.database_url(database)).await.unwrap()
    }

    pub fn queue_arn(&self, queue: &str) -> String {
        let names = self.stack.names();
        format!("arn:aws:sqs:{}:{}:{}", names.region, names.account_id, names.of(queue))
    }
}

/// An event of `tests/e2e/fixtures`.
pub fn fixture(name: &str) -> Value {
    let path = format!("{}/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A request as one of the four kinds of HTTP events.
pub fn request(
    kind: &str,
    method: &str,
    path: &str,
    query: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Value {
    let mut event = fixture(kind);
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    match kind {
        "alb" => {
            event["httpMethod"] = method.into();
            event["path"] = path.into();
            for (name, value) in pairs {
                event["queryStringParameters"][name] = value.into();
            }
            for (name, value) in headers {
                event["headers"][*name] = (*value).into();
            }
        }
        "alb-multi-value" => {
            event["httpMethod"] = method.into();
            event["path"] = path.into();
            for (name, value) in pairs {
                append(&mut event["multiValueQueryStringParameters"][name], value);
            }
            for (name, value) in headers {
                append(&mut event["multiValueHeaders"][*name], value);
            }
        }
        _ => {
            event["requestContext"]["http"]["method"] = method.into();
            event["requestContext"]["http"]["path"] = path.into();
            event["rawPath"] = path.into();
            event["rawQueryString"] = query.into();
            for (name, value) in headers {
                let before = event["headers"][*name].as_str().map(|before| format!("{before},{value}"));
                event["headers"][*name] = before.unwrap_or_else(|| (*value).to_owned()).into();
            }
        }
    }
    event["body"] = body.into();
    announce(&mut event, body.len());
    event
}

/// The same with a body that is not text, or is not known to be.
pub fn base64_request(kind: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Value {
    let mut event = request(kind, "POST", path, "", headers, &STANDARD.encode(body));
    event["isBase64Encoded"] = true.into();
    announce(&mut event, body.len());
    event
}

fn announce(event: &mut Value, length: usize) {
    if event["headers"].is_object() {
        event["headers"]["content-length"] = length.to_string().into();
    } else {
        event["multiValueHeaders"]["content-length"] = json!([length.to_string()]);
    }
}

fn append(values: &mut Value, value: &str) {
    if values.is_null() {
        *values = json!([]);
    }
    values.as_array_mut().unwrap().push(value.into());
}

/// The body of an answer, which is not base64, as JSON.
pub fn body(answer: &Value) -> Value {
    assert_eq!(answer["isBase64Encoded"], false, "{answer}");
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

pub async fn wait<F: Future<Output = bool>>(what: &str, check: impl Fn() -> F) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !check().await {
        assert!(Instant::now() < deadline, "not within 30 s: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
