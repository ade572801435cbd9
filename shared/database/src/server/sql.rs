//! The statements. None needs a superuser: an administrator with `CREATEROLE` and `CREATEDB` may do all of it as a member of
//! the owner.

use super::{Login, ServiceDatabase};

/// One at a time in a database, until the transaction ends: PostgreSQL refuses concurrent changes of one row of its
/// catalogue instead of making one wait. The number is ours, and means nothing.
pub(super) const LOCK: &str = "SELECT pg_advisory_xact_lock(7267003)";

/// Makes the role, or gives the one that is there its password.
pub(super) fn login(login: &Login, exists: bool) -> String {
    let verb = if exists { "ALTER" } else { "CREATE" };
    format!("{verb} ROLE {} LOGIN PASSWORD {}", name(&login.role), text(&login.password))
}

/// Makes the administrator a member of the owner, so that it may make what belongs to the owner. From version 16 on whoever
/// makes a role may do this, but is no member by itself.
pub(super) fn join(owner: &Login) -> String {
    format!("GRANT {} TO CURRENT_USER", name(&owner.role))
}

/// Makes the database.
pub(super) fn database(wanted: &ServiceDatabase) -> String {
    format!("CREATE DATABASE {} OWNER {} TEMPLATE template0", name(&wanted.name), name(&wanted.owner.role))
}

/// Nobody but owner and service may connect; what the owner makes from now on, the service may use, not change.
pub(super) fn privileges(wanted: &ServiceDatabase) -> String {
    let (database, owner) = (name(&wanted.name), name(&wanted.owner.role));
    let service = name(&wanted.service.role);
    format!(
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC;
         GRANT CONNECT ON DATABASE {database} TO {service};
         ALTER SCHEMA public OWNER TO {owner};
         REVOKE ALL ON SCHEMA public FROM PUBLIC;
         GRANT USAGE ON SCHEMA public TO {service};
         ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {service};
         ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE, SELECT ON SEQUENCES TO {service};
         ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT EXECUTE ON FUNCTIONS TO {service};
         ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE ON SCHEMAS TO {service};"
    )
}

/// An identifier.
fn name(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A string, whatever `standard_conforming_strings` says.
fn text(value: &str) -> String {
    format!("E'{}'", value.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_passwords_are_quoted() {
        let odd = Login { role: "a\"b".to_owned(), password: "it's \\ odd".to_owned() };
        assert_eq!(login(&odd, false), r#"CREATE ROLE "a""b" LOGIN PASSWORD E'it''s \\ odd'"#);
        assert!(login(&odd, true).starts_with("ALTER ROLE"));
    }
}
