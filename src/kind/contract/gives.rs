//! What a step stands for where another one names it.

use crate::lang::decode::Map;
use crate::scope::Data;
use crate::template::Template;
use crate::text::Spanned;

/// What a step gives, and why it gives nothing where that is so.
#[derive(Clone, Debug)]
pub struct Gives<'a> {
    /// What it stands for.
    pub data: Vec<Data<'a>>,
    /// Which of several things is meant.
    pub several: Several,
    /// Why it gives nothing.
    pub nothing: Nothing,
    /// It writes files in folders by the values of columns.
    pub parts: Option<Parts<'a>>,
    /// The columns of the one table that it gives, where all of them are known.
    pub columns: Option<Vec<&'a str>>,
}

/// Which of several things is meant that a step gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Several {
    /// The first that fits.
    First,
    /// All of them: it passes on the files that it reads, and makes tables of them in the Data Catalog, which are meant
    /// where there are some.
    All,
    /// The user is asked.
    Asked,
}

/// Why a step gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nothing {
    /// That has been reported.
    Reported,
    /// It does not say it: the key that says it, and what it does not do.
    Unsaid(&'static str, &'static str),
    /// Its kind makes no data.
    Never,
}

/// The folders that a step writes by the values of columns.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// The folder of them all.
    pub path: &'a Template,
    /// The columns.
    pub by: &'a [Spanned<String>],
    /// The values that they have in one run, as far as they are said.
    pub given: Option<&'a Map<Spanned<Template>>>,
    /// The key in which they are said: "`write` of ".
    pub place: &'static str,
    /// What the step reads: paths tell the values that are not said.
    pub from: &'a [Spanned<String>],
}

impl<'a> Gives<'a> {
    /// What a step gives of which the first is meant.
    pub fn of(data: Vec<Data<'a>>, nothing: Nothing) -> Self {
        Self { data, several: Several::First, nothing, parts: None, columns: None }
    }

    /// Nothing.
    pub fn nothing(nothing: Nothing) -> Self {
        Self::of(Vec::new(), nothing)
    }
}
