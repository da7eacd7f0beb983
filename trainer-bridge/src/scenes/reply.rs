//! Reads what a teacher wrote: a JSON object, possibly within other text or a code block.

use serde::de::DeserializeOwned;

/// Returns the first JSON value of the wanted shape in a reply.
pub(super) fn json<T: DeserializeOwned>(reply: &str) -> Option<T> {
    let starts = reply.match_indices(['{', '[']).map(|(at, _)| at);
    starts.into_iter().find_map(|at| {
        let mut values = serde_json::Deserializer::from_str(&reply[at..]).into_iter::<T>();
        values.next()?.ok()
    })
}

#[cfg(test)]
mod tests {
    use super::json;

    #[test]
    fn json_is_found_within_other_text() {
        let reply = "Here {you} are:\n```json\n[{\"a\": 1}, {\"a\": 2}]\n```\nDone.";
        let found: Option<Vec<std::collections::BTreeMap<String, u32>>> = json(reply);
        assert_eq!(found.map(|rows| rows.len()), Some(2));
        assert_eq!(json::<Vec<u32>>("nothing"), None);
        assert_eq!(json::<Vec<u32>>("[1, 2"), None);
    }
}
