//! Registering and proving the address.

use cartwright_contracts::commands::TokenMail;
use serde_json::json;

use crate::support::{EMAIL, PASSWORD, Shop};

#[tokio::test]
async fn the_answer_does_not_tell_whether_an_address_is_taken_but_the_mail_does() {
    let shop = Shop::new().await;
    let fresh = shop.register(EMAIL).await;
    let mails = shop.mails().await;
    assert!(
        matches!(mails[..], [ref one] if matches!(one.mail, TokenMail::EmailVerification { .. })),
        "{mails:?}"
    );
    assert_eq!(shop.event_types().await, ["user.registered"]);

    for spelling in [EMAIL, " ADA@Example.com ", "ａｄａ@example.com"] {
        let taken = shop.register(spelling).await;
        assert_eq!((fresh.status, &fresh.body), (taken.status, &taken.body));
        let names = |answer: &cartwright_test_support::Answer| {
            answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(names(&fresh), names(&taken));
        let again = shop.mails().await;
        assert!(matches!(again[..], [ref one] if one.mail == TokenMail::AccountExists {}), "{again:?}");
        assert_eq!(again[0].user_id, mails[0].user_id);
    }
    assert_eq!(fresh.expect(202), json!({ "status": "verification_sent" }));
    assert!(shop.events().await.is_empty());
    assert_eq!(shop.count("users").await, 1);
}

#[tokio::test]
async fn a_taken_address_costs_the_same_work() {
    let shop = Shop::new().await;
    for _ in 0..2 {
        let before = shop.state.hasher.computed();
        let _ = shop.register(EMAIL).await.expect(202);
        assert_eq!(shop.state.hasher.computed() - before, 1);
    }
}

#[tokio::test]
async fn registering_twice_at_once_makes_one_account() {
    let shop = Shop::new().await;
    let answers = futures::future::join_all((0..5).map(|_| shop.register(EMAIL))).await;
    assert!(answers.iter().all(|answer| answer.status == 202));
    assert_eq!(shop.count("users").await, 1);
    assert_eq!(shop.mails().await.len(), 5);
}

#[tokio::test]
async fn a_role_cannot_be_had_by_asking_for_it() {
    let shop = Shop::new().await;
    let body = json!({
        "email": EMAIL, "password": PASSWORD, "role": "admin", "status": "active", "email_verified": true,
    });
    let problem = shop.post("/auth/register", body).await.expect_problem(422, "validation_failed");
    let mut errors: Vec<(&str, &str)> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap()))
        .collect();
    errors.sort_unstable();
    let expected =
        [("/email_verified", "unknown_field"), ("/role", "unknown_field"), ("/status", "unknown_field")];
    assert_eq!(errors, expected);
    assert_eq!(shop.count("users").await, 0);
}

#[tokio::test]
async fn what_does_not_fit_is_told_by_its_pointer() {
    let shop = Shop::new().await;
    let body = json!({
        "email": "nobody", "password": "password1", "full_name": "", "phone": "0301234567", "locale": "German",
    });
    let problem = shop.post("/auth/register", body).await.expect_problem(422, "validation_failed");
    let codes: Vec<String> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| format!("{} {}", error["pointer"], error["code"]))
        .collect();
    let expected = [
        r#""/email" "invalid_email""#,
        r#""/password" "password_too_common""#,
        r#""/full_name" "too_short""#,
        r#""/phone" "invalid_phone""#,
        r#""/locale" "invalid_locale""#,
    ];
    assert_eq!(codes, expected);
    assert!(!problem.to_string().contains("password1"));
}

#[tokio::test]
async fn a_verification_token_works_once() {
    let shop = Shop::new().await;
    let _ = shop.register(EMAIL).await.expect(202);
    shop.events().await;
    let token = shop.mailed_token().await;
    let verify = async || shop.post("/auth/email/verify", json!({ "token": token })).await;
    let _ = verify().await.expect(204);
    let events = shop.events().await;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].event_type.as_str(), events[0].aggregate.version), ("user.verified", 2));
    verify().await.expect_problem(400, "invalid_token");
    shop.post("/auth/email/verify", json!({ "token": "nonsense" }))
        .await
        .expect_problem(400, "invalid_token");
    assert!(shop.events().await.is_empty());
}

#[tokio::test]
async fn of_two_clicks_at_once_one_counts() {
    let shop = Shop::new().await;
    let _ = shop.register(EMAIL).await.expect(202);
    shop.events().await;
    let body = json!({ "token": shop.mailed_token().await });
    let answers =
        futures::future::join_all((0..5).map(|_| shop.post("/auth/email/verify", body.clone()))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 204).count(), 1);
    assert_eq!(shop.event_types().await, ["user.verified"]);
}

#[tokio::test]
async fn a_verification_token_expires_after_a_day() {
    let shop = Shop::new().await;
    for (seconds, status) in [(24 * 3600 - 1, 204), (24 * 3600, 400)] {
        let _ = shop.register(&format!("user{seconds}@example.com")).await.expect(202);
        let token = shop.mailed_token().await;
        shop.clock.advance(seconds);
        let _ = shop.post("/auth/email/verify", json!({ "token": token })).await.expect(status);
    }
}

#[tokio::test]
async fn a_new_link_voids_the_old_one_and_the_answer_is_always_the_same() {
    let shop = Shop::new().await;
    let _ = shop.register(EMAIL).await.expect(202);
    let first = shop.mailed_token().await;
    let waiting = shop.post("/auth/email/resend", json!({ "email": EMAIL })).await;
    let second = shop.mailed_token().await;
    shop.post("/auth/email/verify", json!({ "token": first })).await.expect_problem(400, "invalid_token");
    let _ = shop.post("/auth/email/verify", json!({ "token": second })).await.expect(204);
    for email in [EMAIL, "nobody@example.com"] {
        let answer = shop.post("/auth/email/resend", json!({ "email": email })).await;
        assert_eq!((answer.status, answer.body), (waiting.status, waiting.body.clone()));
        assert!(shop.mails().await.is_empty(), "{email}");
    }
    let _ = waiting.expect(202);
}

#[tokio::test]
async fn a_stranger_who_registers_a_pending_address_changes_neither_its_password_nor_its_link() {
    let shop = Shop::new().await;
    let _ = shop.register(EMAIL).await.expect(202);
    let token = shop.mailed_token().await;
    let body = json!({ "email": EMAIL, "password": "another plain sentence" });
    let _ = shop.post("/auth/register", body).await.expect(202);
    let _ = shop.post("/auth/email/verify", json!({ "token": token })).await.expect(204);
    let _ = shop.login(EMAIL, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn tokens_and_passwords_lie_in_the_tables_as_hashes_only() {
    let shop = Shop::new().await;
    let _ = shop.register(EMAIL).await.expect(202);
    let token = shop.mailed_token().await;
    let rows = "SELECT (SELECT string_agg(users::text, ' ') FROM users) || (SELECT string_agg(encode(token_hash, 'escape'), ' ') FROM one_time_tokens)";
    let all: String = sqlx::query_scalar(rows).fetch_one(shop.database.pool()).await.unwrap();
    assert!(!all.contains(&token) && !all.contains(PASSWORD));
    assert!(all.contains("$argon2id$v=19$m=19456,t=2,p=1$"));
}
