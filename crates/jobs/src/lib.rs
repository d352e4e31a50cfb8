//! Fyr: jobs.
