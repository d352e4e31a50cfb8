//! Fyr: confine.
