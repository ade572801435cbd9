//! What staff and services ask to be sent: now, later, again; and what they take back.

use cartwright_runtime::transport::TransportError;
use cartwright_types::{NotificationId, SharedClock, new_uuid};
use futures::stream::{self, StreamExt as _};
use thiserror::Error;

use crate::clients::Queues;
use crate::db::{Contents, Due, Kept, Notifications, Once, StoreError};
use crate::domain::{Asked, Kind, Notification, Status};

/// Rows told to their queues at once.
const AT_ONCE: usize = 16;

/// Everything that asking needs; built once.
#[derive(Clone)]
pub struct Asking {
    /// The rows.
    pub notifications: Notifications,
    /// What they say.
    pub contents: Contents,
    /// Where workers hear of them.
    pub queues: Queues,
    /// The time.
    pub clock: SharedClock,
}

/// How a wish to have something sent again ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resent {
    /// It is kept, or was before, by the same request.
    As(Kept),
    /// It is on its way as it is.
    NotSettled,
    /// What it said is not known any more, or must not be.
    Forgotten,
}

/// Why what was due is not in its queue.
#[derive(Debug, Error)]
pub enum DueError {
    /// The rows could not be read or written.
    #[error("what is due could not be read")]
    Store(#[from] StoreError),
    /// A queue did not take a message.
    #[error("a queue could not be told what is due")]
    Queue(#[from] TransportError),
}

impl Asking {
    /// Keeps a notification, and tells its queue when it is to be sent now.
    ///
    /// # Errors
    /// The rows could not be written: nothing is kept.
    pub async fn ask(&self, asked: Asked, once: Option<&Once>) -> Result<Kept, StoreError> {
        let now = self.clock.now();
        let is_due = asked.send_at.is_none_or(|at| at <= now);
        let kind = asked.notice.kind;
        let kept = self.notifications.ask(&self.contents, asked, once, now).await?;
        // It is kept, so it will be sent: what fails here the sweep does.
        if let Kept::Fresh(id) = kept
            && is_due
            && let Err(error) = self.tell(id, kind).await
        {
            let error = cartwright_runtime::chain(&error);
            tracing::warn!(notification_id = %id, error, "a queue was not told; the sweep will");
        }
        Ok(kept)
    }

    /// Keeps a notification that says what `row` said, to the same recipient.
    ///
    /// # Errors
    /// The rows could not be read or written.
    pub async fn resend(&self, row: &Notification, once: Option<&Once>) -> Result<Resent, StoreError> {
        if !row.status.is_final() {
            return Ok(Resent::NotSettled);
        }
        let Some(mut notice) = self.contents.find(row.id).await? else { return Ok(Resent::Forgotten) };
        let id = new_uuid(self.clock.as_ref());
        notice.id = NotificationId(id);
        notice.event_id = id;
        notice.resend_of = Some(row.id);
        let kept = self.ask(Asked { notice, send_at: None }, once).await?;
        // Or its dead letter, brought back, would say it once more.
        if row.status == Status::Failed && kept != Kept::Reused {
            self.notifications.cancel(row.id, "resent", self.clock.now()).await?;
        }
        Ok(Resent::As(kept))
    }

    /// Takes a notification back. True: it is cancelled, by now or before.
    ///
    /// # Errors
    /// The rows could not be read or written.
    pub async fn cancel(&self, row: &Notification) -> Result<bool, StoreError> {
        Ok(row.status == Status::Cancelled
            || self.notifications.cancel(row.id, "by_staff", self.clock.now()).await?)
    }

    /// Tells the queues what has become due. Many may do so at once; what one has taken others leave alone.
    ///
    /// # Errors
    /// See [`DueError`]; the rest is due still.
    pub async fn sweep(&self) -> Result<(), DueError> {
        for shard in Notifications::shards() {
            loop {
                let now = self.clock.now();
                let due = self.notifications.due(&shard, now).await?;
                let mut telling = stream::iter(due)
                    .map(|due| async move { self.take_and_tell(&due).await })
                    .buffer_unordered(AT_ONCE);
                let mut told = 0;
                while let Some(outcome) = telling.next().await {
                    told += usize::from(outcome?);
                }
                // Nothing but what others have taken: the index will know soon.
                if told == 0 {
                    break;
                }
            }
        }
        Ok(())
    }

    async fn take_and_tell(&self, due: &Due) -> Result<bool, DueError> {
        if !self.notifications.take_due(due, self.clock.now()).await? {
            return Ok(false);
        }
        self.tell(due.id, due.kind).await?;
        Ok(true)
    }

    async fn tell(&self, id: NotificationId, kind: Kind) -> Result<(), DueError> {
        self.queues.send(id, kind).await?;
        Ok(self.notifications.told(id).await?)
    }
}
