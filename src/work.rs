//! What the confined workers can do: each step's function under the name that the flows call it by.

use fyr_confine::{Handler, Runner};

/// The hidden word that starts a worker.
pub const WORD: &str = "worker";

/// Every piece of work that reads bytes from outside.
pub const HANDLERS: &[(&str, Handler)] = &[
    ("graph.read", fyr_graph::read_work),
    ("graph.view", fyr_graph::view_work),
    ("check.judge", crate::judge::judge_work),
    ("check.score", crate::judge::score_work),
    ("national.describe", crate::national::describe_work),
    ("files.look", crate::opened::look_work),
    ("graph.shacl", fyr_graph::shacl::shacl_work),
    ("graph.locate", fyr_graph::positions::locate_work),
    ("graph.rehearse", fyr_graph::sparql::rehearse_work),
    ("curate.stage", fyr_curate::work::stage),
    ("curate.pxweb-table", fyr_curate::work::pxweb_table),
    ("curate.pxweb-plan", fyr_curate::work::pxweb_plan),
    ("curate.pxweb-join", fyr_curate::work::pxweb_join),
    ("audit.privacy", fyr_audit::privacy_work),
    ("audit.package", fyr_audit::package_work),
    ("audit.tables", fyr_audit::tables_work),
    ("audit.noised", fyr_audit::noised_work),
];

/// Runs work in a child of this same program.
pub fn runner() -> std::io::Result<Runner> {
    Ok(Runner::Child {
        program: std::env::current_exe()?,
        args: vec![WORD.into()],
    })
}
