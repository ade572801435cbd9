//! `.env.example` names what the programs read, each once and nothing else.

use std::collections::BTreeSet;

use crate::Variables;

/// What the AWS SDK reads, beneath the programs.
const READ_BY_THE_SDK: [&str; 3] = ["AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL", "AWS_SECRET_ACCESS_KEY"];

/// Where the file and the programs differ.
#[must_use]
pub fn check(example: &str, read: &Variables) -> Vec<String> {
    let mut broken = Vec::new();
    let mut named = BTreeSet::new();
    for name in example.lines().filter_map(name) {
        if !named.insert(name.to_owned()) {
            broken.push(format!(".env.example names {name} twice"));
        }
    }
    let mut wanted: BTreeSet<String> = READ_BY_THE_SDK.map(str::to_owned).into();
    wanted.extend(read.values().flat_map(|roles| roles.values()).flatten().cloned());
    broken.extend(
        named.difference(&wanted).map(|name| format!(".env.example names {name}, which nobody reads")),
    );
    broken.extend(wanted.difference(&named).map(|name| format!(".env.example does not name {name}")));
    broken
}

/// Of `NAME=value` and of `# NAME=value`, which shows a variable that may be left out.
fn name(line: &str) -> Option<&str> {
    let (name, _) = line.strip_prefix("# ").unwrap_or(line).split_once('=')?;
    let fits = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
    (!name.is_empty() && name.chars().all(fits)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SDK: &str = "AWS_ACCESS_KEY_ID=a\nAWS_ENDPOINT_URL=b\nAWS_SECRET_ACCESS_KEY=c\n";

    fn broken(lines: &str) -> Vec<String> {
        let names = ["PORT".to_owned(), "ADMIN_EMAIL".to_owned()].into();
        let read = Variables::from([("user".to_owned(), [("all".to_owned(), names)].into())]);
        check(&format!("{SDK}{lines}"), &read)
    }

    #[test]
    fn plain_and_commented_names_count_and_prose_does_not() {
        let lines = "# ROLE=openapi prints the document, with a = b in it: prose begins in lower case\nPORT=1\n# ADMIN_EMAIL=x";
        assert_eq!(broken(lines), [".env.example names ROLE, which nobody reads"]);
        assert_eq!(broken("# a role=x\nPORT=1\n# ADMIN_EMAIL=x"), Vec::<String>::new());
    }

    #[test]
    fn a_name_that_is_missing_unread_or_there_twice_is_found() {
        assert_eq!(
            broken("PORT=1\nPORT=2\nSHOP_COUNTRY=DE"),
            [
                ".env.example names PORT twice",
                ".env.example names SHOP_COUNTRY, which nobody reads",
                ".env.example does not name ADMIN_EMAIL",
            ]
        );
    }
}
