//! What every resource that publishing makes has in common: whose it is, and what has to be done to it.
//!
//! What is there is read, what the plan says is laid over it, and only a difference is sent; so what
//! somebody set beside the plan (a maintenance window, a notification) stays. Whose a resource is stands at the
//! end of its description, `[dagc PROJECT/ENVIRONMENT]`, where people see it too and no further permission
//! is needed to read it; what bears another mark, or none, is never touched.

use super::error::Result;
use super::event::Observer;
use super::manifest::Manifest;
use super::target::Clients;

/// A resource that publishing makes.
pub(crate) trait Made {
    /// What the service says is there.
    type There: Send + Sync;
    /// What is sent to have it as it shall be.
    type Wanted: Clone + std::fmt::Debug;

    /// Its name.
    fn name(&self) -> &str;

    /// Reads what is there; none when there is nothing of this name.
    async fn read(clients: &Clients, name: &str) -> Result<Option<Self::There>>;

    /// Returns the description of what is there.
    fn description_of(there: &Self::There) -> Option<&str>;

    /// Returns the description as it shall be.
    fn description(wanted: &Self::Wanted) -> Option<&str>;

    /// Compares what is there with what shall be; gives what has to be done, and what is sent for it. The name is
    /// that of the manifest.
    fn compare(
        &self,
        name: &str,
        there: Option<&Self::There>,
        owner: &Owner<'_>,
    ) -> Result<(Action, Self::Wanted)>;

    /// Makes it.
    async fn create(clients: &Clients, name: &str, wanted: &Self::Wanted) -> Result<()>;

    /// Changes it.
    async fn update(
        clients: &Clients,
        name: &str,
        wanted: &Self::Wanted,
        observer: Observer<'_>,
    ) -> Result<()>;
}

/// What has to be done to a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is not there.
    Create,
    /// These settings differ.
    Update(Vec<&'static str>),
    /// It is as it shall be.
    Nothing,
    /// It is there and not ours.
    Foreign,
}

/// Who makes resources.
#[derive(Clone, Debug)]
pub(crate) struct Owner<'a> {
    /// `[dagc PROJECT/ENVIRONMENT]`
    pub(crate) mark: String,
    /// What was published before.
    pub(crate) manifest: &'a Manifest,
    /// What is not ours is taken.
    pub(crate) adopt: bool,
}

impl Owner<'_> {
    /// Returns whether a resource with this description may be changed.
    pub(crate) fn may_change(&self, name: &str, description: Option<&str>) -> bool {
        let description = description.unwrap_or_default();
        let other_mark = description.contains("[dagc ") && !description.contains(&self.mark);
        self.adopt
            || description.contains(&self.mark)
            || (self.manifest.resources.contains(name) && !other_mark)
    }

    /// Returns the description of a resource of ours: one line of at most 2048 characters.
    pub(crate) fn description(&self, text: Option<&str>) -> String {
        let line = text.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        let room = 2048 - self.mark.chars().count() - 1;
        let line: String = line.chars().take(room).collect();
        format!("{line} {}", self.mark).trim_start().to_owned()
    }
}

/// Glue gives a role back as it was said: a name, a path with a name, or an ARN.
pub(crate) fn same_role(one: &str, other: &str) -> bool {
    let bare = |role: &str| role.rsplit('/').next().unwrap_or_default().to_owned();
    one == other || ((!one.contains(':') || !other.contains(':')) && bare(one) == bare(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_is_ours() {
        let mut manifest = Manifest::new("acme", "dev");
        manifest.resources.insert("glue-job/known".to_owned());
        let owner = Owner { mark: "[dagc acme/dev]".to_owned(), manifest: &manifest, adopt: false };
        for (name, description, expected) in [
            ("glue-job/a", Some("Cleans. [dagc acme/dev]"), true),
            ("glue-job/a", Some("Cleans. [dagc acme/prod]"), false),
            ("glue-job/a", Some("Cleans."), false),
            ("glue-job/a", None, false),
            ("glue-job/known", Some("somebody wrote here"), true),
            ("glue-job/known", None, true),
            ("glue-job/known", Some("[dagc other/dev]"), false),
        ] {
            assert_eq!(owner.may_change(name, description), expected, "{name} {description:?}");
        }
        assert!(Owner { adopt: true, ..owner }.may_change("glue-job/a", None));
    }

    #[test]
    fn describes_in_one_line() {
        let manifest = Manifest::new("acme", "dev");
        let owner = Owner { mark: "[dagc acme/dev]".to_owned(), manifest: &manifest, adopt: false };
        assert_eq!(owner.description(None), "[dagc acme/dev]");
        assert_eq!(owner.description(Some("Cleans\nflights.\n")), "Cleans flights. [dagc acme/dev]");
        let long = owner.description(Some(&"ü".repeat(4000)));
        assert_eq!(long.chars().count(), 2048);
        assert!(long.ends_with("ü [dagc acme/dev]"));
    }

    #[test]
    fn compares_roles() {
        let arn = "arn:aws:iam::111122223333:role/service/glue";
        for (one, other, expected) in [
            (arn, arn, true),
            (arn, "glue", true),
            ("service/glue", arn, true),
            (arn, "glue2", false),
            (arn, "arn:aws:iam::999922223333:role/service/glue", false),
        ] {
            assert_eq!(same_role(one, other), expected, "{one} {other}");
        }
    }
}
