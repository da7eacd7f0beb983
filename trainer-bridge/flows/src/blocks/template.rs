//! Jinja templates that print values as Python does.

use std::{fmt, sync::Arc};

use minijinja::{
    AutoEscape, Environment, Error, ErrorKind,
    value::{Enumerator, Object, Value, ValueKind},
};
use serde_json::{Map, Value as Json};

use crate::{python, table::Cell};

/// An environment for the templates of one prompt file: nothing is escaped, and an unknown variable prints nothing.
pub(crate) fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_formatter(|out, _, value| {
        let mut text = String::new();
        print(&mut text, value, false)?;
        out.write_str(&text).map_err(Error::from)
    });
    environment
}

/// A cell as a variable. In a template, a gap is NaN for sdg_hub; here, neither a gap nor a null prints anything.
pub(crate) fn variable(cell: &Cell, compat: bool) -> Value {
    match cell.as_deref() {
        None if compat => Value::from(f64::NAN),
        None => Value::UNDEFINED,
        Some(Json::Null) if !compat => Value::UNDEFINED,
        Some(value) => convert(value),
    }
}

fn convert(value: &Json) -> Value {
    match value {
        Json::Null => Value::from(()),
        Json::Bool(value) => Value::from(*value),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(value), ..) => Value::from(value),
            (_, Some(value), _) => Value::from(value),
            (.., value) => Value::from(value.unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::from(items.iter().map(convert).collect::<Vec<_>>()),
        Json::Object(entries) => Value::from_object(Entries(entries.clone())),
    }
}

/// A mapping in its own order; one of the template engine would be sorted.
struct Entries(Map<String, Json>);

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&python::text(&Json::Object(self.0.clone())))
    }
}

impl Object for Entries {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.get(key.as_str()?).map(convert)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.keys().map(|key| Value::from(key.as_str())).collect())
    }
}

/// Prints a value as Python's `str` does, or as its `repr` inside of a list or mapping.
fn print(out: &mut String, value: &Value, inside: bool) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Undefined if !inside => {}
        ValueKind::Undefined => out.push_str("Undefined"),
        ValueKind::None => out.push_str("None"),
        ValueKind::Bool => out.push_str(if value.is_true() { "True" } else { "False" }),
        ValueKind::Number if value.is_integer() => out.push_str(&value.to_string()),
        ValueKind::Number => out.push_str(&python::float(f64::try_from(value.clone())?)),
        ValueKind::String if inside => {
            out.push_str(&python::repr_text(value.as_str().unwrap_or_default()));
        }
        ValueKind::String => out.push_str(value.as_str().unwrap_or_default()),
        ValueKind::Seq => {
            out.push('[');
            for (i, item) in value.try_iter()?.enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                print(out, &item, true)?;
            }
            out.push(']');
        }
        ValueKind::Map => {
            out.push('{');
            for (i, key) in value.try_iter()?.enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                print(out, &key, true)?;
                out.push_str(": ");
                print(out, &value.get_item(&key)?, true)?;
            }
            out.push('}');
        }
        ValueKind::Invalid => {
            return Err(Error::new(ErrorKind::InvalidOperation, value.to_string()));
        }
        _ => out.push_str(&value.to_string()),
    }
    Ok(())
}
