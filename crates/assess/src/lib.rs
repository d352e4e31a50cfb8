//! Fyr: assess.
