//! Fyr: graph.
