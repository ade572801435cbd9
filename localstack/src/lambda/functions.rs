//! The five functions of a stack and what calls them.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use aws_sdk_s3::primitives::ByteStream;
use cartwright_contracts::{Queue, resources};
use futures::future::{join_all, try_join_all};
use reqwest::Method;
use serde_json::{Value, json};

use super::deployed_name;
use super::front::Front;
use super::management::{Management, element};
use super::package::{Package, architecture};
use crate::{Service, Stack};

/// Seconds that an invocation may take; the queues hide a message for twice as long.
const TIMEOUT_SECONDS: u32 = 30;
const MEMORY_MEGABYTES: u32 = 256;
/// Messages of one invocation at most.
const BATCH: u32 = 10;
/// How long the emulator may take to make a function of a package.
const PATIENCE: Duration = Duration::from_mins(1);
/// Lambda sets these itself and refuses functions that bring them; the others are for a listener.
const NOT_FOR_FUNCTIONS: [&str; 5] =
    ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "HOST", "PORT"];

/// The services of a [`Stack::prepare`]d stack as functions. [`Functions::remove`] takes them away.
#[derive(Debug)]
pub struct Functions {
    management: Management,
    deployed: Vec<Deployed>,
    fronts: Vec<Front>,
}

/// What was made for one service.
#[derive(Debug, Default)]
struct Deployed {
    function: String,
    arn: String,
    mappings: Vec<String>,
    rule: Option<String>,
    balancer: String,
    target_group: String,
}

impl Functions {
    /// Makes the functions from their packages, and all that calls them.
    ///
    /// # Errors
    /// The emulator refuses something, or a port is taken.
    pub async fn deploy(stack: &Stack, packages: &[Package]) -> Result<Self> {
        let management = Management::new(&stack.aws().endpoint, &stack.names().region)?;
        let bucket = stack.names().of("functions");
        let made = stack.aws().s3.create_bucket().bucket(&bucket).send().await;
        made.with_context(|| format!("making the bucket {bucket}"))?;
        let maker = Maker { stack, management: &management, bucket: &bucket };
        let deployed = try_join_all(packages.iter().map(|package| maker.deploy(package))).await?;
        let mut fronts = Vec::new();
        for (package, deployed) in packages.iter().zip(&deployed) {
            let port = stack.port(package.service);
            fronts.push(Front::start(port, &stack.aws().endpoint, &deployed.balancer).await?);
        }
        Ok(Self { management, deployed, fronts })
    }

    /// Invokes a service's function.
    ///
    /// # Errors
    /// It fails, or there is none.
    pub async fn invoke(&self, service: Service, event: &Value) -> Result<Value> {
        let name = deployed_name(service);
        let found = self.deployed.iter().find(|deployed| deployed.function.ends_with(&name));
        self.management.invoke(&found.context(name)?.function, event).await
    }

    /// Writes each function's log group to `folder/NAME.log`.
    ///
    /// # Errors
    /// The emulator does not answer, or a file cannot be written.
    pub async fn save_logs(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        for deployed in &self.deployed {
            let group = format!("/aws/lambda/{}", deployed.function);
            let lines = self.log_lines(&group).await?;
            let file = folder.join(format!("{}.log", deployed.function));
            fs::write(&file, lines).with_context(|| format!("writing {}", file.display()))?;
        }
        Ok(())
    }

    async fn log_lines(&self, group: &str) -> Result<String> {
        let (mut lines, mut token) = (String::new(), Value::Null);
        loop {
            let mut request = json!({ "logGroupName": group });
            if !token.is_null() {
                request["nextToken"] = token.clone();
            }
            // A function that was never called has no log group.
            let Ok(page) = self.management.json("logs", "Logs_20140328.FilterLogEvents", &request).await
            else {
                return Ok(lines);
            };
            for event in page["events"].as_array().into_iter().flatten() {
                lines.push_str(event["message"].as_str().unwrap_or_default().trim_end());
                lines.push('\n');
            }
            if page["nextToken"].is_null() || page["nextToken"] == token {
                return Ok(lines);
            }
            token = page["nextToken"].clone();
        }
    }

    /// Takes everything away and ends the functions' processes.
    ///
    /// # Errors
    /// The emulator refuses something; the rest is tried all the same.
    pub async fn remove(self) -> Result<()> {
        drop(self.fronts);
        let removed = join_all(self.deployed.iter().map(|deployed| remove(&self.management, deployed))).await;
        removed.into_iter().collect()
    }
}

struct Maker<'a> {
    stack: &'a Stack,
    management: &'a Management,
    bucket: &'a str,
}

impl Maker<'_> {
    async fn deploy(&self, package: &Package) -> Result<Deployed> {
        let service = package.service;
        let mut deployed =
            Deployed { function: self.stack.names().of(&deployed_name(service)), ..Deployed::default() };
        deployed.arn = self.function(package, &deployed.function).await?;
        self.queues(service, &mut deployed).await?;
        if service != Service::ApiGateway {
            deployed.rule = Some(self.schedule(&deployed).await?);
        }
        self.balancer(service, &mut deployed).await?;
        Ok(deployed)
    }

    async fn function(&self, package: &Package, name: &str) -> Result<String> {
        let key = format!("{name}.zip");
        let body = ByteStream::from_path(&package.file).await?;
        let upload = self.stack.aws().s3.put_object().bucket(self.bucket).key(&key).body(body);
        Box::pin(upload.send()).await.with_context(|| format!("uploading {key}"))?;
        let mut variables = self.stack.env(package.service);
        variables.retain(|name, _| !NOT_FOR_FUNCTIONS.contains(&name.as_str()));
        let function = json!({
            "FunctionName": name,
            "Runtime": "provided.al2023",
            "Handler": "bootstrap",
            "Role": format!("arn:aws:iam::{}:role/{name}", self.stack.names().account_id),
            "Architectures": [architecture()],
            "Timeout": TIMEOUT_SECONDS,
            "MemorySize": MEMORY_MEGABYTES,
            "Environment": { "Variables": variables },
            "Code": { "S3Bucket": self.bucket, "S3Key": key },
        });
        let made = self.management.lambda(Method::POST, "functions", &function).await?;
        let arn = made["FunctionArn"].as_str().with_context(|| format!("{name} has no ARN: {made}"))?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let path = format!("functions/{name}/configuration");
            let now = self.management.lambda(Method::GET, &path, &Value::Null).await?;
            match now["State"].as_str() {
                Some("Active") => return Ok(arn.to_owned()),
                Some("Pending") if Instant::now() < deadline => {}
                _ => bail!("{name} does not become active: {now}"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// An event source mapping for each queue that the service consumes.
    async fn queues(&self, service: Service, deployed: &mut Deployed) -> Result<()> {
        let names = self.stack.names();
        let consumed = |queue: &&Queue| queue.consumer.as_deref() == Some(service.name());
        for queue in resources().queues.iter().filter(consumed) {
            let mapping = json!({
                "EventSourceArn": format!("arn:aws:sqs:{}:{}:{}", names.region, names.account_id, names.of(&queue.name)),
                "FunctionName": deployed.function,
                "BatchSize": BATCH,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
            });
            let made = self.management.lambda(Method::POST, "event-source-mappings", &mapping).await?;
            let id = made["UUID"].as_str().with_context(|| format!("a mapping without UUID: {made}"))?;
            deployed.mappings.push(id.to_owned());
        }
        Ok(())
    }

    /// The relay, sweepers and reconcilers: a round each minute, the shortest that there is.
    async fn schedule(&self, deployed: &Deployed) -> Result<String> {
        let rule = format!("{}-every-minute", deployed.function);
        let put = json!({ "Name": rule, "ScheduleExpression": "rate(1 minute)", "State": "ENABLED" });
        let made = self.management.json("events", "AWSEvents.PutRule", &put).await?;
        let permission = json!({
            "StatementId": "schedule",
            "Action": "lambda:InvokeFunction",
            "Principal": "events.amazonaws.com",
            "SourceArn": made["RuleArn"],
        });
        self.permit(deployed, &permission).await?;
        let targets = json!({ "Rule": rule, "Targets": [{ "Id": "function", "Arn": deployed.arn }] });
        self.management.json("events", "AWSEvents.PutTargets", &targets).await?;
        Ok(rule)
    }

    async fn balancer(&self, service: Service, deployed: &mut Deployed) -> Result<()> {
        // A load balancer's name has 32 characters at most.
        let short = self.stack.names().prefix.trim_start_matches("cartwright-").to_owned() + service.name();
        let call =
            async |action, parameters: &[(&str, &str)]| self.management.balancing(action, parameters).await;
        let group = call("CreateTargetGroup", &[("Name", &short), ("TargetType", "lambda")]).await?;
        element(&group, "TargetGroupArn")?.clone_into(&mut deployed.target_group);
        let group = ("TargetGroupArn", deployed.target_group.as_str());
        // Without these a repeated header or parameter would arrive once.
        let (key, value) = ("Attributes.member.1.Key", "Attributes.member.1.Value");
        let multiple = [group, (key, "lambda.multi_value_headers.enabled"), (value, "true")];
        call("ModifyTargetGroupAttributes", &multiple).await?;
        let permission = json!({
            "StatementId": "load-balancer",
            "Action": "lambda:InvokeFunction",
            "Principal": "elasticloadbalancing.amazonaws.com",
            "SourceArn": deployed.target_group,
        });
        self.permit(deployed, &permission).await?;
        call("RegisterTargets", &[group, ("Targets.member.1.Id", &deployed.arn)]).await?;
        let balancer = [("Name", short.as_str()), ("Scheme", "internal"), ("Type", "application")];
        let made = call("CreateLoadBalancer", &balancer).await?;
        let listener = [
            ("LoadBalancerArn", element(&made, "LoadBalancerArn")?),
            ("Protocol", "HTTP"),
            ("Port", "80"),
            ("DefaultActions.member.1.Type", "forward"),
            ("DefaultActions.member.1.TargetGroupArn", &deployed.target_group),
        ];
        call("CreateListener", &listener).await?;
        deployed.balancer = short;
        Ok(())
    }

    async fn permit(&self, deployed: &Deployed, permission: &Value) -> Result<()> {
        let path = format!("functions/{}/policy", deployed.function);
        self.management.lambda(Method::POST, &path, permission).await?;
        Ok(())
    }
}

async fn remove(management: &Management, deployed: &Deployed) -> Result<()> {
    let delete = async |path: String| management.lambda(Method::DELETE, &path, &Value::Null).await;
    for id in &deployed.mappings {
        delete(format!("event-source-mappings/{id}")).await?;
    }
    if let Some(rule) = &deployed.rule {
        let targets = json!({ "Rule": rule, "Ids": ["function"] });
        management.json("events", "AWSEvents.RemoveTargets", &targets).await?;
        management.json("events", "AWSEvents.DeleteRule", &json!({ "Name": rule })).await?;
    }
    let found =
        management.balancing("DescribeLoadBalancers", &[("Names.member.1", &deployed.balancer)]).await?;
    let balancer = [("LoadBalancerArn", element(&found, "LoadBalancerArn")?)];
    management.balancing("DeleteLoadBalancer", &balancer).await?;
    management.balancing("DeleteTargetGroup", &[("TargetGroupArn", &deployed.target_group)]).await?;
    delete(format!("functions/{}", deployed.function)).await?;
    Ok(())
}
