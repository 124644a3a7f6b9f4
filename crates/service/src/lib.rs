//! The use cases of Rostro, free of any dialect: typed in, typed out.
//!
//! [`App`] holds the parts of a running server. All inference of one request is one job of the
//! engine; pictures that have to be fetched are fetched before it. Nothing here knows a route.

mod account;
mod audit;
pub mod auth;
mod collections;
mod compare;
mod compare_live;
pub mod config;
mod detect;
mod enrol;
mod error;
pub mod fetch;
mod gate;
pub mod hex;
mod lane;
pub mod limits;
mod liveness;
mod login;
mod look_alikes;
pub mod master_key;
pub mod messages;
mod models;
mod named;
pub mod observe;
mod persons;
mod pictures;
mod readiness;
mod receipts;
mod reembed;
mod reembedding;
mod retention;
pub mod revisions;
mod search;
mod search_live;
mod state;
mod validation;
mod verify;
pub mod warnings;
mod writes;

pub use account::{AccountError, PROFILE, Profile, renew, renew_and_revoke, update_profile};
pub use audit::with_call;
pub use audit::{Call, Credential, REQUEST_ID, Recorded, Recorder, seal_key, seal_keys};
pub use collections::{
    change_people, collection, collections, collections_like, collections_of_ids,
    create_collection, delete_collection, move_people, update_collection, with_counts, with_people,
};
pub use compare::{Comparison, Couple, Pair, compare, compare_largest};
pub use compare_live::{LivePair, compare_live, compare_then_liveness};
pub use config::Config;
pub use detect::{Details, DetectedFace, Detection, Edges, detect};
pub use enrol::new_face;
pub use error::{Part, PictureError, ServiceError};
pub use gate::LivenessGate;
pub use liveness::{LivenessPolicy, LivenessVerdict, liveness};
pub use login::{Login, LoginAddress, LoginError, confirm, send_code};
pub use look_alikes::Enrolled;
pub use models::{
    AnchorReport, InstalledModels, MatchingReport, ModelReport, PackFolder, PackReport,
    installed_packs,
};
pub use named::{
    BulkEntry, Duplicates, Enrolment, Group, GroupFace, Keep, collection_of_name,
    delete_collection_with_people, kept_pictures, people_in, person_ids_of_keys, person_key,
    person_of_key, put_person, put_persons, search_every_face, search_group, shown_person,
};
pub use persons::{
    FaceQuery, LiveEnrolment, change_pictures, create_live_person, create_person, delete_person,
    person, persons, persons_like, update_person,
};
pub use pictures::take_apart;
pub use pictures::{PictureSource, decode_base64};
pub use readiness::Readiness;
pub use receipts::{Receipt, with_receipts};
pub use reembed::{Reembedded, Reembedder};
pub use reembedding::{Reembedding, Task as ReembeddingTask};
pub use retention::purge_expired;
pub use search::{Cutoff, Found, Probe, Search, SearchTerms, search};
pub use search_live::{LiveSearch, search_live};
pub use state::{App, AppState};
pub use validation::{MainFace, Validation, validate};
pub use verify::{Claim, verify};
