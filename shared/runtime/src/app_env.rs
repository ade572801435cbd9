//! Where the program runs.

use std::fmt;
use std::str::FromStr;

/// `APP_ENV`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppEnv {
    /// A developer's machine.
    Local,
    /// The test suite.
    Test,
    /// AWS, for trying out.
    Staging,
    /// AWS, for buyers.
    Production,
}

impl AppEnv {
    /// Local providers, unencrypted databases and shortened times are allowed here only.
    #[must_use]
    pub const fn is_local(self) -> bool {
        matches!(self, Self::Local | Self::Test)
    }

    /// The word in `APP_ENV`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Test => "test",
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }
}

impl fmt::Display for AppEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for AppEnv {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Local, Self::Test, Self::Staging, Self::Production]
            .into_iter()
            .find(|env| env.as_str() == text)
            .ok_or("use local, test, staging or production")
    }
}
