//! Where the program runs and listens.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::{AppEnv, Env};

/// `ADMIN_PORT` when it is not set: so much above `PORT`.
const ADMIN_OFFSET: u16 = 1000;

/// `APP_ENV`, `HOST`, `PORT`, `ADMIN_HOST`, `ADMIN_PORT`.
#[derive(Debug, Clone, Copy)]
pub struct Listen {
    /// `APP_ENV`
    pub app_env: AppEnv,
    /// `HOST` and `PORT`: loopback in `local` and `test`, else all addresses.
    pub address: SocketAddr,
    /// `ADMIN_HOST` (loopback unless set) and `ADMIN_PORT`: `/metrics`.
    pub admin: SocketAddr,
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
        Self {
            app_env,
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
        env.finish().unwrap();
    }

    #[test]
    fn without_app_env_nothing_starts() {
        let mut env = Env::from_pairs([("PORT", "1")]);
        assert_eq!(Listen::from_env(&mut env, 8003).app_env, AppEnv::Production);
        assert!(env.finish().unwrap_err().to_string().contains("APP_ENV"));
    }
}
