//! Whether a test has broken the runner on purpose.

/// Says whether the runner is broken in this way, see `breaks`. Outside of tests it is not, and nothing is
/// asked.
#[cfg(test)]
macro_rules! broken {
    ($way:ident) => {
        $crate::exec::runner::breaks::is($crate::exec::runner::breaks::Break::$way)
    };
}

#[cfg(not(test))]
macro_rules! broken {
    ($way:ident) => {
        false
    };
}

pub(crate) use broken;
