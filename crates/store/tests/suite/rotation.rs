//! A new master key.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use sqlx::{Connection, PgConnection, Row, SqliteConnection};
use store::{Catalog, MasterKey, MasterKeySource, MasterKeys, PersonId, StoreError};

use crate::harness::{Bench, encrypted, master_key, on_both};

on_both! { old_to_new, killed_in_the_middle, on_two_nodes_at_once }

/// Keys that change while nodes run, as a file's do; none to begin with.
#[derive(Debug, Default)]
pub(crate) struct Shared(Mutex<Option<MasterKeys>>);

impl Shared {
    fn set(&self, keys: &[MasterKey]) {
        let keys = MasterKeys::new(keys[0].clone(), keys[1..].to_vec());
        *self.0.lock().unwrap() = Some(keys);
    }
}

#[async_trait]
impl MasterKeySource for Shared {
    async fn load(&self) -> Result<Option<MasterKeys>, String> {
        Ok(self.0.lock().unwrap().clone())
    }

    async fn create(&self) -> Result<MasterKeys, String> {
        Err("none".to_owned())
    }
}

pub(crate) async fn open(
    bench: &Bench,
    source: Arc<dyn MasterKeySource>,
) -> Result<Arc<dyn Catalog>, StoreError> {
    store::open(&bench.url, &encrypted(&bench.url, source)).await
}

async fn opens_with(bench: &Bench, keys: &[MasterKey]) -> bool {
    let source = Shared::default();
    source.set(keys);
    match open(bench, Arc::new(source)).await {
        Ok(node) => {
            node.close().await;
            true
        }
        Err(StoreError::Encryption(_)) => false,
        Err(other) => panic!("{other:?}"),
    }
}

impl Bench {
    /// The wrapped data key of a person.
    pub(crate) async fn wrapped(&self, person: PersonId) -> Vec<u8> {
        let rows: Vec<(Vec<u8>, Option<Vec<u8>>)> = if self.url.starts_with("sqlite") {
            let keys = self.url.replace("rostro.db", "rostro-keys.db");
            let mut connection = SqliteConnection::connect(&keys).await.unwrap();
            let rows = sqlx::query("SELECT id, wrapped FROM data_keys")
                .fetch_all(&mut connection)
                .await
                .unwrap();
            rows.iter().map(|row| (row.get(0), row.get(1))).collect()
        } else {
            let mut connection = PgConnection::connect(&self.url).await.unwrap();
            let rows = sqlx::query("SELECT id, wrapped FROM data_keys")
                .fetch_all(&mut connection)
                .await
                .unwrap();
            rows.iter().map(|row| (row.get(0), row.get(1))).collect()
        };
        let of_person = rows
            .into_iter()
            .find(|(id, _)| id.starts_with(person.bytes()));
        of_person.unwrap().1.unwrap()
    }
}

async fn old_to_new(bench: Bench) {
    let owner = bench.account("one").await.id;
    let ana = bench.person(owner, "Ana", &[]).await;
    let (old, new) = (master_key(1), master_key(2));
    let source = Arc::new(Shared::default());
    source.set(std::slice::from_ref(&old));
    let running = open(&bench, source.clone()).await.unwrap();
    let wrapped = bench.wrapped(ana.id).await;
    // The keys are known everywhere before anything is wrapped with the new one.
    source.set(&[new.clone(), old.clone()]);
    let node = open(&bench, source.clone()).await.unwrap();
    let bo = node
        .create_person(owner, crate::harness::someone("Bo", &[]))
        .await
        .unwrap()
        .value;
    let rotated = node.rotate_master(Box::new(|_| ())).await.unwrap();
    // Two persons, and the installation's own keys.
    assert_eq!((rotated.master, rotated.keys), (new.id(), 4));
    assert_ne!(bench.wrapped(ana.id).await, wrapped);
    source.set(std::slice::from_ref(&new));
    // One that ran all the time asks for the key when it meets it, to read and to write.
    assert_eq!(running.person(owner, ana.id).await.unwrap().unwrap(), ana);
    assert_eq!(running.person(owner, bo.id).await.unwrap().unwrap(), bo);
    let eve = running
        .create_person(owner, crate::harness::someone("Eve", &[]))
        .await
        .unwrap()
        .value;
    assert_eq!(node.person(owner, eve.id).await.unwrap().unwrap(), eve);
    // One that is not told of it fails, and says nothing wrong.
    assert!(matches!(
        bench.catalog.person(owner, ana.id).await,
        Err(StoreError::Encryption(_))
    ));
    assert_eq!(node.rotate_master(Box::new(|_| ())).await.unwrap().keys, 0);
    running.close().await;
    node.close().await;
    assert!(opens_with(&bench, std::slice::from_ref(&new)).await);
    assert!(!opens_with(&bench, &[old]).await);
}

/// More persons than one batch of a rotation has.
const MANY: u32 = 700;

/// Persons without faces, written in the clear and then sealed.
async fn many(bench: &Bench) -> store::ClientId {
    let owner = bench.account("one").await.id;
    let statement = format!(
        "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {MANY})
         INSERT INTO persons (id, client_id, name, search_name, identity, emails, phones, metadata, created_at, updated_at, name_index)
         SELECT {id}, '{owner}', 'x', 'x', {identity}, '[]', '[]', '{{}}', 0, 0, {identity} FROM n",
        id = if bench.url.starts_with("sqlite") { "printf('%024x', n)" } else { "lpad(to_hex(n), 24, '0')" },
        identity = if bench.url.starts_with("sqlite") { "zeroblob(24)" } else { "decode(repeat('00', 24), 'hex')" },
    );
    bench.raw(&statement).await.unwrap();
    while bench.catalog.seal_some(200).await.unwrap() > 0 {}
    owner
}

async fn killed_in_the_middle(bench: Bench) {
    let owner = many(&bench).await;
    let (old, new) = (master_key(1), master_key(2));
    let source = Arc::new(Shared::default());
    source.set(&[new.clone(), old.clone()]);
    let node = open(&bench, source.clone()).await.unwrap();
    let killed = node.clone();
    let killed = tokio::spawn(async move {
        killed
            .rotate_master(Box::new(|keys| panic!("killed after {keys} keys")))
            .await
    });
    assert!(killed.await.unwrap_err().is_panic());
    // Half is wrapped with the one, half with the other: with both everything is read, with one alone nothing begins.
    assert!(opens_with(&bench, &[new.clone(), old.clone()]).await);
    assert!(!opens_with(&bench, std::slice::from_ref(&new)).await);
    assert!(!opens_with(&bench, std::slice::from_ref(&old)).await);
    let all = node.persons(owner, None, Default::default()).await.unwrap();
    assert_eq!(all.items.len(), MANY as usize);
    // Begun again, it does the rest.
    let rest = node.rotate_master(Box::new(|_| ())).await.unwrap();
    assert_eq!(rest.keys, u64::from(MANY) + 2 - 500);
    assert!(opens_with(&bench, &[new]).await);
    node.close().await;
}

async fn on_two_nodes_at_once(bench: Bench) {
    let owner = many(&bench).await;
    let (old, new) = (master_key(1), master_key(2));
    let source = Arc::new(Shared::default());
    source.set(&[new.clone(), old]);
    let (one, two) = (
        open(&bench, source.clone()).await.unwrap(),
        open(&bench, source.clone()).await.unwrap(),
    );
    // While persons are enrolled and deleted on both.
    let work = async |node: &Arc<dyn Catalog>, number: u8| {
        for step in 0..10 {
            let person = crate::harness::someone(&format!("{number} {step}"), &[]);
            let person = node.create_person(owner, person).await.unwrap().value;
            if step % 2 == 0 {
                node.delete_person(owner, person.id).await.unwrap();
            }
        }
    };
    let (first, second, (), ()) = tokio::join!(
        one.rotate_master(Box::new(|_| ())),
        two.rotate_master(Box::new(|_| ())),
        work(&one, 1),
        work(&two, 2),
    );
    assert!(first.unwrap().keys + second.unwrap().keys >= u64::from(MANY) + 2);
    assert!(opens_with(&bench, std::slice::from_ref(&new)).await);
    source.set(&[new]);
    let all = two.persons(owner, None, Default::default()).await.unwrap();
    assert_eq!(all.items.len(), MANY as usize + 10);
    one.close().await;
    two.close().await;
}
