//! Fyr: publish.
