//! `/notifications/templates`: what staff write in the place of the built-in texts, or beside them.

pub(super) mod create;
mod fields;
pub(super) mod list;
pub(super) mod preview;
pub(super) mod remove;
pub(super) mod replace;
pub(super) mod show;
mod view;

pub(super) use fields::key;

use cartwright_web::Problem;
use cartwright_web::problem::FieldError;

use crate::db::Which;
use crate::domain::{Channel, StoredTemplate, Template, Wording};
use crate::error;
use crate::mail;
use crate::state::State;

/// A template in use: a stored one, or a built-in one that none takes the place of.
struct Found {
    wording: Wording,
    /// None: built in.
    stored: Option<StoredTemplate>,
}

impl Found {
    /// 0: built in.
    fn version(&self) -> i64 {
        self.stored.as_ref().map_or(0, |stored| stored.version)
    }
}

async fn find(state: &State, which: Which<'_>) -> Result<Option<Found>, Problem> {
    let stored = state.templates.find(which).await.map_err(|error| error::store(&error))?;
    Ok(match stored {
        Some(stored) => Some(Found { wording: stored.wording.clone(), stored: Some(stored) }),
        None => built_in(which).map(|wording| Found { wording, stored: None }),
    })
}

fn built_in(which: Which<'_>) -> Option<Wording> {
    let template = Template::parse(which.key).filter(|_| which.channel == Channel::Email)?;
    mail::built_in(template, which.locale)
}

/// Whether there is any template of the key.
async fn exists(state: &State, key: &str) -> Result<bool, Problem> {
    if Template::parse(key).is_some() {
        return Ok(true);
    }
    let stored = state.templates.of_key(key).await.map_err(|error| error::store(&error))?;
    Ok(!stored.is_empty())
}

/// 422 with all that is wrong with it.
fn check(state: &State, wording: &Wording) -> Result<(), Problem> {
    let flaws = state.renderer.flaws(wording);
    if flaws.is_empty() {
        return Ok(());
    }
    let errors = flaws.into_iter().map(|flaw| FieldError {
        pointer: format!("/{}", flaw.field),
        code: flaw.code.into(),
        detail: flaw.detail.into(),
    });
    Err(Problem::validation(errors.collect()))
}
