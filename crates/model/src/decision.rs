//! The three protected interests and what a named role decides on each, for one candidate or standing (`privacy.md`, section 6).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::Sha256;
use crate::standing::Standing;
use crate::text::Text;

/// One of the three protected interests of 2 kap. 1 § lagen (2022:818).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interest {
    /// Informationssäkerhet.
    InformationSecurity,
    /// Skydd av personuppgifter.
    PersonalData,
    /// Sveriges säkerhet.
    NationalSecurity,
}

impl Interest {
    /// All three.
    pub const ALL: [Self; 3] = [Self::InformationSecurity, Self::PersonalData, Self::NationalSecurity];
    /// The word of the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InformationSecurity => "information-security",
            Self::PersonalData => "personal-data",
            Self::NationalSecurity => "national-security",
        }
    }
    /// What people call it.
    pub fn name(self) -> Text {
        match self {
            Self::InformationSecurity => Text::new("informationssäkerhet", "information security"),
            Self::PersonalData => Text::new("skydd av personuppgifter", "protection of personal data"),
            Self::NationalSecurity => Text::new("Sveriges säkerhet", "national security"),
        }
    }
}

/// One signed decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The interest.
    pub interest: Interest,
    /// The digest of the candidate that was decided on.
    pub candidate: Sha256,
    /// Who decided.
    pub by: String,
    /// In what role.
    pub role: String,
    /// The organisation number of the data's owner.
    pub organisation: String,
    /// On what ground.
    pub ground: String,
    /// Diary number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diary_number: Option<String>,
    /// The section of the secrecy act, where secrecy was tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secrecy_section: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
    /// Whether it was made in the demo by an invented officer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub invented: bool,
    /// Where it stands for later candidates too: until when, and for what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
}

impl Decision {
    /// As a release tells of it: what a standing one is bound to tells what the accumulation guard found, and stays in the private area.
    pub fn as_published(&self) -> Self {
        Self {
            standing: self.standing.as_ref().map(Standing::published),
            ..self.clone()
        }
    }
}
