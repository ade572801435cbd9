//! Reading accounts.

use cartwright_types::{Role, SystemClock, UserId};
use serde_json::json;

use crate::support::{EMAIL, Shop, subject};

#[tokio::test]
async fn a_user_sees_themselves_by_id_and_as_me_with_the_same_etag() {
    let shop = Shop::new().await;
    shop.member(EMAIL).await;
    let signed_in = shop.signed_in().await;
    let me = shop.app.get("/users/me").as_subject(subject(&signed_in)).send().await;
    let etag = me.header("etag").unwrap().to_owned();
    assert_eq!(me.header("cache-control"), Some("private, no-store"));
    let user = me.expect(200);
    assert_eq!(user, signed_in["user"]);
    assert_eq!(
        (&user["email"], &user["role"], &user["status"]),
        (&json!(EMAIL), &json!("customer"), &json!("active"))
    );
    assert!(user["created_at"].as_str().unwrap().ends_with('Z'));
    assert!(!user.to_string().contains("argon2"));

    let path = format!("/users/{}/", user["id"].as_str().unwrap());
    let by_id = shop.app.get(&path).as_subject(subject(&signed_in)).send().await;
    assert_eq!((by_id.expect(200), by_id.header("etag")), (user, Some(etag.as_str())));
    let call = shop.app.get(&path).as_subject(subject(&signed_in)).header("if-none-match", &etag);
    assert!(call.send().await.expect(304).is_null());
}

#[tokio::test]
async fn a_strangers_account_is_not_there_but_for_staff() {
    let shop = Shop::new().await;
    shop.member(EMAIL).await;
    let id = shop.signed_in().await["user"]["id"].as_str().unwrap().to_owned();
    let (path, stranger) = (format!("/users/{id}"), UserId::new(&SystemClock));
    shop.app.get(&path).as_user(stranger).send().await.expect_problem(404, "not_found");
    for role in [Role::Staff, Role::Admin] {
        let _ = shop.app.get(&path).as_role(stranger, role).send().await.expect(200);
        let nobody = format!("/users/{}", UserId::new(&SystemClock));
        shop.app.get(&nobody).as_role(stranger, role).send().await.expect_problem(404, "not_found");
    }
    shop.app.get("/users/no-id").as_user(stranger).send().await.expect_problem(404, "not_found");
    shop.app.get(&path).send().await.expect_problem(401, "unauthenticated");
    shop.app.get(&path).as_service("order", "contact").send().await.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn only_a_service_with_the_scope_reads_a_contact() {
    let shop = Shop::new().await;
    let body = json!({
        "email": EMAIL, "password": "a plain sentence of mine", "full_name": "Ada", "phone": "+4930123456", "locale": "de-AT",
    });
    let _ = shop.post("/auth/register", body).await.expect(202);
    let id = shop.mails().await[0].user_id;
    let path = format!("/internal/users/{id}/contact");
    let contact = shop.app.get(&path).as_service("notification", "contact").send().await.expect(200);
    let expected = json!({
        "user_id": id, "email": EMAIL, "pending_email": null, "email_verified": false, "full_name": "Ada", "phone": "+4930123456", "locale": "de-AT",
        "marketing_opt_in": false,
    });
    assert_eq!(contact, expected);
    shop.app.get(&path).as_service("notification", "quotes").send().await.expect_problem(403, "forbidden");
    shop.app.get(&path).as_role(id, Role::Admin).send().await.expect_problem(403, "forbidden");
    shop.app.get(&path).send().await.expect_problem(403, "forbidden");
    shop.app.get(&path).without_identity().send().await.expect_problem(401, "unauthenticated");
    let nobody = format!("/internal/users/{}/contact", UserId::new(&SystemClock));
    shop.app.get(&nobody).as_service("order", "contact").send().await.expect_problem(404, "not_found");
}
