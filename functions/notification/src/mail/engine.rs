//! Templates are code: what they may do, and how much of it.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use super::filters;

/// Steps of one rendering, which bound its memory too (about 64 bytes each): a confirmation of 100 lines takes 6,000.
const FUEL: u64 = 100_000;

/// An environment without any template. A variable that is missing is an error; names that end in `.html` are escaped.
/// There is no loader, so that a template reaches nothing but what is added by name.
pub(super) fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|name| {
        if name.rsplit_once('.').is_some_and(|(_, kind)| kind == "html") {
            AutoEscape::Html
        } else {
            AutoEscape::None
        }
    });
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()
            .expect("the default delimiters are distinct"),
    );
    environment.set_fuel(Some(FUEL));
    // What is filled in is escaped, whoever writes the template.
    environment.remove_filter("safe");
    environment.add_filter("money", filters::money);
    environment.add_filter("moment", filters::moment);
    environment.add_filter("one_line", filters::one_line);
    environment
}
