//! `POST /internal/reservations`, scope `reservations`

use std::collections::HashSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use cartwright_contracts::stock::{Reservation, ReserveRequest};
use cartwright_web::problem::{Answer, FieldError};
use cartwright_web::{InternalJson, Problem, ServiceCall};

use super::{MOST, insufficient_stock, repeat};
use crate::usecases::{ReserveError, reserve as reserve_stock};
use crate::{error, state};

/// Of one line.
const MOST_PIECES: i64 = 1_000_000;
/// A week.
const LONGEST: u32 = 7 * 24 * 3600;

/// 201 with the reservation, 200 when it was there already; 409 `insufficient_stock` with `lines`, or
/// `reservation_mismatch`.
pub async fn reserve(
    State(state): State<state::State>,
    call: ServiceCall,
    InternalJson(request): InternalJson<ReserveRequest>,
) -> Answer<(StatusCode, Json<Reservation>)> {
    call.require("reservations")?;
    check(&request)?;
    match reserve_stock(&state, request).await {
        Ok((reservation, true)) => Ok((StatusCode::CREATED, Json(reservation))),
        Ok((reservation, false)) => Ok((StatusCode::OK, Json(reservation))),
        Err(ReserveError::InsufficientStock(lines)) => Err(insufficient_stock(&lines)),
        Err(ReserveError::Mismatch) => Err(Problem::conflict("reservation_mismatch")
            .detail("A reservation of this id was made with other lines.")),
        Err(ReserveError::Together(e)) => Err(repeat(&e)),
        Err(ReserveError::Database(e)) => Err(error::database(&e)),
    }
}

fn check(request: &ReserveRequest) -> Result<(), Problem> {
    let mut errors = Vec::new();
    let mut wrong = |pointer: String, code: &'static str, detail: &'static str| {
        errors.push(FieldError { pointer, code: code.into(), detail: detail.into() });
    };
    if request.lines.is_empty() || request.lines.len() > MOST {
        wrong("/lines".to_owned(), "out_of_range", "1 to 100");
    }
    if !(1..=LONGEST).contains(&request.expires_in) {
        wrong("/expires_in".to_owned(), "out_of_range", "between a second and a week");
    }
    let mut skus = HashSet::new();
    for (at, line) in request.lines.iter().enumerate() {
        if !(1..=MOST_PIECES).contains(&line.quantity) {
            wrong(format!("/lines/{at}/quantity"), "out_of_range", "between 1 and 1000000");
        }
        if line.sku.contains('\0') {
            wrong(format!("/lines/{at}/sku"), "invalid_characters", "must not contain NUL");
        }
        if !skus.insert(&line.sku) {
            wrong(format!("/lines/{at}/sku"), "repeated", "each sku once");
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::validation(errors)) }
}
