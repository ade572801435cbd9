//! Password hashing in a bounded pool: Argon2id costs 19 MiB and a core for tens of milliseconds, and must not take
//! the whole machine.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::{Output, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
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
    /// The memory of hashes that are done, for the next ones: fresh pages would cost a tenth of the time.
    memory: Mutex<Vec<Vec<Block>>>,
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
            memory: Mutex::default(),
        }))
    }

    /// The PHC string of `password`.
    ///
    /// # Errors
    /// [`Busy`].
    pub async fn hash(&self, password: &Password) -> Result<String, Busy> {
        let password = password.clone();
        self.run(move |pool| pool.hash(password.as_bytes())).await
    }

    /// Whether `password` is that of `hash`; None is a password nobody has, and takes as long to find out.
    ///
    /// # Errors
    /// [`Busy`].
    pub async fn verify(&self, password: &Password, hash: Option<&str>) -> Result<bool, Busy> {
        let (password, hash) = (password.clone(), hash.map(str::to_owned));
        self.run(move |pool| {
            let fits = pool.verify(password.as_bytes(), hash.as_deref().unwrap_or(&pool.dummy));
            fits && hash.is_some()
        })
        .await
    }

    /// Whether `hash` was made with other parameters than hashes are made with now.
    #[must_use]
    pub fn is_outdated(hash: &str) -> bool {
        let Ok(stored) = PasswordHash::new(hash) else { return true };
        let parameters =
            Params::try_from(&stored).map(|params| (params.m_cost(), params.t_cost(), params.p_cost()));
        stored.algorithm != ARGON2ID_IDENT || parameters != Ok((MEMORY_KIB, PASSES, LANES))
    }

    /// Gives back the memory that is kept for the next hashes.
    pub fn release_memory(&self) {
        self.0.memory.lock().unwrap_or_else(PoisonError::into_inner).clear();
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

impl Pool {
    fn hash(&self, password: &[u8]) -> String {
        let (salt, mut output) = (random::bytes::<16>(), [0; 32]);
        self.compute(&self.argon2, password, &salt, &mut output)
            .expect("salt, output and password are within Argon2's bounds");
        let hash = PasswordHash {
            algorithm: ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: self.argon2.params().try_into().expect("the parameters are within the bounds"),
            salt: Some(Salt::new(&salt).expect("16 bytes are a salt")),
            hash: Some(Output::new(&output).expect("32 bytes are an output")),
        };
        hash.to_string()
    }

    /// With the parameters that the hash was made with. What is no Argon2id hash fits no password.
    fn verify(&self, password: &[u8], stored: &str) -> bool {
        let Ok(stored) = PasswordHash::new(stored) else { return false };
        let (Some(salt), Some(expected), Ok(params)) =
            (&stored.salt, &stored.hash, Params::try_from(&stored))
        else {
            return false;
        };
        if stored.algorithm != ARGON2ID_IDENT
            || stored.version.is_some_and(|version| version != Version::V0x13 as u32)
        {
            return false;
        }
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut output = vec![0; expected.len()];
        self.compute(&argon2, password, salt.as_ref(), &mut output).is_ok()
            && verify_slices_are_equal(&output, expected.as_ref()).is_ok()
    }

    fn compute(
        &self,
        argon2: &Argon2<'_>,
        password: &[u8],
        salt: &[u8],
        output: &mut [u8],
    ) -> Result<(), argon2::Error> {
        self.computed.fetch_add(1, Ordering::Relaxed);
        let kept = self.memory.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut memory = kept.unwrap_or_default();
        // Parameters of another day need another size.
        memory.resize(argon2.params().block_count(), Block::default());
        let computed = argon2.hash_password_into_with_memory(password, salt, output, &mut memory);
        if memory.len() == self.argon2.params().block_count() {
            self.memory.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
        }
        computed
    }
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
    async fn hashes_of_other_parameters_are_verified_with_theirs_and_known_to_be_outdated() {
        // Of the reference implementation: argon2 somesalt -id -t 2 -k 256 -l 32, for "password".
        let other = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        let hasher = Hasher::with_bounds(1, 1);
        assert_eq!(hasher.verify(&password("password"), Some(other)).await, Ok(true));
        assert_eq!(hasher.verify(&password("passwore"), Some(other)).await, Ok(false));
        assert!(Hasher::is_outdated(other));
        let fresh = hasher.hash(&password("password")).await.unwrap();
        assert!(!Hasher::is_outdated(&fresh));
        assert_eq!(hasher.verify(&password("password"), Some(&fresh)).await, Ok(true));
        for broken in [
            "",
            "$argon2id$",
            "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        ] {
            assert_eq!(hasher.verify(&password("password"), Some(broken)).await, Ok(false), "{broken}");
            assert!(Hasher::is_outdated(broken), "{broken}");
        }
    }

    #[tokio::test]
    async fn memory_is_kept_for_the_next_hash_and_no_longer_than_wanted() {
        let hasher = Hasher::with_bounds(2, 2);
        let word = password("correct horse");
        let kept = || hasher.0.memory.lock().unwrap().len();
        let (first, second) = tokio::join!(hasher.hash(&word), hasher.hash(&word));
        assert_ne!(first.unwrap(), second.unwrap());
        assert!((1..=2).contains(&kept()));
        hasher.release_memory();
        assert_eq!(kept(), 0);
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
