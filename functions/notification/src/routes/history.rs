//! `GET /notifications/history?channel=&status=&template=&user_id=`

use axum::extract::State as Extract;
use cartwright_types::{NotificationId, UserId};
use cartwright_web::openapi::{PageParams, words};
use cartwright_web::pagination::{Page, PageRequest};
use cartwright_web::problem::Answer;
use cartwright_web::rules::Invalid;
use cartwright_web::{FromParams, Params, Problem, Query, User};
use serde_json::Value;
use utoipa::IntoParams;
use uuid::Uuid;

use super::templates::key;
use super::view::NotificationView;
use crate::db::Filter;
use crate::domain::{Channel, Status};
use crate::error;
use crate::state::State;

pub(super) struct History {
    filter: Filter,
    user_id: Option<UserId>,
    page: PageRequest<NotificationId>,
}

impl FromParams for History {
    fn from_params(params: &mut Params) -> Option<Self> {
        let channel = params.optional("channel", |text| one_of(&Channel::ALL.map(Channel::as_str), text));
        let status = params.optional("status", |text| one_of(&Status::ALL.map(Status::as_str), text));
        let template = params.optional("template", |text| key(Value::String(text.to_owned())));
        let user_id = params.optional("user_id", |text| {
            text.parse().map_err(|_| Invalid::new("invalid_id", "must be a user's id"))
        });
        let page =
            PageRequest::from_params(params, &format!("{channel:?} {status:?} {template:?} {user_id:?}"));
        let filter = Filter { channel: channel?, status: status?, template: template? };
        Some(Self { filter, user_id: user_id?, page: page? })
    }
}

fn one_of(words: &[&str], text: &str) -> Result<String, Invalid> {
    if words.contains(&text) {
        Ok(text.to_owned())
    } else {
        Err(Invalid::new("unknown_value", "is not one of the known values"))
    }
}

/// What the query string may hold, beside the page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; History is what is read")]
struct HistoryParams {
    /// The way the message went.
    #[param(schema_with = channels, required = false)]
    channel: String,
    /// Where it stands.
    #[param(schema_with = statuses, required = false)]
    status: String,
    /// A template's key.
    #[param(
        min_length = 1,
        max_length = 64,
        pattern = "^[a-z0-9_]+$",
        example = "order_confirmation",
        required = false
    )]
    template: String,
    /// For staff: whose history; without it their own. 403 for a customer.
    #[param(required = false)]
    user_id: Uuid,
}

fn channels() -> utoipa::openapi::Object {
    words("Only what goes this way.", &Channel::ALL.map(Channel::as_str))
}

fn statuses() -> utoipa::openapi::Object {
    words("Only what stands here.", &Status::ALL.map(Status::as_str))
}

/// 200 with a page, newest first: one's own, or for staff those of `user_id`. 403 when a customer sends `user_id`.
#[utoipa::path(
    get, path = "/notifications/history", operation_id = "listNotifications", tag = "Notifications",
    summary = "List what was sent",
    description = "One's own notifications, or for staff those of `user_id`; newest first. There is no other order.",
    params(HistoryParams, PageParams),
    responses((status = 200, description = "A page.", body = Page<NotificationView>)),
    security(("bearer" = []))
)]
pub(super) async fn history(
    user: User,
    Extract(state): Extract<State>,
    Query(query): Query<History>,
) -> Answer<Page<NotificationView>> {
    if query.user_id.is_some() && !user.is_staff() {
        return Err(Problem::forbidden());
    }
    let of = query.user_id.unwrap_or(user.id);
    let most = usize::try_from(query.page.fetch()).unwrap_or(usize::MAX);
    let rows = state.notifications.of_user(of, &query.filter, query.page.after, most).await;
    let rows = rows.map_err(|error| error::store(&error))?;
    Ok(query.page.page(rows, |row| row.id).map(NotificationView::from))
}
