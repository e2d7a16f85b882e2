//! The certificates that the recorder trusts: those of the machine, and those that the user names.

use std::path::PathBuf;

use super::RecordError;
use crate::server::tls::TrustStore;

/// The trust store of the machine with the certificates in these files.
pub(super) fn trust(files: &[PathBuf]) -> Result<TrustStore, RecordError> {
    let mut trust = TrustStore::default().with_system_roots();
    for path in files {
        trust = trust.with_file(path).map_err(|reason| RecordError::Ca {
            path: path.clone(),
            reason,
        })?;
    }
    if trust.is_empty() {
        let errors = rustls_native_certs::load_native_certs().errors;
        let reasons: Vec<_> = errors.iter().map(ToString::to_string).collect();
        return Err(RecordError::NoTrust(reasons.join("; ")));
    }
    Ok(trust)
}
