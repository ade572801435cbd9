//! A line into the tables.

use cartwright_types::{CategoryId, Clock, ImageId, ProductId, VariantId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Problem;
use super::line::{CategoryLine, Line, ProductLine};
use crate::db::catalogue::{self, CategoryRow, ImageRow, ProductRow, VariantRow};
use crate::db::stock;

/// In the ledger.
const ACTOR: &str = "system";

pub async fn line(conn: &mut PgConnection, clock: &dyn Clock, line: &Line) -> Result<(), Problem> {
    match line {
        Line::Category(line) => category(conn, clock, line).await,
        Line::Product(line) => product(conn, clock, line).await,
    }
}

async fn category(conn: &mut PgConnection, clock: &dyn Clock, line: &CategoryLine) -> Result<(), Problem> {
    let parent = match &line.parent_slug {
        Some(slug) => Some(find_category(conn, slug).await?),
        None => None,
    };
    let path = match &parent {
        Some((_, path)) if path.split('/').any(|slug| slug == line.slug) => {
            return Err(Problem::Rule("a category cannot descend from itself".to_owned()));
        }
        Some((_, path)) => format!("{path}/{}", line.slug),
        None => line.slug.clone(),
    };
    let row = CategoryRow {
        id: CategoryId::new(clock).uuid(),
        slug: &line.slug,
        name: &line.name,
        parent_id: parent.map(|(id, _)| id),
        path: &path,
        position: line.position,
    };
    Ok(catalogue::put_category(conn, &row, clock.now()).await?)
}

async fn find_category(conn: &mut PgConnection, slug: &str) -> Result<(Uuid, String), Problem> {
    let found = catalogue::category(conn, slug).await?;
    found.ok_or_else(|| Problem::Rule(format!("there is no category {slug:?} (yet)")))
}

async fn product(conn: &mut PgConnection, clock: &dyn Clock, line: &ProductLine) -> Result<(), Problem> {
    let now = clock.now();
    let row = ProductRow {
        id: ProductId::new(clock).uuid(),
        slug: &line.slug,
        name: &line.name,
        description: &line.description,
        status: line.status.as_str(),
        tax_class: &line.tax_class,
        price: line.price.amount,
        compare_at_price: line.compare_at_price.map(|price| price.amount),
        currency: line.price.currency.code(),
        attributes: &line.attributes,
    };
    let put = catalogue::put_product(conn, &row, now).await?;
    let mut changed = put.updated;
    changed |= categories(conn, put.id, line).await?;
    changed |= images(conn, clock, put.id, line).await?;
    changed |= variants(conn, clock, put.id, line).await?;
    if changed && !put.inserted {
        catalogue::touch_product(conn, put.id, now).await?;
    }
    let (skus, on_hand): (Vec<_>, Vec<_>) = line.variants.iter().map(|v| (v.sku.clone(), v.on_hand)).unzip();
    Ok(stock::begin(conn, &skus, &on_hand, ACTOR, now).await?)
}

async fn categories(conn: &mut PgConnection, product: Uuid, line: &ProductLine) -> Result<bool, Problem> {
    let mut ids = Vec::with_capacity(line.category_slugs.len());
    for slug in &line.category_slugs {
        ids.push(find_category(conn, slug).await?.0);
    }
    Ok(catalogue::put_product_categories(conn, product, &ids).await?)
}

async fn images(
    conn: &mut PgConnection,
    clock: &dyn Clock,
    product: Uuid,
    line: &ProductLine,
) -> Result<bool, Problem> {
    let rows: Vec<ImageRow<'_>> = (0..)
        .zip(&line.images)
        .map(|(position, image)| ImageRow {
            id: ImageId::new(clock).uuid(),
            key: &image.key,
            alt: &image.alt,
            width: image.width,
            height: image.height,
            content_type: &image.content_type,
            position,
        })
        .collect();
    Ok(catalogue::put_images(conn, product, &rows).await?)
}

async fn variants(
    conn: &mut PgConnection,
    clock: &dyn Clock,
    product: Uuid,
    line: &ProductLine,
) -> Result<bool, Problem> {
    let mut changed = false;
    for (position, variant) in (0..).zip(&line.variants) {
        let row = VariantRow {
            id: VariantId::new(clock).uuid(),
            sku: &variant.sku,
            name: &variant.name,
            attributes: &variant.attributes,
            price: variant.price.map(|price| price.amount),
            barcode: variant.barcode.as_deref(),
            weight_grams: variant.weight_grams,
            position,
        };
        let put = catalogue::put_variant(conn, product, &row).await?;
        changed |=
            put.ok_or_else(|| Problem::Rule(format!("sku {} belongs to another product", variant.sku)))?;
    }
    Ok(changed)
}
