//! `POST /notifications/devices`

use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use cartwright_web::problem::Answer;
use cartwright_web::query::NoParams;
use cartwright_web::rules::{self, Invalid};
use cartwright_web::{Body, Fields, FromFields, Problem, Query, User};
use serde_json::Value;
use utoipa::ToSchema;

use super::view::{DeviceView, platforms};
use crate::clients::PlatformError;
use crate::domain::{Device, Platform, device_id};
use crate::error;
use crate::state::State;

/// Characters of a token; FCM's have no set length, and today some 160.
const LONGEST_TOKEN: usize = 2048;

/// A device to be made known.
#[derive(ToSchema)]
#[schema(as = DeviceInput)]
#[expect(dead_code, reason = "only described; NewDevice is what is read")]
struct DescribedDevice {
    #[schema(schema_with = platforms)]
    platform: String,
    /// What the platform has given the app.
    #[schema(min_length = 1, max_length = 2048, pattern = r"^[\x21-\x7e]+$")]
    token: String,
}

pub struct NewDevice {
    platform: Platform,
    token: String,
}

impl FromFields for NewDevice {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let platform = fields.required("platform", |value| {
            Platform::parse(&rules::string(value)?)
                .ok_or(Invalid::new("unknown_platform", "must be fcm or apns"))
        });
        let token = fields.required("token", token);
        Some(Self { platform: platform?, token: token? })
    }
}

fn token(value: Value) -> Result<String, Invalid> {
    let text = rules::string(value)?;
    if (1..=LONGEST_TOKEN).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(text)
    } else {
        Err(Invalid::new("invalid_token", "must be 1 to 2048 visible ASCII characters"))
    }
}

/// 201 with the device; 422, also where the shop has no app of the platform.
#[utoipa::path(
    post, path = "/notifications/devices", operation_id = "registerDevice", tag = "Preferences",
    summary = "Make a device known",
    description = "So that it is sent push messages. May be repeated, and should be when the app starts: a token has one id, and belongs \
        to whoever registered it last.",
    request_body(content = DescribedDevice, example = json!({ "platform": "fcm", "token": "dGhpcyBpcyBubyB0b2tlbg" })),
    responses((status = 201, description = "The device.", body = DeviceView)),
    security(("bearer" = []))
)]
pub async fn create(
    user: User,
    Extract(state): Extract<State>,
    _: Query<NoParams>,
    body: Body<NewDevice>,
) -> Answer<(StatusCode, Json<DeviceView>)> {
    let NewDevice { platform, token } = body.value;
    let endpoint_arn = state.platforms.register(platform, &token).await.map_err(|error| match error {
        PlatformError::NotConfigured => {
            Problem::invalid("/platform", "platform_not_configured", "the shop has no app of this platform")
        }
        PlatformError::InvalidToken => {
            Problem::invalid("/token", "invalid_token", "is not a token of this platform")
        }
        PlatformError::Unavailable(code) => {
            tracing::error!(code, "a device could not be made known");
            Problem::unavailable()
        }
    })?;
    let id = device_id(platform, &token);
    let created_at = state.clock.now();
    let device = Device { id, user_id: user.id, platform, endpoint_arn, created_at, is_spent: false };
    state.devices.put(&device).await.map_err(|error| error::store(&error))?;
    Ok((StatusCode::CREATED, Json(device.into())))
}
