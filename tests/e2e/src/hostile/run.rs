//! Playing cases.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};
use cartwright_types::{Clock as _, SystemClock, new_uuid};
use futures::future::join_all;
use localstack::Stack;
use localstack::databases::Database;
use localstack::mail::{Mailbox, sent_to};
use reqwest::Method;
use sqlx::PgPool;

use super::case::{Accounts, Expect, Mail, Script, Step, Who};
use super::cast::{Cast, Person, people};
use super::logs::Secrets;
use super::tokens::{Forge, unknown};
use super::wire::{Reply, Wire};
use super::{bytes, check, files, text};
use crate::api::{Answer, Api};
use crate::{calls, token_in};

/// How long a mail or a row may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(100);
/// What a failure shows of a request or an answer.
const SHOWN: usize = 1500;

/// Where cases are played.
pub struct Stage {
    wire: Wire,
    api: Api,
    mailbox: Box<dyn Mailbox>,
    users: PgPool,
    cast: Cast,
    forge: Forge,
    /// What may not be in a log afterwards.
    pub secrets: Secrets,
}

/// What is known in one case.
struct Scene {
    somebody: Option<Person>,
    /// A word of this case alone, for addresses.
    word: String,
    kept: HashMap<String, String>,
    answers: HashMap<String, String>,
}

impl Stage {
    /// A stage on a running stack, with its cast.
    ///
    /// # Errors
    /// The stack does not let the cast in.
    pub async fn set(stack: &Stack) -> Result<Self> {
        let base = stack.base_url();
        let (api, mailbox) = (Api::new(&base), stack.mailbox().await?);
        let cast = Cast::assemble(stack, &api, mailbox.as_ref()).await.context("making the cast")?;
        let users = PgPool::connect(&stack.database_url(Database::Users)).await?;
        let (wire, forge) = (Wire::new(&base)?, Forge::open(stack).await?);
        let stage = Self { wire, api, mailbox, users, cast, forge, secrets: Secrets::default() };
        stage.cast.all().for_each(|person| stage.must_not_be_logged(person));
        Ok(stage)
    }

    /// Plays all of them, one after the other; what went wrong in those that failed.
    ///
    /// # Errors
    /// There is nobody for a case that needs somebody of its own, or what comes before all cases goes wrong.
    pub async fn play(&self, Script { before, cases }: &Script) -> Result<Vec<String>> {
        self.a_token_of_the_forge_is_taken().await?;
        let wanted = cases.iter().filter(|case| case.needs_somebody()).count();
        let mut somebodies = people(&self.api, self.mailbox.as_ref(), wanted).await?.into_iter();
        let mut failed = Vec::new();
        let mut common = self.scene(None, HashMap::new());
        for step in before {
            self.step(step, &mut common).await.context("before all cases")?;
        }
        for case in cases {
            let somebody = if case.needs_somebody() { somebodies.next() } else { None };
            if let Some(person) = &somebody {
                self.must_not_be_logged(person);
            }
            let mut scene = self.scene(somebody, common.kept.clone());
            for step in case.steps() {
                if let Err(error) = self.step(step, &mut scene).await {
                    failed.push(format!("{} ({})\n{error:#}", case.name, case.why));
                    break;
                }
            }
        }
        Ok(failed)
    }

    fn scene(&self, somebody: Option<Person>, kept: HashMap<String, String>) -> Scene {
        let word = format!("w{}", new_uuid(&SystemClock).simple());
        self.secrets.add(&word);
        Scene { somebody, word, kept, answers: HashMap::new() }
    }

    /// Otherwise every forged token would be refused for a reason of its own.
    async fn a_token_of_the_forge_is_taken(&self) -> Result<()> {
        let token = self.forge.token("good", &self.cast.customer, SystemClock.now().timestamp())?;
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        let me = self.api.send(Method::GET, "/users/me", &headers, &serde_json::Value::Null).await?;
        ensure!(
            me.expect(200)?["id"] == self.cast.customer.id.as_str(),
            "a token as the shop makes it is refused"
        );
        Ok(())
    }

    fn must_not_be_logged(&self, person: &Person) {
        for text in [&person.email, &person.password, &person.token, &person.refresh] {
            self.secrets.add(text);
        }
    }

    async fn step(&self, step: &Step, scene: &mut Scene) -> Result<()> {
        if let Some(mail) = &step.mail {
            return self.mail(mail, step, scene).await;
        }
        if let Some(accounts) = &step.accounts {
            return self.accounts(accounts, scene).await;
        }
        if let Some(upload) = &step.upload {
            return files::send(upload, &self.fill(&upload.url, scene)?).await;
        }
        if let Some(url) = &step.gone {
            return files::gone(&self.fill(url, scene)?, PATIENCE).await;
        }
        let filled = self.filled(step, scene)?;
        let token = self.person(step.who, scene).map(|person| person.token.as_str());
        let request = bytes::request(&filled, &self.wire.host(), token)?;
        let deadline = Instant::now() + Duration::from_secs(step.within);
        for _ in 0..step.repeat {
            loop {
                let outcome = self.send(&filled, &request, scene).await;
                match outcome {
                    Err(_) if Instant::now() < deadline => tokio::time::sleep(PAUSE).await,
                    outcome => {
                        outcome.with_context(|| shown(&request))?;
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    fn person<'a>(&'a self, who: Who, scene: &'a Scene) -> Option<&'a Person> {
        match who {
            Who::Fresh => scene.somebody.as_ref(),
            who => self.cast.of(who),
        }
    }

    /// Sends the request as often at once as the step says, and looks at what comes back.
    async fn send(&self, step: &Step, request: &[u8], scene: &mut Scene) -> Result<()> {
        let wanted = step.expect.statuses.len().max(1);
        let requests: Vec<Vec<u8>> = (0..step.parallel).map(|_| with_own_ids(request)).collect();
        let exchanges = requests.iter().map(|own| self.wire.exchange(own, wanted, step.method == "HEAD"));
        let replies = join_all(exchanges).await;
        let replies = replies.into_iter().collect::<Result<Vec<Reply>>>()?;
        let same = step.expect.same_as.as_ref().map(|name| scene.answers.get(name).cloned());
        let same = same.map(|same| same.context("there is no answer to compare it with")).transpose()?;
        let mut tally: BTreeMap<String, usize> = BTreeMap::new();
        for reply in &replies {
            if let Some(answer) = reply.answers.last() {
                record(step, answer)?;
                *tally.entry(answer.status.to_string()).or_default() += 1;
            }
            let faults = check::faults(&step.expect, reply, same.as_deref());
            ensure!(faults.is_empty(), "{}\nfaults: {}", answered(reply), faults.join("; "));
        }
        let expected = &step.expect.tally;
        ensure!(expected.is_empty() || *expected == tally, "the answers were {tally:?} and not {expected:?}");
        if let Some(answer) = replies.last().and_then(|reply| reply.answers.last()) {
            self.keep(step, answer, scene)?;
        }
        Ok(())
    }

    fn keep(&self, step: &Step, answer: &Answer, scene: &mut Scene) -> Result<()> {
        if let Some(name) = &step.keep_answer {
            scene.answers.insert(name.clone(), check::told_apart(answer));
        }
        for (name, from) in &step.keep {
            let found = match from.strip_prefix("header ") {
                Some(header) => answer.header(header).map(str::to_owned),
                None => answer.json().pointer(from).map(|value| match value {
                    serde_json::Value::String(text) => text.clone(),
                    other => other.to_string(),
                }),
            };
            let found = found.with_context(|| format!("the answer has no {from} to keep"))?;
            self.secrets.add_token(&found);
            scene.kept.insert(name.clone(), found);
        }
        Ok(())
    }

    async fn mail(&self, mail: &Mail, step: &Step, scene: &mut Scene) -> Result<()> {
        let (to, contains) = (self.fill(&mail.to, scene)?, self.fill(&mail.contains, scene)?);
        let deadline = Instant::now() + PATIENCE;
        let found = loop {
            let mut mails = sent_to(self.mailbox.as_ref(), &to).await?;
            mails.retain(|sent| sent.text.contains(&contains));
            if mails.len() >= mail.number {
                break mails.swap_remove(mail.number - 1);
            }
            ensure!(Instant::now() < deadline, "no mail number {} with {contains:?} to {to}", mail.number);
            tokio::time::sleep(PAUSE).await;
        };
        let texts = [Some(&found.text), found.html.as_ref(), found.raw.as_ref()];
        for lacking in &mail.lacks {
            let lacking = self.fill(lacking, scene)?;
            ensure!(
                !texts.iter().flatten().any(|text| text.contains(&lacking)),
                "the mail holds {lacking:?}: {}",
                found.text
            );
        }
        for (name, from) in &step.keep {
            ensure!(from == "token", "of a mail only its token can be kept");
            let token = token_in(&found.text)?;
            self.secrets.add(&token);
            scene.kept.insert(name.clone(), token);
        }
        Ok(())
    }

    async fn accounts(&self, accounts: &Accounts, scene: &Scene) -> Result<()> {
        let like = format!("%{}%", self.fill(&accounts.like, scene)?);
        let number: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM users WHERE email ILIKE $1 OR email_normalised ILIKE $1",
        )
        .bind(&like)
        .fetch_one(&self.users)
        .await?;
        ensure!(number == accounts.are, "there are {number} accounts like {like} and not {}", accounts.are);
        Ok(())
    }

    fn filled(&self, step: &Step, scene: &Scene) -> Result<Step> {
        let mut step = step.clone();
        let fill = |text: &String| self.fill(text, scene);
        step.path = fill(&step.path)?;
        step.headers = step.headers.iter().map(fill).collect::<Result<_>>()?;
        step.body = step.body.as_ref().map(fill).transpose()?;
        step.raw = step.raw.as_ref().map(fill).transpose()?;
        step.expect = self.filled_expectation(&step.expect, scene)?;
        Ok(step)
    }

    fn filled_expectation(&self, expect: &Expect, scene: &Scene) -> Result<Expect> {
        let mut expect = expect.clone();
        let fill = |text: &String| self.fill(text, scene);
        expect.lacks = expect.lacks.iter().map(fill).collect::<Result<_>>()?;
        expect.contains = expect.contains.iter().map(fill).collect::<Result<_>>()?;
        for value in expect.json.values_mut() {
            if let toml::Value::String(text) = value {
                *text = fill(text)?;
            }
        }
        Ok(expect)
    }

    fn fill(&self, template: &str, scene: &Scene) -> Result<String> {
        text::fill(template, |name| self.value(name, scene))
    }

    fn value(&self, name: &str, scene: &Scene) -> Result<Option<String>> {
        if let Some(kind) = name.strip_prefix("token:") {
            let now = SystemClock.now().timestamp();
            let token = self.forge.token(kind, &self.cast.customer, now)?;
            return Ok(Some(token));
        }
        if let Some(name) = name.strip_prefix("file:") {
            return Ok(files::file(name).map(|bytes| bytes.len().to_string()));
        }
        let Some((of, field)) = name.split_once('.') else { return Ok(None) };
        let person =
            |person: Option<&Person>| person.and_then(|person| person.field(field)).map(str::to_owned);
        Ok(match of {
            "customer" => person(Some(&self.cast.customer)),
            "other" => person(Some(&self.cast.other)),
            "staff" => person(Some(&self.cast.staff)),
            "admin" => person(Some(&self.cast.admin)),
            "fresh" => person(scene.somebody.as_ref()),
            "kept" => scene.kept.get(field).cloned(),
            "base" => (field == "url").then(|| format!("http://{}", self.wire.host())),
            "new" => scene.new_text(field),
            // Filled in when it is sent.
            "each" => (field == "id").then(|| EACH_ID.to_owned()),
            _ => None,
        })
    }
}

impl Scene {
    /// Words that nobody has used before this case.
    fn new_text(&self, field: &str) -> Option<String> {
        Some(match field {
            "name" => self.word.clone(),
            "capitals" => self.word.to_uppercase(),
            "wide" => self.word.chars().map(full_width).collect(),
            "password" => format!("a cart full of {}", self.word),
            "id" => new_uuid(&SystemClock).to_string(),
            "token" => unknown(),
            _ => return None,
        })
    }
}

/// Stands for another UUID in each of several requests that are sent at once.
const EACH_ID: &str = "{each.id}";

/// A request with its own ids. They are in headers only: the body's length is told already.
fn with_own_ids(request: &[u8]) -> Vec<u8> {
    let mut own = Vec::with_capacity(request.len());
    let mut rest = request;
    while let Some(at) = rest.windows(EACH_ID.len()).position(|window| window == EACH_ID.as_bytes()) {
        own.extend_from_slice(&rest[..at]);
        own.extend_from_slice(new_uuid(&SystemClock).to_string().as_bytes());
        rest = &rest[at + EACH_ID.len()..];
    }
    own.extend_from_slice(rest);
    own
}

/// The full-width form of an ASCII character, which NFKC takes back.
fn full_width(character: char) -> char {
    let wide = u32::from(character) + 0xfee0;
    if character.is_ascii_graphic() { char::from_u32(wide).unwrap_or(character) } else { character }
}

/// For the check of the API's contract, as far as a path says what was called.
fn record(step: &Step, answer: &Answer) -> Result<()> {
    let path = step.path.split('?').next().unwrap_or_default();
    let plain = path.starts_with('/')
        && !path.contains("//")
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_".contains(&byte));
    if step.raw.is_some() || !plain {
        return Ok(());
    }
    let method =
        Method::from_bytes(step.method.as_bytes()).map_err(|_| anyhow!("{} is no method", step.method))?;
    calls::record(&method, path, answer.status)
}

fn answered(reply: &Reply) -> String {
    let mut text = String::new();
    for answer in &reply.answers {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "answer: {} {:?}", answer.status, answer.headers);
        text.push_str(&shown(&answer.body));
    }
    if reply.answers.is_empty() {
        text.push_str("no answer");
    }
    text
}

fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN)]).into_owned();
    if bytes.len() > SHOWN { format!("{text}… ({} bytes)", bytes.len()) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes_are_full_width_letters() {
        assert_eq!("a0".chars().map(full_width).collect::<String>(), "ａ０");
    }

    #[test]
    fn long_requests_are_cut_for_people() {
        assert!(shown(&[b'a'; 5000]).ends_with("… (5000 bytes)"));
        assert_eq!(shown(b"short"), "short");
    }
}
