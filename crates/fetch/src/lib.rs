//! Fyr: fetch.
