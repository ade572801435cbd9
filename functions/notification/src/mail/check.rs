//! What is wrong with a template, before it is kept.

use std::collections::BTreeSet;

use minijinja::{ErrorKind, UndefinedBehavior, context};

use super::texts::LAYOUTS;
use super::{Reader, RenderError, Renderer, sample};
use crate::domain::{Channel, Template, Wording};

/// What every template has without declaring it.
const AMBIENT: [&str; 5] = ["shop", "language", "name", "order_link", "unsubscribe_link"];
/// What the engine brings.
const ENGINE: [&str; 4] = ["range", "dict", "namespace", "loop"];

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The field.
    pub field: &'static str,
    /// Stable, for programs.
    pub code: &'static str,
    /// For people.
    pub detail: String,
}

impl Flaw {
    fn new(field: &'static str, code: &'static str, detail: impl Into<String>) -> Self {
        Self { field, code, detail: detail.into() }
    }
}

impl Renderer {
    /// Everything that is wrong with it: parts that its channel has not, what is no template, reaches out of itself, or uses
    /// what is not declared. One that takes a built-in one's place is given no more than that is, and is tried.
    #[must_use]
    pub fn flaws(&self, wording: &Wording) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        parts(wording, &mut flaws);
        let declared: BTreeSet<&str> = wording.variables.iter().map(String::as_str).collect();
        let sources = [
            ("subject", wording.subject.as_deref(), "subject.txt"),
            ("text", Some(wording.text.as_str()), "text.txt"),
            ("html", wording.html.as_deref(), "html.html"),
        ];
        for (field, source, name) in sources {
            if let Some(source) = source {
                self.part(field, source, name, &declared, &mut flaws);
            }
        }
        if let Some(template) = Template::parse(&wording.key) {
            given(template, wording, &mut flaws);
            if flaws.is_empty() {
                self.trial(template, wording, &mut flaws);
            }
        }
        flaws
    }

    fn part(
        &self,
        field: &'static str,
        source: &str,
        name: &str,
        declared: &BTreeSet<&str>,
        flaws: &mut Vec<Flaw>,
    ) {
        if let Some(tag) = reaching_out(source) {
            flaws.push(Flaw::new(field, "tag_not_allowed", format!("must not hold {{% {tag} %}}")));
        }
        match self.environment().template_from_named_str(name, source) {
            Ok(template) => {
                if let Some(reason) = self.dry_run(name, source) {
                    flaws.push(Flaw::new(field, "invalid_template", reason));
                }
                let used: BTreeSet<String> = template.undeclared_variables(false).into_iter().collect();
                for variable in used.iter().map(String::as_str) {
                    let known = declared.contains(variable)
                        || AMBIENT.contains(&variable)
                        || ENGINE.contains(&variable);
                    if !known {
                        let detail = format!("uses {variable}, which variables does not declare");
                        flaws.push(Flaw::new(field, "undeclared_variable", detail));
                    }
                }
            }
            Err(error) => {
                let line = error.line().unwrap_or(1);
                let reason = error.detail().unwrap_or("is no template");
                flaws.push(Flaw::new(field, "invalid_template", format!("line {line}: {reason}")));
            }
        }
    }

    /// Runs it with nothing at all, to find what no data could mend: filters that do not exist, loops that do not end.
    fn dry_run(&self, name: &str, source: &str) -> Option<String> {
        let mut environment = self.environment().clone();
        environment.set_undefined_behavior(UndefinedBehavior::Chainable);
        let ambient = context! { language => "en", name => "Ada", shop => context! { name => "Shop", url => "https://shop.example" } };
        let filled = environment.template_from_named_str(name, source).and_then(|text| text.render(ambient));
        let error = filled.err()?;
        let hopeless = matches!(
            error.kind(),
            ErrorKind::UnknownFilter
                | ErrorKind::UnknownTest
                | ErrorKind::UnknownFunction
                | ErrorKind::OutOfFuel
        );
        let reason = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
        hopeless.then(|| format!("line {}: {reason}", error.line().unwrap_or(1)))
    }

    fn trial(&self, template: Template, wording: &Wording, flaws: &mut Vec<Flaw>) {
        let link = Some("https://shop.example/link");
        let reader =
            Reader { locale: &wording.locale, name: Some("Ada"), order_link: link, unsubscribe_link: link };
        match self.fill_in(wording, &reader, &sample(template)) {
            Ok(_) => {}
            Err(RenderError::Broken { source, .. }) => {
                let field = match source.name() {
                    Some("subject.txt") => "subject",
                    Some("html.html") => "html",
                    _ => "text",
                };
                let at = source.line().unwrap_or(1);
                let reason = format!("line {at}: cannot be filled in ({})", source.kind());
                flaws.push(Flaw::new(field, "invalid_template", reason));
            }
            Err(error) => flaws.push(Flaw::new("text", "invalid_template", error.to_string())),
        }
    }
}

/// What each channel has.
fn parts(wording: &Wording, flaws: &mut Vec<Flaw>) {
    let (subject, html) = (wording.subject.is_some(), wording.html.is_some());
    let foreign = |field| Flaw::new(field, "not_for_this_channel", "is not for this channel");
    match wording.channel {
        Channel::Email if !subject => flaws.push(Flaw::new("subject", "required", "is required for a mail")),
        Channel::Sms if subject => flaws.push(foreign("subject")),
        _ => {}
    }
    if html && wording.channel != Channel::Email {
        flaws.push(foreign("html"));
    }
}

/// A built-in one's event or command brings these variables and no others; and a mail that is about a link has to have it.
fn given(template: Template, wording: &Wording, flaws: &mut Vec<Flaw>) {
    let brought = template.variables();
    for name in wording.variables.iter().filter(|name| !brought.contains(&name.as_str())) {
        flaws.push(Flaw::new("variables", "unknown_variable", format!("this template is not given {name}")));
    }
    let links = |source: &str| source.contains("link");
    if brought.contains(&"link") && wording.channel == Channel::Email {
        let parts = [("text", Some(wording.text.as_str())), ("html", wording.html.as_deref())];
        for (field, _) in parts.into_iter().filter(|(_, source)| source.is_some_and(|source| !links(source)))
        {
            flaws.push(Flaw::new(
                field,
                "link_missing",
                "must hold {{ link }}: without it the message is for nothing",
            ));
        }
    }
}

/// A tag that takes in other templates, or undoes the escaping. A layout may be extended.
fn reaching_out(source: &str) -> Option<String> {
    source.split("{%").skip(1).find_map(|rest| {
        let tag = rest.split("%}").next().unwrap_or_default();
        let tag = tag.trim_matches(|c: char| c == '-' || c == '+' || c.is_whitespace());
        let (word, argument) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        let refused = match word {
            "include" | "import" | "from" | "autoescape" => true,
            "extends" => !LAYOUTS.iter().any(|(name, _)| argument.trim() == format!("\"{name}\"")),
            _ => false,
        };
        refused.then(|| word.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_layout_may_be_taken_in() {
        assert_eq!(reaching_out("{% extends \"layout/de.html\" %}{% if a %}include{% endif %}"), None);
        for (source, tag) in [
            ("{% include \"order_paid/en.txt\" %}", "include"),
            ("{%-  import 'x' as y %}", "import"),
            ("{%+ from 'x' import y %}", "from"),
            ("{% extends layout %}", "extends"),
            ("{% extends \"/etc/passwd\" %}", "extends"),
            ("{% autoescape false %}{{ name }}{% endautoescape %}", "autoescape"),
        ] {
            assert_eq!(reaching_out(source).as_deref(), Some(tag), "{source}");
        }
    }
}
