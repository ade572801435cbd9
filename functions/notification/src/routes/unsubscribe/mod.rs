//! `/notifications/unsubscribe`: out of marketing mail, by the link that each of them has.

pub(super) mod confirm;
mod page;
pub(super) mod show;

use cartwright_types::UserId;
use cartwright_web::rules::Invalid;
use cartwright_web::{FromParams, Params, Problem};
use utoipa::IntoParams;

use crate::state::State;

/// The link's token, as it was sent.
pub struct Token(String);

impl FromParams for Token {
    fn from_params(params: &mut Params) -> Option<Self> {
        let token = params.optional("token", |text| Ok(text.to_owned()))?;
        if token.is_none() {
            params.error("token", Invalid::new("required", "is required"));
        }
        token.map(Self)
    }
}

/// The query string.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; Token is what is read")]
struct TokenParam {
    /// What the mail's link has.
    #[param(max_length = 200, example = "AZi1oHwefn2cVT0PTZt6EA.c2lnbmF0dXJl")]
    token: String,
}

/// Whose link it is.
fn owner(state: &State, token: &Token) -> Result<UserId, Problem> {
    let user = state.unsubscribe.read(&token.0);
    user.ok_or_else(|| {
        Problem::bad_request("invalid_token").detail("This link is not one of ours, or not whole.")
    })
}
