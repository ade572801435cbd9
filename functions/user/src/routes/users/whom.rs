//! Whom a path means, and whether the caller may.

use std::str::FromStr;

use cartwright_types::UserId;
use cartwright_web::{Problem, User};

/// `me`, or an id.
#[derive(Debug, Clone, Copy)]
pub enum Whom {
    /// The caller.
    Me,
    /// A user.
    Id(UserId),
}

impl FromStr for Whom {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "me" { Ok(Self::Me) } else { text.parse().map(Self::Id) }
    }
}

impl Whom {
    /// The caller's own id.
    ///
    /// # Errors
    /// 404 for somebody else's.
    pub fn own(self, caller: &User) -> Result<UserId, Problem> {
        match self {
            Self::Me => Ok(caller.id),
            Self::Id(id) if id == caller.id => Ok(id),
            Self::Id(_) => Err(Problem::not_found()),
        }
    }

    /// The caller's own id, for staff anybody's.
    ///
    /// # Errors
    /// 404 for somebody else's.
    pub fn own_or_staff(self, caller: &User) -> Result<UserId, Problem> {
        match self {
            Self::Id(id) if caller.is_staff() => Ok(id),
            whom => whom.own(caller),
        }
    }
}

/// The path's parameter, described.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only described; Whom is what is read")]
pub struct UserPath {
    /// `me`, or a user's id.
    #[param(example = "me", pattern = r"^(me|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$")]
    id: String,
}
