//! Whether the audit is whole.

use super::{AuditEnds, AuditPoint, SealKey};
use crate::catalog::Catalog;
use crate::error::StoreError;

/// Records read at a time.
const PAGE: u32 = 1000;

/// What a check of the audit found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditCheck {
    /// The ends of the chain as they were when the check began.
    pub ends: AuditEnds,
    /// Records that were read.
    pub records: u64,
    /// Records sealed with none of this server's keys: before its secret was changed and forgotten, or by a forger.
    pub other_keys: u64,
    /// What is wrong first, if anything is.
    pub fault: Option<AuditFault>,
}

/// Why the audit is not what the server wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuditFault {
    /// A record is not there, or out of its order.
    #[error("record {0} is missing")]
    Missing(i64),
    /// A record, or one before it, is not what it was.
    #[error("record {0} was changed")]
    Changed(i64),
    /// A record was not written by the server.
    #[error("the seal of record {0} is forged")]
    Forged(i64),
    /// The chain does not end where it says.
    #[error("the end of the chain was changed")]
    End,
}

/// Reads the whole audit and checks each record against the one before and against its seal, which one of `keys` may have made. What is
/// added meanwhile is left out.
///
/// # Errors
/// The database; what is wrong with the audit is an answer.
pub async fn check_audit(
    catalog: &dyn Catalog,
    keys: &[SealKey],
) -> Result<AuditCheck, StoreError> {
    loop {
        let ends = catalog.audit_ends().await?;
        let check = check(catalog, keys, ends).await?;
        // Old records may have been deleted meanwhile: what is missing then is no fault.
        if check.fault.is_none() || catalog.audit_ends().await?.pruned == ends.pruned {
            return Ok(check);
        }
    }
}

async fn check(
    catalog: &dyn Catalog,
    keys: &[SealKey],
    ends: AuditEnds,
) -> Result<AuditCheck, StoreError> {
    let mut check = AuditCheck {
        ends,
        records: 0,
        other_keys: 0,
        fault: None,
    };
    let mut before = ends.pruned;
    while before.seq < ends.last.seq && check.fault.is_none() {
        let rows = catalog.audit_after(before.seq, PAGE).await?;
        if rows.is_empty() {
            check.fault = Some(AuditFault::Missing(before.seq + 1));
        }
        for row in rows.iter().take_while(|row| row.seq <= ends.last.seq) {
            let made = keys.iter().find_map(|key| key.made(&row.seal, row.hash));
            check.records += 1;
            check.other_keys += u64::from(made.is_none());
            check.fault = if row.seq != before.seq + 1 {
                Some(AuditFault::Missing(before.seq + 1))
            } else if !row.follows(before) {
                Some(AuditFault::Changed(row.seq))
            } else if made == Some(false) {
                Some(AuditFault::Forged(row.seq))
            } else {
                None
            };
            if check.fault.is_some() {
                break;
            }
            before = row.point();
        }
        if rows.last().is_some_and(|row| row.seq > ends.last.seq) && before.seq < ends.last.seq {
            check
                .fault
                .get_or_insert(AuditFault::Missing(before.seq + 1));
        }
    }
    if check.fault.is_none() && before != ends.last {
        check.fault = Some(AuditFault::End);
    }
    Ok(check)
}

impl std::fmt::Display for AuditPoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash.to_hex())
    }
}
