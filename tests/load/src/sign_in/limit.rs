//! What the machine can do: the bare Argon2id, on all cores at once.

use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use argon2::{Algorithm, Argon2, Block, Params, Version};

/// OWASP's parameters, as the user service has them: 19 MiB, two passes, one lane.
const PARAMETERS: (u32, u32, u32) = (19_456, 2, 1);

/// Hashes a second, of all cores together, each with memory that it keeps.
///
/// # Errors
/// The parameters are refused, or a thread dies.
pub async fn hashes_per_second(time: Duration) -> Result<f64> {
    let cores = available_parallelism().map_or(1, usize::from);
    let threads: Vec<_> = (0..cores).map(|_| tokio::task::spawn_blocking(move || one_core(time))).collect();
    let mut rate = 0.0;
    for thread in threads {
        rate += thread.await??;
    }
    Ok(rate)
}

fn one_core(time: Duration) -> Result<f64> {
    let (memory, passes, lanes) = PARAMETERS;
    let params = Params::new(memory, passes, lanes, None).map_err(|error| anyhow!("{error}"))?;
    let mut blocks = vec![Block::default(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut hash = [0; 32];
    let mut hashed = 0_u32;
    let started = Instant::now();
    while started.elapsed() < time {
        argon2
            .hash_password_into_with_memory(
                b"a quiet wagon by the river",
                b"sixteen bytes ok",
                &mut hash,
                &mut blocks,
            )
            .map_err(|error| anyhow!("{error}"))?;
        hashed += 1;
    }
    Ok(f64::from(hashed) / started.elapsed().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_bare_hash_is_measured_on_every_core() {
        assert!(hashes_per_second(Duration::from_millis(50)).await.unwrap() > 1.0);
    }
}
