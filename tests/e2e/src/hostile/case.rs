//! What a case is, as the files `hostile-*.toml` have it.

use std::collections::{BTreeMap, HashSet};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use toml::{Table, Value};

/// A request, what comes before and after it, and what is expected.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Table")]
pub struct Case {
    /// A sentence that says what is tried.
    pub name: String,
    /// What would be wrong if it went otherwise.
    pub why: String,
    /// What has to be there first.
    pub before: Vec<Step>,
    /// The request itself; its fields stand beside the name.
    pub request: Step,
    /// What must be true afterwards.
    pub then: Vec<Step>,
}

/// A request, or a look at the mail or the database.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Whose access token goes along, unless the headers have an `Authorization` of their own.
    #[serde(rename = "as", default)]
    pub who: Who,
    /// The method.
    #[serde(default = "get")]
    pub method: String,
    /// Path and query.
    #[serde(default)]
    pub path: String,
    /// `Name: value` each. `-Name` leaves out what would be sent by itself: `Host`, `Content-Type`, `Connection`.
    #[serde(default)]
    pub headers: Vec<String>,
    /// The body, as `application/json` unless the headers say otherwise.
    pub body: Option<String>,
    /// The whole request instead, with `\r`, `\n`, `\t`, `\0`, `\xNN` and `\\`; its line breaks mean nothing. `{length}` in
    /// the head is the number of bytes after the head.
    pub raw: Option<String>,
    /// No request: a mail that must be there.
    pub mail: Option<Mail>,
    /// No request: accounts whose address holds a text.
    pub accounts: Option<Accounts>,
    /// No request to the shop: a file that goes where an answer says.
    pub upload: Option<Upload>,
    /// No request to the shop: a URL of a file that must be gone soon.
    pub gone: Option<String>,
    /// How often it is sent, one after the other.
    #[serde(default = "one")]
    pub repeat: usize,
    /// How often it is sent at once.
    #[serde(default = "one")]
    pub parallel: usize,
    /// Sent again and again until the answer is the expected one, for so many seconds.
    #[serde(default)]
    pub within: u64,
    /// The answer.
    #[serde(default)]
    pub expect: Expect,
    /// What `{kept.NAME}` is from here on: a JSON pointer into the answer, `header NAME`, or `token` of a mail.
    #[serde(default)]
    pub keep: BTreeMap<String, String>,
    /// Under which name the whole answer is kept for `same_as`.
    pub keep_answer: Option<String>,
}

/// Who sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Who {
    /// Nobody in particular.
    #[default]
    Anonymous,
    /// A customer; all cases share them, so none may end their session.
    Customer,
    /// Another customer, likewise.
    Other,
    /// Staff, likewise.
    Staff,
    /// An administrator, likewise.
    Admin,
    /// A customer of this case alone.
    Fresh,
}

/// A mail.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// To whom.
    pub to: String,
    /// What its text holds.
    pub contains: String,
    /// What its text must not hold.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// Which one of those, from 1.
    #[serde(default = "one")]
    pub number: usize,
}

/// A number of accounts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accounts {
    /// A part of the address, whatever its case.
    pub like: String,
    /// How many there are.
    pub are: i64,
}

/// A file that is sent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upload {
    /// Where to, with PUT.
    pub url: String,
    /// Which: see `files.rs`.
    pub file: String,
    /// What it says it is.
    pub content_type: String,
    /// The status of the answer.
    pub status: u16,
}

/// What an answer must be.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// The status, or those that are all fine.
    pub status: Option<Status>,
    /// The statuses of all answers on the connection, in order; the rest of the expectation is about the last one.
    pub statuses: Vec<u16>,
    /// How often which status comes back, of requests sent at once.
    pub tally: BTreeMap<String, usize>,
    /// The problem's code.
    pub code: Option<String>,
    /// Where the problem's errors point to: each of these, and perhaps more.
    pub pointers: Vec<String>,
    /// The code of the errors at all of those.
    pub error: Option<String>,
    /// Headers, each of which holds this text.
    pub headers: BTreeMap<String, String>,
    /// Headers that are not there.
    pub absent: Vec<String>,
    /// What JSON pointers lead to.
    pub json: BTreeMap<String, Value>,
    /// How many entries the lists have that JSON pointers lead to.
    pub count: BTreeMap<String, usize>,
    /// What the body holds.
    pub contains: Vec<String>,
    /// What neither body nor headers hold.
    pub lacks: Vec<String>,
    /// The kept answer that this one cannot be told from, but by its `request_id`.
    pub same_as: Option<String>,
    /// The HTTP parser may answer, without a problem.
    pub bare: bool,
    /// Everybody may keep it.
    pub public: bool,
    /// The connection may also be closed without an answer.
    pub silent: bool,
}

/// One status, or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Status {
    /// This one.
    One(u16),
    /// One of these.
    Any(Vec<u16>),
}

impl Status {
    /// Whether it is this one, or one of these.
    #[must_use]
    pub fn allows(&self, status: u16) -> bool {
        match self {
            Self::One(one) => *one == status,
            Self::Any(some) => some.contains(&status),
        }
    }
}

fn get() -> String {
    "GET".to_owned()
}

const fn one() -> usize {
    1
}

impl TryFrom<Table> for Case {
    type Error = anyhow::Error;

    fn try_from(mut table: Table) -> Result<Self> {
        let mut text = |name: &str| match table.remove(name) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(anyhow::anyhow!("a case needs a {name}")),
        };
        let (name, why) = (text("name")?, text("why")?);
        let mut steps = |of: &str| -> Result<Vec<Step>> {
            let list = table.remove(of).unwrap_or_else(|| Value::Array(Vec::new()));
            list.try_into().with_context(|| format!("{name}: {of}"))
        };
        let (before, then) = (steps("before")?, steps("then")?);
        let request: Step = Value::Table(table).try_into().with_context(|| name.clone())?;
        let case = Self { name, why, before, request, then };
        for step in case.steps() {
            step.check().with_context(|| case.name.clone())?;
        }
        Ok(case)
    }
}

impl Case {
    /// All of its steps, in order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.before.iter().chain(std::iter::once(&self.request)).chain(&self.then)
    }

    /// Whether somebody of its own has to be there.
    #[must_use]
    pub fn needs_somebody(&self) -> bool {
        self.steps().any(|step| step.who == Who::Fresh || step.texts().any(|text| text.contains("{fresh.")))
    }
}

impl Step {
    /// What is filled in before it is sent.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let mail = self.mail.as_ref().map(|mail| mail.to.as_str());
        let own = [Some(self.path.as_str()), self.body.as_deref(), self.raw.as_deref(), mail];
        own.into_iter().flatten().chain(self.headers.iter().map(String::as_str))
    }

    fn check(&self) -> Result<()> {
        let looks =
            [self.mail.is_some(), self.accounts.is_some(), self.upload.is_some(), self.gone.is_some()];
        let looks = looks.into_iter().filter(|is_one| *is_one).count();
        let sent = usize::from(!self.path.is_empty()) + usize::from(self.raw.is_some());
        ensure!(looks + sent == 1, "a step has one of path, raw, mail, accounts, upload and gone");
        let said =
            self.expect.status.is_some() || !self.expect.statuses.is_empty() || !self.expect.tally.is_empty();
        ensure!(said == (sent == 1), "a request, and nothing else, has an expected status");
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    before: Vec<Step>,
    case: Vec<Case>,
}

/// All cases of a file.
#[derive(Debug, Clone)]
pub struct Script {
    /// What comes before all of them; what it keeps, every case has.
    pub before: Vec<Step>,
    /// The cases.
    pub cases: Vec<Case>,
}

impl Script {
    /// `hostile-users.toml`
    ///
    /// # Errors
    /// It is malformed, or two cases have one name.
    pub fn users() -> Result<Self> {
        parse(include_str!("../../hostile-users.toml")).context("hostile-users.toml")
    }

    /// `hostile-products.toml`
    ///
    /// # Errors
    /// It is malformed, or two cases have one name.
    pub fn products() -> Result<Self> {
        parse(include_str!("../../hostile-products.toml")).context("hostile-products.toml")
    }

    /// `hostile-orders.toml`
    ///
    /// # Errors
    /// It is malformed, or two cases have one name.
    pub fn orders() -> Result<Self> {
        parse(include_str!("../../hostile-orders.toml")).context("hostile-orders.toml")
    }

    /// `hostile-edge.toml`
    ///
    /// # Errors
    /// It is malformed, or two cases have one name.
    pub fn edge() -> Result<Self> {
        parse(include_str!("../../hostile-edge.toml")).context("hostile-edge.toml")
    }
}

fn parse(text: &str) -> Result<Script> {
    let File { before, case: cases } = toml::from_str(text)?;
    let mut names = HashSet::new();
    for step in &before {
        step.check().context("before all cases")?;
    }
    for case in &cases {
        ensure!(names.insert(&case.name), "there are two cases {:?}", case.name);
        ensure!(!case.why.is_empty(), "{:?} does not say why", case.name);
    }
    Ok(Script { before, cases })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: &str = r#"
        [[case]]
        name = "a name"
        why = "a reason"
        as = "staff"
        path = "/users"
        expect = { status = [400, 404], json = { "/a/0" = 1 } }
        then = [{ accounts = { like = "x", are = 0 } }]
    "#;

    #[test]
    fn a_case_is_a_request_with_what_is_around_it() {
        let case = parse(CASE).unwrap().cases.remove(0);
        assert_eq!((case.request.who, case.request.method.as_str()), (Who::Staff, "GET"));
        assert!(case.request.expect.status.unwrap().allows(404));
        assert_eq!(case.then[0].accounts.as_ref().unwrap().are, 0);
    }

    #[test]
    fn what_nobody_would_read_is_refused() {
        for (good, bad) in [
            ("as = \"staff\"", "as = \"nobody\""),
            ("path =", "way ="),
            ("status =", "state ="),
            ("expect =", "expects ="),
            ("path = \"/users\"", "path = \"/users\"\nraw = \"x\""),
            ("status = [400, 404], ", ""),
            ("why = \"a reason\"", ""),
            ("why = \"a reason\"", "why = \"\""),
        ] {
            assert!(CASE.contains(good));
            assert!(parse(&CASE.replace(good, bad)).is_err(), "{bad}");
        }
        assert!(parse(&CASE.repeat(2)).is_err(), "two of one name");
    }

    #[test]
    fn the_files_are_well_formed_and_not_short() {
        let (users, products) = (Script::users().unwrap(), Script::products().unwrap());
        let (orders, edge) = (Script::orders().unwrap(), Script::edge().unwrap());
        assert!(users.cases.len() >= 60, "{}", users.cases.len());
        assert!(users.cases.iter().any(Case::needs_somebody));
        assert!(products.cases.len() >= 40, "{}", products.cases.len());
        assert!(!products.before.is_empty());
        assert!(orders.cases.len() >= 60, "{}", orders.cases.len());
        assert!(edge.cases.len() >= 40, "{}", edge.cases.len());
    }
}
