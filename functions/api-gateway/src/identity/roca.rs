//! RSA keys of a chip library whose primes can be found from the modulus (CVE-2017-15361, "Return of Coppersmith's
//! Attack").

/// The primes up to 167 for which the powers of 65537 are not all the residues there are.
const PRIMES: [u32; 17] = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];
/// What that library makes its primes from.
const GENERATOR: u32 = 65537;

/// Whether a modulus (big endian) is one of theirs: it is then a power of 65537 modulo each of the primes, which of others
/// one in 200 million is.
pub fn is_weak(modulus: &[u8]) -> bool {
    PRIMES.iter().all(|&prime| {
        let residue = modulus.iter().fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % prime);
        is_power(residue, prime)
    })
}

fn is_power(residue: u32, prime: u32) -> bool {
    let mut power = 1;
    loop {
        if power == residue {
            return true;
        }
        power = power * (GENERATOR % prime) % prime;
        if power == 1 {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_of_the_generator_is_weak_and_its_neighbour_is_not() {
        let weak = u128::from(GENERATOR).pow(7);
        assert!(is_weak(&weak.to_be_bytes()));
        assert!(!is_weak(&(weak + 2).to_be_bytes()));
        assert!(!is_weak(&[]) && !is_weak(&[0]));
    }
}
