//! Fyr: audit.
