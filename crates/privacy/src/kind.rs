//! The kinds of personal data, with the words that reports and masks use.
//!
//! In: nothing. Out: one closed list, the same for columns, free text, actions and reports (`interface.md`, fixed words).

/// A kind of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Personnummer.
    PersonalIdentityNumber,
    /// Samordningsnummer.
    CoordinationNumber,
    /// A number given while another is waited for.
    InterimNumber,
    /// Organisationsnummer.
    OrganisationNumber,
    /// Momsregistreringsnummer.
    VatNumber,
    /// Telephone number.
    Phone,
    /// E-mail address.
    EMail,
    /// International account number.
    Iban,
    /// Clearing number and account.
    BankAccount,
    /// Registration plate of a vehicle.
    VehiclePlate,
    /// Fastighetsbeteckning.
    PropertyDesignation,
    /// Street and number.
    StreetAddress,
    /// Postcode.
    Postcode,
    /// A point as exact as a dwelling.
    Coordinate,
    /// Number of a passport or national identity card.
    PassportNumber,
    /// Number of a driving licence.
    DrivingLicence,
    /// Address of a machine on the internet.
    IpAddress,
    /// Hardware address.
    MacAddress,
    /// Diary, case or file number of an authority or court.
    CaseNumber,
    /// A given name alone.
    GivenName,
    /// A family name alone.
    FamilyName,
    /// A person's full name.
    PersonName,
    /// Day of birth.
    DateOfBirth,
    /// Data of GDPR Art. 9 or 10.
    SpecialCategory,
}

/// All kinds, in the order of [`Kind`].
pub const KINDS: [Kind; 24] = [
    Kind::PersonalIdentityNumber,
    Kind::CoordinationNumber,
    Kind::InterimNumber,
    Kind::OrganisationNumber,
    Kind::VatNumber,
    Kind::Phone,
    Kind::EMail,
    Kind::Iban,
    Kind::BankAccount,
    Kind::VehiclePlate,
    Kind::PropertyDesignation,
    Kind::StreetAddress,
    Kind::Postcode,
    Kind::Coordinate,
    Kind::PassportNumber,
    Kind::DrivingLicence,
    Kind::IpAddress,
    Kind::MacAddress,
    Kind::CaseNumber,
    Kind::GivenName,
    Kind::FamilyName,
    Kind::PersonName,
    Kind::DateOfBirth,
    Kind::SpecialCategory,
];

impl Kind {
    /// The word of `interface.md`.
    pub fn as_str(self) -> &'static str {
        self.words().0
    }

    /// The word between the brackets of a mask.
    pub fn placeholder(self) -> &'static str {
        self.words().1
    }

    /// Whether the kind names a person by itself, without other columns.
    pub fn is_direct(self) -> bool {
        use Kind::*;
        matches!(
            self,
            PersonalIdentityNumber
                | CoordinationNumber
                | InterimNumber
                | Phone
                | EMail
                | Iban
                | BankAccount
                | PassportNumber
                | DrivingLicence
                | GivenName
                | FamilyName
                | PersonName
        )
    }

    /// Whether it is a person's name or a part of one.
    pub fn is_name(self) -> bool {
        matches!(self, Self::GivenName | Self::FamilyName | Self::PersonName)
    }

    fn words(self) -> (&'static str, &'static str) {
        use Kind::*;
        match self {
            PersonalIdentityNumber => ("personal_identity_number", "PERSONNUMMER"),
            CoordinationNumber => ("coordination_number", "SAMORDNINGSNUMMER"),
            InterimNumber => ("interim_number", "INTERIMNUMMER"),
            OrganisationNumber => ("organisation_number", "ORGANISATIONSNUMMER"),
            VatNumber => ("vat_number", "MOMSNUMMER"),
            Phone => ("phone", "TELEFON"),
            EMail => ("e_mail", "E-POST"),
            Iban => ("iban", "IBAN"),
            BankAccount => ("bank_account", "BANKKONTO"),
            VehiclePlate => ("vehicle_plate", "REGNR"),
            PropertyDesignation => ("property_designation", "FASTIGHET"),
            StreetAddress => ("street_address", "ADRESS"),
            Postcode => ("postcode", "POSTNUMMER"),
            Coordinate => ("coordinate", "KOORDINAT"),
            PassportNumber => ("passport_number", "PASSNUMMER"),
            DrivingLicence => ("driving_licence", "KÖRKORT"),
            IpAddress => ("ip_address", "IP-ADRESS"),
            MacAddress => ("mac_address", "MAC-ADRESS"),
            CaseNumber => ("case_number", "ÄRENDENUMMER"),
            GivenName => ("given_name", "PERSON"),
            FamilyName => ("family_name", "PERSON"),
            PersonName => ("person_name", "PERSON"),
            DateOfBirth => ("date_of_birth", "FÖDELSEDATUM"),
            SpecialCategory => ("special_category", "KÄNSLIG UPPGIFT"),
        }
    }
}

impl std::str::FromStr for Kind {
    type Err = ();
    fn from_str(word: &str) -> Result<Self, ()> {
        KINDS.into_iter().find(|kind| kind.as_str() == word).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_the_order_of_the_kinds_and_each_word_stands_once() {
        for (place, kind) in KINDS.into_iter().enumerate() {
            assert_eq!(kind as usize, place);
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
    }
}
