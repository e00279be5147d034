//! What an error of AWS means.

/// What an error means for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Refused for now because of too many calls; nothing happened.
    Throttled,
    /// Refused because what it concerns is in use, or a limit is reached; nothing happened.
    Busy,
    /// The service or the way to it failed; a repeatable call may be sent again.
    Unavailable,
    /// It may have started what it should start, or not.
    Ambiguous,
    /// There are no valid credentials at this time.
    Credentials,
    /// AWS does not take the credentials: they are of nobody, or were copied wrong.
    BadCredentials,
    /// What it names does not exist.
    NotFound,
    /// The caller may not do this.
    Denied,
    /// What is there is not what the call expects.
    Conflict,
    /// The call itself is wrong.
    Invalid,
}

impl Kind {
    /// Says whether another attempt of the whole task may pass.
    pub fn may_pass_later(self) -> bool {
        match self {
            Self::Throttled | Self::Busy | Self::Unavailable | Self::Ambiguous | Self::Credentials => true,
            Self::BadCredentials | Self::NotFound | Self::Denied | Self::Conflict | Self::Invalid => false,
        }
    }
}

/// What a code of a service's own means. `Unavailable` says that the service has failed: what became of the call
/// depends on what it does.
pub type Codes = &'static [(&'static str, Kind)];
