//! Pictures, on the emulator's S3.

mod album;
mod files;
mod uploads;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use cartwright_contracts::Envelope;
use cartwright_messaging::{HandlerError, Message, MessageHandler as _};
use cartwright_test_support::{Answer, Call, TestAws};
use cartwright_types::{Role, UserId};
use chrono::TimeDelta;
use product::clients::pictures::Pictures;
use product::consumers::image_uploads::ImageUploads;
use product::imaging::Renderer;
use product::read_cache::ReadCache;
use product::usecases::images::{Reception, remove_unused};
use serde_json::{Value, json};

use crate::support::{Shop, product};

/// A shop with one product, whose pictures lie in buckets of its own.
pub struct Studio {
    pub shop: Shop,
    pub s3: Client,
    pub reception: Reception,
    /// The product's path.
    pub path: String,
    aws: TestAws,
    staff: UserId,
}

impl Studio {
    pub async fn open() -> Self {
        let aws = TestAws::new().await;
        let config = aws_sdk_s3::config::Builder::from(&aws.sdk).force_path_style(true).build();
        let s3 = Client::from_conf(config);
        let [uploads, images] = ["uploads", "images"].map(|bucket| format!("{}{bucket}", aws.prefix));
        for bucket in [&uploads, &images] {
            s3.create_bucket().bucket(bucket).send().await.unwrap();
        }
        let pictures = Pictures::new(&aws.sdk, &uploads, &images);
        let shop = Shop::open().await.with_pictures(pictures.clone());
        shop.load(&[product("tent", "Tent", 1000)]).await.unwrap();
        let tent = shop.get("/products/tent").await.expect(200);
        let reception = Reception {
            database: shop.db.database(),
            clock: shop.clock.clone(),
            pictures,
            renderer: Renderer::default(),
            reads: ReadCache::new(shop.clock.clone(), TimeDelta::zero()),
        };
        let path = format!("/products/{}", tent["id"].as_str().unwrap());
        let staff = UserId::new(shop.clock.as_ref());
        Self { shop, s3, reception, path, aws, staff }
    }

    pub fn as_staff(&self, call: Call) -> Call {
        call.as_role(self.staff, Role::Staff)
    }

    pub fn as_customer(&self, call: Call) -> Call {
        call.as_role(self.staff, Role::Customer)
    }

    /// The product as staff see it: at once.
    pub async fn tent(&self) -> Answer {
        self.as_staff(self.shop.app.get(&self.path)).send().await
    }

    /// The pictures as staff see them.
    pub async fn album(&self) -> Vec<Value> {
        let call = self.shop.app.get(&format!("{}/images", self.path));
        let page = self.as_staff(call).send().await.expect(200);
        page["data"].as_array().unwrap().clone()
    }

    /// A place for a picture of so many bytes.
    pub async fn promise(&self, content_type: &str, length: usize) -> Value {
        let call = self.shop.app.post(&format!("{}/images", self.path)).json(&json!({
            "filename": "a.png", "content_type": content_type, "content_length": length, "alt": "A tent"
        }));
        self.as_staff(call).send().await.expect(201)
    }

    /// Uploads to a place, as a browser would.
    pub async fn put(&self, place: &Value, bytes: &[u8], content_type: &str) -> u16 {
        let request = reqwest::Client::new().put(place["upload"]["url"].as_str().unwrap());
        let answer = request.header("content-type", content_type).body(bytes.to_vec()).send().await;
        answer.unwrap().status().as_u16()
    }

    /// A picture with those bytes, uploaded and told of; its id.
    pub async fn uploaded(&self, bytes: &[u8]) -> String {
        let place = self.promise("image/png", bytes.len()).await;
        assert_eq!(self.put(&place, bytes, "image/png").await, 200);
        let id = place["id"].as_str().unwrap().to_owned();
        self.tell(&id).await.unwrap();
        id
    }

    /// What S3 says when an upload is there.
    pub async fn tell(&self, id: &str) -> Result<(), HandlerError> {
        let bucket = self.bucket("uploads");
        let event = json!({ "Records": [{
            "eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
            "s3": { "bucket": { "name": bucket }, "object": { "key": format!("images/{id}"), "size": 1 } }
        }] });
        self.deliver(&event).await
    }

    pub async fn deliver(&self, body: &Value) -> Result<(), HandlerError> {
        let message = Message {
            id: "1".to_owned(),
            body: body.to_string(),
            attributes: [].into(),
            receive_count: 1,
            age: None,
        };
        ImageUploads::new(self.reception.clone()).handle(&message).await
    }

    /// A round of the worker's sweep.
    pub async fn sweep(&self) {
        let Reception { database, clock, pictures, .. } = &self.reception;
        remove_unused(database, clock.as_ref(), pictures).await.unwrap();
    }

    pub fn bucket(&self, logical: &str) -> String {
        format!("{}{logical}", self.aws.prefix)
    }

    /// The keys in a bucket.
    pub async fn keys(&self, bucket: &str) -> Vec<String> {
        let answer = self.s3.list_objects_v2().bucket(self.bucket(bucket)).send().await.unwrap();
        answer.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
    }

    /// Puts bytes where an upload would be, whatever was signed.
    pub async fn smuggle(&self, id: &str, bytes: Vec<u8>) {
        let request = self.s3.put_object().bucket(self.bucket("uploads")).key(format!("images/{id}"));
        request.body(ByteStream::from(bytes)).send().await.unwrap();
    }

    /// `status` and `rejection` of a picture; None when its row is gone.
    pub async fn row(&self, id: &str) -> Option<(String, Option<String>)> {
        sqlx::query_as("SELECT status, rejection FROM product_images WHERE id = $1::uuid")
            .bind(id)
            .fetch_optional(self.shop.db.pool())
            .await
            .unwrap()
    }

    /// Takes the events out of the outbox, oldest first.
    pub async fn events(&self) -> Vec<Envelope> {
        let statement = "WITH taken AS (DELETE FROM outbox RETURNING body, created_at)
                         SELECT body FROM taken ORDER BY created_at";
        let bodies: Vec<String> = sqlx::query_scalar(statement).fetch_all(self.shop.db.pool()).await.unwrap();
        bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect()
    }
}
