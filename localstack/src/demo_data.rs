//! The demo catalogue: 200 products in a tree of categories, with pictures, made from word lists and always the same.

mod images;
mod lines;
mod products;
mod words;

use anyhow::{Context as _, Result};
use cartwright_contracts::Names;
use futures::{StreamExt as _, TryStreamExt as _, stream};

use crate::aws::Aws;
use crate::services::{Fleet, Service};

pub use lines::{catalogue_lines, shop_lines};
pub use products::{Picture, Product, products};

/// How many products there are.
pub const PRODUCTS: usize = 200;

/// Loads categories, products and stock into the product service, shipping, taxes and a promotion into the order service. Loading
/// again changes nothing.
///
/// # Errors
/// A loader refuses a line.
pub async fn load(fleet: &Fleet) -> Result<()> {
    let (catalogue, shop) = (catalogue_lines(&products()), shop_lines());
    futures::try_join!(
        fleet.run_role(Service::Product, "load-catalogue", &[], Some(catalogue)),
        fleet.run_role(Service::Order, "load-shop", &[], Some(shop)),
    )?;
    Ok(())
}

/// Draws the products' pictures and uploads those that the images bucket does not have yet. Returns how many.
///
/// # Errors
/// A picture cannot be drawn or uploaded.
pub async fn upload_images(aws: &Aws, names: &Names) -> Result<usize> {
    let bucket = names.of("images");
    let there = keys(aws, &bucket).await?;
    let missing: Vec<Product> =
        products().into_iter().filter(|product| !there.contains(&product.image_key())).collect();
    let count = missing.len();
    stream::iter(missing)
        .map(|product| upload(aws, &bucket, product))
        .buffer_unordered(8)
        .try_collect::<Vec<()>>()
        .await?;
    Ok(count)
}

async fn upload(aws: &Aws, bucket: &str, product: Product) -> Result<()> {
    let key = product.image_key();
    let bytes = tokio::task::spawn_blocking(move || images::draw(&product.picture)).await??;
    let request = aws.s3.put_object().bucket(bucket).key(&key).content_type("image/png");
    request.body(bytes.into()).send().await.with_context(|| format!("uploading {key}"))?;
    Ok(())
}

async fn keys(aws: &Aws, bucket: &str) -> Result<Vec<String>> {
    let request = aws.s3.list_objects_v2().bucket(bucket).prefix("products/");
    let mut pages = request.into_paginator().send();
    let mut keys = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.with_context(|| format!("listing {bucket}"))?;
        keys.extend(page.contents.unwrap_or_default().into_iter().filter_map(|object| object.key));
    }
    Ok(keys)
}
