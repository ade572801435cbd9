//! A name server of a few lines, which stands for the one of a VPC: a service's own name leads to an address, and nothing
//! else exists.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use cartwright_types::random;
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// Type A: an IPv4 address.
const ADDRESS: [u8; 2] = [0, 1];
/// The length of the header, which comes before the question.
const HEADER: usize = 12;

/// A running name server. It ends when it is dropped.
#[derive(Debug)]
pub struct Dns {
    address: Ipv4Addr,
    asked: Arc<Mutex<BTreeSet<String>>>,
    server: JoinHandle<()>,
}

impl Dns {
    /// Starts it on port 53 (a resolver knows no other) of a loopback address that nobody else has.
    ///
    /// # Errors
    /// Without root's rights.
    pub async fn start(names: BTreeMap<String, Ipv4Addr>) -> Result<Self> {
        let [second, third, fourth] = random::bytes();
        let address = Ipv4Addr::new(127, second | 1, third, fourth | 1);
        let socket = UdpSocket::bind((address, 53)).await.with_context(|| format!("port 53 of {address}"))?;
        let asked = Arc::new(Mutex::new(BTreeSet::new()));
        let seen = Arc::clone(&asked);
        let server = tokio::spawn(async move {
            let mut packet = [0; 512];
            while let Ok((length, peer)) = socket.recv_from(&mut packet).await {
                if let Some((name, answer)) = answer(&packet[..length], &names) {
                    seen.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
                    // Whoever gets no answer asks again.
                    let _ = socket.send_to(&answer, peer).await;
                }
            }
        });
        Ok(Self { address, asked, server })
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// Whether somebody asked for this name.
    #[must_use]
    pub fn was_asked_for(&self, name: &str) -> bool {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).contains(name)
    }
}

impl Drop for Dns {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// The name that is asked for and the answer (RFC 1035, section 4): the address, nothing for another type of a name that
/// exists (a resolver asks for IPv6 too), or that there is no such name.
fn answer(query: &[u8], names: &BTreeMap<String, Ipv4Addr>) -> Option<(String, Vec<u8>)> {
    let (name, end) = question(query)?;
    let kind = query.get(end..end + 2)?;
    let known = names.get(&name);
    let address = known.filter(|_| kind == ADDRESS);
    let flags: [u8; 2] = [0x85, if known.is_some() { 0x80 } else { 0x83 }];
    let mut answer = query.get(..2)?.to_vec();
    answer.extend(flags);
    answer.extend([0, 1, 0, u8::from(address.is_some()), 0, 0, 0, 0]);
    answer.extend(query.get(HEADER..end + 4)?);
    if let Some(address) = address {
        // The name as a pointer to the question, type A, class IN, 60 s, four bytes.
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
        answer.extend(address.octets());
    }
    Some((name, answer))
}

/// The name in the question, in lower case, and where it ends.
fn question(query: &[u8]) -> Option<(String, usize)> {
    let mut labels = Vec::new();
    let mut at = HEADER;
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            return Some((labels.join("."), at));
        }
        labels.push(String::from_utf8_lossy(query.get(at..at + length)?).to_lowercase());
        at += length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(name: &str, kind: u8) -> Vec<u8> {
        let mut query = vec![7, 9, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.') {
            query.push(u8::try_from(label.len()).unwrap());
            query.extend(label.bytes());
        }
        query.extend([0, 0, kind, 0, 1]);
        query
    }

    #[test]
    fn a_known_name_has_its_address_and_no_other_record() {
        let names = BTreeMap::from([("user-service.shop.internal".to_owned(), Ipv4Addr::new(10, 0, 3, 4))]);
        let (name, found) = answer(&query("User-Service.shop.internal", 1), &names).unwrap();
        assert_eq!(name, "user-service.shop.internal");
        assert_eq!((&found[..2], found[3] & 15, found[7]), (&[7, 9][..], 0, 1));
        assert!(found.ends_with(&[10, 0, 3, 4]));
        let (_, other) = answer(&query("user-service.shop.internal", 28), &names).unwrap();
        assert_eq!((other[3] & 15, other[7]), (0, 0));
    }

    #[test]
    fn an_unknown_name_does_not_exist_and_half_a_question_has_no_answer() {
        let names = BTreeMap::new();
        let whole = query("order-service.shop.internal", 1);
        assert_eq!(answer(&whole, &names).unwrap().1[3] & 15, 3);
        for length in 0..whole.len() {
            assert!(answer(&whole[..length], &names).is_none(), "{length}");
        }
    }
}
