//! Where the program runs and listens.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::{AppEnv, Env};

/// `ADMIN_PORT` when it is not set: so much above `PORT`.
const ADMIN_OFFSET: u16 = 1000;

/// `LAME_DUCK_SECONDS` when it is not set, and at most: with the 40 s after it under the container's stop timeout of 60 s.
const LAME_DUCK: u64 = 10;

/// `APP_ENV`, `HOST`, `PORT`, `ADMIN_HOST`, `ADMIN_PORT`, `LAME_DUCK_SECONDS`.
#[derive(Debug, Clone, Copy)]
pub struct Listen {
    /// `APP_ENV`
    pub app_env: AppEnv,
    /// `HOST` and `PORT`: loopback in `local` and `test`, else all addresses.
    pub address: SocketAddr,
    /// `ADMIN_HOST` (loopback unless set) and `ADMIN_PORT`: `/metrics`.
    pub admin: SocketAddr,
    /// `LAME_DUCK_SECONDS`: how long a process that was told to end goes on answering, so that the load balancer notices first.
    /// 10 s; in `local` and `test` none unless it is set.
    pub lame_duck: Duration,
    /// Whether Lambda runs the program (`AWS_LAMBDA_RUNTIME_API`); then nothing listens.
    pub lambda: bool,
}

impl Listen {
    /// Reads them; `port` is used without `PORT`.
    pub fn from_env(env: &mut Env, port: u16) -> Self {
        let app_env = env.optional("APP_ENV").unwrap_or_else(|| {
            env.problem("APP_ENV is missing or malformed: use local, test, staging or production");
            AppEnv::Production
        });
        let host = if app_env.is_local() { Ipv4Addr::LOCALHOST } else { Ipv4Addr::UNSPECIFIED };
        let host: IpAddr = env.or("HOST", host.into());
        let port = env.or("PORT", port);
        let admin_host: IpAddr = env.or("ADMIN_HOST", Ipv4Addr::LOCALHOST.into());
        let admin_port = env.or("ADMIN_PORT", port.saturating_add(ADMIN_OFFSET));
        let lame_duck = env.or("LAME_DUCK_SECONDS", if app_env.is_local() { 0 } else { LAME_DUCK });
        if lame_duck > LAME_DUCK {
            env.problem("LAME_DUCK_SECONDS is malformed: use 0 to 10, which with all that follows is what a container has");
        }
        Self {
            app_env,
            lame_duck: Duration::from_secs(lame_duck),
            address: SocketAddr::new(host, port),
            admin: SocketAddr::new(admin_host, admin_port),
            lambda: env.optional::<String>("AWS_LAMBDA_RUNTIME_API").is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_on_loopback_unless_told_otherwise() {
        let mut env = Env::from_pairs([("APP_ENV", "production"), ("PORT", "18003")]);
        let listen = Listen::from_env(&mut env, 8003);
        assert_eq!(listen.address.to_string(), "0.0.0.0:18003");
        assert_eq!(listen.admin.to_string(), "127.0.0.1:19003");
        assert!(!listen.lambda);
        assert_eq!(listen.lame_duck, Duration::from_secs(10));
        env.finish().unwrap();
    }

    #[test]
    fn a_process_here_ends_at_once_unless_told_otherwise() {
        for (seconds, expected) in [("", 0), ("3", 3)] {
            let mut env = Env::from_pairs([("APP_ENV", "test"), ("LAME_DUCK_SECONDS", seconds)]);
            assert_eq!(Listen::from_env(&mut env, 1).lame_duck, Duration::from_secs(expected));
            env.finish().unwrap();
        }
        let mut env = Env::from_pairs([("APP_ENV", "test"), ("LAME_DUCK_SECONDS", "11")]);
        Listen::from_env(&mut env, 1);
        assert!(env.finish().unwrap_err().to_string().contains("LAME_DUCK_SECONDS"));
    }

    #[test]
    fn without_app_env_nothing_starts() {
        let mut env = Env::from_pairs([("PORT", "1")]);
        assert_eq!(Listen::from_env(&mut env, 8003).app_env, AppEnv::Production);
        assert!(env.finish().unwrap_err().to_string().contains("APP_ENV"));
    }
}
