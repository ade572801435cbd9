//! `GET /orders/{id}/events` as a stream.

use std::time::{Duration, Instant};

use cartwright_redis::Redis;
use cartwright_test_support::Answer;
use localstack::redis::Redis as Server;
use serde_json::{Value, json};

use crate::trade::{Trade, id};

/// `id`, `event` and `data` of each event; the stream has ended.
fn events(answer: &Answer) -> Vec<(String, String, Value)> {
    let text = String::from_utf8(answer.body.clone()).unwrap();
    let field = |block: &str, name: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_default().to_owned()
    };
    text.split("\n\n")
        .filter(|block| block.contains("event: "))
        .map(|block| {
            let data = serde_json::from_str(&field(block, "data")).unwrap();
            (field(block, "id"), field(block, "event"), data)
        })
        .collect()
}

fn names(events: &[(String, String, Value)]) -> Vec<&str> {
    events.iter().map(|(_, name, _)| name.as_str()).collect()
}

async fn follow(trade: &Trade, order: &Value, last: Option<&str>) -> Answer {
    let call = trade.shop.app.get(&format!("/orders/{}/events", id(order))).as_user(trade.ada);
    let call = call.header("accept", "text/event-stream");
    match last {
        Some(last) => call.header("last-event-id", last).send().await,
        None => call.send().await,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_happened_comes_first_then_what_happens_and_at_the_end_the_stream_does() {
    let trade = Trade::open().await;
    let order = trade.order("tok_success", &[("CUP", 1)]).await;
    let listeners = futures::future::join_all((0..50).map(|_| follow(&trade, &order, None)));
    let work = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        for status in ["processing", "shipped", "delivered"] {
            let _ = trade.set_status(&order, &json!({ "status": status })).await.expect(200);
            tokio::time::sleep(Duration::from_millis(600)).await;
        }
        Instant::now()
    };
    let (answers, done) = tokio::join!(listeners, work);
    assert!(done.elapsed() < Duration::from_millis(1500), "{:?}", done.elapsed());
    let history = trade.get(&format!("/orders/{}/events", id(&order))).await;
    for answer in answers {
        let heard = events(&answer);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("text/event-stream"));
        assert_eq!(answer.header("cache-control"), Some("private, no-store"));
        let data: Vec<&Value> = heard.iter().map(|(_, _, data)| data).collect();
        assert_eq!(data, history["data"].as_array().unwrap().iter().collect::<Vec<_>>());
        assert_eq!(
            names(&heard),
            [
                "order.placed",
                "order.paid",
                "order.status_changed",
                "order.status_changed",
                "order.status_changed"
            ]
        );
        assert!(heard.iter().all(|(id, name, data)| data["id"] == json!(id) && data["type"] == json!(name)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_comes_again_hears_what_was_missed_and_after_the_end_nothing() {
    let trade = Trade::open().await;
    let order = trade.order("tok_success", &[("CUP", 1)]).await;
    let _ = trade.cancel(&order).await.expect(200);
    let all = events(&follow(&trade, &order, None).await);
    assert_eq!(names(&all)[..3], ["order.placed", "order.paid", "order.cancelled"]);
    let later = events(&follow(&trade, &order, Some(&all[0].0)).await);
    assert_eq!(later, all[1..]);
    let over = follow(&trade, &order, Some(&all.last().unwrap().0)).await;
    assert_eq!((over.status.as_u16(), over.body.len()), (204, 0));
    // An id from elsewhere is no place in this stream.
    for foreign in [trade.ada.to_string(), "7".to_owned()] {
        assert_eq!(events(&follow(&trade, &order, Some(&foreign)).await), all);
    }
}

#[tokio::test]
async fn a_stream_is_for_those_who_may_read_the_order() {
    let trade = Trade::open().await;
    let order = trade.order("tok_success", &[("CUP", 1)]).await;
    let path = format!("/orders/{}/events", id(&order));
    let get = || trade.shop.app.get(&path).header("accept", "text/event-stream");
    get().send().await.expect_problem(404, "not_found");
    get().as_user(trade.shop.person()).send().await.expect_problem(404, "not_found");
}

/// Waits until the shop hears its channel.
async fn until_heard(server: &Server) {
    let count = "EVAL \"return redis.call('PUBSUB', 'NUMSUB', 'cartwright-test-orders')[2]\" 0";
    let started = Instant::now();
    while server.tell(count).await.unwrap() != ":1" {
        assert!(started.elapsed() < Duration::from_secs(10), "nobody listens");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn with_redis_what_happens_is_told_at_once_and_nobody_has_to_look() {
    let Some(mut server) = Server::for_a_test().await.unwrap() else { return };
    // Who looks, looks once an hour.
    let trade = Trade::live(Redis::new(&server.url().parse().unwrap(), "cartwright-test-")).await;
    until_heard(&server).await;
    let (order, other) =
        (trade.order("tok_success", &[("CUP", 1)]).await, trade.order("tok_success", &[("CUP", 1)]).await);
    let work = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        // What is said is not believed, whatever it is.
        for nonsense in ["x".to_owned(), id(&order).to_string(), trade.ada.to_string()] {
            server.tell(&format!("PUBLISH cartwright-test-orders {nonsense}")).await.unwrap();
        }
        let _ = trade.set_status(&other, &json!({ "status": "processing" })).await.expect(200);
        for status in ["processing", "shipped"] {
            let _ = trade.set_status(&order, &json!({ "status": status })).await.expect(200);
        }
        // Away, and back: what happens meanwhile fails nothing, and is told when listening begins again.
        server.kill();
        let _ = trade.set_status(&order, &json!({ "status": "delivered" })).await.expect(200);
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.restart().await.unwrap();
        Instant::now()
    };
    let (answer, back) = tokio::join!(follow(&trade, &order, None), work);
    // The listener comes back within twice its longest pause, but for the connecting.
    assert!(back.elapsed() < Duration::from_secs(10), "{:?}", back.elapsed());
    let heard = events(&answer);
    let expected = [
        "order.placed",
        "order.paid",
        "order.status_changed",
        "order.status_changed",
        "order.status_changed",
    ];
    assert_eq!(names(&heard), expected);

    let order = trade.order("tok_success", &[("CUP", 1)]).await;
    until_heard(&server).await;
    let work = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let _ = trade.cancel(&order).await.expect(200);
        Instant::now()
    };
    let (answer, cancelled) = tokio::join!(follow(&trade, &order, None), work);
    println!("told {:?} after the cancellation was answered", cancelled.elapsed());
    assert!(cancelled.elapsed() < Duration::from_millis(300), "{:?}", cancelled.elapsed());
    assert_eq!(names(&events(&answer))[2], "order.cancelled");
}
