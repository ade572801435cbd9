//! Filling the texts in. HTML is escaped, text is not; a variable that is missing is an error, not a gap.

use std::sync::LazyLock;

use cartwright_runtime::metrics::{self, IntCounterVec};
use minijinja::value::Serde;
use minijinja::{Environment, Value, context};
use thiserror::Error;

use super::texts::{LANGUAGES, LAYOUTS, TEXTS, Text, text};
use super::{engine, filters};
use crate::config::Shop;
use crate::domain::{Channel, StoredTemplate, Template, Wording};

/// Used where a template does not exist in the recipient's language nor in the shop's.
const FALLBACK: &str = "en";
/// Characters of a subject; RFC 5322 wants lines below 998.
const LONGEST_SUBJECT: usize = 200;
/// Bytes of one part. Gmail cuts what is longer than 102 KB.
const LARGEST_PART: usize = 256 * 1024;

/// A text that cannot be filled in.
#[derive(Debug, Error)]
pub enum RenderError {
    /// No template has the key, for this channel and any language.
    #[error("there is no template {0}")]
    Unknown(String),
    /// Its variables and the notice's do not agree: these are not there.
    #[error("template {key} lacks {}", names.join(", "))]
    Missing {
        /// The template's key.
        key: String,
        /// The variables.
        names: Vec<String>,
    },
    /// Names the template, the line and the variable; values are not shown.
    #[error("template {key} cannot be rendered")]
    Broken {
        /// The template's key.
        key: String,
        /// What the engine says.
        #[source]
        source: minijinja::Error,
    },
    /// What comes out is larger than anybody reads.
    #[error("what template {0} says is too large")]
    TooLarge(String),
}

/// What the recipient reads. Not `Debug`: it may hold a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line: a mail's subject, a push message's title.
    pub subject: Option<String>,
    /// `text/plain`
    pub text: String,
    /// `text/html`
    pub html: Option<String>,
}

/// Who reads a message. Not `Debug`: the link holds a token.
#[derive(Clone, Copy, Default)]
pub struct Reader<'r> {
    /// BCP 47.
    pub locale: &'r str,
    /// How they want to be called.
    pub name: Option<&'r str>,
    /// Where a guest follows the order that the mail is about.
    pub order_link: Option<&'r str>,
    /// Where they say that they want no more of this; marketing only.
    pub unsubscribe_link: Option<&'r str>,
}

static BROKEN: LazyLock<IntCounterVec> = LazyLock::new(|| {
    metrics::counter(
        "notification_templates_broken_total",
        "Stored templates that could not be filled in, so that the built-in one was used",
        &["template"],
    )
});

/// Knows the built-in texts, and how to fill in any.
pub struct Renderer {
    environment: Environment<'static>,
    shop: Shop,
}

impl Renderer {
    /// A renderer of this shop's messages.
    ///
    /// # Panics
    /// When a text in `templates/` is no template, which a test rules out.
    #[must_use]
    pub fn new(shop: Shop) -> Self {
        let mut environment = engine::environment();
        let mut add = |name: String, source: &'static str| {
            environment.add_template_owned(name, source).expect("the texts are templates (tested)");
        };
        for (name, source) in LAYOUTS {
            add((*name).to_owned(), source);
        }
        for text in TEXTS {
            let (key, language) = (text.template.as_str(), text.language);
            add(format!("{key}/{language}.subject.txt"), text.subject);
            add(format!("{key}/{language}.txt"), text.plain);
            add(format!("{key}/{language}.html"), text.html);
        }
        Self { environment, shop }
    }

    pub(super) const fn environment(&self) -> &Environment<'static> {
        &self.environment
    }

    /// The message in the language nearest to the reader's: `de-AT`, else `de`, else the shop's own, else English. In each a
    /// template of `stored` (those of this key and channel) goes before the built-in one. One of these that cannot be filled
    /// in is passed over where there is a built-in one: a word that staff mistyped holds back no order and no password.
    ///
    /// # Errors
    /// See [`RenderError`].
    pub fn render(
        &self,
        key: &str,
        channel: Channel,
        stored: &[StoredTemplate],
        reader: &Reader<'_>,
        data: &serde_json::Value,
    ) -> Result<Rendered, RenderError> {
        let built_in = Template::parse(key);
        let languages = self.languages(reader.locale);
        for language in &languages {
            let written =
                stored.iter().map(|stored| &stored.wording).find(|wording| wording.locale == *language);
            if let Some(wording) = written {
                match self.fill_in(wording, reader, data) {
                    Err(error @ RenderError::Broken { .. }) if built_in.is_some() => {
                        tracing::error!(
                            template = key,
                            language,
                            error = cartwright_runtime::chain(&error),
                            "a stored template cannot be filled in; the built-in one takes its place"
                        );
                        BROKEN.with_label_values(&[key]).inc();
                    }
                    done => return done,
                }
            }
            if let Some(text) = built_in.and_then(|template| text(template, language)) {
                return self.built_in(text, channel, reader, data);
            }
        }
        Err(RenderError::Unknown(key.to_owned()))
    }

    /// One wording, as it is.
    ///
    /// # Errors
    /// See [`RenderError`].
    pub fn fill_in(
        &self,
        wording: &Wording,
        reader: &Reader<'_>,
        data: &serde_json::Value,
    ) -> Result<Rendered, RenderError> {
        let key = &wording.key;
        require(key, wording.variables.iter().map(String::as_str), data)?;
        let variables = self.variables(&wording.locale, reader, data);
        let fill = |name: &str, source: &str| {
            let filled = self
                .environment
                .template_from_named_str(name, source)
                .and_then(|text| text.render(&variables));
            sized(key, filled)
        };
        Ok(Rendered {
            subject: wording
                .subject
                .as_ref()
                .map(|source| fill("subject.txt", source))
                .transpose()?
                .as_deref()
                .map(line),
            text: fill("text.txt", &wording.text)?,
            html: wording.html.as_ref().map(|source| fill("html.html", source)).transpose()?,
        })
    }

    fn built_in(
        &self,
        text: &Text,
        channel: Channel,
        reader: &Reader<'_>,
        data: &serde_json::Value,
    ) -> Result<Rendered, RenderError> {
        let (key, language) = (text.template.as_str(), text.language);
        require(key, text.template.variables().iter().copied(), data)?;
        let variables = self.variables(language, reader, data);
        let fill = |part: &str| {
            let text = self.environment.get_template(&format!("{key}/{language}.{part}"));
            sized(key, text.and_then(|text| text.render(&variables)))
        };
        let subject = line(&fill("subject.txt")?);
        let shop = &self.shop.name;
        // A subject says in one line what it is about, which is what there is room for elsewhere.
        Ok(match channel {
            Channel::Email => {
                Rendered { subject: Some(subject), text: fill("txt")?, html: Some(fill("html")?) }
            }
            Channel::Sms => Rendered { subject: None, text: format!("{shop}: {subject}"), html: None },
            Channel::Push => Rendered { subject: Some(shop.clone()), text: subject, html: None },
        })
    }

    fn variables(&self, language: &str, reader: &Reader<'_>, data: &serde_json::Value) -> Value {
        let name = reader.name.map(filters::one_line).filter(|name| !name.is_empty());
        context! {
            shop => context! { name => self.shop.name.as_str(), url => self.shop.public_url.as_str() },
            language,
            name,
            order_link => reader.order_link,
            unsubscribe_link => reader.unsubscribe_link,
            ..Value::from(Serde(data))
        }
    }

    /// From the nearest to the last resort, each once.
    fn languages(&self, locale: &str) -> Vec<String> {
        let mut languages: Vec<String> = Vec::new();
        for tag in [locale, &self.shop.locale, FALLBACK] {
            let mut tag = tag;
            loop {
                if !tag.is_empty() && !languages.iter().any(|known| known == tag) {
                    languages.push(tag.to_owned());
                }
                // RFC 4647, section 3.4: what is last is dropped, until nothing is left.
                let Some((shorter, _)) = tag.rsplit_once('-') else { break };
                tag = shorter;
            }
        }
        languages
    }
}

/// The built-in text, as staff may begin their own from.
#[must_use]
pub fn built_in(template: Template, language: &str) -> Option<Wording> {
    let text = text(template, language)?;
    Some(Wording {
        key: template.as_str().to_owned(),
        channel: Channel::Email,
        locale: language.to_owned(),
        subject: Some(text.subject.trim_end().to_owned()),
        text: text.plain.to_owned(),
        html: Some(text.html.to_owned()),
        variables: template.variables().iter().map(|name| (*name).to_owned()).collect(),
    })
}

/// The languages of the built-in texts.
#[must_use]
pub const fn built_in_languages() -> [&'static str; 3] {
    LANGUAGES
}

fn line(text: &str) -> String {
    filters::bounded_line(text, LONGEST_SUBJECT)
}

fn require<'n>(
    key: &str,
    names: impl Iterator<Item = &'n str>,
    data: &serde_json::Value,
) -> Result<(), RenderError> {
    let missing: Vec<String> = names.filter(|name| data.get(name).is_none()).map(str::to_owned).collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(RenderError::Missing { key: key.to_owned(), names: missing })
    }
}

fn sized(key: &str, filled: Result<String, minijinja::Error>) -> Result<String, RenderError> {
    match filled {
        Ok(text) if text.len() <= LARGEST_PART => Ok(text),
        Ok(_) => Err(RenderError::TooLarge(key.to_owned())),
        Err(source) => Err(RenderError::Broken { key: key.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renderer(locale: &str) -> Renderer {
        Renderer::new(Shop {
            name: "Cartwright".to_owned(),
            public_url: "https://shop.example".to_owned(),
            locale: locale.to_owned(),
            operations_email: None,
        })
    }

    #[test]
    fn every_template_exists_in_every_language() {
        for template in Template::ALL {
            for language in LANGUAGES {
                assert!(text(template, language).is_some(), "{template:?} {language}");
            }
        }
        assert!(LANGUAGES.contains(&FALLBACK));
    }

    #[test]
    fn a_language_without_texts_falls_back_to_its_parents_then_the_shops_then_english() {
        let languages = |shop: &str, locale: &str| renderer(shop).languages(locale);
        assert_eq!(languages("en", "de-AT"), ["de-AT", "de", "en"]);
        assert_eq!(languages("es-MX", "zh-Hant-TW"), ["zh-Hant-TW", "zh-Hant", "zh", "es-MX", "es", "en"]);
        assert_eq!(languages("de", ""), ["de", "en"]);
    }
}
