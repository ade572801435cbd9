//! `REDIS_URL`

use std::fmt;
use std::str::FromStr;

use cartwright_runtime::{AppEnv, Env};
use redis::{Client, ConnectionAddr};

/// Where Redis is: `redis://host:port`, or `rediss://host:port` over TLS, with `user:password@` before the host if it asks
/// for them.
#[derive(Clone)]
pub struct RedisUrl(pub(crate) Client);

impl RedisUrl {
    /// Reads `REDIS_URL`. Outside `local` and `test` anything but TLS is a problem.
    pub fn from_env(env: &mut Env, app_env: AppEnv) -> Option<Self> {
        let url: Option<Self> = env.optional("REDIS_URL");
        if url.as_ref().is_some_and(|url| !url.is_encrypted()) && !app_env.is_local() {
            env.problem("REDIS_URL needs rediss:// outside local and test");
        }
        url
    }

    fn is_encrypted(&self) -> bool {
        matches!(self.0.get_connection_info().addr(), ConnectionAddr::TcpTls { insecure: false, .. })
    }
}

impl FromStr for RedisUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = "use redis://host:port or rediss://host:port";
        if !text.starts_with("redis://") && !text.starts_with("rediss://") {
            return Err(malformed);
        }
        Client::open(text).map(Self).map_err(|_| malformed)
    }
}

impl fmt::Debug for RedisUrl {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisUrl({})", self.0.get_connection_info().addr())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str, app_env: AppEnv) -> Result<Option<RedisUrl>, String> {
        let mut env = Env::from_pairs([("REDIS_URL", url)]);
        let url = RedisUrl::from_env(&mut env, app_env);
        env.finish().map(|()| url).map_err(|error| error.to_string())
    }

    #[test]
    fn it_may_be_left_out_and_what_is_no_address_of_redis_is_refused() {
        assert!(read("", AppEnv::Production).unwrap().is_none());
        for bad in ["127.0.0.1:6379", "http://127.0.0.1:6379", "unix:///redis", "redis://", "redis://h:port"]
        {
            let error = read(bad, AppEnv::Test).unwrap_err();
            assert!(error.contains("REDIS_URL is malformed"), "{bad}: {error}");
        }
    }

    #[test]
    fn outside_local_it_is_tls_and_the_certificate_is_looked_at() {
        for bad in ["redis://cache.internal:6379", "rediss://cache.internal:6379/#insecure"] {
            let error = read(bad, AppEnv::Production).unwrap_err();
            assert!(error.contains("REDIS_URL"), "{bad}: {error}");
        }
        assert!(read("redis://127.0.0.1:6379", AppEnv::Test).unwrap().is_some());
        let url = read("rediss://shop:hunter2@cache.internal:6379", AppEnv::Production).unwrap();
        let shown = format!("{url:?}");
        assert!(shown.contains("cache.internal:6379") && !shown.contains("hunter2"), "{shown}");
    }
}
