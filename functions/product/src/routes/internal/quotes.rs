//! `POST /internal/quotes`, scope `quotes`

use axum::Json;
use axum::extract::State;
use cartwright_contracts::stock::{QuoteRequest, QuoteResponse};
use cartwright_web::problem::Answer;
use cartwright_web::{InternalJson, Problem, ServiceCall};

use super::MOST;
use crate::{error, state, usecases};

/// 200 with what of the skus is for sale.
pub async fn quotes(
    State(state): State<state::State>,
    call: ServiceCall,
    InternalJson(mut request): InternalJson<QuoteRequest>,
) -> Answer<Json<QuoteResponse>> {
    call.require("quotes")?;
    if request.skus.len() > MOST {
        return Err(Problem::invalid("/skus", "too_many_skus", "at most 100"));
    }
    // PostgreSQL's text has no NUL; no sku has one either.
    request.skus.retain(|sku| !sku.contains('\0'));
    let quotes = usecases::quote(&state, &request.skus).await.map_err(|e| error::database(&e))?;
    Ok(Json(QuoteResponse { quotes }))
}
