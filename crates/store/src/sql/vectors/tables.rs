//! The extension, and the tables of vectors.

use std::sync::Arc;

use sqlx::AssertSqlSafe;

use crate::db::{Tx, sql};
use crate::error::StoreError;
use crate::ids::ModelId;
use crate::open::DatabaseKind;

/// The lock under which they are made: only one node at a time.
const LOCK: i64 = 0x726f_7374_726f_7601;

/// Of what [`create`] makes.
const VERSION: i64 = 1;

/// Half-precision vectors came with 0.7, searches of an index that go on until enough rows pass a filter with 0.8.
const LEAST: (u32, u32) = (0, 8);

/// A table of the vectors of one model.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(super) model: ModelId,
    /// Its name; those of its parts begin with it.
    pub(super) name: Arc<str>,
    pub(super) dimension: usize,
    /// The schema of the extension, quoted: nobody says that it is in the search path.
    pub(super) extension: Arc<str>,
}

/// All tables of vectors, as of one generation of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tables {
    pub(crate) generation: i64,
    pub(super) all: Arc<[Table]>,
}

impl Tables {
    pub(super) fn of(&self, model: ModelId) -> Option<Table> {
        self.all.iter().find(|table| table.model == model).cloned()
    }
}

impl Table {
    /// Where rows are whose scope has no partition of its own.
    pub(super) fn rest(&self) -> String {
        format!("{}_rest", self.name)
    }

    /// The type of half-precision vectors.
    pub(super) fn half(&self) -> String {
        format!("{}.halfvec({})", self.extension, self.dimension)
    }

    /// The type of single-precision vectors.
    pub(super) fn single(&self) -> String {
        format!("{}.vector({})", self.extension, self.dimension)
    }

    /// The operator of the negative inner product.
    pub(super) fn operator(&self) -> String {
        format!("OPERATOR({}.<#>)", self.extension)
    }
}

/// The tables that there are.
pub(in crate::sql) async fn read(tx: &mut Tx<'_>) -> Result<Tables, StoreError> {
    let row = tx.row(sql("SELECT vectors FROM revision")).await?;
    let generation = row.map_or(Ok(0), |row| row.get("vectors"))?;
    let rows = tx
        .rows(sql(
            "SELECT model_id, name, dimension FROM vector_tables ORDER BY name",
        ))
        .await?;
    if rows.is_empty() {
        let all = Arc::default();
        return Ok(Tables { generation, all });
    }
    let (_, schema) = extension(tx).await?.ok_or_else(|| {
        StoreError::Vectors("the extension vector was dropped from the database".to_owned())
    })?;
    let extension: Arc<str> = schema.into();
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        all.push(Table {
            model: super::super::faces::model(row)?,
            name: row.get::<String>("name")?.into(),
            dimension: row.get::<i64>("dimension")?.try_into().unwrap_or(0),
            extension: Arc::clone(&extension),
        });
    }
    Ok(Tables {
        generation,
        all: all.into(),
    })
}

/// Version and schema of the extension, if it is there.
async fn extension(tx: &mut Tx<'_>) -> Result<Option<(String, String)>, StoreError> {
    let found = sql(
        "SELECT e.extversion AS version, quote_ident(n.nspname) AS schema
                     FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'vector'",
    );
    let row = tx.row(found).await?;
    row.map(|row| Ok((row.get("version")?, row.get("schema")?)))
        .transpose()
}

fn will_do(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
    let major = parts.next().flatten();
    let minor = parts.next().flatten();
    major.zip(minor).is_some_and(|version| version >= LEAST)
}

fn refuse<T>(reason: String) -> Result<T, StoreError> {
    Err(StoreError::Vectors(reason))
}

/// Makes the table of a model's templates unless it is there, and the extension too.
pub(super) async fn prepare(
    tx: &mut Tx<'_>,
    model: ModelId,
    dimension: usize,
) -> Result<Tables, StoreError> {
    if tx.kind() != DatabaseKind::Postgres {
        return refuse("search.engine = \"pgvector\" needs a Postgres (database.url)".to_owned());
    }
    tx.run(sql("SELECT pg_advisory_xact_lock($1)").bind(LOCK))
        .await?;
    if extension(tx).await?.is_none() {
        install(tx).await?;
    }
    let (version, _) = extension(tx).await?.unwrap_or_default();
    if !will_do(&version) {
        return refuse(format!(
            "search.engine = \"pgvector\" needs version {}.{} or later of the extension vector, and the database has {version}: update pgvector, then run ALTER EXTENSION vector UPDATE in it",
            LEAST.0, LEAST.1
        ));
    }
    let known = sql("SELECT dimension, version FROM vector_tables WHERE model_id = $1")
        .bind(model.digest().to_vec());
    match tx.row(known).await? {
        Some(row) if row.get::<i64>("version")? > VERSION => {
            return refuse("the tables of vectors were made by a newer version".to_owned());
        }
        Some(row) if row.get::<i64>("dimension")? != dimension as i64 => {
            return Err(StoreError::Corrupt("the length of a model's templates"));
        }
        Some(_) => {}
        None => create(tx, model, dimension).await?,
    }
    read(tx).await
}

async fn install(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let offered = sql("SELECT 1 AS there FROM pg_available_extensions WHERE name = 'vector'");
    if tx.row(offered).await?.is_none() {
        return refuse(
            "search.engine = \"pgvector\" needs the extension vector, which this Postgres does not have: install pgvector 0.8 or later on its machine"
                .to_owned(),
        );
    }
    match tx.run(sql("CREATE EXTENSION vector")).await {
        Ok(_) => Ok(()),
        Err(error @ (StoreError::Unavailable(_) | StoreError::Contended(_))) => Err(error),
        Err(_) => refuse(
            "search.engine = \"pgvector\" needs the extension vector, and this user may not create it: let a superuser run CREATE EXTENSION vector in the database"
                .to_owned(),
        ),
    }
}

async fn create(tx: &mut Tx<'_>, model: ModelId, dimension: usize) -> Result<(), StoreError> {
    let (_, extension) = extension(tx).await?.unwrap_or_default();
    let digest = model.to_string();
    let table = Table {
        model,
        // Of the digest, so much that names of partitions and of their indexes still fit.
        name: format!("vectors_{}", digest.get(..12).unwrap_or(&digest)).into(),
        dimension,
        extension: extension.into(),
    };
    let name = &table.name;
    let statements = [
        format!(
            "CREATE TABLE {name} (
                scope     TEXT COLLATE \"C\" NOT NULL,
                face_id   UUID NOT NULL,
                person_id TEXT COLLATE \"C\" NOT NULL,
                client_id TEXT COLLATE \"C\" NOT NULL,
                main      BOOLEAN NOT NULL,
                embedding {} NOT NULL,
                exact     {} NOT NULL,
                PRIMARY KEY (scope, face_id)
             ) PARTITION BY LIST (scope)",
            table.half(),
            table.single()
        ),
        format!(
            "ALTER TABLE {name} ALTER embedding SET STORAGE PLAIN, ALTER exact SET STORAGE EXTERNAL"
        ),
        format!("CREATE TABLE {} PARTITION OF {name} DEFAULT", table.rest()),
        format!(
            "ALTER TABLE {name} ADD CONSTRAINT {name}_face FOREIGN KEY (face_id) REFERENCES faces (id) ON DELETE CASCADE"
        ),
        format!("CREATE INDEX {name}_faces ON {name} (face_id)"),
        format!("CREATE INDEX {name}_persons ON {name} (person_id)"),
        format!("CREATE INDEX {name}_clients ON {name} (client_id)"),
        // Differences, so that writers never wait for each other; their sum counts. The scope '' is the account, each face once.
        format!(
            "CREATE TABLE {name}_counts (
                client_id TEXT COLLATE \"C\" NOT NULL, scope TEXT COLLATE \"C\" NOT NULL, faces BIGINT NOT NULL)"
        ),
        format!("CREATE INDEX {name}_counts_of ON {name}_counts (client_id, scope)"),
        format!(
            "CREATE FUNCTION {name}_count() RETURNS trigger LANGUAGE plpgsql AS $$
             DECLARE direction BIGINT := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
             BEGIN
                INSERT INTO {name}_counts
                SELECT client_id, scope, direction * COUNT(*) FROM touched GROUP BY client_id, scope UNION ALL
                SELECT client_id, '', direction * COUNT(*) FROM touched WHERE main GROUP BY client_id;
                RETURN NULL;
             END $$"
        ),
        format!(
            "CREATE TRIGGER {name}_added AFTER INSERT ON {name} REFERENCING NEW TABLE AS touched
             FOR EACH STATEMENT EXECUTE FUNCTION {name}_count()"
        ),
        format!(
            "CREATE TRIGGER {name}_removed AFTER DELETE ON {name} REFERENCING OLD TABLE AS touched
             FOR EACH STATEMENT EXECUTE FUNCTION {name}_count()"
        ),
        // The scopes that have a partition of their own.
        format!(
            "CREATE TABLE {name}_parts (
                scope TEXT COLLATE \"C\" PRIMARY KEY, client_id TEXT COLLATE \"C\" NOT NULL, name TEXT COLLATE \"C\" NOT NULL)"
        ),
    ];
    for statement in statements {
        tx.run(sql(AssertSqlSafe(statement))).await?;
    }
    let row = sql(
        "INSERT INTO vector_tables (model_id, name, dimension, version) VALUES ($1, $2, $3, $4)",
    );
    let row = row
        .bind(model.digest().to_vec())
        .bind(&*table.name)
        .bind(dimension as i64)
        .bind(VERSION);
    tx.run(row).await?;
    // Waits for every write that is about to commit; all later ones learn of it.
    tx.run(sql("UPDATE revision SET vectors = vectors + 1"))
        .await
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::will_do;

    #[test]
    fn versions_from_0_8_on_will_do() {
        for good in ["0.8.0", "0.8", "0.10.1", "1.0"] {
            assert!(will_do(good), "{good}");
        }
        for bad in ["0.7.4", "0.6.2", "", "x.9"] {
            assert!(!will_do(bad), "{bad}");
        }
    }
}
