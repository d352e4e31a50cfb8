//! Fyr: curate.
