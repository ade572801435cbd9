//! Password hashing in a bounded pool: Argon2id costs 19 MiB and a core for tens of milliseconds, and must not take
//! the whole machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use cartwright_types::random;
use thiserror::Error;
use tokio::sync::Semaphore;

use crate::domain::password::Password;

/// OWASP Password Storage Cheat Sheet, Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Hashes that may wait for each core.
const WAITING_PER_CORE: usize = 32;

/// So many hashes wait already that this one would take seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("too many passwords wait to be hashed")]
pub struct Busy;

/// Hashes and verifies passwords, as many at once as there are cores.
#[derive(Clone)]
pub struct Hasher(Arc<Pool>);

struct Pool {
    argon2: Argon2<'static>,
    /// Of a password nobody knows: what an unknown address is verified against, so that it costs the same.
    dummy: String,
    cores: Arc<Semaphore>,
    places: Arc<Semaphore>,
    computed: AtomicU64,
}

/// A hash that no password is known to have: its parts are random, since computing one would take most of the start.
fn dummy() -> String {
    let part = |bytes: &[u8]| STANDARD_NO_PAD.encode(bytes);
    let (salt, output) = (part(&random::bytes::<16>()), part(&random::bytes::<32>()));
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${output}")
}

impl Hasher {
    /// A pool for this machine.
    ///
    /// # Panics
    /// Never: the parameters are within Argon2's bounds.
    #[must_use]
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self::with_bounds(cores, cores * WAITING_PER_CORE)
    }

    fn with_bounds(cores: usize, waiting: usize) -> Self {
        let params =
            Params::new(MEMORY_KIB, PASSES, LANES, None).expect("OWASP's parameters are within the bounds");
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        Self(Arc::new(Pool {
            dummy: dummy(),
            argon2,
            cores: Arc::new(Semaphore::new(cores)),
            places: Arc::new(Semaphore::new(cores + waiting)),
            computed: AtomicU64::new(0),
        }))
    }

    /// The PHC string of `password`.
    ///
    /// # Errors
    /// [`Busy`].
    pub async fn hash(&self, password: &Password) -> Result<String, Busy> {
        let password = password.clone();
        self.run(move |pool| hash(&pool.argon2, password.as_bytes())).await
    }

    /// Whether `password` is the one that was hashed. Without a hash the answer is no, after the same work.
    ///
    /// # Errors
    /// [`Busy`].
    pub async fn verify(&self, password: &Password, hash: Option<&str>) -> Result<bool, Busy> {
        let (password, hash) = (password.clone(), hash.map(str::to_owned));
        self.run(move |pool| {
            let stored = PasswordHash::new(hash.as_deref().unwrap_or(&pool.dummy));
            let fits =
                stored.is_ok_and(|stored| pool.argon2.verify_password(password.as_bytes(), &stored).is_ok());
            fits && hash.is_some()
        })
        .await
    }

    /// How many Argon2id computations this pool has done, hashes and verifications.
    #[must_use]
    pub fn computed(&self) -> u64 {
        self.0.computed.load(Ordering::Relaxed)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Pool) -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let place = Arc::clone(&self.0.places).try_acquire_owned().map_err(|_| Busy)?;
        let core = Arc::clone(&self.0.cores).acquire_owned().await.map_err(|_| Busy)?;
        let pool = Arc::clone(&self.0);
        // The permits go along: when the client hangs up the work still runs, and still counts.
        let done = tokio::task::spawn_blocking(move || {
            let _held = (place, core);
            pool.computed.fetch_add(1, Ordering::Relaxed);
            work(&pool)
        });
        // The task ends early only when the runtime does.
        done.await.map_err(|_| Busy)
    }
}

impl Default for Hasher {
    fn default() -> Self {
        Self::new()
    }
}

fn hash(argon2: &Argon2<'_>, password: &[u8]) -> String {
    let salt = random::bytes::<16>();
    let hash: PasswordHash = argon2
        .hash_password_with_salt(password, &salt)
        .expect("16 bytes are a salt and any password can be hashed");
    hash.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::from_login(text).unwrap()
    }

    #[tokio::test]
    async fn a_hash_has_the_parameters_of_owasp_and_fits_its_password_only() {
        let hasher = Hasher::with_bounds(2, 2);
        let hash = hasher.hash(&password("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_eq!(hasher.verify(&password("correct horse"), Some(&hash)).await, Ok(true));
        assert_eq!(hasher.verify(&password("correct hors"), Some(&hash)).await, Ok(false));
        assert_eq!(hasher.verify(&password("correct horse"), None).await, Ok(false));
        assert_eq!(hasher.computed(), 4);
    }

    #[tokio::test]
    async fn beyond_the_bound_a_hash_is_refused_at_once() {
        let hasher = Hasher::with_bounds(1, 1);
        let word = password("correct horse");
        let (first, second, third) = tokio::join!(hasher.hash(&word), hasher.hash(&word), hasher.hash(&word));
        assert!(first.is_ok() && second.is_ok());
        assert_eq!(third, Err(Busy));
    }
}
