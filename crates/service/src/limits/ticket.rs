//! What one request is counted under.

use std::{net::IpAddr, sync::Arc};

use http::{Extensions, HeaderMap};
use parking_lot::Mutex;
use store::ClientId;

use super::{
    Limits, NoPlace, Peer, Turned, Wait, accounts::Place, doors::Credential,
    strangers::StrangersPlace,
};

/// A request on its way through the server. The middleware holds it until the answer is there, the extractors of callers find it
/// in the request's extensions.
#[derive(Clone)]
pub struct Ticket(Arc<Inner>);

struct Inner {
    limits: Arc<Limits>,
    /// None in tests without a connection.
    address: Option<IpAddr>,
    credential: Option<Credential>,
    place: Mutex<Option<Place>>,
    strangers: Mutex<Option<StrangersPlace>>,
}

impl Ticket {
    /// For a request with this head.
    ///
    /// # Errors
    /// Its address failed too often to authenticate, and this credential was not good before.
    pub fn new(
        limits: &Arc<Limits>,
        extensions: &Extensions,
        headers: &HeaderMap,
    ) -> Result<Self, Wait> {
        let peer = extensions.get::<Peer>();
        let address = peer.map(|peer| limits.proxies.caller(peer.0, headers));
        let credential = limits.doors.credential(headers);
        if let (Some(address), Some(credential)) = (address, credential) {
            limits.doors.admit(address, credential)?;
        }
        Ok(Self(Arc::new(Inner {
            limits: Arc::clone(limits),
            address,
            credential,
            place: Mutex::default(),
            strangers: Mutex::default(),
        })))
    }

    /// That of a request.
    pub fn of(extensions: &Extensions) -> Option<&Self> {
        extensions.get()
    }

    /// Whose request it is.
    pub fn address(&self) -> Option<IpAddr> {
        self.0.address
    }

    /// Its credential is none.
    pub fn failed(&self) {
        if let Some(address) = self.0.address {
            self.0.limits.doors.failed(address, self.0.credential);
        }
    }

    /// Its credential is one of `client`, who gets a place until the request is answered.
    ///
    /// # Errors
    /// The account asks for too much, or all places are taken.
    pub fn opened(&self, client: ClientId) -> Result<(), NoPlace> {
        if let Some(credential) = self.0.credential {
            self.0.limits.doors.opened(credential);
        }
        let mut place = self.0.place.lock();
        if place.is_none() {
            *place = Some(self.0.limits.accounts.enter(client)?);
        }
        Ok(())
    }

    /// Nobody asks for its credential: it gets one of the places of strangers until the request is answered.
    ///
    /// # Errors
    /// The address asks too often, or there is no place.
    pub fn opened_to_strangers(&self) -> Result<(), Turned> {
        let place = self.0.limits.strangers.enter(self.0.address)?;
        *self.0.strangers.lock() = Some(place);
        Ok(())
    }
}
