//! The certificate that a server shows: made for this run, or the user's own.

use std::fmt::Display;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType,
};
use rustls_pki_types::pem::{self, PemObject as _};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, TrustAnchor};
use tokio_rustls::rustls::RootCertStore;

use super::trust::TrustStore;
use crate::server::StartError;
use crate::settings::TlsSettings;

/// Names that every certificate of a run has.
const LOCAL_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// The common name of the authority of a run, by which its certificate is known again.
const AUTHORITY: &str = "mock-ce, authority of one run";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Days for which a certificate is good; some clients refuse one that is good for years.
const LIFETIME: u32 = 90;

/// A certificate with its key, and the certificates by which a client trusts it.
pub(super) struct Identity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
    pub(super) trust: TrustStore,
}

impl Identity {
    /// The pair of the settings, or else a fresh one.
    pub(super) fn of(settings: &TlsSettings) -> Result<Self, StartError> {
        match (&settings.certificate, &settings.key) {
            (Some(certificate), Some(key)) => Identity::load(certificate, key),
            (None, None) => Identity::fresh(settings).map_err(|error| {
                StartError::Tls(format!(
                    "cannot make a certificate: {error}; look at --tls-name and --intercept"
                ))
            }),
            _ => Err(StartError::Tls(
                "a certificate needs its key: give both --tls-cert and --tls-key".to_owned(),
            )),
        }
    }

    /// A certificate for the served names, by an authority whose key is gone on return.
    ///
    /// Both keys come from the system's randomness. Some clients ignore the names that an authority is limited to, so
    /// the end of its key is what keeps anybody from signing others.
    fn fresh(settings: &TlsSettings) -> Result<Self, rcgen::Error> {
        let others = settings.names.iter().chain(&settings.intercepted).cloned();
        let names = LOCAL_NAMES.into_iter().map(str::to_owned).chain(others);
        let leaf = leaf(names.collect())?;
        let authority = authority(&leaf.subject_alt_names);
        let authority_key = KeyPair::generate()?;
        let authority_certificate = authority.self_signed(&authority_key)?;
        let key = KeyPair::generate()?;
        let issuer = Issuer::new(authority, authority_key);
        let certificate = leaf.signed_by(&key, &issuer)?;
        drop(issuer);
        Ok(Identity {
            chain: vec![certificate.der().clone()],
            key: key.into(),
            trust: TrustStore::new(vec![authority_certificate.der().clone()]),
        })
    }

    fn load(certificate: &Path, key: &Path) -> Result<Self, StartError> {
        let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect)
            .map_err(|error| unusable("--tls-cert", certificate, error))?;
        if chain.is_empty() {
            return Err(unusable("--tls-cert", certificate, "it has no certificate"));
        }
        let key = PrivateKeyDer::from_pem_file(key).map_err(|error| match error {
            pem::Error::NoItemsFound => unusable("--tls-key", key, "it has no private key"),
            error => unusable("--tls-key", key, error),
        })?;
        Ok(Identity {
            trust: TrustStore::new(chain.clone()),
            chain,
            key,
        })
    }
}

fn unusable(flag: &str, path: &Path, reason: impl Display) -> StartError {
    let path = path.display().to_string();
    StartError::Tls(format!(
        "cannot use the PEM file of {flag} {path:?}: {reason}"
    ))
}

fn leaf(names: Vec<String>) -> Result<CertificateParams, rcgen::Error> {
    let mut leaf = named("mock-ce", CertificateParams::new(names)?);
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    Ok(leaf)
}

/// An authority that may vouch for exactly these names.
fn authority(names: &[SanType]) -> CertificateParams {
    let permitted = names.iter().filter_map(|name| match name {
        SanType::DnsName(name) => Some(GeneralSubtree::DnsName(name.to_string())),
        SanType::IpAddress(address) => {
            let whole = if address.is_ipv4() { 32 } else { 128 };
            let only = CidrSubnet::from_addr_prefix(*address, whole);
            Some(GeneralSubtree::IpAddress(only))
        }
        _ => None,
    });
    let mut authority = named(AUTHORITY, CertificateParams::default());
    authority.name_constraints = Some(NameConstraints {
        permitted_subtrees: permitted.collect(),
        excluded_subtrees: Vec::new(),
    });
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    authority
}

/// Tells whether a certificate is the authority of a run; such a one has issued itself.
pub(super) fn is_of_a_run(certificate: CertificateDer<'_>) -> bool {
    let mut roots = RootCertStore::empty();
    let added = roots.add(certificate);
    // The common name is the only one, so it is the end of the whole name.
    let is_named = |root: &TrustAnchor<'_>| root.subject.ends_with(AUTHORITY.as_bytes());
    added.is_ok() && roots.roots.iter().all(is_named)
}

fn named(name: &str, mut certificate: CertificateParams) -> CertificateParams {
    certificate
        .distinguished_name
        .push(DnType::CommonName, name);
    // The clock of a client in a container may be behind.
    let now = SystemTime::now();
    certificate.not_before = (now - DAY).into();
    certificate.not_after = (now + DAY * LIFETIME).into();
    certificate
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_may_vouch_for_the_served_names_only() {
        let names = ["h.test", "127.0.0.1", "::1"].map(str::to_owned);
        let leaf = leaf(names.to_vec()).unwrap();
        let authority = authority(&leaf.subject_alt_names);
        let constraints = authority.name_constraints.unwrap();
        let local = [[127, 0, 0, 1].into(), std::net::Ipv6Addr::LOCALHOST.into()];
        let [v4, v6]: [std::net::IpAddr; 2] = local;
        let only = [
            GeneralSubtree::DnsName("h.test".to_owned()),
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(v4, 32)),
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(v6, 128)),
        ];
        assert_eq!(constraints.permitted_subtrees, only);
        assert_eq!(authority.is_ca, IsCa::Ca(BasicConstraints::Constrained(0)));
    }
}
