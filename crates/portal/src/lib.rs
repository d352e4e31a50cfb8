//! Fyr: portal.
