//! The lines of a policy that can be written in two ways: a role or a table of it, a bound for all columns or one for each.
//!
//! In: what a person wrote. Out: what is meant, or what is wrong with the form that was begun. Nothing is passed over: an unknown key is refused.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{DeserializeOwned, Error, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::privacy::{Closeness, Diversity, Likeness, Role};
use crate::recoding::Mean;

/// A column's line in a policy: a role, or a role with its hierarchy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ColumnPolicy {
    /// `diagnosis = "sensitive"`.
    Role(Role),
    /// `age = { role = "quasi-identifier", hierarchy = "age" }`.
    Detailed {
        /// The role.
        role: Role,
        /// A built-in hierarchy or a file beside the policy.
        #[serde(skip_serializing_if = "Option::is_none")]
        hierarchy: Option<String>,
        /// The mean of its group takes the place of each number; for quasi-identifying and plain columns.
        #[serde(skip_serializing_if = "Option::is_none")]
        microaggregate: Option<Mean>,
    },
}

impl ColumnPolicy {
    /// The role.
    pub fn role(&self) -> Role {
        match self {
            Self::Role(role) | Self::Detailed { role, .. } => *role,
        }
    }
    /// The hierarchy, when one is named.
    pub fn hierarchy(&self) -> Option<&str> {
        match self {
            Self::Role(_) => None,
            Self::Detailed { hierarchy, .. } => hierarchy.as_deref(),
        }
    }
    /// The mean that takes the place of its numbers, when one is named.
    pub fn microaggregate(&self) -> Option<Mean> {
        match self {
            Self::Role(_) => None,
            Self::Detailed { microaggregate, .. } => *microaggregate,
        }
    }
}

/// A bound for every sensitive column, or for each that is named.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum PerColumn<T> {
    /// `l = { kind = "entropy", value = 3 }`.
    All(T),
    /// `l.diagnosis = { kind = "entropy", value = 3 }`.
    Each(BTreeMap<String, T>),
}

impl<T> PerColumn<T> {
    /// What holds for a column.
    pub fn of(&self, column: &str) -> Option<&T> {
        match self {
            Self::All(bound) => Some(bound),
            Self::Each(bounds) => bounds.get(column),
        }
    }
    /// The columns that are named; none when the bound is for all.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let named = match self {
            Self::All(_) => None,
            Self::Each(bounds) => Some(bounds.keys().map(String::as_str)),
        };
        named.into_iter().flatten()
    }
}

impl<'de> Deserialize<'de> for ColumnPolicy {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Line;
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Detailed {
            role: Role,
            #[serde(default)]
            hierarchy: Option<String>,
            #[serde(default)]
            microaggregate: Option<Mean>,
        }
        impl<'de> Visitor<'de> for Line {
            type Value = ColumnPolicy;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"identifier\", \"quasi-identifier\", \"sensitive\", \"plain\" or { role = \"..\", hierarchy = \"..\" }")
            }
            fn visit_str<E: Error>(self, word: &str) -> Result<ColumnPolicy, E> {
                Role::deserialize(StrDeserializer::new(word)).map(ColumnPolicy::Role)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ColumnPolicy, A::Error> {
                let read = Detailed::deserialize(MapAccessDeserializer::new(map))?;
                Ok(ColumnPolicy::Detailed {
                    role: read.role,
                    hierarchy: read.hierarchy,
                    microaggregate: read.microaggregate,
                })
            }
        }
        from.deserialize_any(Line)
    }
}

/// A bound that a policy states for one column or for all.
pub trait Bound: DeserializeOwned {
    /// How one is written.
    const FORM: &'static str;
    /// The bound that a bare number is, where it is one.
    fn of_number(_: f64) -> Option<Self> {
        None
    }
}

impl Bound for Diversity {
    const FORM: &'static str = "{ kind = \"distinct\", value = 3 }";
}
impl Bound for Closeness {
    const FORM: &'static str = "{ kind = \"equal\", value = 0.2 }";
}
impl Bound for Likeness {
    const FORM: &'static str = "{ kind = \"basic\", value = 2 }";
}
impl Bound for f64 {
    const FORM: &'static str = "1.5";
    fn of_number(number: f64) -> Option<Self> {
        Some(number)
    }
}

impl<'de, T: Bound> Deserialize<'de> for PerColumn<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Bounds(PhantomData))
    }
}

struct Bounds<T>(PhantomData<T>);

impl<T: Bound> Bounds<T> {
    fn number<E: Error>(&self, number: f64) -> Result<PerColumn<T>, E> {
        let wrong = || E::invalid_type(Unexpected::Float(number), self);
        T::of_number(number).map(PerColumn::All).ok_or_else(wrong)
    }
}

impl<'de, T: Bound> Visitor<'de> for Bounds<T> {
    type Value = PerColumn<T>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, or {{ COLUMN = {} }}", T::FORM, T::FORM)
    }
    fn visit_f64<E: Error>(self, number: f64) -> Result<PerColumn<T>, E> {
        self.number(number)
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<PerColumn<T>, E> {
        self.number(number as f64)
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<PerColumn<T>, E> {
        self.number(number as f64)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PerColumn<T>, A::Error> {
        let mut table = toml::Table::new();
        while let Some((key, value)) = map.next_entry::<String, toml::Value>()? {
            table.insert(key, value);
        }
        // A bound has words and numbers, columns have bounds: one table inside another is a column's.
        let each = T::of_number(0.0).is_some() || !table.is_empty() && table.values().all(toml::Value::is_table);
        let plain = |error: toml::de::Error| A::Error::custom(error.message());
        if each {
            let of = |(name, value): (String, toml::Value)| Ok((name, value.try_into().map_err(plain)?));
            return table.into_iter().map(of).collect::<Result<_, _>>().map(PerColumn::Each);
        }
        toml::Value::Table(table).try_into().map(PerColumn::All).map_err(plain)
    }
}

/// The word of a measure of loss; the names of ARX and the literature are read as ours.
pub(crate) fn loss<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let word = String::deserialize(from)?;
    let plain = word.trim().to_lowercase().replace([' ', '_'], "-");
    Ok(match plain.as_str() {
        "nue" | "nuen" | "non-uniform-entropy" => "entropy",
        "nuem" | "monotone-entropy" => "entropy-monotone",
        "dm" => "discernibility",
        "dm*" => "discernibility-monotone",
        "aecs" => "average-class-size",
        other => other,
    }
    .to_owned())
}
