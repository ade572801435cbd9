//! `GET /notifications/templates?channel=&locale=`

use axum::extract::State as Extract;
use cartwright_web::openapi::PageParams;
use cartwright_web::pagination::{Page, PageRequest};
use cartwright_web::problem::Answer;
use cartwright_web::{FromParams, Params, Query, Staff};

use super::Found;
use super::fields::{WhichParams, which};
use super::view::TemplateView;
use crate::domain::{Channel, Template, Wording};
use crate::state::State;
use crate::{error, mail};

/// A place in the list: key, channel, locale.
type Place = (String, String, String);

pub struct Search {
    channel: Option<Channel>,
    locale: Option<String>,
    page: PageRequest<Place>,
}

impl FromParams for Search {
    fn from_params(params: &mut Params) -> Option<Self> {
        let which = which(params);
        let page = PageRequest::from_params(params, &format!("{which:?}"));
        let (channel, locale) = which?;
        Some(Self { channel, locale, page: page? })
    }
}

/// 200 with a page.
#[utoipa::path(
    get, path = "/notifications/templates", operation_id = "listTemplates", tag = "Templates",
    summary = "List the templates",
    description = "By staff: what is in use, the built-in ones too; by key, channel and locale. There is no other order. Without \
        `channel` or `locale` those of all.",
    params(WhichParams, PageParams),
    responses((status = 200, description = "A page.", body = Page<TemplateView>)),
    security(("bearer" = []))
)]
pub async fn list(
    _: Staff,
    Extract(state): Extract<State>,
    Query(search): Query<Search>,
) -> Answer<Page<TemplateView>> {
    let Search { channel, locale, page } = search;
    let stored = state.templates.all().await.map_err(|error| error::store(&error))?;
    let mut found: Vec<Found> = stored
        .into_iter()
        .map(|stored| Found { wording: stored.wording.clone(), stored: Some(stored) })
        .collect();
    for template in Template::ALL {
        for language in mail::built_in_languages() {
            if let Some(wording) = mail::built_in(template, language)
                && !found.iter().any(|known| place(&known.wording) == place(&wording))
            {
                found.push(Found { wording, stored: None });
            }
        }
    }
    found.retain(|found| {
        channel.is_none_or(|channel| found.wording.channel == channel)
            && locale.as_ref().is_none_or(|locale| found.wording.locale == *locale)
            && page.after.as_ref().is_none_or(|after| place(&found.wording) > *after)
    });
    found.sort_by_key(|found| place(&found.wording));
    found.truncate(usize::try_from(page.fetch()).unwrap_or(usize::MAX));
    Ok(page.page(found, |found| place(&found.wording)).map(TemplateView::from))
}

fn place(wording: &Wording) -> Place {
    (wording.key.clone(), wording.channel.as_str().to_owned(), wording.locale.clone())
}
