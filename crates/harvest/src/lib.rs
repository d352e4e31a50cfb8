//! Fyr: harvest.
