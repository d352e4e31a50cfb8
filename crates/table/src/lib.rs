//! Fyr: table.
