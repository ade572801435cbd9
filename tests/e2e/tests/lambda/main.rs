//! The services' own binaries as Lambda functions, by the Runtime API stand-in: one set for all that follows, since making
//! its databases takes seconds. Between invocations every function is frozen.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod http;
mod queues;
mod world;

use world::World;

#[tokio::test(flavor = "multi_thread")]
async fn the_five_services_work_as_functions() {
    let world = World::start().await;

    http::every_service_answers_each_kind_of_event(&world).await;
    http::the_gateway_function_reaches_the_other_functions(&world).await;
    http::repeated_headers_and_parameters_arrive_as_often_as_they_were_sent(&world).await;
    http::what_is_encoded_in_a_query_stays_one_value(&world).await;
    http::a_body_that_is_base64_is_decoded(&world).await;
    http::an_event_stream_is_not_to_be_had(&world).await;
    http::a_malformed_event_fails_and_the_function_lives_on(&world).await;
    queues::only_the_bad_message_of_a_batch_stays_and_the_good_one_counts_once(&world).await;
    queues::messages_of_an_unknown_queue_all_stay(&world).await;
    queues::what_a_request_wrote_to_the_outbox_is_sent_before_its_answer(&world).await;
    queues::the_schedule_sends_what_lies_in_the_outbox(&world).await;
    let shopper = queues::a_purchase_works_from_end_to_end(&world).await;
    http::an_invoice_comes_as_base64_and_text_does_not(&world, &shopper).await;

    world.stop().await;
}
