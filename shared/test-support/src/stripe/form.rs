//! Form-encoded input with Stripe's bracket nesting: `metadata[order_id]=1&expand[]=latest_charge`.

use serde_json::{Map, Value};

/// The parameters of a body or query; every value is text, as it was sent.
#[must_use]
pub fn parse(text: &str) -> Map<String, Value> {
    let mut parameters = Map::new();
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        let (head, rest) = name.split_once('[').unwrap_or((&name, ""));
        let keys: Vec<&str> = rest.split('[').filter_map(|key| key.strip_suffix(']')).collect();
        let slot = parameters.entry(head).or_insert(Value::Null);
        insert(slot, &keys, &value);
    }
    parameters
}

fn insert(slot: &mut Value, keys: &[&str], value: &str) {
    match keys.split_first() {
        None => *slot = Value::String(value.to_owned()),
        // `name[]`, and `name[0]` as some clients write it.
        Some((key, rest)) if key.is_empty() || key.bytes().all(|byte| byte.is_ascii_digit()) => {
            if !slot.is_array() {
                *slot = Value::Array(Vec::new());
            }
            if let Value::Array(list) = slot {
                let mut item = Value::Null;
                insert(&mut item, rest, value);
                list.push(item);
            }
        }
        Some((key, rest)) => {
            if !slot.is_object() {
                *slot = Value::Object(Map::new());
            }
            if let Value::Object(object) = slot {
                insert(object.entry(*key).or_insert(Value::Null), rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn brackets_nest() {
        let text =
            "amount=100&metadata%5Border_id%5D=a+b&metadata[shop]=c&expand[]=x&expand[1]=y&created[gte]=5";
        let expected = json!({
            "amount": "100", "metadata": { "order_id": "a b", "shop": "c" }, "expand": ["x", "y"],
            "created": { "gte": "5" }
        });
        assert_eq!(Value::Object(parse(text)), expected);
    }
}
