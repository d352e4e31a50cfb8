//! Fyr: privacy.
