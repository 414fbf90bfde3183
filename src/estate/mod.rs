//! The typed picture of what was captured.
//!
//! [`build`] fills it from a [`Capture`](crate::capture::Capture), one importer for each kind of
//! thing, then links brokers to hosts, log directories to volumes and secrets to users.
//!
//! Must never: fail on broken input (it is data: a gap and a diagnostic), decide about access,
//! or take *not collected* for *none*.

mod access_grants;
mod access_points;
mod acls;
mod audit;
mod backups;
mod balancers;
mod bucket_settings;
mod buckets;
mod build;
mod compute;
mod config;
mod connectors;
mod consumers;
mod containers;
mod copies;
mod coverage;
mod endpoints;
mod expect;
mod file_copies;
mod files;
mod gateways;
mod grants;
mod identity;
mod kafka;
mod key_state;
mod keys;
mod link;
mod listeners;
mod log_stores;
mod lookup;
mod managed;
mod msk;
mod msk_cluster;
mod msk_connections;
mod network;
mod network_acls;
mod network_pieces;
mod organization;
mod peerings;
mod pieces;
mod pieces_stores;
mod pods;
mod prefix_lists;
mod public_access;
mod routes;
mod secret_users;
mod settings;
mod shares;
mod snapshots;
mod topics;
mod transit;
mod types;
mod uri;
mod wal;
mod wanted;

pub use crate::capture::{Diagnostic, Severity};
pub use backups::UnreadBackups;
pub use build::build;
pub use config::{AssetConfig, Config, LinkConfig, NetworkConfig};
pub use copies::Copy;
pub use coverage::{Call, Coverage, Outcome, Read};
pub use key_state::KeyState;
pub use managed::document as aws_managed_document;
pub use pieces::{Piece, piece_of, pieces};
pub use types::*;
