//! Account, region and tags of a thing.
//!
//! Must never: guess one that the estate does not tell.

use std::collections::BTreeMap;

use super::world::World;
use crate::estate::Snapshot;
use crate::facts::ThingIx;

impl<'e> World<'e> {
    /// The account that owns a thing, when that is known.
    pub(super) fn account(&self, thing: ThingIx) -> Option<&'e str> {
        if let Some(bucket) = self.bucket(thing) {
            return bucket.account.as_deref();
        }
        let identity = self.identity(thing).map(|x| &x.account);
        let host = || self.host(thing).map(|x| &x.account);
        let key = || self.key(thing).map(|x| &x.account);
        let secret = || self.secret(thing).map(|x| &x.account);
        let volume = || self.volume(thing).map(|x| &x.account);
        let snapshot = || self.snapshot(thing).map(|x| &x.account);
        let subnet = || self.subnet(thing).map(|x| &x.account);
        let store = || self.file_system(thing).map(|x| &x.account);
        let managed = || self.managed(thing).map(|x| &x.account);
        let point = || self.access_point(thing).map(|x| &x.account);
        let consumer = || self.consumer(thing).map(|x| &x.account);
        let grant = || self.grants_place(thing).map(|(account, _)| account);
        let backup = || self.backup(thing).map(|x| &x.account);
        let account = identity
            .or_else(host)
            .or_else(key)
            .or_else(secret)
            .or_else(volume);
        account
            .or_else(snapshot)
            .or_else(subnet)
            .or_else(store)
            .or_else(managed)
            .or_else(point)
            .or_else(consumer)
            .or_else(grant)
            .or_else(backup)
            .map(String::as_str)
            .or_else(|| Some(self.workload_place(thing)?.0))
            .filter(|account| !account.is_empty())
    }

    /// The region of a thing, when it is in one and that is known.
    pub(super) fn region(&self, thing: ThingIx) -> Option<&'e str> {
        if let Some(bucket) = self.bucket(thing) {
            return bucket.region.as_deref();
        }
        let host = self.host(thing).map(|x| &x.region);
        let key = || self.key(thing).map(|x| &x.region);
        let secret = || self.secret(thing).map(|x| &x.region);
        let volume = || self.volume(thing).map(|x| &x.region);
        let snapshot = || self.snapshot(thing).map(|x| &x.region);
        let store = || self.file_system(thing).map(|x| &x.region);
        let managed = || self.managed(thing).map(|x| &x.region);
        let point = || self.access_point(thing).map(|x| &x.region);
        let consumer = || self.consumer(thing).map(|x| &x.region);
        let grant = || self.grants_place(thing).map(|(_, region)| region);
        let backup = || self.backup(thing).map(|x| &x.region);
        let region = host
            .or_else(key)
            .or_else(point)
            .or_else(grant)
            .or_else(backup)
            .or_else(secret)
            .or_else(volume)
            .or_else(snapshot)
            .or_else(store)
            .or_else(managed)
            .or_else(consumer);
        region
            .map(String::as_str)
            .or_else(|| Some(self.subnet(thing)?.region.as_str()))
            .or_else(|| Some(self.workload_place(thing)?.1))
            .filter(|region| !region.is_empty())
    }

    /// The tags of a thing, when they were read with it.
    pub(super) fn tags(&self, thing: ThingIx) -> Option<&'e BTreeMap<String, String>> {
        let identity = self.identity(thing).map(|x| &x.tags);
        let host = || self.host(thing).map(|x| &x.tags);
        let secret = || self.secret(thing).map(|x| &x.tags);
        let volume = || self.volume(thing).map(|x| &x.tags);
        let described = |x: &&Snapshot| !self.estate.undescribed.contains(&x.id);
        let snapshot = || self.snapshot(thing).filter(described).map(|x| &x.tags);
        let store = || self.file_system(thing).map(|x| &x.tags);
        identity
            .or_else(host)
            .or_else(secret)
            .or_else(volume)
            .or_else(snapshot)
            .or_else(store)
    }
}
