//! The short form of `make schemathesis`.

use contract::fuzz::{Bounds, fuzz};
use localstack::paths::Checkout;
use localstack::tools::{schemathesis, unless_missing};
use localstack::{Options, Stack};

#[tokio::test(flavor = "multi_thread")]
async fn no_request_made_from_the_document_gets_a_5xx_or_an_undocumented_answer() {
    let checkout = Checkout::find().unwrap();
    let Some(program) = unless_missing(schemathesis(&checkout).await).unwrap() else { return };
    let stack = Stack::start(Options::from_env().unwrap()).await.unwrap();
    let bounds = Bounds { seed: 1, examples: 3, time: None, arguments: Vec::new() };
    fuzz(&checkout, &program, &stack, &bounds).await.unwrap();
    stack.stop().await.unwrap();
}
