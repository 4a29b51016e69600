//! Which column of a table is what: recognised by name, or as the user says.

use super::ReadError;
use super::error::shown;
use super::rows::list;
use crate::domain::names::nearest;

/// What the user says about columns: pairs of what is wanted (`id`, `text`, `group`, `title`,
/// `type`, `weight`, `description`) and the column's name in the file. An empty name means that no
/// column is that, even where one has a name that would be recognised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    pub map: Vec<(String, String)>,
    /// The table may do without texts: it has labels of tasks that stand elsewhere.
    pub textless: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Id,
    Text,
    Group,
    Title,
    Type,
    Weight,
    Description,
}

impl Role {
    pub const ALL: [Self; 7] =
        [Self::Id, Self::Text, Self::Group, Self::Title, Self::Type, Self::Weight, Self::Description];

    /// Its own name first, then the others by which it is recognised, best first.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Id => &["id", "task id"],
            Self::Text => &["text", "task"],
            Self::Group => &["group", "occupation", "code", "o*net-soc code"],
            Self::Title => &["title"],
            Self::Type => &["type", "task type"],
            Self::Weight => &["weight"],
            Self::Description => &["description"],
        }
    }

    pub fn name(self) -> &'static str {
        self.names().first().copied().unwrap_or_default()
    }
}

/// The positions of the columns that mean something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Roles {
    found: [Option<usize>; 7],
}

impl Roles {
    pub fn get(&self, role: Role) -> Option<usize> {
        self.found.get(role as usize).copied().flatten()
    }

    /// Looks for what is still missing, and returns what was found. What has its column keeps it.
    pub fn look(&mut self, asked: &Asked, columns: &[String]) -> Vec<Role> {
        let mut new = Vec::new();
        for role in Role::ALL {
            if self.get(role).is_some() {
                continue;
            }
            let found = asked.position(role, columns);
            if let (Some(position), Some(slot)) = (found, self.found.get_mut(role as usize)) {
                *slot = Some(position);
                new.push(role);
            }
        }
        new
    }
}

/// `Columns` with its roles understood.
#[derive(Clone, Debug)]
pub(super) struct Asked(Vec<(Role, String)>);

impl Asked {
    pub fn new(file: &str, columns: &Columns) -> Result<Self, ReadError> {
        let mut asked: Vec<(Role, String)> = Vec::new();
        for (name, column) in &columns.map {
            let role = role(file, name)?;
            if asked.iter().any(|(other, _)| *other == role) {
                return Err(ReadError::file(file, format!("two columns are named for `{name}`")));
            }
            asked.push((role, column.trim().to_owned()));
        }
        Ok(Self(asked))
    }

    /// The first column that was asked for and is not there.
    pub fn missing(&self, file: &str, roles: &Roles, columns: &[String]) -> Result<(), ReadError> {
        let missing = |(role, name): &&(Role, String)| !name.is_empty() && roles.get(*role).is_none();
        let Some((role, name)) = self.0.iter().find(missing) else { return Ok(()) };
        let what = format!(
            "has no column `{}`, which was named for `{}`; its columns are {}",
            shown(name),
            role.name(),
            list(columns)
        );
        let near = nearest(name, columns.iter().map(String::as_str));
        Err(match near {
            Some(near) => ReadError::hinted(file, what, format!("did you mean `{}`?", shown(near))),
            None => ReadError::file(file, what),
        })
    }

    fn position(&self, role: Role, columns: &[String]) -> Option<usize> {
        if let Some((_, name)) = self.0.iter().find(|(other, _)| *other == role) {
            let exact = columns.iter().position(|column| column == name);
            let found = exact.or_else(|| columns.iter().position(|column| column.eq_ignore_ascii_case(name)));
            return found.filter(|_| !name.is_empty());
        }
        role.names().iter().find_map(|name| {
            columns.iter().position(|column| column.eq_ignore_ascii_case(name) && !self.is_named(column))
        })
    }

    /// Whether the user has named this column for something.
    fn is_named(&self, column: &str) -> bool {
        self.0.iter().any(|(_, name)| name.eq_ignore_ascii_case(column))
    }
}

fn role(file: &str, name: &str) -> Result<Role, ReadError> {
    let found = Role::ALL.into_iter().find(|role| role.name() == name);
    found.ok_or_else(|| {
        let known: Vec<&str> = Role::ALL.into_iter().map(Role::name).collect();
        let what = format!("a column can be named for {}, not for `{}`", known.join(", "), shown(name));
        match nearest(name, known) {
            Some(near) => ReadError::hinted(file, what, format!("did you mean `{near}`?")),
            None => ReadError::file(file, what),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn found(map: &[(&str, &str)], names: &[&str]) -> Result<Vec<(&'static str, usize)>, ReadError> {
        let map = map.iter().map(|(role, column)| ((*role).to_owned(), (*column).to_owned())).collect();
        let asked = Asked::new("t", &Columns { map, ..Columns::default() })?;
        let mut roles = Roles::default();
        let new = roles.look(&asked, &columns(names));
        asked.missing("t", &roles, &columns(names))?;
        Ok(new.into_iter().map(|role| (role.name(), roles.get(role).unwrap())).collect())
    }

    #[test]
    fn columns_are_recognised() {
        let names = ["", "O*NET-SOC Code", "Task ID", "Task", "Task Type", "Title"];
        let expected = [("id", 2), ("text", 3), ("group", 1), ("title", 5), ("type", 4)];
        assert_eq!(found(&[], &names).unwrap(), expected);
        assert_eq!(found(&[], &["task", "TEXT"]).unwrap(), [("text", 1)]);
        assert_eq!(found(&[], &["code", "occupation", "text"]).unwrap(), [("text", 2), ("group", 1)]);
    }

    #[test]
    fn the_user_has_the_last_word() {
        assert_eq!(found(&[("text", "Title")], &["text", "Title"]).unwrap(), [("text", 1)]);
        assert_eq!(found(&[("text", "q")], &["text", "Q"]).unwrap(), [("text", 1)]);
        assert_eq!(found(&[("type", "")], &["text", "type"]).unwrap(), [("text", 0)]);
    }

    #[test]
    fn slips_are_named() {
        for (map, message, hint) in [
            (("txt", "a"), "a column can be named for id, text", "did you mean `text`?"),
            (
                ("text", "questoin"),
                "t: has no column `questoin`, which was named for `text`; its columns are `question`",
                "did you mean `question`?",
            ),
        ] {
            let error = found(&[map], &["question"]).unwrap_err();
            assert!(error.to_string().contains(message), "{error}");
            assert_eq!(error.hint().as_deref(), Some(hint));
        }
        assert!(found(&[("text", "a"), ("text", "b")], &["a", "b"]).is_err());
    }
}
