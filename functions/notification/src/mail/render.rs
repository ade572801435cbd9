//! Filling the texts in. HTML is escaped, text is not; a variable that is missing is an error, not a gap.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use thiserror::Error;

use super::filters;
use super::texts::{LAYOUTS, TEXTS};
use crate::config::Shop;
use crate::domain::Template;

/// Used where a template does not exist in the recipient's language.
const FALLBACK: &str = "en";

/// A text that cannot be filled in: its variables and the notice's do not agree.
#[derive(Debug, Error)]
#[error("template {template} cannot be rendered")]
pub struct RenderError {
    template: String,
    /// Names the template, the line and the variable; values are not shown.
    #[source]
    source: minijinja::Error,
}

impl RenderError {
    /// There is no such template.
    #[must_use]
    pub fn is_unknown_template(&self) -> bool {
        self.source.kind() == minijinja::ErrorKind::TemplateNotFound
    }
}

/// What the recipient reads. Not `Debug`: it may hold a token.
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// `text/plain`
    pub text: String,
    /// `text/html`
    pub html: String,
}

/// Who reads a mail. Not `Debug`: the link holds a token.
#[derive(Clone, Copy, Default)]
pub struct Reader<'r> {
    /// BCP 47.
    pub locale: &'r str,
    /// How they want to be called.
    pub name: Option<&'r str>,
    /// Where a guest follows the order that the mail is about.
    pub order_link: Option<&'r str>,
}

/// Knows all texts.
pub struct Renderer {
    environment: Environment<'static>,
    shop: Shop,
}

impl Renderer {
    /// A renderer of this shop's mails.
    ///
    /// # Panics
    /// When a text in `templates/` is no template, which a test rules out.
    #[must_use]
    pub fn new(shop: Shop) -> Self {
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
        environment.add_filter("money", filters::money);
        environment.add_filter("moment", filters::moment);
        environment.add_filter("one_line", filters::one_line);
        let mut add = |name: String, source: &'static str| {
            environment.add_template_owned(name, source).expect("the texts are templates (tested)");
        };
        for (name, source) in LAYOUTS {
            add(name.to_owned(), source);
        }
        for text in TEXTS {
            let (key, language) = (text.template.as_str(), text.language);
            add(format!("{key}/{language}.subject.txt"), text.subject);
            add(format!("{key}/{language}.txt"), text.plain);
            add(format!("{key}/{language}.html"), text.html);
        }
        Self { environment, shop }
    }

    /// The mail's subject and its two bodies, in the language nearest to the reader's.
    ///
    /// # Errors
    /// A variable is missing.
    pub fn render(
        &self,
        key: &str,
        reader: &Reader<'_>,
        data: &serde_json::Value,
    ) -> Result<Rendered, RenderError> {
        let failed = |source| RenderError { template: key.to_owned(), source };
        let unknown =
            || failed(minijinja::Error::new(minijinja::ErrorKind::TemplateNotFound, "no such template"));
        let template = Template::parse(key).ok_or_else(unknown)?;
        let language = language_of(template, reader.locale);
        let name = reader.name.map(filters::one_line).filter(|name| !name.is_empty());
        let variables = context! {
            shop => context! { name => self.shop.name.as_str(), url => self.shop.public_url.as_str() },
            language,
            name,
            order_link => reader.order_link,
            ..Value::from(Serde(data))
        };
        let fill = |part: &str| {
            let text = self.environment.get_template(&format!("{key}/{language}.{part}"));
            text.and_then(|text| text.render(&variables)).map_err(failed)
        };
        Ok(Rendered {
            subject: filters::one_line(&fill("subject.txt")?),
            text: fill("txt")?,
            html: fill("html")?,
        })
    }
}

/// `de-AT`, else `de`, else the fallback.
fn language_of(template: Template, locale: &str) -> &'static str {
    let exists = |language: &str| {
        let text = TEXTS.iter().find(|text| text.template == template && text.language == language);
        text.map(|text| text.language)
    };
    let language = locale.split('-').next().unwrap_or_default();
    exists(locale).or_else(|| exists(language)).unwrap_or(FALLBACK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_exists_in_the_fallback_language() {
        for template in Template::ALL {
            assert!(
                TEXTS.iter().any(|text| text.template == template && text.language == FALLBACK),
                "{template:?}"
            );
        }
    }

    #[test]
    fn a_language_without_texts_falls_back() {
        assert_eq!(language_of(Template::Welcome, "en-GB"), "en");
        assert_eq!(language_of(Template::Welcome, "tlh-KX"), "en");
        assert_eq!(language_of(Template::Welcome, ""), "en");
    }
}
