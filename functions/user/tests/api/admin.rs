//! `ROLE=create-admin`

use cartwright_contracts::commands::TokenMail;
use cartwright_types::EmailAddress;
use serde_json::json;
use user::usecases::create_admin::{Outcome, create_admin};

use crate::support::{EMAIL, PASSWORD, Shop, claims, text};

const NEW: &str = "the sentence of an admin";

async fn invite(shop: &Shop) -> (Outcome, String) {
    let email = EmailAddress::new(EMAIL);
    let outcome = create_admin(&shop.state.database, shop.state.clock.as_ref(), &email).await.unwrap();
    let mails = shop.mails().await;
    match &mails[..] {
        [mail] => match &mail.mail {
            TokenMail::Invitation { token } => (outcome, token.clone()),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

async fn accept(shop: &Shop, token: &str) -> cartwright_test_support::Answer {
    shop.post("/auth/password/reset", json!({ "token": token, "password": NEW })).await
}

#[tokio::test]
async fn an_invited_admin_sets_a_password_and_signs_in_as_one() {
    let shop = Shop::new().await;
    let (outcome, token) = invite(&shop).await;
    assert_eq!(outcome, Outcome::Created);
    shop.login(EMAIL, PASSWORD).await.expect_problem(401, "invalid_credentials");
    shop.clock.advance(72 * 3600 - 1);
    let _ = accept(&shop, &token).await.expect(204);
    accept(&shop, &token).await.expect_problem(400, "invalid_token");
    let answer = shop.login(EMAIL, NEW).await.expect(200);
    assert_eq!(claims(&answer)["roles"], json!(["admin"]));
}

#[tokio::test]
async fn an_invitation_is_over_after_three_days_and_voided_by_the_next() {
    let shop = Shop::new().await;
    let (_, late) = invite(&shop).await;
    shop.clock.advance(72 * 3600);
    accept(&shop, &late).await.expect_problem(400, "invalid_token");
    let ((_, first), (outcome, second)) = (invite(&shop).await, invite(&shop).await);
    assert_eq!(outcome, Outcome::Promoted);
    accept(&shop, &first).await.expect_problem(400, "invalid_token");
    let _ = accept(&shop, &second).await.expect(204);
}

#[tokio::test]
async fn a_member_becomes_an_admin_and_signs_in_anew() {
    let shop = Shop::new().await;
    shop.member(EMAIL).await;
    let before = text(&shop.signed_in().await, "refresh_token");
    assert_eq!(invite(&shop).await.0, Outcome::Promoted);
    shop.refresh(&before).await.expect_problem(401, "invalid_refresh_token");
    let answer = shop.login(EMAIL, PASSWORD).await.expect(200);
    assert_eq!(claims(&answer)["roles"], json!(["admin"]));
}

#[tokio::test]
async fn whoever_registered_an_admins_address_before_it_was_proven_gets_nothing() {
    let shop = Shop::open(false, crate::support::MANY).await;
    let _ = shop.register(EMAIL).await.expect(202);
    shop.mails().await;
    let session = text(&shop.signed_in().await, "refresh_token");
    let (_, token) = invite(&shop).await;
    shop.login(EMAIL, PASSWORD).await.expect_problem(401, "invalid_credentials");
    shop.refresh(&session).await.expect_problem(401, "invalid_refresh_token");
    let _ = accept(&shop, &token).await.expect(204);
    let _ = shop.login(EMAIL, NEW).await.expect(200);
}
