//! What a request to AWS asks for.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde_json::{Map, Value};

/// A call.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// The SDK's name for the service.
    pub(super) sdk: &'static str,
    /// The API's name for the operation; the method and path where the table of [`rest`] does not know them.
    pub(super) operation: String,
    /// The names of queues, topics, tables, buckets and secrets in the request.
    pub(super) resources: Vec<String>,
}

/// None when it is signed for a service that no program here uses.
pub(super) fn read(request: &HttpRequest) -> Option<Call> {
    let headers = request.headers();
    // `Credential=KEY/DATE/REGION/SERVICE/aws4_request`
    let scope = headers.get("authorization")?.split("Credential=").nth(1)?.split(',').next()?;
    let sdk = match scope.split('/').nth(3)? {
        "sqs" => "SQS",
        "sns" => "SNS",
        "dynamodb" => "DynamoDB",
        "s3" => "S3",
        "secretsmanager" => "SecretsManager",
        "ses" => "SESv2",
        _ => return None,
    };
    let body = request.body().bytes().unwrap_or_default();
    if let Some(target) = headers.get("x-amz-target") {
        let operation = target.rsplit('.').next().unwrap_or(target).to_owned();
        return Some(Call { sdk, operation, resources: names(&serde_json::from_slice(body).ok()?) });
    }
    if sdk == "SNS" {
        let body = std::str::from_utf8(body).ok()?;
        let field =
            |name| body.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
        // An ARN's colons are `%3A` in a form.
        let topic = field("TopicArn").and_then(|(_, arn)| arn.rsplit("%3A").next());
        let resources = topic.map(str::to_owned).into_iter().collect();
        return Some(Call { sdk, operation: field("Action")?.1.to_owned(), resources });
    }
    let path =
        request.uri().split_once("://").map_or("/", |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
    Some(rest(sdk, request.method(), path))
}

/// The names in a JSON request, also of each part of a transaction or a batch.
fn names(body: &Map<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    for name in ["QueueUrl", "QueueName", "TableName", "SecretId", "TopicArn"] {
        let text = body.get(name).and_then(Value::as_str);
        found.extend(text.map(|text| match name {
            "QueueUrl" => text.rsplit('/').next().unwrap_or(text).to_owned(),
            "TopicArn" => text.rsplit(':').next().unwrap_or(text).to_owned(),
            _ => text.to_owned(),
        }));
    }
    let items = body.get("TransactItems").and_then(Value::as_array).into_iter().flatten();
    let parts = items.filter_map(Value::as_object).flat_map(Map::values).filter_map(Value::as_object);
    found.extend(parts.flat_map(names));
    found
        .extend(body.get("RequestItems").and_then(Value::as_object).into_iter().flat_map(Map::keys).cloned());
    found.sort();
    found.dedup();
    found
}

/// S3, by path (`/bucket/key`), and the mail service, which say what they want by method and path.
fn rest(sdk: &'static str, method: &str, path_and_query: &str) -> Call {
    let path = path_and_query.split('?').next().unwrap_or_default();
    let (bucket, key) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_matches('/'), ""));
    let operation = match (sdk, method, path, !key.is_empty()) {
        ("S3", "GET", _, true) => "GetObject",
        ("S3", "HEAD", _, true) => "HeadObject",
        ("S3", "PUT", _, true) => "PutObject",
        ("S3", "DELETE", _, true) => "DeleteObject",
        ("S3", "HEAD", _, false) => "HeadBucket",
        ("S3", "GET", _, false) => "ListObjectsV2",
        ("SESv2", "POST", "/v2/email/outbound-emails", _) => "SendEmail",
        ("SESv2", "GET", "/v2/email/account", _) => "GetAccount",
        _ => &format!("{method} {path}"),
    };
    let resources = if sdk == "S3" { vec![bucket.to_owned()] } else { Vec::new() };
    Call { sdk, operation: operation.to_owned(), resources }
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::http::Request;

    use super::*;

    fn call(
        service: &str,
        method: &str,
        path: &str,
        target: Option<&'static str>,
        body: &'static str,
    ) -> Call {
        let mut request: HttpRequest = Request::new(body.into());
        request.set_method(method).unwrap();
        request.set_uri(format!("http://127.0.0.1:4566{path}")).unwrap();
        let scope = format!(
            "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/{service}/aws4_request, SignedHeaders=x"
        );
        request.headers_mut().insert("authorization", scope);
        if let Some(target) = target {
            request.headers_mut().insert("x-amz-target", target);
        }
        read(&request).unwrap()
    }

    fn expect(sdk: &'static str, operation: &str, resources: &[&str]) -> Call {
        let resources = resources.iter().map(|name| (*name).to_owned()).collect();
        Call { sdk, operation: operation.to_owned(), resources }
    }

    #[test]
    fn a_call_is_told_by_its_operation_and_the_names_in_it() {
        let sent = r#"{"QueueUrl": "http://x/000000000000/t1-orders", "Entries": [{"MessageBody": "{\"TableName\": 1}"}]}"#;
        let sent = call("sqs", "POST", "/", Some("AmazonSQS.SendMessageBatch"), sent);
        assert_eq!(sent, expect("SQS", "SendMessageBatch", &["t1-orders"]));

        let form =
            "Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns%3Aeu%3A1%3At1-events&Message=x";
        assert_eq!(call("sns", "POST", "/", None, form), expect("SNS", "Publish", &["t1-events"]));

        let parts =
            r#"{"TransactItems": [{"Put": {"TableName": "b", "Item": {}}}, {"Delete": {"TableName": "a"}}]}"#;
        let parts = call("dynamodb", "POST", "/", Some("DynamoDB_20120810.TransactWriteItems"), parts);
        assert_eq!(parts, expect("DynamoDB", "TransactWriteItems", &["a", "b"]));

        let batch = r#"{"RequestItems": {"a": {"Keys": []}}}"#;
        let batch = call("dynamodb", "POST", "/", Some("DynamoDB_20120810.BatchGetItem"), batch);
        assert_eq!(batch, expect("DynamoDB", "BatchGetItem", &["a"]));

        let put = call("s3", "PUT", "/t1-invoices/2026/1.pdf?x-id=PutObject", None, "pdf");
        assert_eq!(put, expect("S3", "PutObject", &["t1-invoices"]));
        assert_eq!(call("s3", "HEAD", "/t1-images", None, ""), expect("S3", "HeadBucket", &["t1-images"]));
        assert_eq!(
            call("ses", "POST", "/v2/email/outbound-emails", None, "{}"),
            expect("SESv2", "SendEmail", &[])
        );
    }

    #[test]
    fn what_the_table_does_not_know_keeps_its_path_so_that_the_check_stumbles_over_it() {
        assert_eq!(call("ses", "GET", "/v2/email/new", None, ""), expect("SESv2", "GET /v2/email/new", &[]));
    }
}
