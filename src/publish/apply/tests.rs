//! The lease of a publisher that has been at work for a while.

use super::*;
use crate::publish::{Folder, LEASE};
use jiff::SignedDuration;

/// The lease of a publisher that has been at work for a while, and what the manifest says of it after a request.
async fn lease_after(left: SignedDuration) -> (Lease, Lease) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::Folder(Folder::new(folder.path()));
    let began = Timestamp::now() + left - LEASE;
    let lease = Lease::new("id".to_owned(), "ann".to_owned(), began);
    let mut manifest = Manifest::new("acme", "dev");
    manifest.lease = Some(lease.clone());
    let path = "acme/.dagc/manifest.json";
    let (observer, etag) = (&|_: &Event| {}, String::new());
    let mut session = Session { store: &store, observer, path, manifest, etag, lease: lease.clone() };
    assert!(session.write_manifest(When::Absent).await.expect("a manifest"));
    let mut requests = Parallel::new([async { 1 }].into_iter());
    assert_eq!(session.holding(&mut requests).await.expect("a lease"), Some(1));
    let (content, _) = store.read(path).await.expect("a store").expect("a manifest");
    let there: Manifest = serde_json::from_slice(&content).expect("a manifest");
    (lease, there.lease.expect("a lease"))
}

#[tokio::test]
async fn a_lease_is_prolonged_while_its_holder_works() {
    let (before, after) = lease_after(SignedDuration::from_mins(14)).await;
    assert_eq!(before, after);
    let (before, after) = lease_after(SignedDuration::from_mins(9)).await;
    assert!(after.expires > before.expires + SignedDuration::from_mins(5), "{before:?} {after:?}");
    assert_eq!((after.id, after.since), (before.id, before.since));
}
