//! Which key stands behind a bucket, a volume, a snapshot or a secret.

use super::{Backup, Bucket, Encryption, Estate, FileSystem, Key, Secret, Seen, Snapshot, Volume};

/// What stands between stored bytes and their reader.
#[derive(Clone, Debug)]
pub enum KeyState<'e> {
    /// No KMS key of anybody's: not encrypted, or SSE-S3.
    None,
    /// A key that AWS manages: no barrier inside the account, no way in from outside it.
    AwsManaged,
    /// A key of the customer's: its policy decides.
    Customer(&'e Key),
    /// Not known; the text names the missing input.
    Unread(String),
}

impl Estate {
    /// The key behind a bucket's default encryption.
    pub fn bucket_key_state(&self, bucket: &Bucket) -> KeyState<'_> {
        let copies = self.copies();
        let replica = copies.iter().find(|copy| copy.to == bucket.name);
        if let Some(key) = replica.and_then(|copy| copy.rule.key.as_ref()) {
            // Replicas are encrypted as their rule says. Source: Amazon S3 User Guide, "Replicating
            // encrypted objects".
            let account = bucket.account.as_deref().unwrap_or_default();
            let region = bucket.region.as_deref().unwrap_or_default();
            return self.written_key(key, account, region);
        }
        match &bucket.encryption {
            // S3 encrypts new objects with SSE-S3 where nothing else is configured (since 2023).
            Seen::Absent | Seen::Is(Encryption::SseS3) => KeyState::None,
            Seen::Is(Encryption::Kms { key: None, .. }) => KeyState::AwsManaged,
            Seen::Is(Encryption::Kms { key: Some(key), .. }) => {
                let account = bucket.account.as_deref().unwrap_or_default();
                self.written_key(key, account, bucket.region.as_deref().unwrap_or_default())
            }
            Seen::Unread(what) => KeyState::Unread(what.to_string()),
        }
    }

    /// The key behind a volume.
    pub fn volume_key_state(&self, volume: &Volume) -> KeyState<'_> {
        match &volume.encrypted {
            Seen::Is(false) | Seen::Absent => KeyState::None,
            Seen::Is(true) => self.optional_key(
                volume.key.as_deref(),
                &volume.account,
                &volume.region,
                &volume.id,
            ),
            Seen::Unread(what) => KeyState::Unread(what.to_string()),
        }
    }

    /// The key behind a snapshot.
    pub fn snapshot_key_state(&self, snapshot: &Snapshot) -> KeyState<'_> {
        if snapshot.encrypted {
            let (account, region) = (&snapshot.account, &snapshot.region);
            self.optional_key(snapshot.key.as_deref(), account, region, &snapshot.id)
        } else {
            KeyState::None
        }
    }

    /// The key behind a backup.
    pub fn backup_key_state(&self, backup: &Backup) -> KeyState<'_> {
        match &backup.encrypted {
            Seen::Is(false) | Seen::Absent => KeyState::None,
            Seen::Is(true) => {
                let (account, region) = (&backup.account, &backup.region);
                self.optional_key(backup.key.as_deref(), account, region, &backup.id)
            }
            Seen::Unread(what) => KeyState::Unread(what.to_string()),
        }
    }

    /// The customer key behind a backup, when that is certain.
    pub fn backup_key(&self, backup: &Backup) -> Option<&Key> {
        customer(self.backup_key_state(backup))
    }

    /// The key behind a file system. Whoever mounts it needs no right to it.
    pub fn file_system_key_state(&self, store: &FileSystem) -> KeyState<'_> {
        match &store.encrypted {
            Seen::Is(false) | Seen::Absent => KeyState::None,
            Seen::Is(true) => {
                let (account, region) = (&store.account, &store.region);
                self.optional_key(store.key.as_deref(), account, region, &store.id)
            }
            Seen::Unread(what) => KeyState::Unread(what.to_string()),
        }
    }

    /// The key behind a secret; without a key of its own it is `aws/secretsmanager`.
    pub fn secret_key_state(&self, secret: &Secret) -> KeyState<'_> {
        match &secret.key {
            None => KeyState::AwsManaged,
            Some(key) => self.written_key(key, &secret.account, &secret.region),
        }
    }

    fn optional_key(
        &self,
        written: Option<&str>,
        account: &str,
        region: &str,
        of: &str,
    ) -> KeyState<'_> {
        match written {
            Some(written) => self.written_key(written, account, region),
            None => KeyState::Unread(format!("the key of {of}")),
        }
    }

    fn written_key(&self, written: &str, account: &str, region: &str) -> KeyState<'_> {
        if written.contains("alias/aws/") {
            return KeyState::AwsManaged;
        }
        match self.key_for(written, account, region) {
            Seen::Is(key) if key.aws_managed => KeyState::AwsManaged,
            Seen::Is(key) => KeyState::Customer(key),
            Seen::Absent => KeyState::Unread(format!("kms:DescribeKey of {written}")),
            Seen::Unread(what) => KeyState::Unread(what.to_string()),
        }
    }

    /// The customer key behind a bucket, when that is certain.
    pub fn bucket_key(&self, name: &str) -> Option<&Key> {
        customer(self.bucket_key_state(self.buckets.get(name)?))
    }

    /// The customer key behind a volume, when that is certain.
    pub fn volume_key(&self, id: &str) -> Option<&Key> {
        customer(self.volume_key_state(self.volumes.get(id)?))
    }

    /// The customer key behind a snapshot, when that is certain.
    pub fn snapshot_key(&self, snapshot: &Snapshot) -> Option<&Key> {
        customer(self.snapshot_key_state(snapshot))
    }

    /// The customer key behind a secret, when that is certain.
    pub fn secret_key(&self, secret: &Secret) -> Option<&Key> {
        customer(self.secret_key_state(secret))
    }
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "a state is two words and made for this"
)]
fn customer(state: KeyState<'_>) -> Option<&Key> {
    match state {
        KeyState::Customer(key) => Some(key),
        KeyState::None | KeyState::AwsManaged | KeyState::Unread(_) => None,
    }
}
