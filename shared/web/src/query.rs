//! Query strings: every parameter is known, or the request is a 400.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::problem::{FieldError, Problem};
use crate::rules::Invalid;

/// Something that is read from a query string.
pub trait FromParams: Sized {
    /// Reads the parameters; `None` when one was wrong (`params` remembers what).
    fn from_params(params: &mut Params) -> Option<Self>;
}

/// The parameters that are still unread, and what was wrong so far.
#[derive(Debug, Default)]
pub struct Params {
    pairs: Vec<(String, String)>,
    errors: Vec<FieldError>,
    raw: String,
}

impl Params {
    /// The query string as it was sent.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// A parameter that may be absent. The outer `None` is an error, the inner an absence.
    pub fn optional<T>(
        &mut self,
        name: &str,
        rule: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<Option<T>> {
        let Some(at) = self.pairs.iter().position(|(key, _)| key == name) else { return Some(None) };
        let (_, text) = self.pairs.swap_remove(at);
        if self.pairs.iter().any(|(key, _)| key == name) {
            self.pairs.retain(|(key, _)| key != name);
            self.error(name, Invalid::new("repeated", "is given more than once"));
            return None;
        }
        rule(&text).map(Some).map_err(|invalid| self.error(name, invalid)).ok()
    }

    /// Remembers that a parameter is wrong.
    pub fn error(&mut self, name: &str, invalid: Invalid) {
        self.errors.push(FieldError { pointer: name.to_owned(), code: invalid.code, detail: invalid.detail });
    }
}

/// Reads `T` from a query string.
///
/// # Errors
/// 400 `invalid_parameter`, all errors at once.
pub fn read<T: FromParams>(query: &str) -> Result<T, Problem> {
    let uri = format!("/?{query}").parse().map_err(|_| Problem::bad_request("invalid_parameter"))?;
    let axum::extract::Query(pairs) = axum::extract::Query::try_from_uri(&uri)
        .map_err(|_| Problem::bad_request("invalid_parameter").detail("The query string cannot be read."))?;
    let mut params = Params { pairs, errors: Vec::new(), raw: query.to_owned() };
    if params.pairs.iter().any(|(_, value)| value.contains('\0')) {
        return Err(Problem::bad_request("invalid_parameter").detail("A parameter contains a NUL character."));
    }
    let read = T::from_params(&mut params);
    for (name, _) in std::mem::take(&mut params.pairs) {
        params.error(&name, Invalid::new("unknown_parameter", "is not known here"));
    }
    match read {
        Some(read) if params.errors.is_empty() => Ok(read),
        _ => {
            let mut problem =
                Problem::bad_request("invalid_parameter").detail("The query does not fit; see errors.");
            problem.errors = params.errors;
            Err(problem)
        }
    }
}

/// A request's query string.
pub struct Query<T>(pub T);

impl<S: Sync, T: FromParams> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        read(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// For a path that takes no parameters at all.
pub struct NoParams;

impl FromParams for NoParams {
    fn from_params(_params: &mut Params) -> Option<Self> {
        Some(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Search;

    impl FromParams for Search {
        fn from_params(params: &mut Params) -> Option<Self> {
            let limit = params.optional("limit", |text| {
                text.parse::<u32>().map_err(|_| Invalid::new("wrong_type", "must be a number"))
            });
            limit?;
            Some(Self)
        }
    }

    #[test]
    fn unknown_repeated_and_malformed_parameters_are_refused() {
        for query in ["x=1", "limit=1&limit=2", "limit=a", "limit=1&q=%00"] {
            let problem = read::<Search>(query).err().map(|problem| problem.code);
            assert_eq!(problem, Some("invalid_parameter"), "{query}");
        }
        assert!(read::<Search>("").is_ok());
        assert!(read::<Search>("limit=5").is_ok());
    }
}
