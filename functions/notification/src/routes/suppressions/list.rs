//! `GET /notifications/suppressions?channel=`

use axum::extract::State as Extract;
use cartwright_web::openapi::{PageParams, words};
use cartwright_web::pagination::{Page, PageRequest};
use cartwright_web::problem::Answer;
use cartwright_web::rules::Invalid;
use cartwright_web::{FromParams, Params, Query, Staff};
use utoipa::IntoParams;

use super::view::SuppressionView;
use crate::db::position;
use crate::domain::Channel;
use crate::error;
use crate::state::State;

pub struct Search {
    channel: Option<Channel>,
    page: PageRequest<String>,
}

impl FromParams for Search {
    fn from_params(params: &mut Params) -> Option<Self> {
        let channel = params.optional("channel", |text| {
            Channel::parse(text).ok_or(Invalid::new("unknown_channel", "must be email, sms or push"))
        });
        let page: PageRequest<String> = PageRequest::from_params(params, &format!("{channel:?}"))?;
        // DynamoDB compares with no empty text.
        if page.after.as_ref().is_some_and(String::is_empty) {
            params.error("cursor", Invalid::new("invalid_cursor", "is not a cursor of this list"));
            return None;
        }
        Some(Self { channel: channel?, page })
    }
}

/// What the query string may hold, beside the page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; Search is what is read")]
struct SearchParams {
    /// The way that is closed.
    #[param(schema_with = channels, required = false)]
    channel: String,
}

fn channels() -> utoipa::openapi::Object {
    words("Only those of this way.", &Channel::ALL.map(Channel::as_str))
}

/// 200 with a page.
#[utoipa::path(
    get, path = "/notifications/suppressions", operation_id = "listSuppressions", tag = "Suppressions",
    summary = "List who is written to no more",
    description = "By staff: addresses that bounced for good or complained, newest first. There is no other order.",
    params(SearchParams, PageParams),
    responses((status = 200, description = "A page.", body = Page<SuppressionView>)),
    security(("bearer" = []))
)]
pub async fn list(
    _: Staff,
    Extract(state): Extract<State>,
    Query(Search { channel, page }): Query<Search>,
) -> Answer<Page<SuppressionView>> {
    let most = usize::try_from(page.fetch()).unwrap_or(usize::MAX);
    let rows = state.suppressions.list(channel, page.after.as_deref(), most).await;
    let rows = rows.map_err(|error| error::store(&error))?;
    Ok(page.page(rows, |row| position(row.created_at, row.id)).map(SuppressionView::from))
}
